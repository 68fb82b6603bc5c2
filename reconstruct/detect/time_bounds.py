"""When it began and when it was back, as well as samples and range windows can show it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reconstruct.model import Moment

UNTOLD_SAMPLES = 3
"""A lower stretch of fewer samples than this beside a excursion is not looked for (`segment.with_plateau`)."""


MIN_COUNTED = 2
"""Events from which on there is a pause between them to compare with."""


def hidden_s(*, range_s: float, spacing_s: float, share: float) -> float:
    """Seconds that a step can be inside a range window before the samples show it.

    ``rate(x[S])`` at t sees (t - S, t], so a step of height h shows as a rise over S. It passes a threshold of
    `share` * h after S * share; and up to half of S, at most three samples, is cut off where a level is fitted.

    >>> hidden_s(range_s=0, spacing_s=15, share=0.1), hidden_s(range_s=60, spacing_s=15, share=0.1)
    (0.0, 30.0)
    >>> hidden_s(range_s=300, spacing_s=15, share=0.5)
    150.0
    """
    return max(range_s * min(1.0, max(0.0, share)), min(range_s / 2, UNTOLD_SAMPLES * spacing_s))


def onset_moment(*, last_normal: pd.Timestamp, first_outside: pd.Timestamp, hidden_s: float) -> Moment:
    """The onset: after the last sample still normal, less what may have been hidden then; never after the first not.

    ``earliest = last_normal - hidden, latest = first_outside, time = first_outside - hidden``

    >>> noon = pd.Timestamp("2026-01-01T12:00Z")
    >>> m = onset_moment(last_normal=noon, first_outside=noon + pd.Timedelta("15s"), hidden_s=30)
    >>> [f"{t:%H:%M:%S}" for t in (m.earliest, m.time, m.latest)]
    ['11:59:30', '11:59:45', '12:00:15']
    """
    hidden = pd.Timedelta(seconds=hidden_s)
    return Moment(max(first_outside - hidden, last_normal - hidden), last_normal - hidden, first_outside)


def ceased(times: pd.DatetimeIndex, counts: NDArray[np.float64]) -> Moment | None:
    """When events stopped of which only a count within a range is seen that has not let go of the last ones yet.

    The count rises with each event. They have stopped where twice their longest pause has gone by since the last one:
    ``earliest = last rise, latest = last rise + longest pause``.

    >>> minutes = pd.date_range("2026-01-01T12:00Z", periods=9, freq="1min")
    >>> m = ceased(minutes, np.array([0.0, 1, 1, 2, 3, 3, 3, 3, 3]))
    >>> m is not None and [f"{t:%H:%M}" for t in (m.earliest, m.time, m.latest)]
    ['12:04', '12:04', '12:06']
    >>> ceased(minutes, np.array([0.0, 1, 1, 2, 3, 3, 3, 3, 4])) is None
    True
    """
    seen = np.isfinite(counts)
    times, counts = times[seen], counts[seen]
    rises = times[1:][np.diff(counts) > 0]
    if len(rises) < MIN_COUNTED:
        return None
    pause = max(later - sooner for sooner, later in pairwise(rises))
    last = rises[-1]
    return Moment(last, last, last + pause) if times[-1] - last >= 2 * pause else None


def recovery_moment(
    *, last_outside: pd.Timestamp, first_normal: pd.Timestamp, range_s: float, hidden_s: float, onset: pd.Timestamp
) -> Moment:
    """The recovery: a range window lets go of a level late, by its length less what is hidden.

    ``earliest = last_outside - range, latest = first_normal, time = first_normal - (range - hidden)``, none before
    the onset.

    >>> noon = pd.Timestamp("2026-01-01T12:00Z")
    >>> later = noon + pd.Timedelta("15s")
    >>> m = recovery_moment(last_outside=noon, first_normal=later, range_s=60, hidden_s=30, onset=noon.floor("D"))
    >>> [f"{t:%H:%M:%S}" for t in (m.earliest, m.time, m.latest)]
    ['11:59:00', '11:59:45', '12:00:15']
    """
    earliest = max(last_outside - pd.Timedelta(seconds=range_s), onset)
    time = first_normal - pd.Timedelta(seconds=range_s - hidden_s)
    return Moment(min(max(time, earliest), first_normal), min(earliest, first_normal), first_normal)
