"""Medians and quantiles of short arrays: numpy's own spend fifty microseconds on arguments before they begin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.float64]) -> float:
    """The middle value, or the mean of the two in the middle; of at least one value, none NaN.

    >>> median(np.array([3.0, 1.0, 2.0])), median(np.array([4.0, 1.0, 2.0, 3.0]))
    (2.0, 2.5)
    """
    ranked = np.sort(values)
    half = len(ranked) // 2
    return float(ranked[half]) if len(ranked) % 2 else float(ranked[half - 1] + ranked[half]) / 2


def quantiles(values: NDArray[np.float64], *shares: float) -> tuple[float, ...]:
    """The value nearest each share of the sorted values; of at least one value, none NaN.

    >>> quantiles(np.arange(101.0), 0.25, 0.9)
    (25.0, 90.0)
    """
    ranked = np.sort(values)
    return tuple(float(ranked[int(share * (len(ranked) - 1) + 0.5)]) for share in shares)
