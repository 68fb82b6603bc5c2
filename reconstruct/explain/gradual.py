"""Slow lines that lead to a bound: memory that climbs, a disk that fills, a certificate that runs down.

What begins such an incident is what began the line, however long before the first failure that was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.context import Case, near
from reconstruct.model import Aspect, Layer, Metric, Moment, Service, Tag

LINE_LAYERS: tuple[Layer, ...] = ("app", "runtime", "host", "database", "queue", "cache")
LINE_ASPECTS: tuple[Aspect, ...] = ("saturation", "utilisation")
LINE_TAGS: frozenset[Tag] = frozenset({"memory", "disk", "connections", "pool", "swap"})
"""What fills up by and by until a bound is hit. A queue that grows while its consumer fails is a consequence."""
LINE_SAMPLES = 15
"""A slope of fewer samples cannot be told from a step that takes a while."""
MAX_SAMPLES = 240
"""Longer series are thinned to this: the fit takes the square of it."""
FITS_SHARE = 0.25
"""A level and then a slope must leave at most this share of what the best step leaves unexplained."""
RISE_SPREADS = 6.0
"""The line must rise by this many spreads of what its level was."""
NEAR_SAMPLES = 3
"""The last samples before the onset may belong to the collapse already."""

FELL_SHARE = 0.5
"""A process that is killed gives back at least half of what it had taken."""
BOUND = 0.05
"""Disks and pools fail their users a little before they are full."""


@dataclass(frozen=True, slots=True)
class Line:
    """A level that became a slope which was still rising when the impact began."""

    title: str
    service: Service
    began: Moment
    before: float
    reached: float
    unit: str
    length: pd.Timedelta
    """From its beginning to the onset."""
    evidence: str
    """Id of the query that shows it, or of its anomaly where there is one."""
    spacing_s: float


def leading_line(case: Case) -> Line | None:
    """The clearest slow line that leads up to the onset; None where none does."""
    found = [
        (gain, line)
        for metric in case.evidence.metrics
        if _can_fill(metric)
        for column, service in enumerate(metric.services)
        if near(case, service, metric.signal)
        for gain, line in _line(case, metric, column)
    ]
    return max(found, key=lambda g: (g[0], g[1].evidence), default=(0.0, None))[1]


def hinge(values: npt.NDArray[np.float64]) -> tuple[int, int, int, float]:
    """Least-squares fit of a level, then a slope: its first row, the rows it may as well be, and how well it fits.

    The last figure is the squares left over against those of the best two-level step. Rows as well as the best are
    those whose squares are at most ``1 + 8 / n`` times the least.

    >>> hinge(np.array([1.0] * 10 + [1.0 + 0.5 * k for k in range(1, 11)]))[0]
    9
    """
    n = len(values)
    rows = np.arange(n, dtype=float)
    y = values - values.mean()
    tries = np.arange(4, n - 4)
    after = n - 1.0 - tries
    sum_y, sum_row_y = (np.cumsum(v[::-1])[::-1] for v in (y, rows * y))
    # the slope's regressor is row - k after row k and 0 before: its sums are those of 1, 2, ..., n - 1 - k
    xx = after * (after + 1) * (2 * after + 1) / 6 - (after * (after + 1) / 2) ** 2 / n
    xy = sum_row_y[tries] - tries * sum_y[tries]
    left = float(y @ y) - xy**2 / xx
    steps = float(y @ y) - sum_y[tries] ** 2 * (1 / tries + 1 / (n - tries))
    best = int(left.argmin())
    min_effect = 1e-12 * max(1.0, float(values @ values))
    alike = np.flatnonzero(left <= left[best] * (1 + 8 / n) + min_effect)
    return (
        int(tries[best]),
        int(tries[alike[0]]),
        int(tries[alike[-1]]),
        float(left[best] / max(steps.min(), min_effect)),
    )


def _can_fill(metric: Metric) -> bool:
    signal = metric.signal
    return signal.layer in LINE_LAYERS and signal.aspect in LINE_ASPECTS and signal.has_tag(*LINE_TAGS)


def _line(case: Case, metric: Metric, column: int) -> list[tuple[float, Line]]:
    since = case.onset.earliest - pd.Timedelta(seconds=priors.LEADS_S)
    series = metric.values[column].loc[since : case.onset.earliest].dropna()
    series = series.iloc[: max(len(series) - NEAR_SAMPLES, 0)]
    if len(series) < 2 * LINE_SAMPLES:
        return []
    series = _thinned(series)
    values = np.asarray(series, dtype=np.float64)
    upward: npt.NDArray[np.float64] = values if metric.signal.worse != "down" else -values
    row, first, last, share = hinge(upward)
    level = upward[: row + 1]
    spread = max(1.4826 * float(np.median(np.abs(level - np.median(level)))), 1e-9 * float(np.abs(values).max()))
    rise = float(np.median(upward[-NEAR_SAMPLES:]) - np.median(level))
    if share > FITS_SHARE or len(values) - row < LINE_SAMPLES or rise < RISE_SPREADS * spread:
        return []
    if not _ended(case, metric, column, upward=rise, reached=float(np.median(values[-NEAR_SAMPLES:]))):
        return []
    if rise <= metric.signal.min_effect or rise < priors.GROWTH_SHARE * abs(float(np.median(level))):
        return []
    times = series.index
    line = Line(
        title=metric.signal.title[:1].lower() + metric.signal.title[1:],
        service=metric.services[column],
        began=Moment(times[row], times[first], times[last]),
        before=float(np.median(values[: row + 1])),
        reached=float(np.median(values[-NEAR_SAMPLES:])),
        unit=metric.signal.unit,
        length=case.onset.earliest - times[row],
        evidence=metric.query,
        spacing_s=metric.spacing_s,
    )
    return [(rise / spread / (share + 0.01), line)]


def _thinned(series: pd.Series[float]) -> pd.Series[float]:
    """Medians of equal blocks, at the time of each block's middle sample: a slow line needs no more of them."""
    block = -(-len(series) // MAX_SAMPLES)
    if block == 1:
        return series
    whole = len(series) // block * block
    medians = np.median(series.to_numpy(dtype=float)[len(series) - whole :].reshape(-1, block), axis=1)
    return pd.Series(medians, index=series.index[len(series) - whole :][block // 2 :: block])


def _ended(case: Case, metric: Metric, column: int, *, upward: float, reached: float) -> bool:
    """Whether the line came to its end at the onset: it fell back (the process was killed), or it stood at the bound.

    A line that goes on rising through the onset as before hit nothing.
    """
    slack = pd.Timedelta(seconds=(NEAR_SAMPLES + 2) * metric.spacing_s)
    series = metric.values[column]
    after = series[(series.index >= case.onset.earliest) & (series.index <= case.onset.latest + slack)].dropna()
    if len(after) == 0:
        return True  # its data ended with it: a process that is gone has no memory
    sign = -1.0 if metric.signal.worse == "down" else 1.0
    fell = float((sign * (reached - after)).max())
    at_bound = metric.signal.unit == "ratio" and (reached <= BOUND if sign < 0 else reached >= 1 - BOUND)
    return fell >= FELL_SHARE * upward or at_bound
