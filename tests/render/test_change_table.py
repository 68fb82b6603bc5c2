from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from reconstruct.model import Alert, Event, Service, Window
from reconstruct.render.change_table import to_jsonl, to_table
from reconstruct.sources.changes.registry import read_source

START = pd.Timestamp("2026-11-17T13:00:00Z")


def at(minutes: float) -> pd.Timestamp:
    return START + pd.Timedelta(minutes=minutes)


def event(minutes: float, kind: Any = "deploy", **more: Any) -> Event:
    fields: dict[str, Any] = {"service": Service("shop"), "title": "shop 2.20.0", "source": "deploys.csv", **more}
    return Event("", at(minutes), kind, **fields)


def alert(minutes: float, until: float) -> Alert:
    return Alert("", "DbSlow", Service("shop"), {}, "", None, at(minutes), at(until))


def test_what_did_not_take_effect_is_said_and_is_no_change_of_the_service() -> None:
    table = to_table([event(10), event(20, environment="pr-7", production=False), event(30, state="failed")])
    assert "shop 2.20.0 [in pr-7, not production]" in table
    assert "shop 2.20.0 [failed]" in table
    assert "  shop: 1 (13:10:00 deploy)" in table


def test_overlaps_name_other_services_changes_and_alerts_beside_a_change() -> None:
    rollout = event(10, end=at(20))
    near = event(22, "config", service=Service("cart"), title="cart limits")
    far = event(50, "config", service=Service("cart"), title="cart limits again")
    table = to_table([rollout, near, far], [alert(21, 40)])
    overlaps = table.split("Overlapping")[1]
    assert "13:10:00 deploy shop shop 2.20.0 | 13:22:00 config cart cart limits" in overlaps
    assert "13:10:00 deploy shop shop 2.20.0 | 13:21:00 alert shop DbSlow fired" in overlaps
    assert "again" not in overlaps


def test_witnesses_stand_with_the_source() -> None:
    assert "(deploys.csv #7; also prometheus)" in to_table(
        [event(1, source_id="7", labels={"also_seen_in": "prometheus"})]
    )


def test_lines_are_read_again_with_state_and_place(tmp_path: Path) -> None:
    events = [event(10, state="failed"), event(20, environment="pr-7", production=False), event(30, end=at(31))]
    path = tmp_path / "changes.jsonl"
    path.write_text(to_jsonl(events, [alert(40, 50)]))
    window = Window(START, at(120), pd.Timedelta("15s"), START)
    told = read_source(str(path), window=window).events
    assert [(e.time, e.state, e.environment, e.production, e.kind) for e in told[:3]] == [
        (e.time, e.state, e.environment, e.production, e.kind) for e in events
    ]
    assert (told[3].kind, told[3].title, told[3].end) == ("alert", "DbSlow", at(50))
    assert json.loads(path.read_text().splitlines()[0])["state"] == "failed"


def test_nothing_is_said_to_be_nothing() -> None:
    assert to_table([]) == "no changes\n"
