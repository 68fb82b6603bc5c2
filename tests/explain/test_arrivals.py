"""Requests that stop arriving where nothing else shows it."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.explain.arrivals import fewer_requests
from reconstruct.model.system import Series
from tests.explain.made_system import ROWS, WINDOW, at, flow, level, system

ROW = np.arange(ROWS)


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (level(100.0, 70.0, start=160, end=ROWS), True),
        (level(100.0, 90.0, start=160, end=ROWS), False),  # a tenth
        (level(100.0, 70.0, start=160, end=170), False),  # two minutes and a half
        (100.0 - 0.25 * np.maximum(ROW - 120, 0), False),  # 30 fewer over half an hour
        (level(100.0, 180.0, start=125, end=160), False),  # a surge that ends
        (level(1.0, 0.6, start=160, end=ROWS), False),  # too few to tell
    ],
)
def test_requests_that_fall_at_once_are_not_calm(rate: Series, told: bool) -> None:
    found = fewer_requests(system(served={"edge": flow(rate)}), WINDOW)
    assert (found is not None) is told
    if found is not None:
        assert found.kind == "fewer-requests"
        assert at(159) <= found.facts["since"] <= at(164)  # type: ignore[operator]
