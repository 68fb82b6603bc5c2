"""Excursions that were under way when the window began, long enough to look normal in the history that they are in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.multiscale import Matrix

SAMPLES = 8
"""Samples in the means that are compared (guess)."""
TAIL = 4
"""The last quarter of the history is looked at as if it were in the window (guess)."""
BEYOND = 0.25
"""Both sides of the window's start must lie this share of the healthy range beyond it (guess)."""
HOP = 32
"""The earlier window begins a multiple of the largest hop before, so that means of all durations still meet it."""


def earlier_first(first: int) -> int:
    """Where the window begins if the last quarter of the history is looked at too.

    >>> earlier_first(1080), earlier_first(100)
    (824, 100)
    """
    return first - first // TAIL // HOP * HOP


def ongoing_at_start(x: Matrix, *, first: int) -> NDArray[np.intp]:
    """Columns that are beyond what the earlier history showed on both sides of the window's start.

    A cheap test, to pick the few series that are worth judging from an earlier start.

    >>> x = np.zeros((400, 2), np.float32)
    >>> x[::3] = 1
    >>> x[280:, 1] += 5
    >>> ongoing_at_start(x, first=300).tolist()
    [1]
    """
    earlier = earlier_first(first)
    if earlier == first or len(x) < first + SAMPLES:
        return np.array([], np.intp)
    whole = x[: earlier // SAMPLES * SAMPLES]
    means = whole.reshape(-1, SAMPLES, x.shape[1]).mean(axis=1)
    high, low = means.max(axis=0), means.min(axis=0)
    room = np.float32(BEYOND) * (high - low)
    before, after = x[first - SAMPLES : first].mean(axis=0), x[first : first + SAMPLES].mean(axis=0)
    return np.flatnonzero((np.minimum(before, after) > high + room) | (np.maximum(before, after) < low - room))
