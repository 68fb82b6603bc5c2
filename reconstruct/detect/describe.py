"""A excursion in the words and the unit of its series, trimmed to what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reconstruct.detect.calibrate import Calibration
from reconstruct.detect.fit import Fit
from reconstruct.detect.prepare import Values
from reconstruct.detect.quantiles import median, quantiles
from reconstruct.detect.segment import reach
from reconstruct.model import Direction, Shape

MAX_SCORE = 1000.0
"""Scores and sizes are cut off here: against a constant history every change is infinitely surprising."""
BESIDE = 9
"""Samples before a excursion whose median is its baseline where the history's level means nothing."""
STUCK_SAMPLES = 6
"""A level shorter than this is not called stuck."""
CAP_SPREAD = 0.1
"""Stuck at a cap: the spread while departed is below this share of the history's (guess)."""


@dataclass(frozen=True, slots=True)
class Excursion:
    """One stretch of the window in which a series was not itself. Rows are those of the matrix."""

    series: int
    start: int
    """First sample that departs, at or after `first`."""
    end: int
    """First row that is back; the number of rows if none is."""
    last_normal: int | None
    """Last row that was observed and still normal; None if there is none. May be well before `start - 1`."""
    first_normal: int | None
    """First row that was observed and normal again; None if there is none."""
    direction: Direction
    shape: Shape
    baseline: float
    """What it departed from, in the series' unit: its history's median, or for a drifting series what lay beside it."""
    peak: float
    peak_row: int
    level: float
    """Median while departed."""
    robust_z: float
    """Size of the peak in robust spreads of the history, at most MAX_SCORE."""
    score: float
    """How far beyond the threshold that fired: 1 = just, at most MAX_SCORE."""
    ongoing_at_start: bool
    """Departed before the window began."""
    why: Mapping[str, float]
    """What fired: see `explain_anomaly`."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A series' calibration, and how to read it in the series' own unit."""

    calibration: Calibration
    reference: float
    scale: float
    history: int
    """Samples observed in the history."""


def describe(
    series: Values, *, index: int, begin: int, first: int, min_effect: float, fit: Fit, known: Scaled
) -> Excursion | None:
    """A fit in the words and the unit of its series; None if nothing of it was observed, or it is below the min_effect.

    Parameters
    ----------
    series : float64, shape (n_times,)
        As it came, NaN where nothing was observed.
    index : int
        Which series of the matrix it is.
    begin, first : int
        Rows that its history and the window begin at.
    min_effect : float
        Smallest change worth telling.
    fit : Fit
        Rows counted from `first`; one that began before the window has a negative start.
    known : Scaled
    """
    there = np.flatnonzero(np.isfinite(series))
    start, end = first + fit.start, first + fit.end
    departed = there[(there >= max(start, first)) & (there < end)]
    if not len(departed):
        return None
    after = there[there >= end]
    began = start - _rows_before(series, begin, first, fit, known) if fit.start == 0 else min(start, int(departed[0]))
    before = there[there < began]
    values, own = series[departed], known.calibration
    level = median(values)
    history = series[there[(there >= begin) & (there < min(first, began))]]
    baseline = median(series[before[-BESIDE:]] if fit.by_edge and len(before) else history)
    at = int((values if fit.side > 0 else -values if fit.side < 0 else np.abs(values - baseline)).argmax())
    spread = (own.step_sigma if fit.by_edge else own.sigma) * known.scale
    of = level if fit.kind == "level" else float(values[at])
    if abs(of - baseline) < min_effect or (of - baseline) * fit.side < 0:
        return None  # too small to tell; or no excursion of the series, only of what an earlier look had left of it
    return Excursion(
        series=index,
        start=int(departed[0]),
        end=int(departed[-1]) + 1 if len(after) else len(series),
        last_normal=int(before[-1]) if len(before) else None,
        first_normal=int(after[0]) if len(after) else None,
        direction="both" if fit.side == 0 else "up" if fit.side > 0 else "down",
        shape=_shape(fit, values, history),
        baseline=baseline,
        peak=float(values[at]),
        peak_row=int(departed[at]),
        level=level,
        robust_z=min(MAX_SCORE, abs(float(values[at]) - baseline) / spread),
        score=min(MAX_SCORE, fit.score),
        ongoing_at_start=began < first,
        why=_why(fit, known),
    )


def _rows_before(series: Values, begin: int, first: int, fit: Fit, known: Scaled) -> int:
    """How many rows before the window already belong to a excursion that its first row is in."""
    if fit.by_edge or fit.side == 0:
        return 0
    own = known.calibration
    history = (series[begin:first] - known.reference) / known.scale
    y = fit.side * (history - own.spans[0].centre) / own.sigma
    height = abs(fit.change) / own.sigma
    gain = np.clip(np.where(np.isfinite(y), y, 0.0) - height / 2, -height, height)
    return reach(gain[::-1], drop=2 * height)


def _shape(fit: Fit, values: Values, history: Values) -> Shape:
    """`cap` or `flat` where a level is stuck although the history moved; else as fitted."""
    if fit.kind != "level" or len(values) < STUCK_SAMPLES:
        return fit.kind
    (low, high), (lowest, highest) = quantiles(history, 0.05, 0.95), quantiles(values, 0.05, 0.95)
    if high <= low or highest - lowest > CAP_SPREAD * (high - low):
        return "level"
    return "cap" if fit.side > 0 else "flat"


def _why(fit: Fit, known: Scaled) -> dict[str, float]:
    """What fired, in the series' unit: `explain_anomaly` puts it in words."""
    own, unit = known.calibration, known.scale
    centre = next(span.centre for span in own.spans if span.length == fit.span)
    return {
        "samples": float(fit.span),
        "edge": float(fit.by_edge),
        "normal": centre * unit + known.reference,
        "excess": fit.score * fit.limit.value * unit,
        "threshold": fit.limit.value * unit,
        "noise": fit.limit.noise * unit,
        "recurring_extreme": fit.limit.recurring_extreme * unit,
        "once": fit.limit.once * unit,
        "ceiling": fit.limit.ceiling * unit,
        "spread": own.sigma * unit,
        "plain_spread": own.plain * unit,
        "caution": own.caution,
        "history": float(known.history),
    }
