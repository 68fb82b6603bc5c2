"""What the detector must find, from when to when, and what it must leave alone: series with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from reconstruct.detect import Excursion, find_excursions

Series = NDArray[np.float64]

FIRST, ROWS = 1080, 1440
SEEDS = range(4)


def noise(seed: int, *, level: float = 50.0) -> Series:
    return level + np.random.default_rng(seed).normal(size=ROWS)


def found(series: Series, *, first: int = FIRST) -> list[Excursion]:
    return find_excursions(series[:, None], first=first)


def only(series: Series, *, first: int = FIRST) -> Excursion:
    excursions = found(series, first=first)
    assert len(excursions) == 1, excursions
    return excursions[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_that_ends_is_dated_to_the_sample(seed: int) -> None:
    series = noise(seed)
    series[1200:1240] += 8
    excursion = only(series)
    assert abs(excursion.start - 1200) <= 1
    assert abs(excursion.end - 1240) <= 1
    assert excursion.direction == "up"
    assert excursion.baseline == pytest.approx(50, abs=0.5)
    assert excursion.level == pytest.approx(58, abs=1)
    assert excursion.last_normal == excursion.start - 1
    assert excursion.first_normal == excursion.end


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("heights", [(8.0, 8.0), (16.0, 8.0), (8.0, -8.0)])
def test_each_of_two_incidents_on_one_series_is_found(seed: int, heights: tuple[float, float]) -> None:
    series = noise(seed)
    series[1150:1180] += heights[0]
    series[1300:1330] += heights[1]
    excursions = found(series)
    assert [abs(d.start - truth) <= 1 for d, truth in zip(excursions, (1150, 1300), strict=True)] == [True, True]
    assert [d.direction for d in excursions] == ["up" if h > 0 else "down" for h in heights]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_incidents_on_a_daily_wave_are_found_by_their_edges(seed: int) -> None:
    rows = 3 * 288 + 288
    wave = 100 + 60 * np.sin(np.arange(rows) / 288 * 2 * np.pi)
    series = wave + np.random.default_rng(seed).normal(size=rows)
    series[900:920] += 30
    series[1040:1060] += 30
    excursions = found(series, first=864)
    assert [abs(d.start - truth) <= 2 for d, truth in zip(excursions, (900, 1040), strict=True)] == [True, True]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_of_two_steps_of_one_incident_is_its_onset(seed: int) -> None:
    series = noise(seed)
    series[1200:1290] += 6
    series[1230:1290] += 14
    excursion = only(series)
    assert abs(excursion.start - 1200) <= 2
    assert abs(excursion.end - 1290) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_stairs_are_dated_to_the_first_stair_and_back_at_the_last(seed: int) -> None:
    series = noise(seed)
    for start, end in ((1200, 1320), (1225, 1300), (1250, 1280)):
        series[start:end] += 6
    excursion = only(series)
    assert abs(excursion.start - 1200) <= 2
    assert abs(excursion.end - 1320) <= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_leak_to_the_end_is_a_ramp_from_where_it_left_the_level(seed: int) -> None:
    series = noise(seed)
    series[1150:] += np.linspace(0, 20, ROWS - 1150)
    excursion = only(series)
    assert excursion.shape == "ramp"
    assert abs(excursion.start - 1150) <= 15
    assert excursion.end == ROWS
    assert excursion.first_normal is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tail_that_inflates_while_the_median_stays_is_one_burst(seed: int) -> None:
    rng = np.random.default_rng(seed)
    series = 0.2 * np.exp(0.2 * rng.normal(size=ROWS))
    slow = rng.random(80) < 0.25
    series[1200:1280][slow] *= rng.uniform(4, 8, int(slow.sum()))
    excursion = only(series)
    assert excursion.shape == "variance"
    assert excursion.direction == "up"
    first, last = 1200 + np.flatnonzero(slow)[[0, -1]]
    overlap = min(excursion.end, int(last) + 1) - max(excursion.start, int(first))
    assert overlap >= 0.6 * (last - first)
    assert excursion.start >= first - 5
    assert excursion.end <= last + 6
    assert abs(np.median(series[1200:1280]) - np.median(series)) < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_wider_noise_without_a_direction_is_a_burst_both_ways(seed: int) -> None:
    series = noise(seed)
    series[1200:1300] = 50 + (series[1200:1300] - 50) * 7
    excursion = only(series)
    assert (excursion.shape, excursion.direction) == ("variance", "both")
    assert abs(excursion.start - 1200) <= 6
    assert abs(excursion.end - 1300) <= 6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gauge_that_was_off_as_often_before_is_no_news(seed: int) -> None:
    rng = np.random.default_rng(seed)
    series = np.ones(ROWS)
    row = 20
    while row < ROWS:
        series[row : row + int(rng.integers(8, 13))] = 0
        row += int(rng.integers(40, 70))
    assert found(series) == []


def test_a_gauge_that_was_never_off_before_is_news() -> None:
    series = np.ones(ROWS)
    series[1200:1212] = 0
    excursion = only(series)
    assert (excursion.start, excursion.end, excursion.direction) == (1200, 1212, "down")


@pytest.mark.parametrize("rows_before", [5, 40, 120, 250])
def test_an_incident_under_way_at_the_start_is_dated_into_the_history(rows_before: int) -> None:
    series = noise(3)
    series[FIRST - rows_before : FIRST + 100] += 10
    excursion = only(series)
    assert excursion.ongoing_at_start
    assert excursion.start == FIRST
    assert excursion.last_normal is not None
    assert abs(excursion.last_normal - (FIRST - rows_before - 1)) <= 2
    assert excursion.baseline == pytest.approx(50, abs=0.5)
    assert abs(excursion.end - (FIRST + 100)) <= 1


@pytest.mark.parametrize("rows", [3, 5, 40])
def test_an_incident_still_going_at_the_end_is_not_back(rows: int) -> None:
    series = noise(1)
    series[-rows:] += 10
    excursion = only(series)
    assert excursion.start == ROWS - rows
    assert excursion.end == ROWS
    assert excursion.first_normal is None


def test_a_series_that_begins_inside_the_window_is_not_judged() -> None:
    series = noise(0)
    series[: FIRST + 20] = np.nan
    series[1300:] += 20
    assert found(series) == []


def test_a_series_with_eleven_healthy_samples_is_not_judged_and_with_forty_it_is() -> None:
    series = noise(0)
    series[1200:1250] += 12
    series[: FIRST - 11] = np.nan
    assert found(series) == []
    series = noise(0)
    series[1200:1250] += 12
    series[: FIRST - 40] = np.nan
    excursion = only(series)
    assert excursion.start == 1200
    assert excursion.why["caution"] == pytest.approx(np.sqrt(60 / excursion.why["history"]))


def test_with_little_history_the_same_rise_is_less_surprising() -> None:
    long, short = noise(2), noise(2)
    for series in (long, short):
        series[1200:1250] += 12
    short[: FIRST - 30] = np.nan
    assert only(short).score < only(long).score


def test_a_series_that_began_in_mid_history_is_judged_on_what_it_has() -> None:
    series = noise(4)
    series[:700] = np.nan
    series[1200:1240] += 8
    excursion = only(series)
    assert (excursion.start, excursion.end) == (1200, 1240)
    assert excursion.why["history"] <= FIRST - 700


def test_missing_scrapes_do_not_move_the_edges_far() -> None:
    series = noise(5)
    series[1200:1240] += 10
    series[np.random.default_rng(0).random(ROWS) < 0.1] = np.nan
    excursion = only(series)
    assert abs(excursion.start - 1200) <= 3
    assert abs(excursion.end - 1240) <= 3
    assert np.isfinite(series[excursion.start])
    assert np.isfinite(series[excursion.end - 1])


def test_a_gap_before_a_departure_widens_what_can_be_said_of_its_onset() -> None:
    series = noise(6)
    series[1200:1240] += 10
    series[1180:1200] = np.nan
    excursion = only(series)
    assert excursion.start == 1200
    assert excursion.last_normal == 1179


def test_a_departure_that_goes_on_behind_a_gap_is_one() -> None:
    series = noise(7)
    series[1200:1260] += 10
    series[1215:1235] = np.nan
    excursion = only(series)
    assert (excursion.start, excursion.end) == (1200, 1260)


def test_a_series_that_ends_is_no_drop_to_zero() -> None:
    series = noise(8)
    series[1250:] = np.nan
    assert found(series) == []


def test_a_series_that_ends_while_departed_is_not_back() -> None:
    series = noise(9)
    series[1200:] += 10
    series[1230:] = np.nan
    excursion = only(series)
    assert excursion.start == 1200
    assert excursion.first_normal is None


@pytest.mark.parametrize("factor", [0.0, 0.3])
def test_one_low_sample_as_after_a_counter_reset_is_no_news(factor: float) -> None:
    series = noise(10)
    series[1234] *= factor
    assert found(series) == []


def test_a_constant_that_takes_another_value_is_news_and_a_constant_is_not() -> None:
    series = np.full(ROWS, 16.0)
    assert found(series) == []
    series[1300:] = 17.0
    assert (only(series).start, only(series).end) == (1300, ROWS)


def test_a_level_held_by_a_ceiling_is_a_cap_and_silence_is_flat() -> None:
    rng = np.random.default_rng(0)
    ratio = np.clip(0.4 + 0.05 * rng.normal(size=ROWS), 0, 1)
    ratio[1200:1260] = 1.0
    assert only(ratio).shape == "cap"
    traffic = noise(0)
    traffic[1200:1260] = 0.0
    assert (only(traffic).shape, only(traffic).direction) == ("flat", "down")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_frozen_series_is_a_flat_line(seed: int) -> None:
    series = noise(seed)
    series[1200:1280] = series[1199]
    excursion = only(series)
    assert (excursion.shape, excursion.direction) == ("flat", "both")
    assert abs(excursion.start - 1200) <= 1
    assert excursion.end == 1280


@pytest.mark.parametrize("seed", SEEDS)
def test_the_hour_that_daylight_saving_takes_is_no_news(seed: int) -> None:
    per_day, days = 288, 8
    rows = per_day * days
    hour = np.arange(rows) / 12.0
    hour[per_day * 7 :] += 1  # the last day happens an hour early
    working_day = (hour // 24) % 7 < 5
    wave = 100 + 80 * np.where(working_day, 1.0, 0.5) * np.exp(-(((hour % 24) - 14) ** 2) / 32)
    series = wave + np.random.default_rng(seed).normal(size=rows) * 4
    assert found(series, first=per_day * 7) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cron_burst_like_all_before_is_no_news_and_one_that_hangs_is(seed: int) -> None:
    series = noise(seed)
    for start in range(7, ROWS, 60):
        series[start : start + 6] += 25
    assert found(series) == []
    series[1207:1240] += 25
    excursions = found(series)
    assert len(excursions) == 1
    assert abs(excursions[0].start - 1207) <= 6


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6, 1e12])
def test_the_scale_changes_nothing(scale: float) -> None:
    series = noise(11)
    series[1200:1240] += 8
    excursion = only(series * scale)
    assert (excursion.start, excursion.end) == (1200, 1240)
    assert excursion.level == pytest.approx(58 * scale, rel=0.02)


def test_a_small_change_on_a_large_offset_is_seen() -> None:
    series = noise(12, level=1e9)
    series[1200:1240] += 8
    assert only(series).start == 1200


def test_a_change_below_the_floor_is_not_told() -> None:
    series = noise(13)
    series[1200:1240] += 8
    assert find_excursions(series[:, None], first=FIRST, min_effect=9.0) == []
    assert len(find_excursions(series[:, None], first=FIRST, min_effect=6.0)) == 1


def test_the_floor_and_the_worse_direction_may_differ_from_series_to_series() -> None:
    series = noise(14)
    series[1200:1240] += 8
    values = np.column_stack([series, series, -series, series])
    min_effects = np.array([9.0, 0.0, 0.0, 0.0])
    excursions = find_excursions(values, first=FIRST, min_effect=min_effects, worse=["both", "up", "up", "down"])
    assert [d.series for d in excursions] == [1]


def test_infinities_count_as_missing() -> None:
    series = noise(15)
    series[1200:1240] += 10
    series[[100, 1210, 1300]] = np.inf, -np.inf, np.inf
    excursion = only(series)
    assert (excursion.start, excursion.end) == (1200, 1240)
    assert np.isfinite(excursion.peak)


@pytest.mark.parametrize("shape", [(0, 0), (10, 0), (0, 3), (5, 2), (1440, 0)])
def test_nothing_to_judge_is_no_error(shape: tuple[int, int]) -> None:
    assert find_excursions(np.full(shape, np.nan), first=min(3, shape[0])) == []


def test_a_window_that_does_not_lie_in_the_array_is_our_bug() -> None:
    with pytest.raises(ValueError, match="no window"):
        find_excursions(np.zeros((10, 1)), first=11)
    with pytest.raises(ValueError, match="no window"):
        find_excursions(np.zeros(10), first=5)


def test_quiet_noise_of_many_kinds_is_nearly_silent() -> None:
    rng = np.random.default_rng(42)
    count = 150
    white = rng.normal(size=(ROWS, count))
    counts = rng.poisson(20, (ROWS, count)).astype(float)
    heavy = np.exp(0.3 * rng.normal(size=(ROWS, count)))
    slow = np.cumsum(0.05 * rng.normal(size=(ROWS, count)), axis=0) + white
    excursions = find_excursions(np.hstack([white, counts, heavy, slow]), first=FIRST)
    # 600 series-windows of six hours: 0.1 a series-day allows 15.
    assert len(excursions) <= 15


@pytest.mark.parametrize("history", range(60, 201, 35))
@pytest.mark.parametrize("spikes", [1, 4])
def test_spikes_on_a_level_do_not_hide_the_level(history: int, spikes: int) -> None:
    for seed in range(8):
        random = np.random.default_rng(seed)
        series = np.abs(random.normal(3.5, 3.0, history + 144))
        begins = history + 90
        series[begins:] = random.normal(137.0, 12.0, 54)
        series[random.choice(np.arange(begins + 2, history + 144), spikes, replace=False)] = 430.0
        excursion = only(series, first=history)
        assert excursion.shape == "level"
        assert abs(excursion.start - begins) <= 1
        assert excursion.end == len(series)


def test_scores_and_sizes_are_cut_off_at_a_thousand() -> None:
    """Against a constant history every change is infinitely surprising."""
    series = np.full(ROWS, 50.0)
    series[1200:1240] = 1e9
    assert (only(series).robust_z, only(series).score) == (1000.0, 1000.0)
