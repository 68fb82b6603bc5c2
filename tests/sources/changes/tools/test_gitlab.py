from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.tools.gitlab import fetch_changes
from reconstruct.sources.result import SourceRequest
from tests.fake_http import Answer, Request, as_json, fake_http
from tests.sources.changes.reading import told

START = pd.Timestamp("2026-11-22T17:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("1h"), pd.Timedelta("15s"), START - pd.Timedelta("1h"))


def deployment(number: int, **more: Any) -> dict[str, Any]:
    """The shape that GitLab's documentation of the deployments API shows."""
    return {
        "id": number, "iid": number, "ref": "main", "sha": "a91957a858320c0e17f3a0eca7cfacbff50ea29a",
        "created_at": "2026-11-22T17:10:00.000Z", "updated_at": "2026-11-22T17:15:00.000Z", "status": "success",
        "user": {"id": 1, "name": "Anna A.", "username": "anna", "state": "active"},
        "environment": {"id": 9, "name": "production", "external_url": "https://shop.example"},
        "deployable": {
            "id": 664, "status": "success", "stage": "deploy", "name": "deploy", "ref": "main", "tag": False,
            "created_at": "2026-11-22T17:09:00.000Z", "started_at": "2026-11-22T17:11:00.000Z",
            "finished_at": "2026-11-22T17:14:30.500Z", "web_url": "https://gitlab.example/acme/shop/-/jobs/664",
            "commit": {"id": "a91957a8", "title": "Merge branch 'lookup'", "author_name": "Anna A."},
        },
        **more,
    }  # fmt: skip


def test_a_deployment_lasts_as_long_as_its_job() -> None:
    (event,) = told([deployment(42)], source="gitlab:acme/shop", service="shop").events
    assert event.time == pd.Timestamp("2026-11-22T17:11:00Z")
    assert event.end == pd.Timestamp("2026-11-22T17:14:30.5Z")
    assert (event.kind, event.service.name, event.version, event.source_id) == ("deploy", "shop", "a91957a8", "42")
    assert event.title == "shop a91957a8: Merge branch 'lookup'"
    assert event.url == "https://gitlab.example/acme/shop/-/jobs/664"
    assert "nna" not in repr(event)


def test_a_deployment_without_a_job_is_a_point_in_time() -> None:
    (event,) = told([deployment(42, deployable=None)], source="s", service="shop", authors=True).events
    assert (event.time, event.end) == (pd.Timestamp("2026-11-22T17:10:00Z"), None)
    assert event.labels["author"] == "anna"


def test_what_never_began_is_left_out_and_what_cannot_be_read_is_a_gap() -> None:
    rows = [
        deployment(1, status="canceled", deployable=None),
        deployment(2, deployable=None, created_at=None),
        deployment(3),
    ]
    ledger = told(rows, source="s", service="shop")
    assert [event.source_id for event in ledger.events] == ["3"]
    assert [gap.missing for gap in ledger.gaps] == ["item 2"]


def test_the_window_and_the_token_are_sent_as_gitlab_wants_them() -> None:
    def answer(request: Request) -> Answer:
        if not request.path.endswith("/deployments"):
            return as_json([])
        page = int(request.query["page"][0])
        return as_json([deployment(page)], headers={"Link": '<x>; rel="next"' if page < 3 else ""})

    with fake_http(answer) as server:
        options = {"url": f"{server.url}/api/v4", "token": "glt", "environment": "production"}
        ledger = fetch_changes(SourceRequest("acme/web/shop", WINDOW, options=options))
    first = server.requests[0]
    assert first.path == "/api/v4/projects/acme%2Fweb%2Fshop/deployments"
    assert first.headers["PRIVATE-TOKEN"] == "glt"
    assert first.query["updated_after"] == ["2026-11-22T16:00:00Z"]
    assert first.query["environment"] == ["production"]
    assert (first.query["order_by"], first.query["sort"]) == (["updated_at"], ["desc"])
    assert [r.path.rpartition("/")[2] for r in server.requests] == [*["deployments"] * 3, "releases", "pipelines"]
    assert [event.source_id for event in ledger.events] == ["1", "2", "3"]
    assert ledger.events[0].service.name == "shop"


def test_deployments_outside_the_window_are_left_out() -> None:
    early = deployment(1, deployable=None, created_at="2026-11-20T17:10:00.000Z")
    with fake_http(lambda _: as_json([early])) as server:
        assert fetch_changes(SourceRequest("7", WINDOW, options={"url": server.url})).events == ()


def test_a_refused_token_and_a_missing_project_are_said() -> None:
    refused = as_json({"message": "401 Unauthorized"}, status=401)
    with fake_http(lambda _: refused) as server, pytest.raises(UsageError, match="401"):
        fetch_changes(SourceRequest("7", WINDOW, options={"url": server.url, "token": "glt"}))
    missing = as_json({"message": "404 Project Not Found"}, status=404)
    with fake_http(lambda _: missing) as server, pytest.raises(SourceError, match="404 Project Not Found"):
        fetch_changes(SourceRequest("7", WINDOW, options={"url": server.url}))


@pytest.mark.parametrize("argument", ["shop", "", "a/../b?", "acme/shop/"])
def test_what_is_no_project_is_refused(argument: str) -> None:
    with pytest.raises(UsageError, match="not a GitLab project"):
        fetch_changes(SourceRequest(argument, WINDOW))
