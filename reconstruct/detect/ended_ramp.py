"""The one sharp edge of a ramp is its end: telling it from a step that stays."""

from __future__ import annotations

import numpy as np

from reconstruct.detect.segment import Series

SHORTEST = 8
"""Samples in the shortest ramp tried."""
LONGER = 1.12
"""Each ramp tried is so much longer than the last."""
NEAR = 0.12
"""Share of the ramp's length on either side of the best try that is searched again, finely."""


def ended_ramp(x: Series, *, first: int, edge: int, gain: float) -> tuple[int, float] | None:
    """Where a ramp that ended at `edge` began, and its height; None where a step that stays says it as well.

    Least squares of [a straight line + a rise from the onset that is gone at `edge`] against [a straight line + a step
    at `edge`]; the former must leave less than `gain` of the squares of the latter.

    >>> x = np.concatenate([np.zeros(60), np.arange(30.0), np.zeros(30)])
    >>> start, height = ended_ramp(x, first=40, edge=90, gain=0.25)
    >>> start in (60, 61), round(height)
    (True, 29)
    """
    best: tuple[float, int, float, int, int] | None = None
    length = SHORTEST
    while edge - length >= first:
        onset = edge - length
        low, high = max(0, onset - 2 * length), min(len(x), edge + max(SHORTEST, length))
        left, height = _fit(x, low, high, edge, onset)
        ratio = left / max(_fit(x, low, high, edge, None)[0], 1e-30)
        if best is None or ratio < best[0]:
            best = ratio, onset, height, low, high
        length = max(length + 1, int(length * LONGER))
    if best is None or best[0] > gain:
        return None
    _, onset, height, low, high = best
    near = max(1, int(NEAR * (edge - onset)))
    tries = range(max(first, onset - near), min(edge - 4, onset + near) + 1, max(1, near // 8))
    return min(tries, key=lambda row: _fit(x, low, high, edge, row)[0], default=onset), height


def _fit(x: Series, low: int, high: int, edge: int, onset: int | None) -> tuple[float, float]:
    """Squares left in `[low, high)` by a line and a ramp from `onset` to `edge` (None: a step there); its height."""
    t = np.arange(low, high)
    if onset is None:
        shape = (t >= edge).astype(np.float64)
    else:
        shape = np.where((t >= onset) & (t < edge), (t - onset + 1.0) / (edge - onset), 0.0)
    basis = np.array([np.ones(len(t)), (t - edge) / (high - low), shape])
    ridge = 1e-9 * len(t) * np.eye(3)  # a shape that lies wholly outside would make the system singular
    weights = np.linalg.solve(basis @ basis.T + ridge, basis @ x[low:high])
    left = x[low:high] - weights @ basis
    return float(left @ left), float(weights[2])
