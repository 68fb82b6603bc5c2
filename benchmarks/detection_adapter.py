"""`detect` as the kit's detection benchmark asks for it, on top of the public API."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect import find_excursions

DIRECTIONS = {"up": 1, "down": -1, "both": 0}


def detect(
    values: NDArray[np.float64], *, first: int, step_s: float, start_s: float
) -> list[tuple[int, int, int, int]]:
    """(series, start, end, direction) of every excursion; the method needs neither the step nor the time of day."""
    del step_s, start_s
    return [(d.series, d.start, d.end, DIRECTIONS[d.direction]) for d in find_excursions(values, first=first)]
