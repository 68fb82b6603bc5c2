"""How far a figure may be off: by its digits, by what another step moves, by `about` and its like."""

from __future__ import annotations

import math

import pytest

from reconstruct.verify.quantities import read_figures


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("it took 100 ms", 0.095, 0.105),
        ("it took about 100 ms", 0.085, 0.115),
        ("it took 2 h", 1.75 * 3600, 2.25 * 3600),
        ("it took 2 min", 90.0, 150.0),
        ("it took 2.00 min", 114.0, 126.0),
        ("it took 1h31m", 5460.0 * 0.95, 5460.0 * 1.05),
        ("it took more than 100 ms", 0.095, math.inf),
        ("it took less than 100 ms", -math.inf, 0.105),
    ],
)
def test_a_figure_stands_for_an_interval(text: str, low: float, high: float) -> None:
    (figure,) = read_figures(text)
    assert (figure.low, figure.high) == pytest.approx((low, high))
