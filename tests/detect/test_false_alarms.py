"""The more series are asked, the more surprising one must be; beside trouble its own threshold is enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reconstruct.detect import asked_surprise, detect, telling
from reconstruct.detect.false_alarms import EXPECTED
from reconstruct.model import Anomaly, Event, Evidence, Metric, Service, Signal, Window
from reconstruct.pipeline import draft

START = pd.Timestamp("2026-03-02T12:00Z")
WINDOW = Window(START, START + pd.Timedelta("1h"), pd.Timedelta("15s"), START - pd.Timedelta("2h"))
QUEUE = Signal("app/queue", "Queue", "queue", "count", "queue", "saturation")


def evidence(series: int, *, moved: dict[int, float] | None = None, signal: Signal = QUEUE) -> Evidence:
    """So many noisy series about 100; those of `moved` are so much higher from 12:20 to 12:40."""
    index = WINDOW.index
    values = 100 + np.random.default_rng(7).normal(0, 1, (len(index), series))
    inside = (index >= START + pd.Timedelta("20min")) & (index < START + pd.Timedelta("40min"))
    for column, height in (moved or {}).items():
        values[inside, column] += height
    labels = tuple({"queue": str(n), "service": "mail"} for n in range(series))
    metric = Metric(signal, pd.DataFrame(values, index=index), labels, (Service("mail"),) * series, "q1", 15.0)
    return Evidence(WINDOW, (metric,))


def found(of: Evidence, *, trouble: tuple[pd.Timestamp, pd.Timestamp | None] | None = None) -> tuple[Anomaly, ...]:
    spans = () if trouble is None else (trouble,)
    return telling(detect(of).anomalies, asked_surprise(of), spans=spans, evidence=of, keep_user_facing=False)


def test_more_series_ask_for_a_higher_score_with_the_same_expectation() -> None:
    few, many = asked_surprise(evidence(60)), asked_surprise(evidence(3000))
    assert 1.0 < few.score < many.score
    assert few.expected == many.expected == EXPECTED
    assert asked_surprise(evidence(3)).score == 1.0


def test_what_one_series_would_tell_is_not_told_among_hundreds_unless_something_was_wrong_then() -> None:
    small, large = evidence(300, moved={4: 2.5}), evidence(300, moved={4: 60.0})
    assert 4 in {a.column for a in detect(small).anomalies}
    assert not found(small)
    assert [a.column for a in found(large)] == [4]
    assert [a.id for a in found(large)] == ["a1"]
    beside = (START + pd.Timedelta("30min"), START + pd.Timedelta("35min"))
    assert 4 in {a.column for a in found(small, trouble=beside)}
    assert 4 not in {a.column for a in found(small, trouble=(START - pd.Timedelta("1h"), START))}


def test_what_users_feel_is_kept_where_nothing_else_tells_it() -> None:
    errors = replace(QUEUE, id="app/errors", layer="app", aspect="errors")
    told = evidence(300, moved={4: 2.5}, signal=errors)
    kept = telling(detect(told).anomalies, asked_surprise(told), spans=(), evidence=told, keep_user_facing=True)
    assert 4 in {a.column for a in kept}


def test_the_draft_says_what_is_expected() -> None:
    notes = draft(evidence(300)).evidence.notes
    assert any("as 300 are compared" in note and "expected: 0.5" in note for note in notes)


@pytest.mark.parametrize(
    ("minutes", "direction", "kept"),
    [(3, 1, False), (20, 1, True), (None, -1, False), (None, 1, True)],
)
def test_a_rollouts_own_effects_are_left_out_and_what_lasts_is_not(
    minutes: int | None, direction: int, kept: bool
) -> None:
    memory = replace(QUEUE, id="process/memory", layer="runtime", aspect="utilisation")
    of = evidence(300, signal=memory)
    metric, index = of.metrics[0], WINDOW.index
    begun = START + pd.Timedelta("20min")
    inside = np.asarray(index >= begun + pd.Timedelta("30s"))
    if minutes is not None:
        inside &= np.asarray(index < begun + pd.Timedelta(minutes=minutes))
    values = metric.values.copy()
    values.loc[inside, 4] += 80.0 * direction
    of = replace(of, metrics=(replace(metric, values=values),))
    rollout = Event("e1", begun, "deploy", Service("mail"), "mail 2", end=begun + pd.Timedelta("1min"))
    other = replace(rollout, service=Service("shop"))
    assert {a.column for a in found(of)} == {4}
    assert {a.column for a in found(replace(of, events=(other,)))} == {4}
    assert bool(found(replace(of, events=(rollout,)))) is kept


def test_a_job_takes_machines_while_it_runs() -> None:
    cpu = replace(QUEUE, id="node/cpu", layer="host", aspect="utilisation")
    of = evidence(300, moved={4: 80.0}, signal=cpu)
    begun = START + pd.Timedelta("20min")
    job = Event("e1", begun, "job", Service("batch"), "nightly batch", end=begun + pd.Timedelta("20min"))
    assert not found(replace(of, events=(job,)))
    assert found(replace(of, events=(replace(job, end=begun + pd.Timedelta("5min")),)))
    assert found(replace(of, events=(replace(job, time=begun - pd.Timedelta("10min")),)))


@pytest.mark.parametrize(
    ("series", "hours", "score"), [(600, 1, 7.29), (600, 2, 11.24), (600, 0.5, 7.29), (25, 1, 1.0)]
)
def test_the_score_to_ask_for_is_that_of_one_false_anomaly_in_two_drafts(
    series: int, hours: float, score: float
) -> None:
    """Of fifty calm series one has one of score 1 in an hour: (0.02 x series x hours / 0.5)^(1 / 1.6)."""
    of = evidence(1)
    window = replace(WINDOW, end=START + pd.Timedelta(hours=hours))
    metric = replace(of.metrics[0], labels=of.metrics[0].labels * series)
    assert asked_surprise(replace(of, window=window, metrics=(metric,))).score == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize(("before_min", "told"), [(13, True), (17, False)])
def test_what_moved_within_a_quarter_of_an_hour_before_trouble_led_to_it(before_min: int, told: bool) -> None:
    small = evidence(300, moved={4: 2.5})
    begins = START + pd.Timedelta(minutes=40 + before_min)
    assert (4 in {a.column for a in found(small, trouble=(begins, None))}) is told
