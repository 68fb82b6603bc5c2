"""What the window was compared with, in words."""

from __future__ import annotations

from collections.abc import Sequence

from reconstruct.model import EarlierHours, Window
from reconstruct.text.units import human_duration


def compared_with(earlier: Sequence[EarlierHours], *, moved: int, window: Window) -> str:
    """Which earlier hours were read beside the baseline, how finely, and for how many signals.

    >>> import pandas as pd
    >>> at = pd.Timestamp("2026-01-10T12:00Z")
    >>> window = Window(at, at + pd.Timedelta("1h"), pd.Timedelta("15s"), at - pd.Timedelta("1h"))
    >>> compared_with((), moved=3, window=window)
    'earlier hours: none of the 3 signals that moved has samples in the 24 h before or a week before'
    >>> week = Window(at - pd.Timedelta("7D"), at - pd.Timedelta("167h"), pd.Timedelta("2min"), at - pd.Timedelta("7D"))
    >>> compared_with([EarlierHours(week, (), pd.Timedelta("7D"))], moved=3, window=window)
    'earlier hours: the same hours 7 days before every 2 min, for 0 of the 3 signals that moved'
    """
    if not moved:
        return "earlier hours: not read, as no signal moved"
    if not earlier:
        return (
            f"earlier hours: none of the {moved:,} signals that moved has samples in the 24 h before or a week before"
        )
    told = []
    for one in earlier:
        every = human_duration(one.window.step_s)
        if one.shift:
            told.append(f"the same hours {one.shift.days} days before every {every}")
        else:
            hours = (window.start - one.window.start).total_seconds() / 3600
            told.append(f"the {hours:.0f} h before the window every {every}")
    signals = len({metric.signal.id for one in earlier for metric in one.metrics})
    return f"earlier hours: {' and '.join(told)}, for {signals:,} of the {moved:,} signals that moved"


def not_each_series(metrics: int) -> str:
    """What was not read series by series.

    >>> not_each_series(12)
    '12 metrics have too many series to be read one by one: of them only the sums of packs are known'
    """
    return f"{metrics:,} metrics have too many series to be read one by one: of them only the sums of packs are known"
