"""From Evidence to anomalies: times, units, ids, gaps, and what the reader must know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from reconstruct.detect import detect, explain_anomaly, gaps, unjudged
from reconstruct.model import Anomaly, Evidence, Gap, Metric, Service, Signal, Window

START = pd.Timestamp("2026-01-01T12:00Z")
STEP = pd.Timedelta("15s")
BASELINE_ROWS, WINDOW_ROWS = 480, 240
ROWS = BASELINE_ROWS + WINDOW_ROWS
WINDOW = Window(START, START + WINDOW_ROWS * STEP, STEP, START - BASELINE_ROWS * STEP)
LATENCY = Signal("shop/latency", "Latency", "x", "seconds", "app", "latency", worse="up", min_effect=0.001)


def metric(
    *columns: NDArray[np.float64], signal: Signal = LATENCY, window: Window = WINDOW, spacing_s: float = 15.0
) -> Metric:
    frame = pd.DataFrame(np.column_stack(columns), index=window.index, columns=range(len(columns)))
    labels = tuple({"instance": f"i-{n}"} for n in range(len(columns)))
    return Metric(signal, frame, labels, tuple(Service("shop") for _ in columns), "q1", spacing_s)


def quiet(seed: int = 0, rows: int = ROWS) -> NDArray[np.float64]:
    return 0.1 + 0.005 * np.random.default_rng(seed).normal(size=rows)


def broken(start: int = 600, end: int = 640, seed: int = 0) -> NDArray[np.float64]:
    series = quiet(seed)
    series[start:end] += 0.4
    return series


def spiked(every: int) -> NDArray[np.float64]:
    """A spike beside spikes a tenth as high that are usual."""
    series = np.where(np.arange(ROWS) % every == 7, 0.3, quiet())
    series[600] = 3.0
    return series


def anomalies(*metrics: Metric, window: Window = WINDOW) -> tuple[Anomaly, ...]:
    return detect(Evidence(window, metrics)).anomalies


def at(row: int) -> pd.Timestamp:
    return WINDOW.baseline_start + row * STEP


def test_an_anomaly_says_when_how_far_and_of_what() -> None:
    (found,) = anomalies(metric(quiet(1), broken()))
    assert found.id == "a1"
    assert (found.signal, found.query, found.labels, found.service) == (
        LATENCY,
        "q1",
        {"instance": "i-1"},
        Service("shop"),
    )
    assert (found.onset.earliest, found.onset.time, found.onset.latest) == (at(599), at(600), at(600))
    assert found.recovery is not None
    assert (found.recovery.earliest, found.recovery.time, found.recovery.latest) == (at(639), at(640), at(640))
    assert found.baseline == pytest.approx(0.1, abs=0.002)
    assert found.level == pytest.approx(0.5, abs=0.005)
    assert at(600) <= found.peak_time < at(640)
    assert found.column == 1
    assert found.worse


def test_ids_follow_onset_then_signal_then_labels_whatever_the_order_of_the_metrics() -> None:
    other = replace(LATENCY, id="a/first")
    one, two = metric(broken(650, 680), broken(600, 640)), metric(broken(600, 640), signal=other)
    ids = [(a.id, a.signal.id, a.labels["instance"]) for a in anomalies(one, two)]
    assert ids == [("a1", "a/first", "i-0"), ("a2", "shop/latency", "i-1"), ("a3", "shop/latency", "i-0")]
    assert ids == [(a.id, a.signal.id, a.labels["instance"]) for a in anomalies(two, one)]


def test_a_movement_the_better_way_is_told_and_told_apart() -> None:
    (found,) = anomalies(metric(0.6 - broken()))
    assert found.direction == "down"
    assert not found.worse


def test_a_change_below_the_floor_of_its_signal_is_not_told() -> None:
    assert anomalies(metric(broken(), signal=replace(LATENCY, min_effect=0.5))) == ()


@pytest.mark.parametrize("smear_samples", [4, 20])
@pytest.mark.parametrize("true_row", [600, 611])
def test_a_range_window_is_taken_into_account(smear_samples: int, true_row: int) -> None:
    raw = broken(true_row, true_row + 60)
    smeared = pd.Series(raw).rolling(smear_samples).mean().to_numpy()
    (found,) = anomalies(metric(smeared, signal=replace(LATENCY, range_s=15.0 * smear_samples)))
    slack = 2 * STEP
    # The step happened after row true_row - 1 was sampled and was over before row true_row + 60 was.
    assert found.onset.earliest <= at(true_row)
    assert found.onset.latest >= at(true_row) - STEP
    assert abs(found.onset.time - at(true_row)) <= slack
    assert found.recovery is not None
    assert found.recovery.earliest <= at(true_row + 60)
    assert found.recovery.latest >= at(true_row + 60) - STEP
    assert abs(found.recovery.time - at(true_row + 60)) <= slack + STEP
    assert found.onset.earliest <= found.onset.time <= found.onset.latest
    assert found.recovery.earliest <= found.recovery.time <= found.recovery.latest
    assert found.recovery.time >= found.onset.time


def test_a_gap_before_the_onset_widens_its_interval() -> None:
    series = broken()
    series[585:600] = np.nan
    (found,) = anomalies(metric(series))
    assert (found.onset.earliest, found.onset.latest) == (at(584), at(600))


def test_an_incident_that_goes_on_has_no_recovery() -> None:
    (found,) = anomalies(metric(broken(680, ROWS)))
    assert found.recovery is None
    assert found.onset.latest == at(680)


def test_an_incident_under_way_is_dated_into_the_baseline() -> None:
    (found,) = anomalies(metric(broken(BASELINE_ROWS - 40, BASELINE_ROWS + 60)))
    assert found.ongoing_at_start
    assert found.onset.latest == at(BASELINE_ROWS - 40)


@pytest.mark.parametrize("repeated", [True, False])
def test_samples_coarser_than_the_grid_give_intervals_of_their_own_spacing(repeated: bool) -> None:
    fine = broken(600, 660)
    coarse = np.full(ROWS, np.nan)
    coarse[::4] = fine[::4]
    if repeated:
        coarse = pd.Series(coarse).ffill().to_numpy()
    (found,) = anomalies(metric(coarse, spacing_s=60.0))
    assert found.onset.latest - found.onset.earliest == pd.Timedelta("60s")
    assert found.onset.earliest <= at(600) <= found.onset.latest
    assert found.recovery is not None
    assert found.recovery.earliest <= at(660) <= found.recovery.latest


def test_where_nothing_lies_before_the_window_its_own_start_serves_and_that_is_said() -> None:
    window = Window(START, START + WINDOW_ROWS * STEP, STEP, START)
    series = quiet(3, WINDOW_ROWS)
    series[150:180] += 0.4
    evidence = Evidence(window, (metric(series, window=window),))
    found = detect(evidence)
    assert [a.onset.latest for a in found.anomalies] == [START + 150 * STEP]
    assert any("its own first 20 min" in note for note in found.notes)


def test_a_baseline_needs_no_note() -> None:
    assert detect(Evidence(WINDOW, (metric(quiet()),))).notes == ()


def test_series_with_little_history_are_counted_and_those_with_none_are_listed() -> None:
    young, newborn = broken(), broken()
    young[: BASELINE_ROWS - 30] = np.nan
    newborn[: BASELINE_ROWS + 10] = np.nan
    evidence = Evidence(WINDOW, (metric(quiet(), young, newborn),))
    found = detect(evidence)
    assert [a.labels["instance"] for a in found.anomalies] == ["i-1"]
    assert [(u.column, u.healthy_samples, u.labels) for u in unjudged(evidence)] == [(2, 0, {"instance": "i-2"})]
    assert len(found.notes) == 2
    assert "judged more strictly" in found.notes[0]
    assert "not judged" in found.notes[1]


def test_evidence_without_metrics_finds_nothing() -> None:
    found = detect(Evidence(WINDOW))
    assert (found.anomalies, found.gaps, found.notes) == ((), (), ())


def test_the_frames_are_unchanged() -> None:
    one = metric(broken())
    before = one.values.copy()
    detect(Evidence(WINDOW, (one,)))
    pd.testing.assert_frame_equal(one.values, before)


def test_a_stretch_without_samples_is_a_gap_and_no_anomaly() -> None:
    series = quiet()
    series[600:620] = np.nan
    found = detect(Evidence(WINDOW, (metric(series),)))
    assert found.anomalies == ()
    (gap,) = found.gaps
    assert (gap.start, gap.end) == (at(600), at(620))
    assert "q1" in gap.cause


def test_a_series_that_ends_is_a_gap_to_the_end_and_no_drop_to_zero() -> None:
    series = quiet()
    series[650:] = np.nan
    found = detect(Evidence(WINDOW, (metric(series, quiet(1)),)))
    assert found.anomalies == ()
    (gap,) = found.gaps
    assert (gap.start, gap.end) == (at(650), WINDOW.end)
    assert "ended" in gap.cause
    assert "instance=i-0" in gap.missing


def test_two_missing_scrapes_are_no_gap_and_three_are() -> None:
    series = quiet()
    series[600:602] = np.nan
    assert gaps(Evidence(WINDOW, (metric(series),))) == ()
    series[602] = np.nan
    assert len(gaps(Evidence(WINDOW, (metric(series),)))) == 1


def test_a_series_that_was_away_as_long_before_has_no_gap() -> None:
    series = quiet()
    series[100:130] = np.nan
    series[600:625] = np.nan
    assert gaps(Evidence(WINDOW, (metric(series),))) == ()


def test_what_a_target_that_was_away_explains_is_not_told_again() -> None:
    series = quiet()
    series[600:620] = np.nan
    one = metric(series)
    one = replace(one, labels=({"job": "shop", "instance": "i-0"},))
    away = Gap("", "prometheus", "", "scrape failed", start=at(599), end=at(620), targets=(("shop", "i-0"),))
    for targets in ((("shop", "i-0"),), (("shop", "i-1"), ("shop", "i-0")), (("shop", ""),), (("", ""),)):
        assert gaps(Evidence(WINDOW, (one,), gaps=(replace(away, targets=targets),))) == ()
    for others in ((("shop", "i-01"),), (("shopping", "i-0"),), (("shopping", ""),), ()):
        assert len(gaps(Evidence(WINDOW, (one,), gaps=(replace(away, targets=others),)))) == 1
    assert len(gaps(Evidence(WINDOW, (one,), gaps=(replace(away, end=at(610)),)))) == 1
    everything = replace(away, targets=(("", ""),))
    assert gaps(Evidence(WINDOW, (metric(series),), gaps=(everything,))) == ()


def test_a_quotient_of_nothing_by_nothing_is_no_gap_where_its_instance_was_seen() -> None:
    series, there = quiet(), quiet(1)
    series[600:640] = np.nan
    per_call = metric(series, signal=replace(LATENCY, promql='rate(a{path="x"}[1m]) / rate(b[1m])'))
    slashed = metric(series, signal=replace(LATENCY, promql='a{path="/x"}'))
    calls = metric(there, signal=replace(LATENCY, id="shop/calls", promql="rate(b[1m])"))
    assert gaps(Evidence(WINDOW, (per_call, calls))) == ()
    assert len(gaps(Evidence(WINDOW, (per_call,)))) == 1
    assert len(gaps(Evidence(WINDOW, (slashed, calls)))) == 1
    there[600:640] = np.nan
    silent = metric(there, signal=replace(LATENCY, id="shop/calls", promql="rate(b[1m])"))
    assert len(gaps(Evidence(WINDOW, (per_call, silent)))) == 2


def test_series_that_go_silent_together_are_one_gap() -> None:
    columns = [quiet(n) for n in range(5)]
    for series in columns[:4]:
        series[600:640] = np.nan
    (gap,) = gaps(Evidence(WINDOW, (metric(*columns),)))
    assert "4 of 5 series" in gap.missing


def test_an_explanation_says_which_mean_fired_and_what_the_threshold_was_made_of() -> None:
    evidence = Evidence(WINDOW, (metric(broken()),))
    (found,) = detect(evidence).anomalies
    told = explain_anomaly(evidence, found)
    assert told.startswith("a1: Latency (instance=i-0) went up: 99.7 ms before, ")
    assert "times the threshold of" in told
    assert "480 samples before the window" in told
    assert "between 2026-01-01 12:29:45 and 12:30:00 UTC" in told
    assert "recovered between 12:39:45 and 12:40:00 UTC" in told


@pytest.mark.parametrize(
    ("series", "signal", "words"),
    [
        (broken(), replace(LATENCY, min_effect=0.3), "the smallest change of this signal worth telling, 300 ms"),
        (broken(), LATENCY, "robust spreads of such a mean"),
        (spiked(every=53), LATENCY, "the most that was ever reached before the window, and a little more"),
        (spiked(every=64), LATENCY, "8 standard deviations: more was reached before, but once is no recurring_extreme"),
        (spiked(every=79), LATENCY, "6 of 32 parts"),
        (broken(660, ROWS), LATENCY, "had not recovered by the last sample"),
    ],
)
def test_an_explanation_names_the_reason_that_decided(series: NDArray[np.float64], signal: Signal, words: str) -> None:
    evidence = Evidence(WINDOW, (metric(series, signal=signal),))
    found = detect(evidence).anomalies
    assert any(words in explain_anomaly(evidence, anomaly) for anomaly in found), [
        explain_anomaly(evidence, a) for a in found
    ]


def test_a_frozen_series_is_explained_by_its_own_habits() -> None:
    series = quiet()
    series[600:660] = series[600]
    evidence = Evidence(WINDOW, (metric(series),))
    (found,) = detect(evidence).anomalies
    assert found.shape == "flat"
    assert "60 samples in a row (15 min) had one value" in explain_anomaly(evidence, found)


def test_what_looking_back_for_a_last_sample_repeats_is_no_flat_line() -> None:
    series = quiet()
    series[600:620] = series[599]  # five minutes of the same value, then scrapes again
    assert anomalies(metric(series)) == ()


def test_a_count_within_a_range_shows_the_first_event_at_once_and_keeps_the_last_one() -> None:
    series = np.zeros(ROWS)
    series[600:652] = 2.0  # events from row 600 to row 640, counted over twelve rows
    restarts = replace(LATENCY, unit="count", aspect="restarts", min_effect=1.0, range_s=180.0)
    counted = replace(restarts, counts=True)
    (found,) = anomalies(metric(series, signal=counted))
    assert (found.onset.earliest, found.onset.latest) == (at(599), at(600))
    assert found.recovery is not None
    assert found.recovery.time == at(640)
    (averaged,) = anomalies(metric(series, signal=restarts))
    assert averaged.onset.earliest < at(599)


def test_pods_that_a_rollout_ends_are_no_gap_and_a_pod_that_is_lost_is_one() -> None:
    values = np.full((720, 4), np.nan)
    values[:560, 0] = values[:570, 1] = 1.0
    values[550:, 2] = values[560:, 3] = 1.0
    labels = tuple({"job": "shop", "pod": f"shop-{n}", "service_version": "1" if n < 2 else "2"} for n in range(4))
    rolled = replace(metric(*values.T), labels=labels, services=(Service("shop"),) * 4)
    assert gaps(Evidence(WINDOW, (rolled,))) == ()
    lost = replace(metric(*values.T[:3]), labels=labels[:3], services=(Service("shop"),) * 3)
    assert len(gaps(Evidence(WINDOW, (lost,)))) >= 1


def test_a_short_file_with_a_clear_step_is_judged_by_its_own_start() -> None:
    """Seventeen samples, one a minute, and nothing before them."""
    minute = pd.Timedelta("1min")
    window = Window(START, START + 17 * minute, minute, START)
    series = 0.1 + 0.002 * np.random.default_rng(3).normal(size=17)
    series[9:14] += 0.4
    step = metric(series, quiet(4, 17), window=window, spacing_s=60.0)
    (found,) = anomalies(step, window=window)
    assert (found.column, found.onset.time) == (0, START + 9 * minute)
    assert unjudged(Evidence(window, (step,))) == ()


def test_what_users_feel_and_nobody_can_judge_is_a_gap_that_matters() -> None:
    minute = pd.Timedelta("1min")
    window = Window(START, START + 5 * minute, minute, START)
    found = detect(Evidence(window, (metric(quiet(1, 5), window=window, spacing_s=60.0),))).gaps
    assert [(gap.missing, gap.matters) for gap in found] == [("Latency", True)]
