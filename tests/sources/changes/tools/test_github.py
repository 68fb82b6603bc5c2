from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.files import read_events
from reconstruct.sources.changes.tools.github import MAX_PAGES, PAGE_SIZE, fetch_changes
from reconstruct.sources.result import SourceRequest
from tests.fake_http import Answer, Request, as_json, fake_http
from tests.sources.changes.reading import told

START = pd.Timestamp("2026-11-22T17:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("1h"), pd.Timedelta("15s"), START - pd.Timedelta("1h"))
ROLLBACK = "Rollback shop to 2.14.0 (latency incident)"


def deployment(number: int, created: str, **more: Any) -> dict[str, Any]:
    """The shape of GitHub's answer, as recorded."""
    return {
        "url": f"https://api.github.example/repos/acme/shop/deployments/{number}",
        "id": number, "node_id": "DE_36b27092fbfb", "task": "deploy", "original_environment": "production",
        "environment": "production", "description": None, "created_at": created, "updated_at": created,
        "statuses_url": f"https://api.github.example/repos/acme/shop/deployments/{number}/statuses",
        "repository_url": "https://api.github.example/repos/acme/shop",
        "creator": {"login": "anna", "id": 1, "type": "User"}, "sha": "36b27092fbfb78a07f026557a7b7f34218f99ee6",
        "ref": "v2.15.0", "payload": {}, "transient_environment": False, "production_environment": True, **more,
    }  # fmt: skip


def status(state: str, created: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "state": state, "created_at": created, "creator": {"login": "anna"}, **more}


def test_a_deployment_begins_and_ends_with_its_statuses() -> None:
    statuses = {
        "7": [
            status("inactive", "2026-11-22T17:40:00Z"),
            status("success", "2026-11-22T17:11:59Z", log_url="https://ci.example/7"),
            status("in_progress", "2026-11-22T17:11:49Z"),
            status("queued", "2026-11-22T17:10:01Z"),
        ]
    }
    (event,) = told([deployment(7, "2026-11-22T17:10:00Z")], beside=statuses, source="github:acme/shop").events
    assert event.time == pd.Timestamp("2026-11-22T17:11:49Z")
    assert event.end == pd.Timestamp("2026-11-22T17:11:59Z")
    assert (event.kind, event.service.name, event.version, event.source_id) == ("deploy", "shop", "2.15.0", "7")
    assert event.title == "deploy shop 2.15.0"
    assert event.url == "https://ci.example/7"
    assert event.labels == {"sha": "36b27092fbfb"}
    assert (event.state, event.environment, event.production) == ("done", "production", True)


def test_names_stay_away_unless_asked_for() -> None:
    rows = [deployment(7, "2026-11-22T17:10:00Z")]
    assert "anna" not in repr(told(rows, beside={}, source="s"))
    assert told(rows, beside={}, source="s", authors=True).events[0].labels["author"] == "anna"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"payload": {"kind": "flag"}}, "flag"),
        ({"task": "deploy:migrations"}, "migration"),
        ({"description": ROLLBACK}, "rollback"),
        ({"task": "rollback"}, "rollback"),
        ({"payload": "text"}, "deploy"),
    ],
)
def test_task_payload_and_description_tell_the_kind(more: dict[str, Any], kind: str) -> None:
    (event,) = told([deployment(7, "2026-11-22T17:10:00Z", **more)], beside={}, source="s").events
    assert event.kind == kind


def test_a_branch_is_no_version_its_commit_is() -> None:
    (event,) = told([deployment(7, "2026-11-22T17:10:00Z", ref="main")], beside={}, source="s").events
    assert event.version == "36b2709"


def test_a_deployment_that_cannot_be_read_is_a_gap() -> None:
    rows = [deployment(7, "2026-11-22T17:10:00Z"), deployment(8, "soon"), {"id": 9}]
    ledger = told(rows, beside={"7": [None, {"state": "success"}]}, source="s")
    assert len(ledger.events) == 1
    assert [gap.missing for gap in ledger.gaps] == ["item 2", "item 3"]


