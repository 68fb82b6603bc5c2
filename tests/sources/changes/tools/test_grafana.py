from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.payload import PayloadReading
from reconstruct.sources.changes.tools.grafana import ANNOTATIONS, LIMIT, fetch_annotations
from reconstruct.sources.result import SourceRequest
from tests.fake_http import as_json, fake_http

START = pd.Timestamp("2026-11-22T17:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("1h"), pd.Timedelta("15s"), START - pd.Timedelta("1h"))


def annotation(number: int, minutes: float = 10, **more: Any) -> dict[str, Any]:
    """The shape that Grafana's HTTP API documentation shows."""
    time = int((START + pd.Timedelta(minutes=minutes)).value // 1_000_000)
    return {
        "id": number, "alertId": 0, "dashboardId": 468, "dashboardUID": "uGlb_lG7z", "panelId": 2, "userId": 1,
        "userName": "", "newState": "", "prevState": "", "time": time, "timeEnd": time, "text": "test",
        "tags": ["tag1", "tag2"], "data": {}, **more,
    }  # fmt: skip


def parse(*rows: Any) -> Any:
    reading = PayloadReading("grafana", SourceRequest("", WINDOW), base_url="https://grafana.example")
    return ANNOTATIONS.parse(rows, reading)


def test_an_annotation_is_an_event_whose_tags_tell_kind_and_service() -> None:
    end = int((START + pd.Timedelta("12min")).value // 1_000_000)
    row = annotation(7, timeEnd=end, tags=["deploy", "service:shop", "version:2.15"], text="<b>shop</b> 2.15 &amp; co")
    (event,) = parse(row).events
    assert (event.kind, event.service.name, event.version, event.source_id) == ("deploy", "shop", "2.15", "7")
    assert event.title == "shop 2.15 & co"
    assert event.time == START + pd.Timedelta("10min")
    assert event.end == START + pd.Timedelta("12min")
    assert event.url == "https://grafana.example/d/uGlb_lG7z"


def test_without_such_tags_it_is_a_note() -> None:
    (event,) = parse(annotation(7, tags=None)).events
    assert (event.kind, event.end, event.labels) == ("note", None, {})


def test_alerts_and_our_own_drafts_are_no_evidence() -> None:
    assert parse(annotation(1, alertId=5), annotation(2, tags=["reconstruct", "onset"])).events == ()


def test_one_that_cannot_be_read_is_a_gap() -> None:
    ledger = parse(annotation(1), {"id": 2}, {}, annotation(3, time=10**30))
    assert len(ledger.events) == 1
    assert [gap.missing for gap in ledger.gaps] == ["item 2", "item 3", "item 4"]


def test_a_full_answer_says_that_there_may_be_more() -> None:
    with fake_http(lambda _: as_json([annotation(i) for i in range(LIMIT)])) as server:
        told = fetch_annotations(SourceRequest(server.url, WINDOW))
    assert "rest of the annotations" in told.gaps[0].missing


def test_window_tags_and_token_are_sent() -> None:
    with fake_http(lambda _: as_json([annotation(7)])) as server:
        ask = SourceRequest(f"{server.url}/grafana", WINDOW, options={"token": "gft", "tags": "deploy, a&b"})
        assert len(fetch_annotations(ask).events) == 1
    (request,) = server.requests
    assert request.path == "/grafana/api/annotations"
    assert request.query["from"] == [str(WINDOW.baseline_start.value // 1_000_000)]
    assert request.query["to"] == [str(WINDOW.end.value // 1_000_000)]
    assert request.query["tags"] == ["deploy", "a&b"]
    assert request.headers["Authorization"] == "Bearer gft"


def test_a_refused_token_and_another_answer_are_said() -> None:
    refused = as_json({"message": "invalid API key"}, status=401)
    with fake_http(lambda _: refused) as server, pytest.raises(UsageError, match="401"):
        fetch_annotations(SourceRequest(server.url, WINDOW))
    with fake_http(lambda _: as_json({"message": "x"})) as server, pytest.raises(SourceError, match="not a list"):
        fetch_annotations(SourceRequest(server.url, WINDOW))
