"""Means over 1, 2, 4 ... samples: a excursion of any duration is a block that the history never showed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


class Layer(NamedTuple):
    """Means over `length` rows, one begun every `hop` rows."""

    length: int
    hop: int
    means: Matrix


def moving_means(x: Matrix, *, longest: int) -> list[Layer]:
    """Layers of means: row `i` of a layer is the mean of rows `[i * hop, i * hop + length)` of `x`.

    Lengths are powers of two up to `longest`; from two samples on they overlap by half, so `hop = max(1, length // 2)`.
    All of it costs three passes over `x`.

    >>> x = np.arange(8, dtype=np.float32)[:, None]
    >>> [(length, hop, means[:, 0].tolist()) for length, hop, means in moving_means(x, longest=4)][1:]
    [(2, 1, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]), (4, 2, [1.5, 3.5, 5.5])]
    """
    half = np.float32(0.5)
    layers = [Layer(1, 1, x)]
    if longest < 2 or len(x) < 2:
        return layers
    means = x[:-1] + x[1:]
    means *= half
    layers.append(Layer(2, 1, means))
    length = 4
    while length <= longest and len(means) >= 3:
        means = means[:-2:2] + means[2::2]
        means *= half
        layers.append(Layer(length, length // 2, means))
        length *= 2
    return layers


def longest_mean(first: int, window: int, *, longest: int) -> int:
    """Longest mean that still has a few independent values in the history, and two in the window."""
    return min(longest, max(2, window // 2), max(2, first // 6))
