# ruff: noqa: E501 - payloads as vendors document them, an item a line
"""Every live source against a server that behaves as the vendor's does, and against each way in which one misbehaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconstruct.errors import ReconstructError, SourceError
from reconstruct.http import NotAllowedError
from reconstruct.sources.changes.registry import BUILT_IN, TOKEN_VARIABLES
from reconstruct.sources.result import SourceRequest, SourceResult
from tests.fake_http import Answer, FakeHttp, Request, as_json, fake_http
from tests.sources.changes.reading import WINDOW

TOKEN = "t0k3n-of-the-tests-0123456789abcdef"
MS = 1794923701000
ISO = "2026-11-17T13:55:01Z"
AFTER = "2026-11-17T13:56:40Z"
SHA = "53e28ff20cc530b9ada2173fbbd64d48338583ba"
META = {"name": "shop", "namespace": "prod", "creationTimestamp": ISO}


def number_in(request: Request, name: str, default: int) -> int:
    return int(request.query.get(name, [str(default)])[0])


@dataclass(frozen=True)
class Live:
    """One source: how it is asked, an item as its API gives it, and the answer that holds a page of items."""

    argument: str
    """`{url}` is the server's address; empty: the option `url` carries it."""
    item: Callable[[int], dict[str, Any]]
    page: Callable[[Request, list[dict[str, Any]]], Answer]
    path: str
    """Where the main list stands."""
    header: tuple[str, str]
    """How the token is sent."""
    kind: str = "deploy"
    options: dict[str, str] = field(default_factory=dict)
    most: int | None = None
    """Items that one reading gets at most where the vendor gives no more."""


def listed(request: Request, items: list[dict[str, Any]]) -> Answer:
    """Pages by number, as GitHub and GitLab give them."""
    size, page = number_in(request, "per_page", 30), number_in(request, "page", 1)
    part = items[(page - 1) * size : page * size]
    return as_json(part, headers={"Link": '<https://next.example>; rel="next"' if page * size < len(items) else ""})


def whole(*path: str) -> Callable[[Request, list[dict[str, Any]]], Answer]:
    """One answer with everything below some names."""

    def page(request: Request, items: list[dict[str, Any]]) -> Answer:
        found: Any = items
        for name in reversed(path):
            found = {name: found}
        return as_json(found)

    return page


def by_offset(name: str, more: Callable[[bool], dict[str, Any]]) -> Callable[[Request, list[dict[str, Any]]], Answer]:
    def page(request: Request, items: list[dict[str, Any]]) -> Answer:
        size, first = number_in(request, "limit", 25), number_in(request, "offset", 0)
        return as_json({name: items[first : first + size], **more(first + size < len(items))})

    return page