def test_saved_answers_are_known_by_their_content_with_the_statuses_beside_them(tmp_path: Path) -> None:
    (tmp_path / "deployments.json").write_text(json.dumps([deployment(7, "2026-11-22T17:10:00Z")]), encoding="utf-8")
    statuses = {"7": [status("in_progress", "2026-11-22T17:11:00Z"), status("failure", "2026-11-22T17:12:00Z")]}
    (tmp_path / "deployment_statuses.json").write_text(json.dumps(statuses), encoding="utf-8")
    for name in ("deployments.json", "deployment_statuses.json"):
        (event,) = read_events(SourceRequest(str(tmp_path / name), WINDOW)).events
        assert (event.time, event.end) == (pd.Timestamp("2026-11-22T17:11Z"), pd.Timestamp("2026-11-22T17:12Z"))
        assert (event.state, event.took_effect) == ("failed", False)


def api(rows: list[dict[str, Any]], *, page_size: int = PAGE_SIZE) -> Callable[[Request], Answer]:
    """A well-behaved GitHub: newest first, pages with a Link header, statuses."""

    def answer(request: Request) -> Answer:
        if request.path.endswith("/statuses"):
            return as_json([status("success", "2026-11-22T17:12:00Z"), status("in_progress", "2026-11-22T17:11:00Z")])
        if request.path.endswith("/runs"):
            return as_json({"total_count": 0, "workflow_runs": []})
        if request.path != "/repos/acme/shop/deployments":
            return as_json([])
        page = int(request.query["page"][0])
        part = rows[(page - 1) * page_size : page * page_size]
        more = page * page_size < len(rows)
        link = {"Link": f'<http://elsewhere.example/steal?page={page + 1}>; rel="next"'} if more else {"Link": ""}
        return as_json(part, headers=link)

    return answer


def fetch(url: str, **options: str) -> Any:
    return fetch_changes(SourceRequest("acme/shop", WINDOW, options={"url": url, "token": "s3cret", **options}))


def test_pages_are_read_newest_first_and_no_further_than_the_window() -> None:
    times = [START + pd.Timedelta("3h") - pd.Timedelta("20min") * i for i in range(1000)]
    rows = [deployment(i, f"{time:%Y-%m-%dT%H:%M:%SZ}") for i, time in enumerate(times)]
    with fake_http(api(rows, page_size=50)) as server:
        ledger = fetch(server.url)
    listed = [request for request in server.requests if request.path.endswith("/deployments")]
    assert len(listed) == 3  # 150 rows reach a day before the baseline; the other 17 pages are not asked for
    assert all(request.headers["Authorization"] == "Bearer s3cret" for request in server.requests)
    assert ledger.gaps == ()
    assert {event.time for event in ledger.events} == {pd.Timestamp("2026-11-22T17:11:00Z")}


def test_items_that_move_to_the_next_page_while_we_read_come_once() -> None:
    rows = [deployment(i, "2026-11-22T17:10:00Z") for i in (3, 2, 1)]
    pages = [[rows[0], rows[1]], [rows[1], rows[2]], []]

    def answer(request: Request) -> Answer:
        if not request.path.endswith("/deployments"):
            return as_json({"workflow_runs": []} if request.path.endswith("/runs") else [])
        page = int(request.query["page"][0])
        return as_json(pages[page - 1], headers={"Link": '<x>; rel="next"' if page < 3 else "<x>; rel=prev"})

    with fake_http(answer) as server:
        ledger = fetch(server.url)
    assert sorted(event.source_id for event in ledger.events) == ["1", "2", "3"]


