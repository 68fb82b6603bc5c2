"""The hours before the baseline: read for what moved, said, kept in bundles, and what they show as usual is no news."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from reconstruct import packs
from reconstruct.bundle import read_bundle, write_bundle
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Evidence
from reconstruct.pipeline import draft
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.samples import Samples

END = pd.Timestamp("2026-03-10T13:00Z")
SPACING_S = 60
DAY_S = 86_400.0


def busy(at_s: float, *, every_s: float = DAY_S, hour: float = 12.0) -> float:
    """A heavy job from `hour`:20 to `hour`:50 each time: 1 while it runs."""
    since = (at_s - hour * 3600 - 1200) % every_s
    return 1.0 if since < 1800 else 0.0


def week(days: float, **heights: float) -> Samples:
    """Gauges of a host over so many days, each with noise and a job at noon of its own habit."""
    made, end = Samples(), END.timestamp()
    times = [end - days * DAY_S + n * SPACING_S for n in range(int(days * DAY_S / SPACING_S))]
    noise = [0.2 * math.sin(1.7 * n) + 0.2 * math.cos(0.61 * n * n) for n in range(len(times))]
    for name, height in heights.items():
        labels = {"job": "batch", "instance": name}
        habit = {"daily": DAY_S, "often": DAY_S / 6}.get(name)
        values = []
        for t, wobble in zip(times, noise, strict=True):
            works = busy(t, every_s=habit) if habit else busy(t) * (t > end - 3600)
            values.append((t, 10 + wobble + height * works))
        made.add("workers_busy", labels, values)
        made.add("up", labels, [(t, 1.0) for t in times])
    return made


def asked(url: str, *, baseline: pd.Timedelta | None = None) -> Evidence:
    request = Request(
        start=END - pd.Timedelta("1h"),
        end=END,
        baseline=baseline,
        prometheus=HttpSettings(url=url),
        catalogue=packs.load([packs.packs_folder()]),
    )
    return gather(request, now=END + pd.Timedelta("1h"))


@pytest.mark.server
def test_what_the_day_and_the_week_before_show_as_usual_is_no_news(tmp_path: Path) -> None:
    samples = week(8.0, daily=40.0, often=40.0, once=40.0)
    with prometheus(tmp_path, data=backfilled(tmp_path, samples)) as url:
        evidence, given = asked(url), asked(url, baseline=pd.Timedelta("2h"))
    assert [one.shift.days for one in evidence.earlier_hours] == [0, 7]
    for one in evidence.earlier_hours:
        assert one.window.end <= evidence.window.baseline_start
        assert {metric.signal.id for metric in one.metrics} == {"generic/workers_busy"}
        ids = {query.id for query in evidence.queries}
        assert all(metric.query in ids for metric in one.metrics)
    assert any(note.startswith("earlier hours: the 24 h before the window every 2 min") for note in evidence.notes)
    assert [a.labels["instance"] for a in draft(evidence).anomalies] == ["once"]
    assert {a.labels["instance"] for a in draft(given).anomalies} == {"daily", "often", "once"}
    assert not given.earlier_hours  # a baseline that is given wins

    write_bundle(tmp_path / "b.zip", evidence)
    again, _ = read_bundle(tmp_path / "b.zip")
    assert [one.shift for one in again.earlier_hours] == [one.shift for one in evidence.earlier_hours]
    for old, new in zip(evidence.earlier_hours, again.earlier_hours, strict=True):
        assert old.window == new.window
        pd.testing.assert_frame_equal(old.metrics[0].values, new.metrics[0].values, check_freq=False)
    assert [a.labels["instance"] for a in draft(again).anomalies] == ["once"]


@pytest.mark.server
def test_one_day_of_history_shows_no_habit_of_the_day(tmp_path: Path) -> None:
    with prometheus(tmp_path, data=backfilled(tmp_path, week(1.5, daily=40.0, often=40.0))) as url:
        evidence = asked(url)
    assert [one.shift.days for one in evidence.earlier_hours] == [0]
    assert [a.labels["instance"] for a in draft(evidence).anomalies] == ["daily"]
