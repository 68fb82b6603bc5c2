"""What the tests take for payloads has the form that vendors publish: fields, types and enumerations.

Kubernetes' objects against the API's OpenAPI schemas (kubernetes-validate), answers of AWS against the service models
that boto3 carries, bodies of GitHub's webhooks against octokit's schemas, objects of Argo CD and Flux against the types
of their own Go code (both fetched by `.ci/servers`). Fields may be left out of a body or an answer; none may be there
that the vendor does not know, as far as its schema says so.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.servers.programs import program
from tests.sources.changes.tools import test_aws_states, test_github_webhooks

FOLDERS: Final = tuple(Path(__file__).with_name(name) for name in ("payloads", "payloads_of_others"))
KUBERNETES: Final = "1.33"
OF_KUBERNETES: Final = {
    "kubectl_deploy.json", "kubectl_events.json", "kubectl_mixed.json", "kubectl_rs.json", "kubectl_rs.yaml",
    "k8s_events_v1.json",
}  # fmt: skip
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
SCHEMAS: Final = CACHE / "reconstruct-servers/schemas/node_modules"
TYPES: Final = {
    "Application": "argo-cd/_schemas/ComGithubArgoprojArgoCdV3PkgApisApplicationV1alpha1Application.js",
    "HelmRelease": "flux-cd/_schemas/ComGithubFluxcdHelmControllerApiV2HelmRelease.js",
    "Kustomization": "flux-cd/_schemas/ComGithubFluxcdKustomizeControllerApiV1Kustomization.js",
}
_VALIDATE: Final = """
const [folder, types] = process.argv.slice(1);
const found = JSON.parse(require("fs").readFileSync(0));
const problems = found.flatMap((one) => {
    const {validate} = require(folder + "/" + JSON.parse(types)[one.kind]);
    return validate(one) ? [] : validate.errors.map((e) => [one.metadata.name, e.instancePath, e.message]);
});
console.log(JSON.stringify(problems));
"""
ANSWERS: Final = {
    "aws_alarm_history.json": ("cloudwatch", "DescribeAlarmHistory"),
    "aws_batch_get.json": ("codedeploy", "BatchGetDeployments"),
    "aws_cfn_events.json": ("cloudformation", "DescribeStackEvents"),
    "aws_codepipeline_executions.json": ("codepipeline", "ListPipelineExecutions"),
    "aws_eb_events.json": ("elasticbeanstalk", "DescribeEvents"),
    "aws_ecs_describe.json": ("ecs", "DescribeServices"),
    "aws_get_deployment.json": ("codedeploy", "GetDeployment"),
    "aws_get_deployment_epoch.json": ("codedeploy", "GetDeployment"),
    "aws_lambda_versions.json": ("lambda", "ListVersionsByFunction"),
    "aws_rds_events.json": ("rds", "DescribeEvents"),
    "aws_scaling_activities.json": ("autoscaling", "DescribeScalingActivities"),
    "cloudtrail_lookup.json": ("cloudtrail", "LookupEvents"),
    "cw_filter_log_events.json": ("logs", "FilterLogEvents"),
    "cw_logs_insights.json": ("logs", "GetQueryResults"),
}
"""Saved answers of AWS, and the operation whose output they are."""


def file_of(name: str) -> Path:
    return next(folder / name for folder in FOLDERS if (folder / name).exists())


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of Kubernetes in a document, lists unpacked."""
    for one in value if isinstance(value, list) else [value]:
        if str(one.get("kind", "")).endswith("List"):
            yield from objects(one["items"])
        else:
            yield one


@pytest.mark.parametrize("name", sorted(OF_KUBERNETES))
def test_objects_of_kubernetes_are_as_its_api_has_them(name: str) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="the development dependencies are not installed")
    text = file_of(name).read_text(encoding="utf-8")
    found = list(objects(json.loads(text) if name.endswith(".json") else yaml.safe_load(text)))
    assert found
    for one in found:
        validator.validate(one, KUBERNETES, strict=True)


