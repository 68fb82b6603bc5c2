"""The day before the baseline, and the window's same hours a week before, of what moved: coarser, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.model import EarlierHours, Gap, Metric, Query, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.signals import gather_signals

DAY: Final = pd.Timedelta(days=1)
WEEK: Final = pd.Timedelta(days=7)
POINTS: Final = 720
"""Of a stretch: every two minutes of a day; a chart is no wider."""
MAX_SIGNALS: Final = 60
"""Asked about, those that moved farthest first: two requests each."""
MAX_SAMPLES: Final = 4_000_000
"""In both stretches together (32 MB): with more series the steps get wider."""
LEAST_POINTS: Final = 48
"""Fewer in a day say nothing of its hours: then fewer signals are asked."""


def earlier_hours(
    server: Prometheus, moved: Sequence[Metric], window: Window, *, spacings: Mapping[str, float]
) -> tuple[tuple[EarlierHours, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """What the signals of `moved` (farthest first) were like in the 24 h before the window and a week before it.

    The first stretch ends where the baseline begins. A stretch that the server has nothing of is left out; what it
    refused is a gap that does not matter: it only spares false anomalies.
    """
    kept: list[Metric] = []
    series = 0
    for metric in moved[:MAX_SIGNALS]:
        series += len(metric.labels)
        if kept and 2 * series * LEAST_POINTS > MAX_SAMPLES:
            break
        kept.append(metric)
    if not kept:
        return (), (), ()
    points = max(LEAST_POINTS, min(POINTS, MAX_SAMPLES // (2 * max(1, series))))
    signals = [metric.signal for metric in kept]
    stretches: list[EarlierHours] = []
    queries: list[Query] = []
    gaps: list[Gap] = []
    spans = [
        (window.start - DAY, window.baseline_start, pd.Timedelta(0)),
        (window.start - WEEK, window.end - WEEK, WEEK),
    ]
    for start, end, shift in spans:
        if end <= start:
            continue
        step = max(window.step, ((end - start) / points).ceil(window.step))
        start = start.floor(step)
        grid = Window(start, end, step, start)
        found, asked, missing = gather_signals(server, signals, grid, spacings=spacings)
        held = tuple(metric for metric in found if metric.values.notna().any(axis=None))
        queries += [replace(query, id=f"{query.id}@{start:%Y-%m-%dT%H:%M}") for query in asked]
        gaps += [replace(gap, matters=False) for gap in missing]
        if held:
            named = tuple(replace(m, query=f"{m.query}@{start:%Y-%m-%dT%H:%M}") for m in held)
            stretches.append(EarlierHours(grid, named, shift))
    return tuple(stretches), tuple(queries), tuple(gaps)
