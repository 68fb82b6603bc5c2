"""What holds for any matrix: the input is unchanged, columns are independent, units and company change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reconstruct.detect import Excursion, find_excursions

Values = NDArray[np.float64]


@st.composite
def matrices(draw: st.DrawFn) -> tuple[Values, int]:
    """Small matrices of every kind of series, with gaps, steps and spikes anywhere."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(30, 260)), draw(st.integers(1, 5))
    first = draw(st.integers(12, rows - 4))
    kinds = draw(st.lists(st.sampled_from(["white", "counts", "constant", "walk", "mostly zero"]), min_size=columns))
    made: dict[str, Callable[[], Values]] = {
        "white": lambda: 50 + rng.normal(size=rows),
        "counts": lambda: rng.poisson(3, rows).astype(float),
        "constant": lambda: np.full(rows, 7.0),
        "walk": lambda: np.cumsum(rng.normal(size=rows)),
        "mostly zero": lambda: np.where(rng.random(rows) < 0.05, rng.integers(1, 5, rows), 0).astype(float),
    }
    values = np.column_stack([made[kind]() for kind in kinds[:columns]])
    for column in range(columns):
        if draw(st.booleans()):
            start = draw(st.integers(0, rows - 1))
            values[start : start + draw(st.integers(1, 60)), column] += draw(st.sampled_from([-20.0, 5.0, 12.0, 80.0]))
        if draw(st.booleans()):
            start = draw(st.integers(0, rows - 1))
            values[start : start + draw(st.integers(1, 40)), column] = np.nan
        if draw(st.booleans()):
            values[rng.random(rows) < 0.1, column] = np.nan
    return values, first


def rows_of(excursions: list[Excursion]) -> list[tuple[object, ...]]:
    """All that is not in a unit."""
    return [
        (d.series, d.start, d.end, d.last_normal, d.first_normal, d.direction, d.shape, d.peak_row, d.ongoing_at_start)
        for d in excursions
    ]


def as_series(excursions: list[Excursion], series: int) -> list[Excursion]:
    return [replace(d, series=series) for d in excursions]


@given(matrices())
@settings(max_examples=60)
def test_the_input_is_unchanged_and_the_answer_repeats(case: tuple[Values, int]) -> None:
    values, first = case
    before = values.copy()
    values.flags.writeable = False
    assert find_excursions(values, first=first) == find_excursions(values, first=first)
    np.testing.assert_array_equal(values, before)


@given(matrices())
@settings(max_examples=60)
def test_what_is_told_was_observed(case: tuple[Values, int]) -> None:
    values, first = case
    for d in find_excursions(values, first=first):
        series = values[:, d.series]
        assert first <= d.start < d.end <= len(values)
        assert np.isfinite(series[d.start])
        assert series[d.peak_row] == d.peak
        assert d.start <= d.peak_row < d.end
        assert d.last_normal is None or (np.isfinite(series[d.last_normal]) and d.last_normal < d.start)
        assert d.first_normal is None or (np.isfinite(series[d.first_normal]) and d.first_normal >= d.end)
        assert d.first_normal is not None or d.end == len(values)
        assert all(np.isfinite(v) for v in (d.baseline, d.level, d.robust_z, d.score, *d.why.values()))


@given(matrices())
@settings(max_examples=60)
def test_columns_are_independent(case: tuple[Values, int]) -> None:
    values, first = case
    together = find_excursions(values, first=first)
    for column in range(values.shape[1]):
        alone = find_excursions(values[:, [column]], first=first)
        assert as_series(alone, column) == [d for d in together if d.series == column]


@given(matrices(), st.integers(0, 5))
@settings(max_examples=40)
def test_a_quiet_series_changes_no_other_verdict(case: tuple[Values, int], at: int) -> None:
    values, first = case
    at = min(at, values.shape[1])
    quiet = 50 + np.random.default_rng(1).normal(size=len(values)) * 1e-3
    wider = np.insert(values, at, quiet, axis=1)
    expected = [replace(d, series=d.series + (d.series >= at)) for d in find_excursions(values, first=first)]
    assert [d for d in find_excursions(wider, first=first) if d.series != at] == expected


@given(matrices(), st.sampled_from([2.0**-30, 2.0**-7, 2.0**40]), st.floats(0, 10))
@settings(max_examples=60)
def test_scaling_the_unit_and_the_floor_together_changes_nothing(
    case: tuple[Values, int], factor: float, min_effect: float
) -> None:
    values, first = case
    plain = find_excursions(values, first=first, min_effect=min_effect)
    scaled = find_excursions(values * factor, first=first, min_effect=min_effect * factor)
    assert rows_of(scaled) == rows_of(plain)
    assert [d.score for d in scaled] == pytest.approx([d.score for d in plain], rel=1e-4)
    assert [d.level for d in scaled] == pytest.approx([d.level * factor for d in plain])


@given(matrices(), st.floats(0, 30))
@settings(max_examples=60)
def test_nothing_below_the_floor_is_told(case: tuple[Values, int], min_effect: float) -> None:
    values, first = case
    for d in find_excursions(values, first=first, min_effect=min_effect):
        assert d.shape == "flat" or max(abs(d.level - d.baseline), abs(d.peak - d.baseline)) >= min_effect


@given(matrices())
@settings(max_examples=40)
def test_other_series_in_other_blocks_change_nothing(case: tuple[Values, int]) -> None:
    values, first = case
    many = np.tile(values, (1, 40))
    alone = find_excursions(values, first=first)
    width = values.shape[1]
    for copy in (0, 17, 39):
        part = [d for d in find_excursions(many, first=first) if copy * width <= d.series < (copy + 1) * width]
        assert [replace(d, series=d.series - copy * width) for d in part] == alone
