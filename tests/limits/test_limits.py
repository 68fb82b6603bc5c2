"""Each limit of a run, reached: its own words, and what narrows it; in a process of 2 GiB where it is about memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from reconstruct.model import Alert, Event, Service, Window
from reconstruct.sources.limited import nearest
from tests.servers.manners import Manner, bomb, endless, many, of_series
from tests.servers.misbehaving import Exchange, misbehaving
from tests.servers.tried_manners import tried

pytestmark = pytest.mark.checkout
NOON = pd.Timestamp("2026-11-17T12:00Z")
WINDOW = Window(NOON, NOON + pd.Timedelta("1h"), pd.Timedelta("15s"), NOON - pd.Timedelta("1h"))


EMPTY_SERIES = endless("range", '{"status": "success", "data": {"result": [', '{"metric":{},"values":[]},')


def behaves(behave: Callable[[Exchange], None], folder: Path, config: str, *more: str) -> tuple[int, str, Path]:
    """The command against a server that behaves so, with all the time it needs."""
    (folder / "reconstruct.yaml").write_text(config)
    with misbehaving(behave) as (url, _):
        words = ["incident", "--prometheus", url, "--from", "-10m", "--format", "json", "--out", str(folder / "out")]
        words += ["--config", str(folder / "reconstruct.yaml"), "--deadline", "600s", "--quiet", *more]
        done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, " ".join(done.stderr.split()), folder / "out" / "incident.json"


def gaps(written: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(written.read_text())["gaps"]
    return found


def _series(n: int) -> dict[str, Any]:
    return {"metric": {"n": str(n)}, "values": [[time.time() // 15 * 15 - 60, "1"]]}


def test_too_many_series_are_said_to_be_too_many(tmp_path: Path) -> None:
    code, said, _ = behaves(many("range", 300, _series), tmp_path, "limits: {series: 200}\n")
    assert code == 3
    assert "no signal could be read" in said
    assert "has more than 200 series" in said
    assert "hint: narrow --scope" in said


def test_bytes_of_an_answer(tmp_path: Path) -> None:
    behave = EMPTY_SERIES
    code, said, _ = behaves(behave, tmp_path, "limits: {answer_mib: 2}\n")
    assert code == 3
    assert "sent more than 2 MiB in one answer" in said
    assert "limits.answer_mib" in said


def test_labels_of_a_series(tmp_path: Path) -> None:
    behave = of_series("range", lambda series: series["metric"].update(long="x" * 3000))
    _, said, written = behaves(behave, tmp_path, "limits: {label_kib: 1}\n")
    told = said if not written.exists() else json.dumps(gaps(written))
    assert "labels are longer than 1 KiB (limits.label_kib in reconstruct.yaml)" in told


def test_events_beyond_the_limit_are_a_gap(tmp_path: Path) -> None:
    begin = pd.Timestamp.now("UTC").floor("s") - pd.Timedelta("20min")
    lines = [
        json.dumps({"time": str(begin + n * pd.Timedelta("1s")), "kind": "deploy", "service": "shop", "title": f"d{n}"})
        for n in range(1000)
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    from tests.servers.small_estate import behave_properly

    more = ("--events", str(tmp_path / "events.jsonl"))
    code, said, written = behaves(behave_properly, tmp_path, "limits: {events: 100}\n", *more)
    assert code == 0, said
    (gap,) = [gap for gap in gaps(written) if gap["source"] == "limits"]
    assert "events" in gap["missing"]
    assert "a run keeps 100 events" in gap["cause"]
    assert "limits.events" in gap["cause"]
    assert len(json.loads(written.read_text())["events"]) == 100


def test_those_nearest_to_the_window_are_kept() -> None:
    times = pd.date_range(WINDOW.baseline_start, WINDOW.end, 121)
    events = [Event(f"e{n}", at, "deploy", Service("shop"), "Deploy") for n, at in enumerate(times)]
    kept, (gap,) = nearest(events, 70, window=WINDOW, time=lambda event: event.time, what="events")
    assert [event.id for event in kept] == [f"e{n}" for n in range(51, 121)]
    assert gap.missing == "51 of 121 events"
    assert nearest(events, 121, window=WINDOW, time=lambda event: event.time, what="events")[1] == ()


def test_alerts_beyond_the_limit_name_their_own_key() -> None:
    alerts = [Alert(f"al{n}", "R", Service("shop"), {}, "", NOON, NOON, None) for n in range(3)]
    kept, (gap,) = nearest(alerts, 2, window=WINDOW, time=lambda alert: alert.firing_at, what="alerts")
    assert [alert.id for alert in kept] == ["al1", "al2"]
    assert "limits.alerts in reconstruct.yaml" in gap.cause


LONG_LABEL = endless("range", '{"status": "success", "data": {"result": [{"metric": {"a": "', "x")
GIANTS = (
    (Manner("gzip", bomb("range", 4 << 30), heavy=True), "sent more than 1 MiB in one answer"),
    (Manner("endless", EMPTY_SERIES, heavy=True), "sent more than 1 MiB in one answer"),
    (Manner("label", LONG_LABEL, heavy=True), "sent more than 1 MiB in one answer"),
    (Manner("series", many("range", 3_000, _series), heavy=True), "has more than 500 series"),
)


@pytest.mark.parametrize(("manner", "words"), GIANTS, ids=[manner.says for manner, _ in GIANTS])
def test_giants_end_by_their_own_limit_in_two_gibibytes(manner: Manner, words: str, tmp_path: Path) -> None:
    came = tried(manner, tmp_path, deadline_s=300, config="limits: {answer_mib: 1, series: 500}\n")
    assert "Traceback" not in came.said
    assert came.exit_code == 3
    assert words in " ".join(came.said.split())
    assert "hint: " in came.said
