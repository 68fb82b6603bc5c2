"""Which series of a matrix departed from their own history inside the window: the detector, on plain arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.calibrate import Calibration, Terms
from reconstruct.detect.fit import Fit, departures_of
from reconstruct.detect.prepare import Values, prepare
from reconstruct.detect.ranks import median, quantiles
from reconstruct.detect.recipe import RECIPE, Recipe
from reconstruct.detect.screen import suspects
from reconstruct.detect.segment import reach
from reconstruct.model import Direction, Shape, Worse

MOST_SCORE = 1000.0
"""Scores and sizes are cut off here: against a constant history every change is infinitely surprising."""
ALIGNED = 32
"""Rows dropped from the front are a multiple of the largest hop, so that means of all durations meet the window."""
START_GROUPS = 16
"""Series that begin inside the history are judged on what they have, grouped by its length to a sixteenth of it."""
BESIDE = 9
"""Samples before a departure whose median is its baseline where the history's level means nothing."""
STUCK_SAMPLES = 6
"""A level shorter than this is not called stuck."""
CAP_SPREAD = 0.1
"""Stuck at a cap: the spread while departed is below this share of the history's (guess)."""


@dataclass(frozen=True, slots=True)
class Departure:
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
    sigmas: float
    """Size of the peak in robust spreads of the history, at most MOST_SCORE."""
    score: float
    """How far beyond the threshold that fired: 1 = just, at most MOST_SCORE."""
    under_way: bool
    """Departed before the window began."""
    why: Mapping[str, float]
    """What fired: see `explain_anomaly`."""


def find_departures(
    values: Values,
    *,
    first: int,
    floor: float | NDArray[np.float64] = 0.0,
    worse: Worse | Sequence[Worse] = "both",
    recipe: Recipe = RECIPE,
) -> list[Departure]:
    """Find where series left their own history inside the window, the earliest first.

    Parameters
    ----------
    values : float64, shape (n_times, n_series)
        Rows before `first` are history, the others the window. NaN (or an infinity) = no sample; never changed.
    first : int
        First row of the window.
    floor : float or shape (n_series,), in the unit of `values`
        Smallest change worth telling.
    worse : "up", "down", "both", or one a series
        Departures the other way are left out.
    recipe : Recipe
        Constants.

    Returns
    -------
    list of Departure
        Ordered by start, then series. A series with fewer than `recipe.least_samples` in its history is not judged.

    Raises
    ------
    ValueError
        If `values` is no matrix, or `first` does not lie in it.

    Examples
    --------
    >>> values = np.full((200, 1), 3.0)
    >>> values[::2] = 3.5
    >>> values[150:170] += 6.0
    >>> [(d.start, d.end, d.direction, d.shape, d.last_normal) for d in find_departures(values, first=100)]
    [(150, 170, 'up', 'level', 149)]
    """
    if values.ndim != 2 or not 0 <= first <= len(values):
        raise ValueError(f"no window from row {first} in an array of shape {values.shape}")
    count = values.shape[1]
    floors = np.broadcast_to(np.asarray(floor, np.float64), (count,))
    wanted = [worse] * count if isinstance(worse, str) else list(worse)
    found = [
        departure
        for columns, begin in _groups(values, first, recipe)
        for departure in _in_group(values, columns, begin, first, floors, recipe)
        if wanted[departure.series] in ("both", departure.direction) or departure.direction == "both"
    ]
    return sorted(found, key=lambda d: (d.start, d.series, d.end))


def judged(values: Values, *, first: int, recipe: Recipe = RECIPE) -> NDArray[np.bool_]:
    """Which series have enough history to be judged, shape (n_series,)."""
    observed: NDArray[np.intp] = np.count_nonzero(np.isfinite(values[:first]), axis=0)
    return observed >= recipe.least_samples


