"""How the cost of something grows with its input, told by CPU time so that a slow or busy machine says the same."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def exponent(run: Callable[[T], object], make: Callable[[int], T], *, sizes: tuple[int, int]) -> float:
    """The slope of CPU time over size in logarithms: 1 is linear, 2 is quadratic.

    The small one is run three times, so that what the first run alone costs is left out.
    """
    small = min(_cpu_s(run, make(sizes[0])) for _ in range(3))
    large = _cpu_s(run, make(sizes[1]))
    return math.log(large / small) / math.log(sizes[1] / sizes[0])


def _cpu_s(run: Callable[[T], object], made: T) -> float:
    begun = time.process_time()
    run(made)
    return max(time.process_time() - begun, 1e-4)