def kubernetes(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, first = number_in(request, "limit", 500), number_in(request, "continue", 0)
    if not request.path.endswith("/replicasets"):
        return as_json({"kind": "List", "metadata": {}, "items": []})
    after = str(first + size) if first + size < len(items) else ""
    return as_json({"kind": "ReplicaSetList", "metadata": {"continue": after}, "items": items[first : first + size]})


def datadog(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, first = number_in(request, "page[limit]", 10), number_in(request, "page[cursor]", 0)
    more = {"meta": {"page": {"after": str(first + size)}}} if first + size < len(items) else {}
    return as_json({"data": items[first : first + size], **more})


def slack(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, first = number_in(request, "limit", 100), number_in(request, "cursor", 0)
    after = str(first + size) if first + size < len(items) else ""
    return as_json({"ok": True, "messages": items[first : first + size], "response_metadata": {"next_cursor": after}})


def sentry(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, first = number_in(request, "per_page", 100), number_in(request, "cursor", 0)
    more = "true" if first + size < len(items) else "false"
    link = f'<https://x>; rel="previous"; results="false"; cursor="0", <https://x>; rel="next"; results="{more}"; cursor="{first + size}"'
    return as_json(items[first : first + size], headers={"Link": link})


def terraform(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, page = number_in(request, "page[size]", 20), number_in(request, "page[number]", 1)
    after = page + 1 if page * size < len(items) else None
    part = items[(page - 1) * size : page * size]
    return as_json({"data": part, "meta": {"pagination": {"next-page": after}}})


def mattermost(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, page = number_in(request, "per_page", 60), number_in(request, "page", 0)
    part = items[page * size : (page + 1) * size]
    return as_json({"order": [one["id"] for one in part], "posts": {one["id"]: one for one in part}})


def github(request: Request, items: list[dict[str, Any]]) -> Answer:
    if request.path.endswith("/runs"):
        return as_json({"total_count": 0, "workflow_runs": []})
    if request.path.endswith("/statuses"):
        return as_json([{"state": "success", "created_at": AFTER}, {"state": "in_progress", "created_at": ISO}])
    return listed(request, items) if request.path.endswith("/deployments") else as_json([])


def azure(request: Request, items: list[dict[str, Any]]) -> Answer:
    first = number_in(request, "$skipToken", 0)
    after = {"nextLink": f"https://elsewhere.example/x?$skipToken={first + 500}"} if first + 500 < len(items) else {}
    return as_json({"value": items[first : first + 500], **after})


def google(request: Request, items: list[dict[str, Any]]) -> Answer:
    first, size = int(request.json.get("pageToken", 0)), request.json["pageSize"]
    after = {"nextPageToken": str(first + size)} if first + size < len(items) else {}
    return as_json({"entries": items[first : first + size], **after} if items else {})


def continued(request: Request, items: list[dict[str, Any]]) -> Answer:
    size, first = number_in(request, "limit", 500), number_in(request, "continue", 0)
    after = str(first + size) if first + size < len(items) else ""
    return as_json({"metadata": {"continue": after}, "items": items[first : first + size]})


def helm_release(number: int) -> dict[str, Any]:
    entry = {
        "lastDeployed": ISO,
        "status": "deployed",
        "version": number,
        "chartVersion": "1.0.0",
        "appVersion": f"2.{number}.0",
    }
    return {"metadata": {"name": f"shop{number}", "namespace": "prod"}, "status": {"history": [entry]}}


def only(path: str, page: Callable[[Request, list[dict[str, Any]]], Answer], empty: Any) -> Any:
    return lambda request, items: page(request, items) if request.path.endswith(path) else as_json(empty)


def alert(number: int) -> dict[str, Any]:
    return {
        "labels": {"alertname": f"A{number}", "service": "shop"}, "annotations": {}, "startsAt": ISO, "endsAt": AFTER,
        "updatedAt": AFTER, "fingerprint": str(number), "status": {"state": "active"},
    }  # fmt: skip


def application(number: int) -> dict[str, Any]:
    entry = {
        "id": number,
        "deployStartedAt": ISO,
        "deployedAt": AFTER,
        "revision": SHA,
        "initiatedBy": {"username": "jdoe"},
    }
    return {
        "metadata": {"name": f"shop{number}", "namespace": "argocd"},
        "spec": {"destination": {"namespace": "prod"}, "source": {"repoURL": "https://git.example/shop"}},
        "status": {"history": [{**entry, "source": {}}]},
    }


def replica_set(number: int) -> dict[str, Any]:
    owner = {"kind": "Deployment", "name": f"shop{number}"}
    return {
        "metadata": {**META, "name": f"shop-{number}", "ownerReferences": [owner], "annotations": {}},
        "spec": {"template": {"spec": {"containers": [{"name": "shop", "image": f"shop:2.{number}"}]}}},
    }


def deployment(number: int) -> dict[str, Any]:
    return {
        "id": number, "sha": SHA, "ref": f"v2.{number}.0", "task": "deploy", "environment": "production", "payload": {},
        "created_at": ISO, "repository_url": "https://api.github.example/repos/acme/shop", "creator": {"login": "jdoe"},
        "production_environment": True, "transient_environment": False,
    }  # fmt: skip


def gitlab_deployment(number: int) -> dict[str, Any]:
    job = {"started_at": ISO, "finished_at": AFTER, "tag": False, "commit": {"title": "x", "author_name": "jdoe"}}
    return {
        "id": number, "iid": number, "status": "success", "ref": "main", "sha": SHA, "created_at": ISO,
        "environment": {"name": "production"}, "deployable": job, "user": {"username": "jdoe"},
    }  # fmt: skip


def audit(number: int) -> dict[str, Any]:
    access = [{"action": "updateOn", "resource": f"proj/shop:env/production:flag/f{number}"}]
    member = {"email": "jdoe@invented.example", "firstName": "J", "lastName": "jdoe"}
    return {"_id": str(number), "date": MS - number, "kind": "flag", "name": f"f{number}", "accesses": access,
            "titleVerb": "turned on the flag", "title": "jdoe turned on", "member": member}  # fmt: skip


def launchdarkly(request: Request, items: list[dict[str, Any]]) -> Answer:
    before, size = number_in(request, "before", MS * 2), number_in(request, "limit", 10)
    return as_json({"items": [one for one in items if not isinstance(one["date"], int) or one["date"] < before][:size]})


def run(number: int) -> dict[str, Any]:
    stamps = {"applying-at": ISO, "applied-at": AFTER}
    attributes = {"status": "applied", "created-at": ISO, "message": "x", "status-timestamps": stamps}
    return {"id": f"run-{number}", "type": "runs", "attributes": attributes}


LIVE: dict[str, Live] = {
    "alertmanager": Live(
        "{url}", alert, only("/alerts", whole(), []), "/api/v2/alerts", ("Authorization", f"Bearer {TOKEN}"), "alert"
    ),
    "argocd": Live(
        "{url}", application, whole("items"), "/api/v1/applications", ("Authorization", f"Bearer {TOKEN}")
    ),
    "azure": Live(
        "sub-1",
        lambda n: {"eventTimestamp": ISO, "operationName": {"value": "Microsoft.Web/sites/write"}, "status": {"value": "Succeeded"},
                   "resourceId": f"/subscriptions/s/sites/shop{n}", "correlationId": str(n), "caller": "jdoe@invented.example", "category": {}},
        azure, "/subscriptions/sub-1/providers/Microsoft.Insights/eventtypes/management/values", ("Authorization", f"Bearer {TOKEN}"),
    ),
    "cloudevents": Live(
        "{url}/events",
        lambda n: {"specversion": "1.0", "type": "com.example.deploy", "source": "/ci", "id": str(n), "time": ISO, "data": {"service": "shop"}},
        whole(), "/events", ("Authorization", f"Bearer {TOKEN}"),
    ),
    "datadog": Live(
        "*",
        lambda n: {"id": str(n), "type": "event", "attributes": {"timestamp": ISO, "tags": ["service:shop"],
                   "attributes": {"title": f"Deployed shop 2.{n}"}}},
        datadog, "/api/v2/events", ("DD-API-KEY", TOKEN),
    ),
    "flux": Live(
        "{url}", helm_release, only("/helmreleases", continued, {"items": [], "metadata": {}}),
        "/apis/helm.toolkit.fluxcd.io/v2/helmreleases", ("Authorization", f"Bearer {TOKEN}"),
    ),
    "google": Live(
        "acme-1",
        lambda n: {"timestamp": ISO, "insertId": str(n), "resource": {"labels": {"service_name": "shop"}},
                   "protoPayload": {"methodName": "google.cloud.run.v1.Services.ReplaceService", "resourceName": "x/shop",
                                    "authenticationInfo": {"principalEmail": "jdoe@invented.example"}}},
        google, "/v2/entries:list", ("Authorization", f"Bearer {TOKEN}"),
    ),
    "github": Live("acme/shop", deployment, github, "/repos/acme/shop/deployments", ("Authorization", f"Bearer {TOKEN}"), most=5000),
    "gitlab": Live(
        "acme/shop", gitlab_deployment, only("/deployments", listed, []), "/projects/acme%2Fshop/deployments",
        ("PRIVATE-TOKEN", TOKEN), most=5000,
    ),
    "grafana": Live(
        "{url}",
        lambda n: {"id": n, "alertId": 0, "dashboardId": 1, "time": MS, "timeEnd": MS, "text": f"x{n}", "tags": ["deploy"], "login": "jdoe"},
        whole(), "/api/annotations", ("Authorization", f"Bearer {TOKEN}"),
    ),
    "jenkins": Live(
        "{url}/job/shop-deploy",
        lambda n: {"number": n, "result": "SUCCESS", "timestamp": MS, "duration": 99000, "url": f"https://ci/job/shop-deploy/{n}/"},
        whole("builds"), "/job/shop-deploy/api/json", ("Authorization", "Basic "), options={"user": "robot"},
    ),
    "kubernetes": Live("{url}", replica_set, kubernetes, "/apis/apps/v1/replicasets", ("Authorization", f"Bearer {TOKEN}")),
    "launchdarkly": Live("*", audit, launchdarkly, "/api/v2/auditlog", ("Authorization", TOKEN), "flag", most=2000),
    "mattermost": Live(
        "{url}/api/v4/channels/c1",
        lambda n: {"id": str(n), "create_at": MS, "message": f"x{n}", "user_id": "jdoe", "type": ""},
        mattermost, "/api/v4/channels/c1/posts", ("Authorization", f"Bearer {TOKEN}"), "note",
    ),
    "octopus": Live(
        "{url}/api/Spaces-1",
        lambda n: {"ProjectId": "Projects-1", "EnvironmentId": "Environments-1", "ReleaseId": "R", "ReleaseVersion": f"2.{n}",
                   "DeploymentId": f"D{n}", "TaskId": "T", "State": "Success", "StartTime": ISO, "CompletedTime": AFTER},
        whole("Items"), "/api/Spaces-1/dashboard", ("X-Octopus-ApiKey", TOKEN),
    ),
    "opsgenie": Live(
        "*",
        lambda n: {"id": str(n), "tinyId": str(n), "message": "DB slow", "status": "open", "createdAt": ISO, "owner": "jdoe@invented.example"},
        by_offset("data", lambda more: {"paging": {"next": "https://next.example"} if more else {}}),
        "/v2/alerts", ("Authorization", f"GenieKey {TOKEN}"), "alert", most=5000,
    ),
    "pagerduty": Live(
        "*",
        lambda n: {"id": f"P{n}", "incident_number": n, "title": "fire", "created_at": ISO, "status": "resolved",
                   "resolved_at": AFTER, "service": {"summary": "shop"}, "assignments": [{"assignee": {"summary": "jdoe"}}]},
        only("/incidents", by_offset("incidents", lambda more: {"more": more}), {"change_events": [], "more": False}),
        "/incidents", ("Authorization", f"Token token={TOKEN}"), "alert", most=5000,
    ),
    "sentry": Live(
        "acme",
        lambda n: {"version": f"shop@2.{n}", "dateCreated": ISO, "dateReleased": None, "deployCount": 1, "authors": [{"name": "jdoe"}],
                   "lastDeploy": {"id": str(n), "environment": "production", "dateStarted": ISO, "dateFinished": AFTER}},
        sentry, "/api/0/organizations/acme/releases/", ("Authorization", f"Bearer {TOKEN}"), most=2000,
    ),
    "slack": Live(
        "C1", lambda n: {"type": "message", "ts": f"1794923701.{n:06}", "text": f"x{n} <@U1>", "user": "U1"},
        slack, "/conversations.history", ("Authorization", f"Bearer {TOKEN}"), "note",
    ),
    "spinnaker": Live(
        "{url}/applications/shop",
        lambda n: {"application": "shop", "id": str(n), "name": "deploy", "status": "SUCCEEDED", "startTime": MS, "endTime": MS + 99000,
                   "trigger": {"type": "manual", "user": "jdoe"}, "stages": []},
        whole(), "/applications/shop/pipelines", ("Authorization", f"Bearer {TOKEN}"),
    ),
    "statuspage": Live(
        "{url}",
        lambda n: {"id": str(n), "name": "errors", "impact": "major", "created_at": ISO, "resolved_at": AFTER, "incident_updates": []},
        only("/incidents.json", whole("incidents"), {"scheduled_maintenances": []}), "/api/v2/incidents.json", ("", ""), "note",
    ),
    "terraform": Live("ws-1", run, terraform, "/workspaces/ws-1/runs", ("Authorization", f"Bearer {TOKEN}"), "config", most=2000),
    "unleash": Live(
        "{url}",
        lambda n: {"id": n, "type": "feature-environment-enabled", "featureName": f"f{n}", "createdAt": ISO, "createdBy": "jdoe", "environment": "production"},
        whole("events"), "/api/admin/events", ("Authorization", TOKEN), "flag",
    ),
}  # fmt: skip


def ask(kind: str, server: FakeHttp) -> SourceResult:
    live = LIVE[kind]
    place = {} if "{url}" in live.argument else {"url": server.url}
    options = {"token": TOKEN, **place, **live.options}
    return BUILT_IN[kind](SourceRequest(live.argument.format(url=server.url), WINDOW, options=options))


def told(kind: str, items: list[dict[str, Any]]) -> tuple[SourceResult, FakeHttp]:
    with fake_http(lambda request: LIVE[kind].page(request, items)) as server:
        return ask(kind, server), server


def test_every_source_that_asks_over_http_is_tested_here() -> None:
    assert {*LIVE, "file", "git", "aws", "codedeploy", "ecs"} == {*BUILT_IN}
    assert {*TOKEN_VARIABLES} == {*LIVE} - {"statuspage"}


@pytest.mark.parametrize("kind", sorted(LIVE))
def test_what_the_api_gives_is_read_and_asked_for_as_it_wants(kind: str) -> None:
    live = LIVE[kind]
    ledger, server = told(kind, [live.item(1), live.item(2)])
    assert ledger.gaps == ()
    found = ledger.alerts if kind == "alertmanager" else ledger.events
    assert len(found) == 2
    if kind != "alertmanager":
        assert {event.kind for event in ledger.events} == {live.kind}
        assert {f"{event.time:%Y-%m-%dT%H:%M}" for event in ledger.events} == {"2026-11-17T13:55"}
    first = next(request for request in server.requests if request.path == live.path)
    name, value = live.header
    assert not name or first.headers[name].startswith(value)
    assert "jdoe" not in repr(ledger)


@pytest.mark.parametrize("kind", sorted(LIVE))
def test_an_empty_list_is_nothing_and_no_gap(kind: str) -> None:
    ledger, _ = told(kind, [])
    assert (ledger.events, ledger.alerts, ledger.gaps) == ((), (), ())


@pytest.mark.parametrize("kind", sorted(set(LIVE) - {"github"}))
def test_many_items_are_read_or_what_is_left_out_is_a_gap(kind: str) -> None:
    """One page of a hundred more than it reads, or two thousand: none of what is read whole has a limit below."""
    live = LIVE[kind]
    items = 2_000 if live.most is None else live.most + 100
    ledger, _ = told(kind, [live.item(n) for n in range(items)])
    found = len(ledger.alerts if kind == "alertmanager" else ledger.events)
    assert found == (live.most or items)
    assert bool(ledger.gaps) == (found < items) or kind in ("grafana", "jenkins", "spinnaker", "unleash")


@pytest.mark.parametrize("kind", sorted(LIVE))
def test_a_field_that_changed_is_a_gap_for_that_item_alone(kind: str) -> None:
    live = LIVE[kind]
    broken = json.loads(
        json.dumps(live.item(1))
        .replace(ISO, "soon")
        .replace(str(MS - 1), '"soon"')
        .replace('"1794923701.000001"', '"soon"')
    )
    broken = json.loads(json.dumps(broken).replace(str(MS), '"soon"').replace('""soon""', '"soon"'))
    ledger, _ = told(kind, [broken, live.item(2), live.item(3)])
    assert len(ledger.alerts if kind == "alertmanager" else ledger.events) == 2
    assert len(ledger.gaps) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (as_json({"message": "who?"}, status=401), NotAllowedError),
        (as_json({"message": "no"}, status=403), ReconstructError),
        (as_json({"message": "slow down"}, status=403, headers={"Retry-After": "3600"}), SourceError),
        (as_json({"message": "slow down"}, status=429, headers={"Retry-After": "3600"}), SourceError),
        (as_json({"message": "none"}, status=404), SourceError),
        (as_json({"message": "oops"}, status=500), SourceError),
        (Answer(503, b"busy", {"Content-Type": "text/plain"}), SourceError),
        (Answer(200, b"<html>Log in</html>", {"Content-Type": "text/html"}), SourceError),
        (Answer(200, b'[{"id": 1', {"Content-Type": "application/json"}), SourceError),
        (Answer(200, b"[]", {"Content-Type": "application/json"}, 999), SourceError),
        (as_json({"unexpected": True}), SourceError),
        (Answer(302, b"", {"Location": f"https://login.example/?token={TOKEN}"}), SourceError),
    ],
    ids=[
        "401",
        "403",
        "secondary limit",
        "429",
        "404",
        "500",
        "503",
        "login page",
        "cut",
        "short",
        "another answer",
        "redirect",
    ],
)
@pytest.mark.parametrize("kind", sorted(LIVE))
def test_whatever_comes_instead_is_said_and_never_the_token(kind: str, answer: Answer, error: type[Exception]) -> None:
    with fake_http(lambda _: answer) as server, pytest.raises(error) as raised:
        ask(kind, server)
    said = f"{raised.value!r} {getattr(raised.value, 'hint', '')} {raised.value.__cause__!r}"
    assert TOKEN not in said
    assert getattr(raised.value, "hint", "")
    assert len(server.requests) <= 15, "a source that refuses is not asked again and again"


@pytest.mark.parametrize("kind", sorted(set(LIVE) - {"statuspage"}))
def test_a_token_that_a_source_sends_back_stands_in_no_output(kind: str) -> None:
    live = LIVE[kind]
    leaky = json.loads(json.dumps(live.item(1)).replace("shop", f"shop?token={TOKEN}&x="))
    with fake_http(lambda request: live.page(request, [leaky, live.item(2)])) as server:
        try:
            said = repr(ask(kind, server))
        except ReconstructError as error:
            said = f"{error} {error.hint}"
    assert TOKEN not in said