def test_a_list_without_end_is_cut_and_that_is_a_gap() -> None:
    def answer(request: Request) -> Answer:
        if not request.path.endswith("/deployments"):
            return as_json({"workflow_runs": []} if request.path.endswith("/runs") else [])
        page = int(request.query["page"][0])
        rows = [deployment(page * 1000 + i, "2026-11-23T17:10:00Z") for i in range(2)]
        return as_json(rows, headers={"Link": '<x>; rel="next"'})

    with fake_http(answer) as server:
        ledger = fetch(server.url)
    assert len([r for r in server.requests if r.path.endswith("/deployments")]) == MAX_PAGES
    assert ledger.gaps[0].missing == "older deployments"


def test_statuses_that_do_not_come_are_gaps_and_the_deployment_stays() -> None:
    rows = [deployment(7, "2026-11-22T17:10:00Z")]

    def answer(request: Request) -> Answer:
        if request.path.endswith("/statuses"):
            return as_json({"message": "gone"}, status=410)
        return as_json(rows if request.path.endswith("/deployments") else [])

    with fake_http(answer) as server:
        ledger = fetch(server.url)
    assert ledger.events[0].time == pd.Timestamp("2026-11-22T17:10:00Z")
    assert "when deployment 7 began" in ledger.gaps[0].missing


@pytest.mark.parametrize(
    ("answer", "kind", "message", "hint"),
    [
        (as_json({"message": "Bad credentials"}, status=401), UsageError, "401", "credentials were refused"),
        (as_json({"message": "Not Found"}, status=404), SourceError, "404", "whether the token may see it"),
        (
            as_json({"message": "API rate limit exceeded"}, status=403, headers={"X-RateLimit-Remaining": "0"}),
            SourceError,
            "rate limit is used up",
            "give a token",
        ),
        (as_json({"message": "no"}, status=403), UsageError, "does not allow it", ""),
        (as_json({"message": "oops"}, status=500), SourceError, "500", ""),
        (Answer(200, b"<html>Log in</html>", {"Content-Type": "text/html"}), SourceError, "web page", ""),
        (Answer(200, b'[{"id": 1', {"Content-Type": "application/json"}), SourceError, "not JSON, or cut short", ""),
        (Answer(200, b"[]", {"Content-Type": "application/json"}, 999), SourceError, "cut its answer short", ""),
        (as_json({"id": 1}), SourceError, "did not answer with a list", ""),
        (as_json([1, 2]), SourceError, "did not answer with a list", ""),
        (Answer(302, b"", {"Location": "https://login.example/?token=s3cret"}), SourceError, "sends us elsewhere", ""),
    ],
)
def test_whatever_comes_instead_of_deployments_is_said(
    answer: Answer, kind: type[Exception], message: str, hint: str
) -> None:
    with fake_http(lambda _: answer) as server, pytest.raises(kind, match=message) as raised:
        fetch(server.url)
    assert hint in getattr(raised.value, "hint", "")
    assert "s3cret" not in str(raised.value)


def test_nobody_there_is_said_at_once() -> None:
    with fake_http(lambda _: Answer()) as server:
        url = server.url
    with pytest.raises(SourceError, match="refused the connection"):
        fetch(url)


@pytest.mark.parametrize("argument", ["shop", "acme/shop/x", "../..", "acme/shop?x=1", ""])
def test_what_is_no_repository_is_refused_before_anything_is_asked(argument: str) -> None:
    with pytest.raises(UsageError, match="not a GitHub repository"):
        fetch_changes(SourceRequest(argument, WINDOW))


def busy_after(requests_until: int, rows: list[dict[str, Any]], refused: Answer) -> Callable[[Request], Answer]:
    """A GitHub that answers so many requests, and then says that it was asked too often."""
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return refused if len(seen) > requests_until else api(rows)(request)

    return answer


def test_after_the_limit_nothing_more_is_asked_and_one_gap_says_what_is_missing() -> None:
    rows = [deployment(i, "2026-11-22T17:10:00Z") for i in range(80)]
    limit = as_json({"message": "You have exceeded a secondary rate limit"}, status=403, headers={"Retry-After": "600"})
    with fake_http(busy_after(11, rows, limit)) as server:
        ledger = fetch(server.url)
    assert len(ledger.events) == 80
    assert len(server.requests) <= 14
    assert "70 of 80 deployments" in ledger.gaps[0].missing


