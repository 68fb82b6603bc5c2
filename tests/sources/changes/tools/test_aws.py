from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from reconstruct.errors import SourceError
from reconstruct.sources.changes.tools.aws import fetch_code_deploy, fetch_services, fetch_trail
from reconstruct.sources.result import SourceRequest
from tests.fake_http import Answer, Request, fake_http
from tests.sources.changes.reading import WINDOW, told

pytest.importorskip("boto3")
SECRET = "wJalrXUtnFEMI/K7MDENG/invented"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIAINVENTED00000000", "AWS_SECRET_ACCESS_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def aws(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def looked_up(number: int) -> dict[str, Any]:
    record = {"requestParameters": {"service": "shop", "taskDefinition": f"shop:{number}"}, "awsRegion": "eu-west-1"}
    return {
        "EventId": str(number), "EventName": "UpdateService", "ReadOnly": "false", "EventTime": 1794923701.0,
        "EventSource": "ecs.amazonaws.com", "Username": "jdoe", "CloudTrailEvent": json.dumps(record),
    }  # fmt: skip


def test_cloudtrail_is_asked_page_by_page_for_what_changed_something() -> None:
    def answer(request: Request) -> Answer:
        first = "NextToken" not in request.json
        return aws({"Events": [looked_up(1 if first else 2)], **({"NextToken": "n"} if first else {})})

    with fake_http(answer) as server:
        ledger = fetch_trail(SourceRequest("eu-west-1", WINDOW, options={"url": server.url}))
    assert [(e.kind, e.service.name, e.version) for e in ledger.events] == [
        ("deploy", "shop", "1"),
        ("deploy", "shop", "2"),
    ]
    assert ledger.events[0].time == pd.Timestamp("2026-11-17T13:55:01Z")
    assert server.requests[0].json["LookupAttributes"] == [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
    assert "jdoe" not in repr(ledger)


def test_what_aws_refuses_is_said_without_the_secret() -> None:
    refused = aws({"__type": "AccessDeniedException", "message": "not authorized"}, 400)
    with fake_http(lambda _: refused) as server, pytest.raises(SourceError, match="AccessDenied") as raised:
        fetch_trail(SourceRequest("eu-west-1", WINDOW, options={"url": server.url}))
    assert "cloudtrail:LookupEvents" in raised.value.hint
    assert SECRET not in f"{raised.value!r} {raised.value.__cause__!r}"


def record(name: str, **more: Any) -> dict[str, Any]:
    return {
        "eventName": name, "eventTime": "2026-11-17T13:55:01Z", "eventSource": "x.amazonaws.com", "eventID": name,
        "userIdentity": {"userName": "jdoe"}, "readOnly": False, "requestParameters": {"serviceName": "shop"}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("item", "kind", "state"),
    [
        (record("UpdateService", requestParameters={"service": "shop", "desiredCount": 4}), "scale", "done"),
        (record("UpdateFunctionCode20150331v2", requestParameters={"functionName": "shop"}), "deploy", "done"),
        (record("RebootDBInstance", requestParameters={"dBInstanceIdentifier": "shop"}), "restart", "done"),
        (record("AuthorizeSecurityGroupIngress"), "config", "done"),
        (record("CreateDeployment", errorCode="AccessDenied"), "deploy", "failed"),
    ],
)
def test_a_calls_name_and_parameters_tell_what_it_did(item: dict[str, Any], kind: str, state: str) -> None:
    (event,) = told({"Records": [item]}).events
    assert (event.kind, event.service.name, event.state) == (kind, "shop", state)
    assert "jdoe" not in repr(event)


def test_calls_that_only_read_are_passed_over_and_that_is_said() -> None:
    ledger = told({"Records": [record("DescribeServices"), record("UpdateService"), record("x", readOnly=True)]})
    assert [event.source_id for event in ledger.events] == ["UpdateService"]
    assert ledger.notes == ("s: a call that only reads is passed over (2 times)",)


@pytest.mark.parametrize("wrap", ["deploymentInfo", "deploymentsInfo"])
def test_a_deployment_of_codedeploy_tells_its_state_and_a_rollback_by_itself(wrap: str) -> None:
    info = {
        "applicationName": "shop", "deploymentGroupName": "prod", "deploymentId": "d-1", "status": "Succeeded",
        "createTime": "2026-11-17T14:55:00+01:00", "startTime": 1794923701.5, "completeTime": 1794923800,
        "creator": "codeDeployRollback", "revision": {"s3Location": {"key": "shop-2.14.1.zip"}},
    }  # fmt: skip
    (event,) = told({wrap: [info] if wrap.endswith("sInfo") else info}).events
    assert (event.kind, event.state, event.environment, event.production) == ("rollback", "done", "prod", True)
    assert (event.time, event.end) == (pd.Timestamp("2026-11-17T13:55:01.5Z"), pd.Timestamp("2026-11-17T13:56:40Z"))


def code_deployment(number: int) -> dict[str, Any]:
    revision = {"revisionType": "GitHub", "gitHubLocation": {"repository": "acme/shop", "commitId": "a" * 40}}
    return {
        "deploymentId": f"d-{number}", "applicationName": "shop", "deploymentGroupName": "prod", "status": "Succeeded",
        "revision": revision, "createTime": 1794923690.0, "startTime": 1794923701.0, "completeTime": 1794923800.0,
        "creator": "user",
    }  # fmt: skip


def test_code_deploy_is_listed_page_by_page_and_asked_for_in_batches() -> None:
    def answer(request: Request) -> Answer:
        if request.headers["X-Amz-Target"].endswith("ListDeployments"):
            first = int(request.json.get("nextToken", 0))
            more = {"nextToken": str(first + 30)} if first < 30 else {}
            return aws({"deployments": [f"d-{n}" for n in range(first, first + 30)], **more})
        assert len(request.json["deploymentIds"]) <= 25
        return aws({"deploymentsInfo": [code_deployment(int(n[2:])) for n in request.json["deploymentIds"]]})

    with fake_http(answer) as server:
        ledger = fetch_code_deploy(SourceRequest("eu-west-1", WINDOW, options={"url": server.url}))
    assert len({event.source_id for event in ledger.events}) == 60
    assert {(f"{e.time:%H:%M:%S}", e.kind, e.version, e.state, e.production) for e in ledger.events} == {
        ("13:55:01", "deploy", "a" * 12, "done", True)
    }


def test_a_clusters_services_tell_their_deployments_and_events() -> None:
    deployment = {"id": "ecs-svc/1", "taskDefinition": "arn:aws:ecs:eu:1:task-definition/shop:220", "status": "PRIMARY",
                  "createdAt": 1794923701.0, "updatedAt": 1794923800.0, "rolloutState": "COMPLETED"}  # fmt: skip
    seen = {"id": "e1", "createdAt": 1794923750.0, "message": "(service shop) has reached a steady state."}
    service = {"serviceName": "shop", "clusterArn": "arn:x:cluster/prod", "deployments": [deployment], "events": [seen]}

    def answer(request: Request) -> Answer:
        names = {"serviceArns": ["arn:aws:ecs:eu:1:service/prod/shop"]}
        return aws(names if request.headers["X-Amz-Target"].endswith("ListServices") else {"services": [service]})

    with fake_http(answer) as server:
        ledger = fetch_services(SourceRequest("eu-west-1/prod", WINDOW, options={"url": server.url}))
    assert [(e.kind, e.service.name, e.version) for e in ledger.events] == [
        ("deploy", "shop", "220"),
        ("note", "shop", ""),
    ]


@pytest.mark.parametrize(
    ("fetch", "argument", "right"),
    [
        (fetch_code_deploy, "eu-west-1", "codedeploy:ListDeployments"),
        (fetch_services, "eu-west-1/prod", "ecs:ListServices"),
    ],
)
def test_what_they_refuse_names_the_least_right(fetch: Any, argument: str, right: str) -> None:
    refused = aws({"__type": "AccessDeniedException", "message": "not authorized"}, 400)
    with fake_http(lambda _: refused) as server, pytest.raises(SourceError, match="AccessDenied") as raised:
        fetch(SourceRequest(argument, WINDOW, options={"url": server.url}))
    assert right in raised.value.hint
    assert SECRET not in f"{raised.value!r} {raised.value.__cause__!r}"
