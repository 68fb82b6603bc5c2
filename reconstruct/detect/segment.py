"""From where to where: the edges of a level, of stretches beside it, and of a ramp; in robust spreads."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.calibrate import Calibration, Limit
from reconstruct.detect.parameters import Parameters
from reconstruct.detect.quantiles import median

Series = NDArray[np.float64]

LOW, HIGH = -3.0, 1.5
"""Before least squares, values are held between so many spreads below and so many times the level above (guess)."""
GRID = 40
"""Places tried for either end of a ramp ..."""
FINE = 10
"""... and within a step of that grid, for the best one."""
RAMP_SAMPLES = 4
"""A rise shorter than this is a step."""
SHARP = 4
"""Samples on either side of a step that show it for one."""
PIECES = 6
"""Levels a staircase may have before it is better called a ramp."""


def grow(gain: Series, core: int, *, drop: float) -> tuple[int, int]:
    """Extend `[core, core + 1)` either way to the best running sum of `gain`; give up once it is `drop` below its best.

    With gains that are log-likelihood ratios these are the most likely edges of a segment around `core`.

    >>> grow(np.array([-1.0, -1, 2, 2, -1, 2, -1, -1, -1, 9]), 3, drop=2.5)
    (2, 6)
    """
    return core - reach(gain[:core][::-1], drop=drop), core + max(1, reach(gain[core:], drop=drop))


def reach(gain: Series, *, drop: float) -> int:
    """How many of the leading gains to take: up to the best sum before it falls `drop` below its best."""
    run = gain.cumsum()
    fallen = np.flatnonzero(np.maximum(np.maximum.accumulate(run), 0) - run > drop) if len(run) else run
    if len(fallen):
        run = run[: int(fallen[0])]
    return int(run.argmax()) + 1 if len(run) and run.max() > 0 else 0


def level_segment(y: Series, start: int, end: int, *, parameters: Parameters) -> tuple[int, int]:
    """Edges of the level that the block `[start, end)` of `y` touches; the base is 0 and the level is above it.

    The likelihood ratio of level h against 0 is ``h * (y - h / 2)`` per sample; it is clipped, so that one sample
    decides little, and h is estimated again from what was found.
    """
    if end - start >= 4:
        start, end = _narrowed(y, start, end)
    height = max(0.5, median(y[start:end]))
    found = start, end
    for _ in range(3):
        gain = np.clip(y - height / 2, -height, height)
        core = start + int(gain[start:end].argmax()) if end - start < 4 else (start + end) // 2
        found = grow(gain, core, drop=max(parameters.drop / height, 1.3 * height))
        again = max(0.5, median(y[slice(*found)]))
        if abs(again - height) < 0.02 * height:
            break
        height = again
    return found


def _narrowed(y: Series, start: int, end: int) -> tuple[int, int]:
    """The best stretch in and around a wide block: a short excursion fills only a part of it."""
    half = (end - start) // 2
    low, high = max(0, start - half), min(len(y), end + half)
    run = np.concatenate([[0.0], (y[low:high] - max(0.5, 0.5 * float(y[start:end].mean()))).cumsum()])
    right = int((run - np.minimum.accumulate(run)).argmax())
    left = int(run[: right + 1].argmin())
    return (low + left, low + right) if right > left else (start, end)


def with_plateau(
    y: Series, start: int, *, limits: tuple[tuple[int, float], ...], least: float, parameters: Parameters
) -> int:
    """Earlier start of a level, where lower stretches right before it are beyond their thresholds as well.

    The first of two steps is the onset: a stretch of n samples belongs if its mean reaches the threshold for n samples.
    Call it on the reversed series for a later end.

    Parameters
    ----------
    y : float64, shape (n_times,)
        In spreads above the base.
    limits : pairs of (samples, threshold in spreads), samples increasing
    least : float
        Height below which a stretch is back to normal, in spreads.
    """
    half = max(0.5 * max(min(limit for _, limit in limits), 1.0), least)
    while start > 2:
        gain = np.clip(y[:start] - half, -2 * half, 2 * half)[::-1]
        count = reach(gain, drop=max(parameters.drop / (2 * half), 2.6 * half))
        if count < 3:
            return start
        threshold = max((n, limit) for n, limit in limits if n <= count)[1]
        if y[start - count : start].mean() < threshold:
            return start
        start -= count
    return start


def limits_in_spreads(calibration: Calibration, side: int) -> tuple[tuple[int, float], ...]:
    """(samples, threshold in robust spreads) for every duration, in one direction."""

    def of(up: Limit, down: Limit) -> float:
        return float((up if side > 0 else down).value) / float(calibration.sigma)

    return tuple((span.length, of(span.up, span.down)) for span in calibration.spans)


class Rise(NamedTuple):
    """A straight rise from 0, begun at `start` and complete at `top`, and the squares it leaves."""

    start: int
    top: int
    left: float


def ramp_start(y: Series, start: int, end: int) -> int | None:
    """Where a excursion over `[start, end)` began if it rose in a straight line; None if by a step or in stairs.

    Least squares of [0, then a straight rise, then a level] against [0, then up to six levels], each with a price of
    log(n) a parameter (BIC). The excursion must end at `end`.

    >>> rise = np.concatenate([np.zeros(40), np.linspace(0, 10, 40), np.full(20, 10.0)])
    >>> ramp_start(rise, 55, 100), ramp_start(10.0 * (rise > 5), 60, 100)
    (41, None)
    """
    count = end - start
    if count < 6 or _is_sharp(y, start, end):
        return None
    low = max(0, start - 2 * count - 4)
    level = max(median(y[end - max(1, count // 4) : end]), median(y[start:end]))
    part = np.clip(y[low:end], LOW, HIGH * level + 1)
    noise = max(0.25, 1.1 * median(np.abs(np.diff(part))) ** 2)
    price = noise * float(np.log(len(part)))
    rise = _best_rise(part)
    levels, left = _stairs(part, least_gain=2 * price)
    is_ramp = rise.left + 3 * price < left + 2 * levels * price
    if is_ramp and rise.top - rise.start >= RAMP_SAMPLES and low + rise.start < end - 3:
        return low + rise.start
    return None


def _is_sharp(y: Series, start: int, end: int) -> bool:
    """Whether it plainly began by a step to its full height: nearly nothing before, nearly all of it at once."""
    before, after = y[max(0, start - SHARP) : start], y[start : start + SHARP]
    level = 0.25 * median(y[start:end])
    return len(before) == SHARP and float(before.sum()) < level * SHARP and float(after.sum()) > 3 * level * SHARP


def _best_rise(part: Series) -> Rise:
    """The pair of (start, top) that explains most: on a coarse grid first, then finely around the best."""
    n = len(part)
    total = np.concatenate([[0.0], part.cumsum()])
    moment = np.concatenate([[0.0], (part * np.arange(n)).cumsum()])
    hop = max(1, n // GRID)
    start, top, gain = _best_of(total, moment, np.arange(0, n, hop), np.arange(hop, n + hop, hop))
    if hop > 1:
        fine = np.arange(-hop, hop + 1, max(1, hop // FINE))
        start, top, gain = _best_of(total, moment, start + fine, top + fine)
    return Rise(start, top, float(part @ part) - gain)


def _best_of(total: Series, moment: Series, starts: NDArray[np.intp], tops: NDArray[np.intp]) -> tuple[int, int, float]:
    """Try all pairs: running sums of y and of t * y give what each explains in constant time."""
    n = len(total) - 1
    start, top = np.clip(starts, 0, n - 1)[:, None], np.clip(tops, 1, n)[None, :]
    length = np.maximum(top - start, 1)
    # Shape g: (t - start + 1) / length while rising, then 1. What it explains is (g . y)^2 / (g . g).
    rising = ((moment[top] - moment[start]) - (start - 1) * (total[top] - total[start])) / length
    along = rising + total[n] - total[top]
    size = (length + 1) * (2 * length + 1) / (6 * length) + (n - top)
    gain = np.where((top > start) & (along > 0), along**2 / size, -1.0)
    i, j = np.unravel_index(int(gain.argmax()), gain.shape)
    return int(start[i, 0]), int(top[0, j]), float(gain[i, j])


def _stairs(part: Series, *, least_gain: float) -> tuple[int, float]:
    """Cut greedily into levels while a cut is worth it; how many, and the squares they leave."""
    total = np.concatenate([[0.0], part.cumsum()])
    cuts = [0, len(part)]
    for _ in range(PIECES):
        gain, cut = max(_best_cut(total, a, b) for a, b in pairwise(cuts))
        if gain < least_gain:
            break
        cuts = sorted([*cuts, cut])
    explained = sum((total[b] - total[a]) ** 2 / (b - a) for a, b in pairwise(cuts))
    return len(cuts) - 1, float(part @ part) - float(explained)


def _best_cut(total: Series, start: int, end: int) -> tuple[float, int]:
    """The cut of `[start, end)` into two means that explains most, from running sums; (what it explains, where)."""
    if end - start < 2:
        return 0.0, start
    at = np.arange(start + 1, end)
    left, right = total[at] - total[start], total[end] - total[at]
    gain = left**2 / (at - start) + right**2 / (end - at) - (total[end] - total[start]) ** 2 / (end - start)
    best = int(gain.argmax())
    return float(gain[best]), int(at[best])


def split(total: Series, low: int, high: int) -> int:
    """The row that cuts `[low, high)` into the two means that differ most, from running sums of the series."""
    return _best_cut(total, low, high)[1]
