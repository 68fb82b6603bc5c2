"""Rows and records of no tool that is known: what kept them from being read as what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.model import Event
from reconstruct.sources.changes.registry import read_source
from reconstruct.sources.result import SourceResult
from tests.sources.changes.reading import WINDOW

AT = "2026-11-17T13:55:30Z"


def read(tmp_path: Path, text: str, *, name: str = "changes.csv") -> SourceResult:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_source(str(tmp_path / name), window=WINDOW)


def record(tmp_path: Path, **fields: Any) -> Event:
    (event,) = read(
        tmp_path, json.dumps([{"time": AT, "service": "shop", "kind": "deploy", **fields}]), name="c.json"
    ).events
    return event


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "did not succeed"}, "failed"),
        ({"ok": False}, "failed"),
        ({"passed": "true"}, "done"),
        ({"mode": "dry-run"}, "draft"),
        ({"command": "plan"}, "draft"),
        ({"command": "apply"}, "done"),
        ({"what_if": True}, "draft"),
    ],
)
def test_a_column_that_tells_how_a_change_went_counts(tmp_path: Path, fields: dict[str, Any], state: str) -> None:
    assert record(tmp_path, **fields).state == state


@pytest.mark.parametrize(
    ("environment", "production"),
    [("acceptance", False), ("int", False), ("eu-int-2", False), ("production_us", True), ("interior", None)],
)
def test_usual_names_of_environments_tell_whether_users_are_there(
    tmp_path: Path, environment: str, production: bool | None
) -> None:
    assert record(tmp_path, environment=environment).production is production


def test_a_planned_time_is_when_it_was_asked_for_whatever_the_row_says_of_its_state(tmp_path: Path) -> None:
    header = "planned start,actual start,actual end,service,kind,status\n"
    rows = f"{AT},2026-11-17T14:00:00Z,2026-11-17T14:01:00Z,shop,deploy,done\n{AT},,,cart,deploy,approved\n"
    began, planned = sorted(read(tmp_path, header + rows).events, key=lambda event: event.service.name, reverse=True)
    assert (began.time, began.state) == (pd.Timestamp("2026-11-17T14:00:00Z"), "done")
    assert (planned.time, planned.state) == (pd.Timestamp(AT), "requested")
    (alone,) = read(tmp_path, f"scheduled for,service,kind,status\n{AT},shop,deploy,done\n").events
    assert alone.state == "requested"


def test_a_list_tells_the_kind_of_its_records(tmp_path: Path) -> None:
    item = {"startedAt": AT, "application": {"name": "shop"}, "outcome": "SUCCEEDED"}
    whole = {"response": {"page": 1, "deployments": [{"attributes": item}]}}
    (event,) = read(tmp_path, json.dumps(whole), name="c.json").events
    assert (event.kind, event.service.name) == ("deploy", "shop")


def test_what_a_title_begins_with_tells_more_than_an_exit_code(tmp_path: Path) -> None:
    (event,) = read(tmp_path, f"time,title,exit code\n{AT},deploy shop,1\n").events
    assert (event.kind, event.state) == ("deploy", "failed")


def test_a_table_in_notes_names_nobody_and_its_header_is_no_note(tmp_path: Path) -> None:
    text = f"| time (UTC) | who | what |\n|---|---|---|\n| {AT} | anna | deployed shop |\n\n14:30 anna looks again\n"
    told = read(tmp_path, text, name="notes.md")
    assert told.events[0].title == "deployed shop"
    assert told.gaps == ()


@pytest.mark.parametrize(
    ("title", "production"),
    [("Deploy to staging", False), ("shop staging", False), ("Fix the flaky test of the cart's review page", None)],
)
def test_a_sentence_that_speaks_of_a_test_names_no_environment(tmp_path: Path, title: str, production: object) -> None:
    execution = {"pipelineExecutionId": "1", "status": "Succeeded", "startTime": AT, "pipelineName": "shop"}
    whole = {"pipelineExecutionSummaries": [{**execution, "sourceRevisions": [{"revisionSummary": title}]}]}
    (event,) = read(tmp_path, json.dumps(whole), name="c.json").events
    assert (event.kind, event.production) == ("deploy", production)
