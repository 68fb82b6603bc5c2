"""The grid that every query of a run is asked on."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from reconstruct.model import Window

MAX_POINTS: Final = 11_000
"""A series in one answer of Prometheus; a longer window is asked at a coarser step, and that is said."""


def on_grid(
    start: pd.Timestamp, end: pd.Timestamp, *, baseline: pd.Timedelta, step: pd.Timedelta
) -> tuple[Window, tuple[str, ...]]:
    """The window, with start and baseline on multiples of the step since the epoch, and what has to be said of it.

    Off that grid, `rate()` shifts with every run.

    >>> t = pd.Timestamp("2026-01-01T00:00:07Z")
    >>> window, said = on_grid(t, t + pd.Timedelta("1h"), baseline=pd.Timedelta("50s"), step=pd.Timedelta("15s"))
    >>> window.start, window.start - window.baseline_start, said
    (Timestamp('2026-01-01 00:00:00+0000', tz='UTC'), Timedelta('0 days 00:01:00'), ())
    """
    coarser = step
    while (end - start + baseline) / coarser > MAX_POINTS:
        coarser = coarser * 2
    begin = start.floor(coarser)
    window = Window(begin, end, coarser, begin - coarser * math.ceil(baseline / coarser))
    if coarser == step:
        return window, ()
    return window, (
        f"the window has more than {MAX_POINTS:,} samples of {step.total_seconds():g} s: asked every "
        f"{coarser.total_seconds():g} s; --step or a shorter window shows more",
    )
