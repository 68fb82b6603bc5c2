"""Slow lines that lead to a bound, and those that lead to nothing."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.explain.gradual import hinge
from tests.explain.made import Line, Move, against, event, favour, hint, told, triggers
from tests.explain.stories import quiet, web

EARLY, LATE = event("e1", "12:40", "deploy", "shop", version="2"), event("e2", "13:51", "deploy", "shop", version="3")


def memory(*moves: Move, service: str = "shop") -> Line:
    return Line(
        "runtime/memory", "runtime", "utilisation", "bytes", service, 2e8, moves, tags=("memory",), min_effect=3e7
    )


@pytest.mark.parametrize("step_s", [2, 15, 60])
def test_the_hinge_is_found_at_any_spacing(step_s: int) -> None:
    climbing = memory(Move("12:40", "13:55:30", 6e8, ramp=True))
    story = told([*web(end="13:59"), *quiet(), climbing], events=[EARLY, LATE], step_s=step_s)
    assert triggers(story)[0] == "e1"
    assert "began to move with it" in favour(story, "e1")
    assert "had been on its way since 12:" in against(story, "e2")


def test_a_climb_that_goes_on_through_the_onset_led_to_nothing() -> None:
    climbing = memory(Move("12:40", None, 6e8, ramp=True))
    story = told([*web(end="13:59"), *quiet(), climbing], events=[EARLY, LATE])
    assert triggers(story)[0] == "e2"


def test_a_climb_by_an_ordinary_amount_is_no_leak() -> None:
    climbing = memory(Move("12:40", "13:55:30", 2.2e8, ramp=True))
    assert triggers(told([*web(end="13:59"), *quiet(), climbing], events=[EARLY, LATE]))[0] == "e2"


def test_the_leak_of_another_service_is_not_this_ones() -> None:
    climbing = memory(Move("12:40", "13:55:30", 6e8, ramp=True), service="mail")
    assert triggers(told([*web(end="13:59"), *quiet(), climbing], events=[EARLY, LATE]))[0] == "e2"


def test_a_disk_that_filled_up_to_its_bound() -> None:
    full = Line(
        "node/left",
        "host",
        "utilisation",
        "ratio",
        "",
        0.6,
        (Move("12:40", "13:55:30", 0.01, ramp=True), Move("13:55:30", None, 0.01)),
        tags=("disk",),
        worse="down",
        min_effect=0.02,
    )
    job = event("e1", "12:40", "job", "batch", end="13:56")
    story = told([*web(end=None), *quiet(), full], events=[job, LATE])
    assert story.hints[0].mechanism == "disk-exhaustion"
    assert hint(story, "e1") is not None
    assert "had been on its way" in against(story, "e2")


def test_a_step_is_no_line() -> None:
    stepped = memory(Move("12:40", "13:55:30", 6e8))
    assert triggers(told([*web(end="13:59"), *quiet(), stepped], events=[EARLY, LATE]))[0] == "e2"


@pytest.mark.parametrize("at_row", [20, 50, 80])
def test_a_level_and_then_a_slope(at_row: int) -> None:
    rows = np.arange(100.0)
    values = 5 + 0.3 * np.clip(rows - at_row, 0, None) + 0.2 * np.sin(rows * 2.1)
    row, first, last, share = hinge(values)
    assert abs(row - at_row) <= 2
    assert first <= row <= last
    assert share < 0.2