def problems(value: Any, shape: Any, *, at: str = "") -> Iterator[str]:
    """Where a value is not as a shape of botocore says; what is left out is none."""
    kinds: dict[str, Any] = {
        "string": str, "integer": int, "long": int, "double": (int, float), "float": (int, float), "boolean": bool,
        "timestamp": (str, int, float), "list": list, "structure": dict, "map": dict,
    }  # fmt: skip
    if value is None:
        return
    if not isinstance(value, kinds.get(shape.type_name, object)) or (
        isinstance(value, bool) and shape.type_name != "boolean"
    ):
        yield f"{at}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "structure":
        for name, inner in value.items():
            if name in shape.members:
                yield from problems(inner, shape.members[name], at=f"{at}.{name}")
            else:
                yield f"{at}.{name}: {shape.name} has no such member"
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from problems(inner, shape.member, at=f"{at}.{number}")
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{at}: {value!r} is none of {', '.join(shape.enum)}"


def output_of(service: str, operation: str) -> Any:
    session = pytest.importorskip("botocore.session", reason="the development dependencies are not installed")
    return session.get_session().get_service_model(service).operation_model(operation).output_shape


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_of_aws_are_as_its_service_models_have_them(name: str) -> None:
    whole = json.loads(file_of(name).read_text(encoding="utf-8"))
    assert not list(problems(whole, output_of(*ANSWERS[name])))


def test_what_the_tests_of_awss_states_take_for_answers_is_so_too() -> None:
    service_deployments = {"serviceDeployments": [test_aws_states.rollout()]}
    assert not list(problems(service_deployments, output_of("ecs", "DescribeServiceDeployments")))
    for (service, operation), whole in test_aws_states.ANSWERS.items():
        assert not list(problems(whole, output_of(service, operation))), operation


def test_a_member_that_aws_does_not_know_and_a_word_that_is_none_of_its_enumeration_are_found() -> None:
    whole = {"serviceDeployments": [test_aws_states.rollout(status="GREAT", colour="red", startedAt=[])]}
    found = list(problems(whole, output_of("ecs", "DescribeServiceDeployments")))
    assert len(found) == 3


def without_required(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_required(inner) for name, inner in value.items() if name != "required"}
    return [without_required(one) for one in value] if isinstance(value, list) else value


def published(package: str) -> Path:
    """The folder of a package of npm that `.ci/servers` has fetched."""
    folder = SCHEMAS / package
    if not folder.is_dir():
        pytest.skip(f"{package} is not there: .ci/servers fetches it where npm is")
    return folder


def test_bodies_of_githubs_webhooks_are_as_octokit_describes_them() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the development dependencies are not installed")
    schemas = (published("@octokit/webhooks-schemas") / "schema.json").read_text(encoding="utf-8")
    definitions = without_required(json.loads(schemas)["definitions"])
    for name, body in test_github_webhooks.BODIES.items():
        schema = {"$ref": f"#/definitions/{name}", "definitions": definitions}
        errors = [error.message[:200] for error in jsonschema.Draft7Validator(schema).iter_errors(body)]
        assert not errors, name


def invalid(found: list[dict[str, Any]]) -> list[list[Any]]:
    """What Argo CD's and Flux's own types refuse in objects: [name, place, message]."""
    folder = published("@kubernetes-models/argo-cd").parent
    published("@kubernetes-models/flux-cd")
    run = subprocess.run(
        [program("node"), "-e", _VALIDATE, str(folder), json.dumps(TYPES)],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(run.stdout))


def test_objects_of_argo_cd_and_flux_are_as_their_types_have_them() -> None:
    found = [
        one
        for path in sorted(Path(__file__).with_name("payloads_documented").glob("*.json"))
        for one in objects(json.loads(path.read_text(encoding="utf-8")))
        if one.get("kind") in TYPES
    ]
    assert {one["kind"] for one in found} == set(TYPES)
    assert not invalid(found)
    broken = {**found[0], "status": {"history": [{"id": "three", "deployedAt": 7}]}}
    assert {where for _, where, _ in invalid([broken])} >= {"/status/history/0/id", "/status/history/0/deployedAt"}
