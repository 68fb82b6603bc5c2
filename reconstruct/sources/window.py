"""The window that is looked at: its bounds, its step, and the healthy time before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.model import Window
from reconstruct.sources.grid import on_grid
from reconstruct.sources.metric_files.reader import MetricFile
from reconstruct.sources.prometheus import discovery
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.request import Request

STEP_IF_UNKNOWN: Final = pd.Timedelta("15s")
"""Prometheus's documented example interval, where the data do not tell theirs."""
MAX_BASELINE: Final = pd.Timedelta(days=1)
"""Longer ones cost queries and hold other days' habits; --baseline asks for more."""
MIN_BASELINE: Final = pd.Timedelta("1h")
"""Of healthy time, where nobody says otherwise: 240 samples at the usual 15 s, four times what a threshold needs."""


class ChosenWindow(NamedTuple):
    """A window, and what was found and chosen on the way."""

    window: Window
    intervals: Mapping[str, float]
    """Job -> seconds between scrapes; empty without a server."""
    notes: tuple[str, ...]
    """What has to be said of the choice."""


def window_of(
    asked: Request, *, files: Sequence[MetricFile], server: Prometheus | None, now: pd.Timestamp
) -> ChosenWindow:
    """What is looked at, the grid, and the healthy time before it.

    The step is the shortest scrape interval of the server, or the shortest spacing in the files.

    Raises
    ------
    UsageError
        If the window has no start, or is empty.
    """
    if server is None and files:
        return _of_files(asked, files=files)
    notes: list[str] = []
    intervals: Mapping[str, float] = {}
    end = asked.end if asked.end is not None else now
    if server is not None and end > (clock := server.now()):
        notes.append(f"the window ends at the server's own time, {clock:%Y-%m-%d %H:%M:%S} UTC")
        end = clock
    if asked.start is None:
        raise UsageError("the window has no start", hint="give --from, e.g. --from -3h, or --from 13:45 --to 16:00")
    if asked.start >= end:
        raise UsageError(
            f"the window is empty: {asked.start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC",
            hint="it lies in the future, or --from is not before --to",
        )
    length = end - asked.start
    baseline = asked.baseline if asked.baseline is not None else min(max(length, MIN_BASELINE), MAX_BASELINE)
    step = asked.step
    if server is not None:
        provisional = Window(asked.start, end, STEP_IF_UNKNOWN, asked.start - baseline)
        intervals = discovery.scrape_intervals(server, provisional, scope=asked.scope)
        if step is None and intervals:
            step = pd.Timedelta(seconds=min(intervals.values()))
    window, said = on_grid(asked.start, end, baseline=baseline, step=step or STEP_IF_UNKNOWN)
    return ChosenWindow(window, intervals, (*notes, *said))


def _of_files(asked: Request, *, files: Sequence[MetricFile]) -> ChosenWindow:
    spacings = [one.spacing_s for one in files if one.spacing_s > 0]
    step = asked.step or (pd.Timedelta(seconds=min(spacings)) if spacings else STEP_IF_UNKNOWN)
    first = min(one.start for one in files)
    start = asked.start if asked.start is not None else first
    end = asked.end if asked.end is not None else max(one.end for one in files) + step
    if start >= end:
        last = max(one.end for one in files)
        raise UsageError(
            f"the window is empty: {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC",
            hint=f"the metric files hold {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S}",
        )
    baseline = asked.baseline if asked.baseline is not None else MAX_BASELINE
    window, said = on_grid(start, end, baseline=min(baseline, max(start - first, step * 0)), step=step)
    return ChosenWindow(window, {}, tuple(said))
