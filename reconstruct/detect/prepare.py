"""Blocks of series made ready for arithmetic: float32 about a reference, gaps filled, constants left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.multiscale import Matrix

Values = NDArray[np.float64]

ROUNDING = 1e-9
"""Share of a series' own size below which a change is rounding: servers print 12 to 17 digits, rates lose a few."""
RESOLUTION = 1e-7
"""Share of the largest excursion that float32 can still tell."""
SAFE = 2.0**50
"""Squares of sums stay inside float32 between 1 / SAFE and SAFE; other series are scaled by a power of two."""
SHORT_GAP = 8
"""Gaps up to this many rows take a single neighbour's value; longer ones need a steadier one (guess)."""
SIDE = 9
"""Samples beside a long gap whose median stands in for it (guess)."""
REFERENCE_SAMPLES = 15
"""Rows looked at for the reference; any will do that lies inside the series."""


class Block(NamedTuple):
    """Some columns of a matrix, ready for arithmetic. `x` is in units of `scale` above `reference`."""

    x: Matrix
    columns: NDArray[np.intp]
    """Which columns of the block they are; constants are left out."""
    reference: Values
    scale: Values
    noise_floor: NDArray[np.float32]
    healthy: NDArray[np.intp]
    """Samples observed before `first`."""


def prepare(values: Values, *, first: int) -> Block | None:
    """Turn columns into a Block, or None where nothing moves. NaN, and what float32 cannot hold, counts as missing.

    A missing stretch takes the value beside it that lies nearer the series' median, so that it never prolongs a burst.
    Verdicts never rest on those rows: `find_excursions` trims to what was observed.

    Parameters
    ----------
    values : float64, shape (n_times, n_series)
    """
    reference = _reference(values)
    x: Matrix = np.empty(values.shape, np.float32)
    with np.errstate(over="ignore"):  # to an infinity, which is filled below
        np.subtract(values, reference, out=x, dtype=np.float64, casting="same_kind")
        high, low = x.max(axis=0), x.min(axis=0)
        broken = np.flatnonzero(~np.isfinite(high - low))
    healthy = np.full(x.shape[1], first)
    if len(broken):
        part = x[:, broken]
        there = np.isfinite(part)
        part[~there] = np.nan
        healthy[broken] = np.count_nonzero(there[:first], axis=0)
        for j in range(len(broken)):
            _fill(part[:, j])
        x[:, broken] = part
        high[broken], low[broken] = part.max(axis=0), part.min(axis=0)
    moving = np.flatnonzero(high > low)
    if not len(moving):
        return None
    if len(moving) < x.shape[1]:
        x = x.take(moving, axis=1)  # keeps rows together in memory
        reference, high, low, healthy = reference[moving], high[moving], low[moving], healthy[moving]
    size = np.maximum(high, -low).astype(np.float64)
    scale = np.ones(len(size))
    odd = (size > SAFE) | (size < 1 / SAFE)
    if odd.any():
        scale[odd] = np.exp2(np.round(np.log2(size[odd])))
        x[:, odd] = x[:, odd].astype(np.float64) / scale[odd]
    noise = np.maximum(ROUNDING * np.abs(reference), RESOLUTION * size) / scale
    return Block(x, moving, reference, scale, noise.astype(np.float32), healthy)


def _reference(values: Values) -> Values:
    """A value near the middle of each series; 0 where there is none."""
    some = values[:: max(1, len(values) // REFERENCE_SAMPLES)]
    middle = np.sort(some, axis=0)[len(some) // 2]  # NaN sorts last: a few missing samples do no harm
    reference: Values = np.where(np.isfinite(middle), middle, 0.0)
    for j in np.flatnonzero(~np.isfinite(middle)):
        there = values[np.isfinite(values[:, j]), j]
        reference[j] = there[len(there) // 2] if len(there) else 0.0
    return reference


def _fill(column: NDArray[np.float32]) -> None:
    """Fill the NaN of one column in place."""
    missing = np.isnan(column)
    there = np.flatnonzero(~missing)
    if not len(there):
        column[:] = 0
        return
    middle = np.median(column[there])
    rows = np.flatnonzero(missing)
    after = np.searchsorted(there, rows)
    right, left = column[there[np.minimum(after, len(there) - 1)]], column[there[np.maximum(after - 1, 0)]]
    left, right = np.where(after > 0, left, right), np.where(after < len(there), right, left)
    column[rows] = np.where(np.abs(right - middle) < np.abs(left - middle), right, left)
    # A long stretch on one noisy sample would look like a level: what lies beside it speaks through its median.
    edges = np.flatnonzero(np.diff(there) > SHORT_GAP + 1)
    gaps = [(int(there[i]) + 1, int(there[i + 1]), int(i) + 1) for i in edges]
    if there[0] > 0:
        gaps.append((0, int(there[0]), 0))
    if there[-1] < len(column) - 1:
        gaps.append((int(there[-1]) + 1, len(column), len(there)))
    for start, end, right_at in gaps:
        sides = [there[max(0, right_at - SIDE) : right_at], there[right_at : right_at + SIDE]]
        levels = [float(np.median(column[side])) for side in sides if len(side)]
        column[start:end] = min(levels, key=lambda level: abs(level - float(middle)))
