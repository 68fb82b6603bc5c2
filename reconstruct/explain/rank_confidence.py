"""How likely it is that the first of a ranking is right; benchmarks/ranking.md has what became of such figures."""

from __future__ import annotations

import math
from typing import Final

from reconstruct.explain.effect import Floats

EFFECT: Final = 1.0
MARGIN: Final = 1.0
CONSTANT: Final = -1.0
EFFECT_MOST: Final = 6.0


def features(*, first_effect: float, blame: Floats) -> tuple[float, float]:
    """How far the first service left its past, and how far it is ahead of the second; both in [0, 1].

    >>> import numpy as np
    >>> features(first_effect=3.0, blame=np.array([4.0, 1.0]))
    (0.5, 0.6)
    """
    ordered = sorted((max(0.0, float(b)) for b in blame), reverse=True)
    first, second = ordered[0], ordered[1] if len(ordered) > 1 else 0.0
    margin = (first - second) / (first + second) if first > 0 else 0.0
    return min(max(0.0, first_effect), EFFECT_MOST) / EFFECT_MOST, margin


def confidence(*, first_effect: float, blame: Floats) -> float:
    """Probability that the first service is right: ``logistic(CONSTANT + EFFECT * effect + MARGIN * margin)``."""
    size, margin = features(first_effect=first_effect, blame=blame)
    return 1.0 / (1.0 + math.exp(-(CONSTANT + EFFECT * size + MARGIN * margin)))
