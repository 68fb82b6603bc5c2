"""Which instants can be meant: what is told as a time and lies outside is no time, whoever tells it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

EARLIEST: Final = pd.Timestamp("1970-01-02T00:00Z")
LATEST: Final = pd.Timestamp("2200-01-01T00:00Z")
"""No incident lies outside: such a time is a zero, a number of something else, or written wrongly."""
EARLIEST_S: Final = EARLIEST.timestamp()
LATEST_S: Final = LATEST.timestamp()
MAX_SPAN_S: Final = LATEST_S - EARLIEST_S
"""Of a duration, a step or a spacing: as long as all time there is."""


def instant(seconds: float) -> pd.Timestamp | None:
    """The instant of so many Unix seconds, to the millisecond; None where it cannot be meant.

    >>> instant(1767225600.25)
    Timestamp('2026-01-01 00:00:00.250000+0000', tz='UTC')
    >>> instant(float("nan")), instant(1e300), instant(0.0)
    (None, None, None)
    """
    if not EARLIEST_S <= seconds < LATEST_S:
        return None
    return pd.Timestamp(round(seconds * 1000), unit="ms", tz="UTC")


def can_be_meant(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which of these Unix seconds are instants; shape as given, NaN is none.

    >>> can_be_meant(np.array([np.nan, 0.0, 1767225600.0, 1e300])).tolist()
    [False, False, True, False]
    """
    with np.errstate(invalid="ignore"):
        return np.asarray((seconds >= EARLIEST_S) & (seconds < LATEST_S), dtype=np.bool_)


def in_range(time: pd.Timestamp) -> bool:
    """Whether a time with a zone, of whatever resolution, can be meant.

    >>> in_range(pd.Timestamp("2026-01-01T00:00Z")), in_range(pd.Timestamp("9999-01-01T00:00Z"))
    (True, False)
    """
    return bool(EARLIEST <= time < LATEST)


def is_span(seconds: float, *, zero: bool = False) -> bool:
    """Whether so many seconds are a length of time: finite, longer than nothing (or nothing, with `zero`).

    >>> is_span(15.0), is_span(0.0), is_span(0.0, zero=True), is_span(float("inf"))
    (True, False, True, False)
    """
    return math.isfinite(seconds) and (0 < seconds <= MAX_SPAN_S or (zero and seconds == 0))