def _groups(values: Values, first: int, recipe: Recipe) -> Iterator[tuple[NDArray[np.intp] | slice, int]]:
    """(columns, row that their history begins at): nearly always one group of all."""
    if first < recipe.least_samples or len(values) - first < 2:
        return
    late = np.flatnonzero(~np.isfinite(values[0]))
    if not len(late):
        yield slice(0, values.shape[1]), 0
        return
    begins = np.zeros(values.shape[1], np.intp)
    for j in late:
        there = np.isfinite(values[:first, j])
        has = first - int(there.argmax()) if there.any() else 0
        hop = max(1, has // START_GROUPS)
        begins[j] = first - min(first, -(-has // hop) * hop)
    for begin in np.unique(begins):
        if first - begin >= recipe.least_samples:
            yield np.flatnonzero(begins == begin), int(begin)


def _in_group(
    values: Values, columns: NDArray[np.intp] | slice, begin: int, first: int, floors: Values, recipe: Recipe
) -> Iterator[Departure]:
    """Departures of series whose history begins at the same row, a block at a time."""
    if first - begin >= 6 * ALIGNED:
        begin += (first - begin) % ALIGNED
    names = np.arange(values.shape[1])[columns]
    size = max(64, recipe.block_bytes // (4 * (len(values) - begin)))
    for low in range(0, len(names), size):
        some = names[low : low + size]
        # A slice of a matrix is a view; picking columns is a copy.
        block = (
            values[begin:, some[0] : some[-1] + 1] if isinstance(columns, slice) else values[begin:].take(some, axis=1)
        )
        for column, fit, known in _in_block(block, first - begin, floors[some], recipe):
            departure = _described(values[:, some[column]].copy(), int(some[column]), begin, first, fit, known)
            if departure is not None and _tells(departure, float(floors[some[column]])):
                yield departure


def _in_block(values: Values, first: int, floors: Values, recipe: Recipe) -> Iterator[tuple[int, Fit, Scaled]]:
    """(column, what was found, what its history says) of one block, screened all at once."""
    block = prepare(values, first=first)
    if block is None:
        return
    caution = np.sqrt(np.maximum(1.0, recipe.enough_samples / np.maximum(block.healthy, 1)))
    floor = floors[block.columns] / block.scale
    terms = Terms(block.noise_floor, floor.astype(np.float32), caution.astype(np.float32))
    for i, own, scores in suspects(block.x, first=first, terms=terms, recipe=recipe):
        if block.healthy[i] < recipe.least_samples:
            continue
        scaled = Scaled(own, float(block.reference[i]), float(block.scale[i]), int(block.healthy[i]))
        x = block.x[:, i].astype(np.float64)
        for fit in departures_of(x, first=first, calibration=own, scores=scores, recipe=recipe):
            yield int(block.columns[i]), fit, scaled


@dataclass(frozen=True, slots=True)
class Scaled:
    """A series' calibration, and how to read it in the series' own unit."""

    calibration: Calibration
    reference: float
    scale: float
    history: int
    """Samples observed in the history."""


def _described(
    series: NDArray[np.float64], index: int, begin: int, first: int, fit: Fit, known: Scaled
) -> Departure | None:
    """A fit in the words and the unit of the series, trimmed to what was observed; None if nothing of it was."""
    there = np.flatnonzero(np.isfinite(series))
    start, end = first + fit.start, first + fit.end
    departed = there[(there >= start) & (there < end)]
    if not len(departed):
        return None
    start = int(departed[0])
    after = there[there >= end]
    began = start - _rows_before(series, begin, first, fit, known) if fit.start == 0 else start
    before = there[there < began]
    values = series[departed]
    own, level = known.calibration, median(values)
    history = series[there[(there >= begin) & (there < first)]]
    baseline = median(series[before[-BESIDE:]] if fit.by_edge and len(before) else history)
    at = int((values if fit.side > 0 else -values if fit.side < 0 else np.abs(values - baseline)).argmax())
    spread = (own.step_sigma if fit.by_edge else own.sigma) * known.scale
    return Departure(
        series=index,
        start=start,
        end=int(departed[-1]) + 1 if len(after) else len(series),
        last_normal=int(before[-1]) if len(before) else None,
        first_normal=int(after[0]) if len(after) else None,
        direction="both" if fit.side == 0 else "up" if fit.side > 0 else "down",
        shape=_shape(fit, values, history),
        baseline=baseline,
        peak=float(values[at]),
        peak_row=int(departed[at]),
        level=level,
        sigmas=min(MOST_SCORE, abs(float(values[at]) - baseline) / spread),
        score=min(MOST_SCORE, fit.score),
        under_way=began < start,
        why=_why(fit, known),
    )


def _rows_before(series: NDArray[np.float64], begin: int, first: int, fit: Fit, known: Scaled) -> int:
    """How many rows before the window already belong to a departure that its first row is in."""
    if fit.by_edge or fit.side == 0:
        return 0
    own = known.calibration
    history = (series[begin:first] - known.reference) / known.scale
    y = fit.side * (history - own.spans[0].centre) / own.sigma
    height = abs(fit.change) / own.sigma
    gain = np.clip(np.where(np.isfinite(y), y, 0.0) - height / 2, -height, height)
    return reach(gain[::-1], drop=2 * height)


def _tells(departure: Departure, floor: float) -> bool:
    """Whether the change is as large as the reader wants to hear of."""
    of = departure.peak if departure.shape in ("ramp", "spike", "variance") else departure.level
    return abs(of - departure.baseline) >= floor


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
    return {
        "samples": float(fit.span),
        "edge": float(fit.by_edge),
        "excess": fit.score * fit.limit.value * unit,
        "threshold": fit.limit.value * unit,
        "noise": fit.limit.noise * unit,
        "habit": fit.limit.habit * unit,
        "once": fit.limit.once * unit,
        "ceiling": fit.limit.ceiling * unit,
        "spread": own.sigma * unit,
        "plain_spread": own.plain * unit,
        "caution": own.caution,
        "history": float(known.history),
    }