def test_a_short_pause_that_the_secondary_limit_asks_for_is_made() -> None:
    rows = [deployment(7, "2026-11-22T17:10:00Z")]
    refused: list[Request] = []

    def answer(request: Request) -> Answer:
        if request.path.endswith("/deployments") and not refused:
            refused.append(request)
            return as_json({"message": "secondary rate limit"}, status=403, headers={"Retry-After": "0"})
        return api(rows)(request)

    with fake_http(answer) as server:
        ledger = fetch(server.url)
    assert (len(ledger.events), ledger.gaps) == (1, ())


def test_a_renamed_repository_is_followed_on_the_same_host_and_never_elsewhere() -> None:
    rows = [deployment(7, "2026-11-22T17:10:00Z")]

    def moved(to: str) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            if request.path == "/repos/acme/shop/deployments":
                return as_json({"message": "Moved Permanently"}, status=301, headers={"Location": to})
            if request.path == "/repositories/9/deployments":
                return as_json(rows)
            return api(rows)(request)

        return answer

    with fake_http(moved("/repositories/9/deployments?per_page=100&page=1")) as server:
        assert len(fetch(server.url).events) == 1
    with (
        fake_http(lambda _: as_json(rows)) as thief,
        fake_http(moved(f"{thief.url}/repositories/9/deployments")) as server,
        pytest.raises(SourceError, match="sends us elsewhere"),
    ):
        fetch(server.url)
    assert thief.requests == []


def test_a_token_that_may_not_see_deployments_still_reads_releases() -> None:
    release = {
        "id": 1, "tag_name": "v2.20.0", "name": "v2.20.0", "draft": False, "author": {"login": "anna"},
        "created_at": "2026-11-22T16:00:00Z", "published_at": "2026-11-22T17:20:00Z",
        "html_url": "https://github.example/acme/shop/releases/v2.20.0",
        "url": "https://api.github.example/repos/acme/shop/releases/1",
    }  # fmt: skip

    def answer(request: Request) -> Answer:
        if request.path.endswith("/deployments"):
            return as_json({"message": "Resource not accessible"}, status=403)
        return as_json([release]) if request.path.endswith("/releases") else as_json({"workflow_runs": []})

    with fake_http(answer) as server:
        ledger = fetch(server.url)
    (event,) = ledger.events
    assert (event.version, event.time) == ("2.20.0", pd.Timestamp("2026-11-22T17:20:00Z"))
    assert event.service.name == "shop"
    assert ledger.gaps[0].missing == "deployments"


def test_runs_of_workflows_that_deploy_are_changes_and_the_others_are_not_read() -> None:
    def run(number: int, name: str, **more: Any) -> dict[str, Any]:
        return {
            "id": number, "name": name, "head_sha": "36b27092fbfb78a07f026557a7b7f34218f99ee6", "run_number": number,
            "head_branch": "main", "event": "push", "status": "completed", "conclusion": "success",
            "run_started_at": "2026-11-22T17:11:00Z", "updated_at": "2026-11-22T17:15:00Z",
            "html_url": "https://github.example/acme/shop/actions/runs/1", "repository": {"name": "shop"}, **more,
        }  # fmt: skip

    runs = [run(1, "Deploy production"), run(2, "unit tests"), run(3, "Deploy staging", conclusion="failure")]

    def answer(request: Request) -> Answer:
        return as_json({"workflow_runs": runs} if request.path.endswith("/runs") else [])

    with fake_http(answer) as server:
        ledger = fetch(server.url)
    assert [(e.source_id, e.environment, e.took_effect) for e in ledger.events] == [
        ("1", "production", True),
        ("3", "staging", False),
    ]
