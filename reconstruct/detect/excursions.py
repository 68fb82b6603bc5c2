"""Which series of a matrix departed from their own history inside the window: the detector, on plain arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.calibrate import Terms
from reconstruct.detect.describe import Excursion, Scaled, describe
from reconstruct.detect.fit import Fit, excursions_of
from reconstruct.detect.flatline import flat_lines
from reconstruct.detect.ongoing import earlier_first, ongoing_at_start
from reconstruct.detect.parameters import PARAMETERS, Parameters
from reconstruct.detect.prepare import Block, Values, prepare
from reconstruct.detect.screen import candidates
from reconstruct.model import Worse

ALIGNED = 32
"""Rows dropped from the front are a multiple of the largest hop, so that means of all durations meet the window."""
START_GROUPS = 16
"""Series that begin inside the history are judged on what they have, grouped by its length to a sixteenth of it."""


def find_excursions(
    values: Values,
    *,
    first: int,
    min_effect: float | NDArray[np.float64] = 0.0,
    worse: Worse | Sequence[Worse] = "both",
    parameters: Parameters = PARAMETERS,
) -> list[Excursion]:
    """Find where series left their own history inside the window, the earliest first.

    Parameters
    ----------
    values : float64, shape (n_times, n_series)
        Rows before `first` are history, the others the window. NaN (or an infinity) = no sample; never changed.
    first : int
        First row of the window.
    min_effect : float or shape (n_series,), in the unit of `values`
        Smallest change worth telling.
    worse : "up", "down", "both", or one a series
        Excursions the other way are left out.
    parameters : Parameters
        Constants.

    Returns
    -------
    list of Excursion
        Ordered by start, then series. A series with fewer than `parameters.least_samples` in its history is not judged.

    Raises
    ------
    ValueError
        If `values` is no matrix, or `first` does not lie in it.

    Examples
    --------
    >>> values = np.full((200, 1), 3.0)
    >>> values[::2] = 3.5
    >>> values[150:170] += 6.0
    >>> [(d.start, d.end, d.direction, d.shape, d.last_normal) for d in find_excursions(values, first=100)]
    [(150, 170, 'up', 'level', 149)]
    """
    if values.ndim != 2 or not 0 <= first <= len(values):
        raise ValueError(f"no window from row {first} in an array of shape {values.shape}")
    count = values.shape[1]
    min_effects = np.broadcast_to(np.asarray(min_effect, np.float64), (count,))
    wanted = [worse] * count if isinstance(worse, str) else list(worse)
    found = [
        excursion
        for columns, begin in _groups(values, first, parameters)
        for excursion in _in_group(values, columns, begin, first, min_effects, parameters)
    ]
    found += _elsewhere(flat_lines(values, first=first, parameters=parameters), found)
    kept = (d for d in found if wanted[d.series] in ("both", d.direction) or d.direction == "both")
    return sorted(kept, key=lambda d: (d.start, d.series, d.end))


def _elsewhere(more: Iterable[Excursion], found: Sequence[Excursion]) -> list[Excursion]:
    """Those of `more` that touch none of their series' excursions found so far."""
    taken = defaultdict(list)
    for excursion in found:
        taken[excursion.series].append((excursion.start, excursion.end))
    return [d for d in more if all(d.end <= start or end <= d.start for start, end in taken[d.series])]


def _groups(values: Values, first: int, parameters: Parameters) -> Iterator[tuple[NDArray[np.intp] | slice, int]]:
    """(columns, row that their history begins at): nearly always one group of all."""
    if first < parameters.least_samples or len(values) - first < 2:
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
        if first - begin >= parameters.least_samples:
            yield np.flatnonzero(begins == begin), int(begin)


def _in_group(
    values: Values,
    columns: NDArray[np.intp] | slice,
    begin: int,
    first: int,
    min_effects: Values,
    parameters: Parameters,
) -> Iterator[Excursion]:
    """Excursions of series whose history begins at the same row, a block at a time."""
    if first - begin >= 6 * ALIGNED:
        begin += (first - begin) % ALIGNED
    names = np.arange(values.shape[1])[columns]
    size = max(64, parameters.block_bytes // (4 * (len(values) - begin)))
    for low in range(0, len(names), size):
        some = names[low : low + size]
        # A slice of a matrix is a view; picking columns is a copy.
        block = (
            values[begin:, some[0] : some[-1] + 1] if isinstance(columns, slice) else values[begin:].take(some, axis=1)
        )
        for column, fit, known in _in_block(block, first - begin, min_effects[some], parameters):
            index = int(some[column])
            series, min_effect = values[:, index].copy(), float(min_effects[index])
            excursion = describe(
                series, index=index, begin=begin, first=first, min_effect=min_effect, fit=fit, known=known
            )
            if excursion is not None:
                yield excursion


def _in_block(
    values: Values, first: int, min_effects: Values, parameters: Parameters
) -> Iterator[tuple[int, Fit, Scaled]]:
    """(column, what was found, what its history says) of one block, screened all at once."""
    block = prepare(values, first=first)
    if block is None:
        return
    caution = np.sqrt(np.maximum(1.0, parameters.enough_samples / np.maximum(block.healthy, 1)))
    with np.errstate(over="ignore"):  # to an infinity, which nothing exceeds
        min_effect = (min_effects[block.columns] / block.scale).astype(np.float32)
    terms = Terms(block.noise_floor, min_effect, caution.astype(np.float32))
    judged = block.healthy >= parameters.least_samples
    done = set()
    earlier = earlier_first(first)
    for column, fits, known in _looks(block, ongoing_at_start(block.x, first=first), earlier, terms, parameters):
        # Judged from an earlier start, one of them goes across the start of the window: the history is not healthy.
        across = [f for f in fits if earlier + f.start < first < earlier + f.end]
        if judged[column] and any(not f.by_edge and f.evidence >= parameters.ongoing_at_start for f in across):
            done.add(column)
            late = (f for f in fits if earlier + f.end > first)
            shift = first - earlier
            for fit in late:
                yield int(block.columns[column]), replace(fit, start=fit.start - shift, end=fit.end - shift), known
    everything = np.arange(len(block.columns))
    for column, fits, known in _looks(block, everything, first, terms, parameters):
        if judged[column] and column not in done:
            for fit in fits:
                yield int(block.columns[column]), fit, known


def _looks(
    block: Block, columns: NDArray[np.intp], first: int, terms: Terms, parameters: Parameters
) -> Iterator[tuple[int, list[Fit], Scaled]]:
    """(column, what was found, what its history says) of the candidates among some columns of a block."""
    if not len(columns):
        return
    x = block.x if len(columns) == block.x.shape[1] else block.x.take(columns, axis=1)
    some = Terms(*(each[columns] for each in terms))
    for i, own, scores in candidates(x, first=first, terms=some, parameters=parameters):
        column = int(columns[i])
        known = Scaled(own, float(block.reference[column]), float(block.scale[column]), int(block.healthy[column]))
        series = x[:, i].astype(np.float64)
        yield column, excursions_of(series, first=first, calibration=own, scores=scores, parameters=parameters), known
