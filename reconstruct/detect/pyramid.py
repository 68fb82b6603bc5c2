"""Means over 1, 2, 4 ... samples: a departure of any duration is a block that the history never showed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


def moving_means(x: Matrix, *, longest: int) -> Iterator[tuple[int, int, Matrix]]:
    """Yield `(length, hop, means)`: row `i` of `means` is the mean of rows `[i * hop, i * hop + length)` of `x`.

    Lengths are powers of two up to `longest`; from two samples on they overlap by half, so `hop = max(1, length // 2)`.
    All of it costs three passes over `x`.

    >>> x = np.arange(8, dtype=np.float32)[:, None]
    >>> [(length, hop, means[:, 0].tolist()) for length, hop, means in moving_means(x, longest=4)][1:]
    [(2, 1, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]), (4, 2, [1.5, 3.5, 5.5])]
    """
    half = np.float32(0.5)
    yield 1, 1, x
    if longest < 2 or len(x) < 2:
        return
    means = x[:-1] + x[1:]
    means *= half
    yield 2, 1, means
    length = 4
    while length <= longest and len(means) >= 3:
        means = means[:-2:2] + means[2::2]
        means *= half
        yield length, length // 2, means
        length *= 2


def longest_mean(first: int, window: int, *, longest: int) -> int:
    """Longest mean that still has a few independent values in the history, and two in the window."""
    return min(longest, max(2, window // 2), max(2, first // 6))
