"""How likely it is that the first of a ranking is right; benchmarks/ranking.md has what became of such figures."""

from __future__ import annotations

import math
from typing import Final

from reconstruct.rank.effect_size import Floats

MARGIN: Final = 2.0
"""Log-odds for a first service that has all the attribution."""
EXCESS: Final = 1.0
"""... for one whose effect is MAX_EXCESS beyond what chance makes of the same table."""
GUIDED: Final = 1.6
"""... for an alert that was followed down a call graph; half of it for a call graph alone. Without one a downstream
service looks like the place."""
CONSTANT: Final = -1.6
"""A first service with nothing for it is right one time in six. All four: a ridge logistic fit over the development
sets and their variants, each system weighed the same, rounded; benchmarks/ranking.md has what it is worth elsewhere."""
MAX_EXCESS: Final = 4.0
"""Log effect beyond chance at which more of it says no more."""


def features(
    *, first_effect: float, quiet_effect: float, attribution: Floats, guided: float
) -> tuple[float, float, float]:
    """Lead over the second service, effect beyond chance, and what guided it; about 0 to 1 each.

    >>> import numpy as np
    >>> features(first_effect=3.0, quiet_effect=1.0, attribution=np.array([4.0, 1.0]), guided=0.5)
    (0.6, 0.5, 0.5)
    """
    ordered = sorted((max(0.0, float(b)) for b in attribution), reverse=True)
    first, second = ordered[0], ordered[1] if len(ordered) > 1 else 0.0
    margin = (first - second) / (first + second) if first > 0 else 0.0
    # without a baseline long enough to tell, half of what it could have been
    beyond = first_effect / 2.0 if math.isnan(quiet_effect) else first_effect - quiet_effect
    return margin, min(max(-1.0, beyond), MAX_EXCESS) / MAX_EXCESS, guided


def confidence(*, first_effect: float, quiet_effect: float, attribution: Floats, guided: float) -> float:
    """Probability that the first service is right: a logistic function of the features.

    Parameters
    ----------
    first_effect : float
        Log effect of the first service.
    quiet_effect : float
        The best of all services where nothing happened; NaN = not known.
    attribution : array of shape (n_services,)
        Of those that may be the candidate.
    guided : float
        1 where an alert was followed down a call graph, 0.5 with a call graph alone, 0 with neither.
    """
    weights = (MARGIN, EXCESS, GUIDED)
    found = features(first_effect=first_effect, quiet_effect=quiet_effect, attribution=attribution, guided=guided)
    return 1.0 / (1.0 + math.exp(-CONSTANT - sum(w * f for w, f in zip(weights, found, strict=True))))
