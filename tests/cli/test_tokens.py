"""The token of every source, looked for in all that a run writes: outputs, bundle, state, messages, a traceback."""

from __future__ import annotations

import base64
import json
import traceback
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from reconstruct.cli import app
from reconstruct.sources.changes.tools import argo
from tests.fake_http import Answer, Request, as_json, fake_http
from tests.sources.changes.test_live_sources import LIVE, Live

RUNNER = CliRunner()
FROM, TO = "2026-11-17T13:00Z", "2026-11-17T15:00Z"
TOKENS = {kind: f"s3cr3t-of-{kind}-0123456789abcdef" for kind in LIVE if kind != "statuspage"}
"""A public status page is sent none."""

AWS = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/invented/9876543210abcdefgh",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luinvented",
}
"""What boto3 signs with, and what it sends."""
HOOK = "s3cr3t-of-the-hook-0123456789abcdef"
"""In the address that a report is delivered to."""

BASIC = base64.b64encode(f"{LIVE['jenkins'].options['user']}:{TOKENS['jenkins']}".encode())
"""What is sent where a token is the password of a user."""


def leaky(live: Live, token: str, request: Request) -> Answer:
    """The API's answer with the token in it where it can stand, as gateways and careless tools put it there."""
    item = json.loads(json.dumps(live.item(1)).replace("shop", f"shop {token} https://ci.example/?token={token}&x=1"))
    return live.page(request, [item, live.item(2)])


def leaky_aws(request: Request) -> Answer:
    """What a gateway in front of AWS might do: both credentials in every text of the answer."""
    told = " ".join(AWS.values())
    call = {
        "EventId": "1", "EventName": "UpdateService", "ReadOnly": "false", "EventTime": 1794923701.0,
        "EventSource": "ecs.amazonaws.com", "Username": "jdoe", "Resources": [{"ResourceName": f"shop {told}"}],
        "CloudTrailEvent": json.dumps({"requestParameters": {"service": f"shop {told}"}, "errorCode": told}),
    }  # fmt: skip
    deployed = {
        "deploymentId": "d-1", "applicationName": f"shop {told}", "status": "Succeeded", "createTime": 1794923701.0,
        "description": told,
    }  # fmt: skip
    asked = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    answers = {
        "LookupEvents": {"Events": [call]},
        "ListDeployments": {"deployments": ["d-1"]},
        "BatchGetDeployments": {"deploymentsInfo": [deployed]},
    }
    return Answer(200, json.dumps(answers.get(asked, {})).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def refusing(token: str, request: Request) -> Answer:
    return as_json({"message": f"bad credentials: {token}", "headers": dict(request.headers)}, status=401)


@pytest.fixture(params=["leaky", "refusing"])
def config(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    samples = "".join(
        f"2026-11-17T{13 + minute // 60}:{minute % 60:02}:00Z,shop,http_p95_ms,{900 if 55 < minute < 90 else 20}\n"
        for minute in range(120)
    )
    (tmp_path / "m.csv").write_text(f"timestamp,service,metric,value\n{samples}")
    with ExitStack() as servers:
        sources = []
        for kind, token in TOKENS.items():
            live = LIVE[kind]
            answer = (
                (lambda asked, live=live, token=token: leaky(live, token, asked))
                if request.param == "leaky"
                else (lambda asked, token=token: refusing(token, asked))
            )
            server = servers.enter_context(fake_http(answer))
            place = {} if "{url}" in live.argument else {"url": server.url}
            source = f"{kind}:{live.argument.format(url=server.url)}"
            sources.append({"source": source, "token": f"${{TOKEN_{kind.upper()}}}", **place, **live.options})
            monkeypatch.setenv(f"TOKEN_{kind.upper()}", token)
        for name, secret in {"AWS_ACCESS_KEY_ID": "AKIAINVENTED00000000", **AWS}.items():
            monkeypatch.setenv(name, secret)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        clouds = leaky_aws if request.param == "leaky" else lambda asked: refusing(" ".join(AWS.values()), asked)
        cloud = servers.enter_context(fake_http(clouds))
        sources += [{"source": f"{kind}:eu-west-1", "url": cloud.url} for kind in ("aws", "codedeploy")]
        hook = servers.enter_context(fake_http(lambda asked: refusing(HOOK, asked)))
        monkeypatch.setenv("HOOK_URL", f"{hook.url}/{HOOK}?token={HOOK}")
        path = tmp_path / "reconstruct.yaml"
        state = {"state_file": str(tmp_path / "state" / "report.json")}
        targets = [{"kind": "webhook", "name": "hook", "url": "${HOOK_URL}", "attempts": 1}]
        path.write_text(yaml.safe_dump({"events": sources, "report": state, "deliver": targets}))
        yield path


def run(*arguments: str) -> Result:
    return RUNNER.invoke(app, [*arguments, "--config", "reconstruct.yaml"])


def held(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, the members of archives too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    yield from ((f"{path}/{name}", packed.read(name)) for name in packed.namelist())


def test_no_token_stands_in_what_a_run_writes(config: Path) -> None:
    window = ("--from", FROM, "--to", TO)
    done = [
        run("events", *window, "--format", "jsonl", "--verbose"),
        run("incident", *window, "--metrics", "m.csv", "--out", "draft", "--verbose", "--stdout", "json"),
        run("capture", *window, "--metrics", "m.csv", "--out", "evidence.zip"),
        run("doctor", "--verbose"),
        run("report", *window, "--metrics", "m.csv", "--out", "report", "--verbose"),
    ]
    assert (config.parent / "draft" / "incident.json").is_file()
    assert (config.parent / "evidence.zip").is_file()
    assert (config.parent / "state" / "report.json").is_file()
    assert list(config.parent.glob("state/*.dead-letters.jsonl")), "the hook refuses what is delivered to it"
    written = [*held(config.parent), *((f"output of run {n}", one.output.encode()) for n, one in enumerate(done))]
    for name, content in written:
        assert BASIC not in content
        for kind, token in {**TOKENS, **AWS, "hook": HOOK}.items():
            assert token.encode() not in content, f"the token of {kind} stands in {name}"


def test_no_token_stands_in_a_traceback(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(argo.APPLICATIONS.__class__, "parse", property(lambda _: broken))
    done = run("events", "--from", FROM, "--to", TO, "--verbose")
    assert config.is_file()
    said = done.output + "".join(traceback.format_exception(done.exception) if done.exception else [])
    assert not [kind for kind, token in TOKENS.items() if token in said]
