from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.errors import SourceError
from reconstruct.model import Window
from reconstruct.sources.changes.files import read_events
from reconstruct.sources.changes.registry import read_source
from reconstruct.sources.changes.tools.alertmanager import fetch_alerts
from reconstruct.sources.result import SourceRequest
from tests.fake_http import as_json, fake_http
from tests.sources.changes.reading import told

START = pd.Timestamp("2026-11-22T17:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("1h"), pd.Timedelta("15s"), START - pd.Timedelta("1h"))


def alert(**more: Any) -> dict[str, Any]:
    """The shape of Alertmanager's answer, as recorded."""
    return {
        "annotations": {"summary": "probe fails"}, "endsAt": "2026-11-22T18:10:13.820Z",
        "fingerprint": "623c1cfab7c988c2", "receivers": [{"name": "hook"}], "startsAt": "2026-11-22T17:12:05.820Z",
        "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"}, "updatedAt": "2026-11-22T17:59:13.849Z",
        "generatorURL": "http://vm:15090/graph?g0.expr=probe_success+%3D%3D+0",
        "labels": {"alertname": "ProbeFailed", "instance": "lb-1", "job": "probe", "service": "shop"},
        **more,
    }  # fmt: skip


def parse(*rows: Any) -> Any:
    return told(list(rows), source="alertmanager", window=WINDOW)


def test_an_alert_that_is_still_sent_is_still_firing() -> None:
    (one,) = parse(alert()).alerts
    assert (one.rule, one.service.name) == ("ProbeFailed", "shop")
    assert one.firing_at == pd.Timestamp("2026-11-22T17:12:05.82Z")
    assert one.resolved_at is None
    assert "alertname" not in one.labels


def test_an_end_that_prometheus_sent_is_when_it_resolved() -> None:
    (one,) = parse(alert(endsAt="2026-11-22T17:20:00Z", updatedAt="2026-11-22T17:20:04Z")).alerts
    assert one.resolved_at == pd.Timestamp("2026-11-22T17:20:00Z")
    assert not one.ended_in_gap


def test_a_time_out_inside_the_window_is_no_recovery() -> None:
    (one,) = parse(alert(endsAt="2026-11-22T17:20:13Z", updatedAt="2026-11-22T17:16:13Z")).alerts
    assert one.resolved_at == pd.Timestamp("2026-11-22T17:20:13Z")
    assert one.ended_in_gap
    assert one.resolution_s == 240


def test_gos_zero_time_means_not_told() -> None:
    assert parse(alert(endsAt="0001-01-01T00:00:00.000Z")).alerts[0].resolved_at is None


def test_what_fires_after_the_window_is_left_out_and_what_cannot_be_read_is_a_gap() -> None:
    ledger = parse(alert(startsAt="2026-11-22T18:30:00Z"), alert(startsAt="soon"), {"labels": {}}, alert())
    assert len(ledger.alerts) == 1
    assert [gap.missing for gap in ledger.gaps] == ["item 2", "item 3"]


def test_a_saved_answer_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "anything.json"
    path.write_text(json.dumps([alert()]), encoding="utf-8")
    assert len(read_events(SourceRequest(str(path), WINDOW)).alerts) == 1


def test_an_alert_that_was_over_before_the_baseline_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    times = {"startsAt": "2026-11-22T10:00:00Z", "endsAt": "2026-11-22T11:00:00Z", "updatedAt": "2026-11-22T11:00:01Z"}
    path.write_text(json.dumps([alert(**times), alert()]), encoding="utf-8")
    assert len(read_source(str(path), window=WINDOW).alerts) == 1


def test_secrets_in_labels_are_taken_out() -> None:
    one = parse(alert(labels={"alertname": "X", "url": "https://me:hunter2@h/"})).alerts[0]
    assert "hunter2" not in repr(one)


def test_the_live_alerts_are_asked_for() -> None:
    with fake_http(lambda _: as_json([alert()])) as server:
        assert len(fetch_alerts(SourceRequest(f"{server.url}/prefix/", WINDOW)).alerts) == 1
    assert server.requests[0].path == "/prefix/api/v2/alerts"
    other = as_json({"status": "success"})
    with fake_http(lambda _: other) as server, pytest.raises(SourceError, match="not a list"):
        fetch_alerts(SourceRequest(server.url, WINDOW))
