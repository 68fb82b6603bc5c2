"""How likely it is that the first of a ranking is right; benchmarks/ranking.md has what became of such figures."""

from __future__ import annotations

import math
from typing import Final

from reconstruct.explain.effect import Floats

MARGIN: Final = 1.0
"""Log-odds for a first service that has all the blame."""
EXCESS: Final = 1.0
"""... for one whose effect is EXCESS_MOST beyond what chance makes of the same table."""
ALERTED: Final = 1.0
"""... for a table whose alert says what users felt, and whose call graph says where it came from."""
CONSTANT: Final = -1.0
EXCESS_MOST: Final = 4.0
"""Log effect beyond chance at which more of it says no more."""


def features(*, first_effect: float, quiet_effect: float, blame: Floats, alerted: bool) -> tuple[float, float, float]:
    """Lead over the second service, effect beyond chance, and whether an alert was followed; about 0 to 1 each.

    >>> import numpy as np
    >>> features(first_effect=3.0, quiet_effect=1.0, blame=np.array([4.0, 1.0]), alerted=False)
    (0.6, 0.5, 0.0)
    """
    ordered = sorted((max(0.0, float(b)) for b in blame), reverse=True)
    first, second = ordered[0], ordered[1] if len(ordered) > 1 else 0.0
    margin = (first - second) / (first + second) if first > 0 else 0.0
    # without a baseline long enough to tell, half of what it could have been
    beyond = first_effect / 2.0 if math.isnan(quiet_effect) else first_effect - quiet_effect
    return margin, min(max(-1.0, beyond), EXCESS_MOST) / EXCESS_MOST, 1.0 if alerted else 0.0


def confidence(*, first_effect: float, quiet_effect: float, blame: Floats, alerted: bool) -> float:
    """Probability that the first service is right: a logistic function of the features.

    Parameters
    ----------
    first_effect : float
        Log effect of the first service.
    quiet_effect : float
        The best of all services where nothing happened; NaN = not known.
    blame : array of shape (n_services,)
        Of those that may be the culprit.
    alerted : bool
        Whether an alert was followed down the call graph.
    """
    weights = (MARGIN, EXCESS, ALERTED)
    found = features(first_effect=first_effect, quiet_effect=quiet_effect, blame=blame, alerted=alerted)
    return 1.0 / (1.0 + math.exp(-CONSTANT - sum(w * f for w, f in zip(weights, found, strict=True))))
