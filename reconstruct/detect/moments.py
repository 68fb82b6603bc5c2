"""When it began and when it was back, as well as samples and range windows can show it."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Moment

UNTOLD_SAMPLES = 3
"""A lower stretch of fewer samples than this beside a departure is not looked for (`segment.with_plateau`)."""


def hidden_s(*, smear_s: float, spacing_s: float, share: float) -> float:
    """Seconds that a step can be inside a range window before the samples show it.

    ``rate(x[S])`` at t sees (t - S, t], so a step of height h shows as a rise over S. It passes a threshold of
    `share` * h after S * share; and up to half of S, at most three samples, is cut off where a level is fitted.

    >>> hidden_s(smear_s=0, spacing_s=15, share=0.1), hidden_s(smear_s=60, spacing_s=15, share=0.1)
    (0.0, 30.0)
    >>> hidden_s(smear_s=300, spacing_s=15, share=0.5)
    150.0
    """
    return max(smear_s * min(1.0, max(0.0, share)), min(smear_s / 2, UNTOLD_SAMPLES * spacing_s))


def onset_moment(*, last_normal: pd.Timestamp, first_departed: pd.Timestamp, hidden_s: float) -> Moment:
    """The onset: after the last sample still normal, less what may have been hidden then; never after the first not.

    ``earliest = last_normal - hidden, latest = first_departed, time = first_departed - hidden``

    >>> noon = pd.Timestamp("2026-01-01T12:00Z")
    >>> m = onset_moment(last_normal=noon, first_departed=noon + pd.Timedelta("15s"), hidden_s=30)
    >>> [f"{t:%H:%M:%S}" for t in (m.earliest, m.time, m.latest)]
    ['11:59:30', '11:59:45', '12:00:15']
    """
    hidden = pd.Timedelta(seconds=hidden_s)
    return Moment(max(first_departed - hidden, last_normal - hidden), last_normal - hidden, first_departed)


def recovery_moment(
    *, last_departed: pd.Timestamp, first_normal: pd.Timestamp, smear_s: float, hidden_s: float, onset: pd.Timestamp
) -> Moment:
    """The recovery: a range window lets go of a level late, by its length less what is hidden.

    ``earliest = last_departed - smear, latest = first_normal, time = first_normal - (smear - hidden)``, none before
    the onset.

    >>> noon = pd.Timestamp("2026-01-01T12:00Z")
    >>> later = noon + pd.Timedelta("15s")
    >>> m = recovery_moment(last_departed=noon, first_normal=later, smear_s=60, hidden_s=30, onset=noon.floor("D"))
    >>> [f"{t:%H:%M:%S}" for t in (m.earliest, m.time, m.latest)]
    ['11:59:00', '11:59:45', '12:00:15']
    """
    earliest = max(last_departed - pd.Timedelta(seconds=smear_s), onset)
    time = first_normal - pd.Timedelta(seconds=smear_s - hidden_s)
    return Moment(min(max(time, earliest), first_normal), min(earliest, first_normal), first_normal)
