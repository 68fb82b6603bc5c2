"""What must hold for any series: NaN is never normal, columns do not touch each other, units do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reconstruct.detect import Departure, find_departures

FIRST, ROWS = 240, 360
Values = NDArray[np.float64]


def healthy(seed: int, *, columns: int = 1) -> Values:
    rng = np.random.default_rng(seed)
    return 10 + rng.normal(0, 1, (ROWS, columns)) + np.sin(np.arange(ROWS) / 30)[:, None]


def with_step(seed: int, *, start: int = 280, end: int = 310, height: float = 12.0) -> Values:
    values = healthy(seed)
    values[start:end] += height
    return values


def spans(found: list[Departure]) -> list[tuple[int, int, int, str]]:
    return [(d.series, d.start, d.end, d.direction) for d in found]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(250, 320), st.integers(5, 35))
def test_a_step_is_found_from_its_first_sample_to_its_last(seed: int, start: int, length: int) -> None:
    end = min(ROWS, start + length)
    found = find_departures(with_step(seed, start=start, end=end, height=15), first=FIRST)
    assert any(abs(d.start - start) <= 1 and abs(d.end - end) <= 1 and d.direction == "up" for d in found)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1e-9, 1e-3, 1e3, 1e9, 1e12]))
def test_scale_of_unit_and_floor_together_changes_nothing(seed: int, scale: float) -> None:
    values = with_step(seed)
    one = find_departures(values, first=FIRST, floor=2.0)
    other = find_departures(values * scale, first=FIRST, floor=2.0 * scale)
    assert spans(one) == spans(other)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_columns_are_judged_apart_and_the_input_is_unchanged(seed: int) -> None:
    together = np.hstack([with_step(seed), healthy(seed + 1, columns=3), with_step(seed + 2, start=300, end=330)])
    before = together.copy()
    found = find_departures(together, first=FIRST)
    assert np.array_equal(together, before)
    for column in range(together.shape[1]):
        alone = find_departures(together[:, [column]], first=FIRST)
        assert [s[1:] for s in spans(alone)] == [s[1:] for s in spans(found) if s[0] == column]


def test_a_floor_keeps_small_changes_quiet_and_lets_large_ones_through() -> None:
    values = with_step(3)
    assert find_departures(values, first=FIRST, floor=5.0)
    assert not find_departures(values, first=FIRST, floor=50.0)


def test_no_sample_is_never_normal() -> None:
    values = with_step(4, start=290, end=310)
    values[280:290] = np.nan
    (found,) = find_departures(values, first=FIRST)
    assert found.last_normal == 279
    assert found.start >= 280
    nothing = np.full((ROWS, 1), np.nan)
    assert not find_departures(nothing, first=FIRST)


def test_each_of_two_incidents_on_one_series_is_found() -> None:
    values = healthy(5)
    values[260:275] += 12
    values[320:340] += 14
    assert [
        (abs(d.start - at) <= 1) for d, at in zip(find_departures(values, first=FIRST), (260, 320), strict=True)
    ] == [
        True,
        True,
    ]


def test_the_first_of_two_steps_of_one_incident_is_its_onset() -> None:
    values = healthy(6)
    values[280:300] += 10
    values[300:330] += 30
    assert abs(find_departures(values, first=FIRST)[0].start - 280) <= 1


def test_still_going_on_at_the_end_has_no_end() -> None:
    (found,) = find_departures(with_step(7, start=330, end=ROWS), first=FIRST)
    assert found.end == ROWS
    assert found.first_normal is None


def test_a_gauge_that_was_on_as_often_in_its_history_is_no_news() -> None:
    rng = np.random.default_rng(8)
    on = np.repeat(rng.random(ROWS // 10) < 0.4, 10).astype(float)[:, None]
    assert not find_departures(on, first=FIRST)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e12])
def test_a_constant_that_stays_is_quiet_and_one_that_moves_is_not(value: float) -> None:
    values = np.full((ROWS, 1), value)
    assert not find_departures(values, first=FIRST)
    values[300:320] = value + max(1.0, value)
    assert [(d.start, d.end) for d in find_departures(values, first=FIRST)] == [(300, 320)]


def test_too_little_history_is_not_judged() -> None:
    values = with_step(9)
    values[: FIRST - 8] = np.nan
    assert not find_departures(values, first=FIRST)


def test_a_single_missed_scrape_that_reads_zero_is_no_news() -> None:
    values = healthy(10)
    values[300] = 0.0
    assert not find_departures(values, first=FIRST)
