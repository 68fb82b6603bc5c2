"""One figure before and during: how far, since when, and what is no baseline."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.explain.before_during import move, ratio, slope_start, span_of, total
from tests.explain.made_system import ONSET, OVER, ROWS, WINDOW, at, filling, level, span


def test_a_step_is_told_with_both_levels_and_its_first_row() -> None:
    moved = move(level(10.0, 40.0), span())
    assert moved is not None
    assert (round(moved.before), round(moved.during)) == (10, 40)
    assert abs(moved.first - ONSET) <= 1
    assert moved.times == pytest.approx(4.0, rel=0.05)


def test_a_first_sign_before_the_onset_is_found() -> None:
    moved = move(level(10.0, 40.0, start=ONSET - 12), span())
    assert moved is not None
    assert abs(moved.first - (ONSET - 12)) <= 1


def test_what_is_first_seen_during_the_incident_was_nothing_before() -> None:
    values = np.full(ROWS, np.nan)
    values[ONSET:OVER] = 5.0
    moved = move(values, span())
    assert moved is not None
    assert moved.before == 0.0
    assert moved.times > 100


def test_a_figure_without_samples_during_the_incident_tells_nothing() -> None:
    values = level(10.0)
    values[ONSET:OVER] = np.nan
    assert move(values, span()) is None


def test_an_earlier_episode_of_the_window_is_no_baseline() -> None:
    begun = span_of(WINDOW, onset=at(ONSET), until=at(OVER), first=at(125))
    assert begun.base.sum() == 125 - 8  # and not the two minutes before it


def test_traffic_is_held_against_the_half_hour_before() -> None:
    day = np.linspace(50.0, 150.0, ROWS)  # a morning
    whole, recent = move(day, span()), move(day, span(), recent=True)
    assert whole is not None
    assert recent is not None
    assert recent.before > whole.before


def test_the_start_of_a_slope_is_where_it_began_to_climb() -> None:
    values = filling(10.0, 90.0, start=100)
    moved = move(values, span())
    assert moved is not None
    assert abs(slope_start(values, span(), moved) - 100) <= 4


def test_a_cost_is_two_rates_divided_and_a_sum_of_parts_forgives_absent_ones() -> None:
    assert ratio(None, level(1.0)) is None
    cost = ratio(level(2.0), level(4.0))
    assert cost is not None
    assert cost[-1] == pytest.approx(0.5)
    absent = np.full(ROWS, np.nan)
    summed = total([level(1.0), absent])
    assert summed is not None
    assert np.isfinite(summed).all()
    assert total([]) is None
