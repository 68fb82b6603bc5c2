from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from reconstruct.model import Window
from reconstruct.sources.changes.files import read_events
from reconstruct.sources.result import SourceRequest
from tests.sources.changes.reading import told

START = pd.Timestamp("2026-11-17T13:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("3h"), pd.Timedelta("15s"), START)


def revision(number: int, updated: str, description: str, **more: Any) -> dict[str, Any]:
    return {
        "revision": number, "updated": updated, "status": "superseded", "chart": "angry-bird-0.1.0",
        "app_version": "1.0", "description": description, **more,
    }  # fmt: skip


HISTORY = [
    revision(1, "2026-11-17T13:10:00.123456789+01:00", "Install complete"),
    revision(2, "2026-11-17T13:55:30Z", "Upgrade complete", app_version="2.0"),
    revision(3, "2026-11-17T15:20:00Z", "Rollback to 1", status="deployed"),
]


def test_each_revision_is_a_deploy_or_the_rollback_that_helm_says_it_is() -> None:
    events = told(HISTORY, source="h.json").events
    assert [(event.kind, event.version, event.source_id) for event in events] == [
        ("deploy", "1.0", "angry-bird/1"),
        ("deploy", "2.0", "angry-bird/2"),
        ("rollback", "1.0", "angry-bird/3"),
    ]
    assert events[0].time == pd.Timestamp("2026-11-17T12:10:00.123456789Z")
    assert {event.service.name for event in events} == {"angry-bird"}
    assert events[1].title == "angry-bird 2.0: Upgrade complete"


def test_without_an_app_version_the_charts_own_counts() -> None:
    (event,) = told([revision(1, "2026-11-17T13:10:00Z", "", app_version="")], source="h.json").events
    assert event.version == "0.1.0"


def test_a_revision_that_cannot_be_read_is_a_gap() -> None:
    ledger = told([HISTORY[0], {**HISTORY[1], "updated": None}], source="h.json")
    assert len(ledger.events) == 1
    assert [gap.missing for gap in ledger.gaps] == ["item 2"]


def test_a_saved_history_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(HISTORY), encoding="utf-8")
    assert len(read_events(SourceRequest(str(path), WINDOW)).events) == 3
