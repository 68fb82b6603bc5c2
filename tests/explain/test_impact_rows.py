"""Where of what users met the failures were: behind the outermost hop, as whoever saw most of them counts them."""

from __future__ import annotations

import numpy as np

from reconstruct.explain.impact_rows import Interval, _counts
from reconstruct.model.system import Flow
from tests.explain.made_system import ONSET, OVER, ROWS, at, flow, level, system

ROW = np.arange(ROWS)
INSIDE = Interval(at(ONSET), at(OVER), (ROW >= ONSET) & (ROW < OVER), ROW < ONSET, 15.0)


def shares(own: Flow, from_edge: Flow) -> list[float]:
    found = system(served={"shop": own}, called={("edge", "shop"): from_edge})
    return [round(share, 2) for _, share in _counts("shop", {"edge"}, found, INSIDE)]


def test_what_the_edge_gave_up_on_counts_though_the_service_never_saw_it_fail() -> None:
    few, many = flow(level(100.0), failing=level(0.0, 0.08)), flow(level(100.0), failing=level(0.0, 0.31))
    assert shares(few, many) == [0.08, 0.31]


def test_a_hop_that_tells_no_status_or_saw_no_more_failures_than_before_says_nothing() -> None:
    failing, untold = flow(level(100.0), failing=level(0.0, 0.08)), Flow(level(100.0), queries=("q2",))
    assert shares(failing, untold) == [0.08]
    assert shares(failing, flow(level(100.0), failing=level(0.05, 0.05))) == [0.08]


def test_failures_at_another_caller_are_no_users() -> None:
    inner = flow(level(100.0), failing=level(0.0, 0.5))
    found = system(served={"cart": flow(level(100.0))}, called={("shop", "cart"): inner})
    assert list(_counts("cart", {"edge"}, found, INSIDE)) == []
