"""What a series did in earlier hours as well is usual, however new it is to the baseline right before the window.

A baseline of an hour or two knows nothing of the time of day or week, nor of what comes a few times a day. Two tests,
both of means over as long as the excursion lasted:

- the same hours of the day before *and* of the week before went as far: the time of day or week does it;
- separate parts of the day before went as far `RECURS` times: it comes and goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Anomaly, EarlierHours

DAY: Final = pd.Timedelta(days=1)
RECURS: Final = 3
"""Separate hours of the day before: once is an incident of its own, twice may be its echo (guess)."""
APART: Final = pd.Timedelta("1h")
AROUND: Final = pd.Timedelta("30min")
"""Schedules and habits of users shift by so much from day to day."""
AS_FAR: Final = 0.9
"""Of the excursion's height above the baseline that an earlier one must reach."""
LONGEST: Final = pd.Timedelta("1h")
"""Means are over no more: an hour of it is what people compare."""


def usual(anomaly: Anomaly, earlier: Sequence[EarlierHours], *, end: pd.Timestamp) -> bool:
    """Whether earlier hours went as far; never where they have no samples, nor for failures or outages of users.

    Parameters
    ----------
    end : Timestamp
        Of the window, for what is not over.
    """
    if anomaly.signal.user_facing and anomaly.signal.aspect in ("errors", "availability"):
        return False
    if anomaly.direction == "both":
        return False
    stop = anomaly.recovery.time if anomaly.recovery is not None else end
    lasted = min(max(stop - anomaly.onset.time, pd.Timedelta(0)), LONGEST)
    same_hours = []
    for stretch in earlier:
        reached = _reached(anomaly, stretch, lasted)
        if reached is None:
            continue
        index = stretch.window.index
        shift = stretch.shift or DAY
        near = np.asarray((index >= anomaly.onset.time - shift - AROUND) & (index <= stop - shift + AROUND))
        if near.any():
            same_hours.append(bool(reached[near].any()))
        if not stretch.shift and _separate(index[reached]) >= RECURS:
            return True
    return len(same_hours) > 1 and all(same_hours)


def _reached(anomaly: Anomaly, stretch: EarlierHours, lasted: pd.Timedelta) -> npt.NDArray[np.bool_] | None:
    """Rows that the mean over as long as the excursion ended at and went as far; None = not asked, or no samples."""
    for metric in stretch.metrics:
        if metric.signal.id != anomaly.signal.id:
            continue
        column = next((n for n, labels in enumerate(metric.labels) if _same(labels, anomaly.labels)), None)
        if column is None:
            return None
        values = metric.values[column]
        if not values.notna().any():
            return None
        rows = max(1, round(lasted / stretch.window.step))
        means = values.rolling(rows, min_periods=max(1, rows // 2)).mean() if rows > 1 else values
        spike = anomaly.shape == "spike" or rows == 1
        height = AS_FAR * ((anomaly.peak if spike else anomaly.level) - anomaly.baseline)
        excess = (means.to_numpy(np.float64) - anomaly.baseline) * np.sign(height)
        with np.errstate(invalid="ignore"):
            return np.asarray(excess >= abs(height), dtype=np.bool_) if height else None
    return None


def _same(labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    return dict(labels) == dict(others)


def _separate(times: pd.DatetimeIndex) -> int:
    """Runs of times that lie at least `APART` from each other.

    >>> _separate(pd.DatetimeIndex(["2026-01-01T00:00Z", "2026-01-01T00:02Z", "2026-01-01T04:00Z"]))
    2
    """
    if not len(times):
        return 0
    return 1 + int(np.count_nonzero(np.diff(times.as_unit("ns").asi8) >= APART.value))
