"""Phases and what steps did, on series made for it: each figure that is flipped changes what is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reconstruct.model import (
    Anomaly,
    Effect,
    Episode,
    Event,
    EventKind,
    Evidence,
    Explanation,
    Incident,
    Metric,
    Moment,
    Query,
    Service,
    Signal,
    Window,
)
from reconstruct.text.entries import entry_words
from reconstruct.text.summary import summary
from reconstruct.text.times import Clock
from reconstruct.timeline import compose

SHOP = Service("shop")
ERRORS = Signal("http/errors", "Requests answered with 5xx", "e", "ratio", "edge", "errors", range_s=30)
T = pd.Timestamp("2026-11-17T12:00:00Z")
ONSET, OVER = 60, 120
"""Minutes after T."""


def minute(n: float) -> pd.Timestamp:
    return T + pd.Timedelta(minutes=n)


def story(
    levels: list[tuple[int, float]], *events: Event, mitigated: str = "", metrics: bool = True, signal: Signal = ERRORS
) -> Incident:
    """An incident from minute 60 to 120 in which the share of errors stands at `levels`: (from minute, share)."""
    step = pd.Timedelta("15s")
    window = Window(minute(45), minute(150), step, T)
    values = np.zeros(len(window.index))
    for (start, level), end in zip(levels, [*(m for m, _ in levels[1:]), OVER], strict=True):
        values[(window.index >= minute(start)) & (window.index < minute(end))] = level
    values = values + np.random.default_rng(1).normal(0, 0.0005, len(values))
    frame = pd.DataFrame({0: values}, index=window.index)
    metric = Metric(signal, frame, ({"service": "shop"},), (SHOP,), "q1", 15.0)
    lasting = values[(window.index >= minute(ONSET)) & (window.index < minute(OVER))]
    began, over = (Moment(minute(m), minute(m) - step, minute(m)) for m in (ONSET, OVER))
    found = Anomaly(
        "a1", signal, "q1", {"service": "shop"}, SHOP, "up", "level", began, over, 0.0, float(lasting.max()),
        minute(ONSET + 5), 50.0, 9.0, float(np.median(lasting)),
    )  # fmt: skip
    cure = next((e for e in events if e.id == mitigated), None)
    explanation = Explanation(
        "incident",
        "shop failed",
        episodes=(Episode("ep1", minute(ONSET), minute(OVER), ("a1",)),),
        worst="ep1",
        onset=began,
        onset_evidence=("a1",),
        mitigated=Moment(cure.time, cure.time, cure.time) if cure else None,
        mitigated_evidence=(cure.id,) if cure else (),
        recovered=over,
        recovered_evidence=("a1",),
        affected=(SHOP,),
    )
    queries = (Query("q1", signal.id, "e", T, window.end, 15.0, 1),)
    evidence = Evidence(window, (metric,) if metrics else (), tuple(events), queries=queries)
    return compose(evidence, (found,), explanation)


def event(name: str, at_minute: float, kind: EventKind, *, end: float | None = None) -> Event:
    return Event(name, minute(at_minute), kind, SHOP, f"{kind} of shop", end=minute(end) if end else None)


def titles(incident: Incident, rule: str) -> list[str]:
    words = entry_words(incident, clock=Clock())
    return [words[e.id].title for e in incident.timeline if e.rule == rule]


def test_two_phases_are_two_and_the_turning_point_carries_both_figures() -> None:
    told = story([(60, 0.34), (100, 0.03)], event("e1", 99, "restart"))
    assert [(p.kind, round(p.measured[0].median.value, 2)) for p in told.phases] == [
        ("failing", 0.34),
        ("partly-recovered", 0.03),
    ]
    assert titles(told, "phase") == ["Partly recovered: requests answered with 5xx fell from 34 % to 3 %"]


def test_one_level_is_one_phase_without_a_turning_point() -> None:
    told = story([(60, 0.34)])
    assert len(told.phases) == 1
    assert not titles(told, "phase")


def test_a_level_that_less_than_halves_is_no_phase() -> None:
    assert len(story([(60, 0.34), (100, 0.20)]).phases) == 1


def test_everything_failing_is_down() -> None:
    assert [p.kind for p in story([(60, 1.0)]).phases] == ["down"]


def test_a_second_phase_that_is_worse_is_told_as_worse() -> None:
    told = story([(60, 0.05), (80, 0.9)])
    assert titles(told, "phase") == ["Worse: requests answered with 5xx rose from 5 % to 90 %"]


@pytest.mark.parametrize(
    ("levels", "at_minute", "effect"),
    [
        ([(60, 0.34)], 119.5, "full"),
        ([(60, 0.34), (100, 0.05)], 99.5, "partial"),
        ([(60, 0.34)], 90, "none"),
        ([(60, 0.34)], 116, "none"),
    ],
    ids=["back at once", "a seventh remains", "nothing happened", "over only minutes later"],
)
def test_what_a_step_did_is_read_where_the_curve_bends(
    levels: list[tuple[int, float]], at_minute: float, effect: Effect
) -> None:
    (action,) = story(levels, event("e1", at_minute, "rollback")).actions
    assert action.effect == effect


def test_a_step_within_whose_reach_it_recovered_is_the_mitigation_and_one_before_is_not() -> None:
    told = story([(60, 0.34)], event("e1", 119.5, "scale"))
    assert told.milestones["mitigated"] is not None
    assert story([(60, 0.34)], event("e1", 110, "scale")).milestones["mitigated"] is None


def test_the_summary_says_how_many_failed_and_what_ended_it() -> None:
    rolled_back = event("e1", 119.5, "rollback")
    told = summary(story([(60, 0.34)], rolled_back, mitigated="e1"), clock=Clock())
    assert told == (
        "From 13:00:00, for 1 h, shop failed 34 % of requests. No candidate cause is supported by the data. "
        "The rollback “rollback of shop” started at 13:59:30, shop recovered at 14:00:00; no alert fired."
    )
    alone = summary(story([(60, 0.34)]), clock=Clock())
    assert "shop recovered at 14:00:00 without a known action" in alone


def test_without_a_user_facing_series_the_verdict_s_reason_leads_the_summary() -> None:
    assert summary(story([(60, 0.34)], metrics=False), clock=Clock()).startswith("shop failed.")
    host = replace(ERRORS, layer="host", aspect="utilisation")
    assert summary(story([(60, 0.34)], signal=host), clock=Clock()).startswith("shop failed.")


def test_a_phase_at_the_baseline_is_back_to_normal_and_not_partly() -> None:
    told = story([(60, 0.34), (100, 0.0)], event("e1", 99, "rollback"), mitigated="e1")
    assert titles(told, "phase") == ["User-facing signals back to normal: requests answered with 5xx at 0.005 %"]


def test_a_turning_point_after_a_step_says_where_it_came_to_and_the_step_from_where() -> None:
    told = story([(60, 0.34), (100, 0.03)], event("e1", 99, "rollback"), mitigated="e1")
    assert titles(told, "phase") == ["Partly recovered: requests answered with 5xx at 3 %"]
    alone = story([(60, 0.34), (100, 0.03)])
    assert titles(alone, "phase") == ["Partly recovered: requests answered with 5xx fell from 34 % to 3 %"]


def test_restarts_that_go_on_while_it_lasts_are_one_line_with_a_length() -> None:
    def restarts(*at: float) -> list[tuple[str, pd.Timestamp | None]]:
        found = story([(60, 0.34)], *(event(f"e{n}", m, "restart") for n, m in enumerate(at, 1)))
        told = entry_words(found, clock=Clock())
        return [(told[e.id].title, e.end) for e in found.timeline if e.kind == "restart"]

    assert restarts(70, 80, 90) == [("shop: instances restarted again and again", minute(90))]
    assert len(restarts(70, 80)) == 2
    assert len(restarts(130, 135, 140)) == 3  # after the recovery


def test_a_restart_of_a_rollout_is_named_as_the_rollout() -> None:
    told = story([(60, 0.34)], event("e1", 119, "config"), event("e2", 119.5, "restart"), mitigated="e1")
    back = next(e for e in told.timeline if e.rule == "recovered")
    assert "step" not in back.facts


def test_an_unrelated_change_beside_a_move_is_never_named_with_it() -> None:
    told = story([(60, 0.34), (100, 0.03)], event("e1", 99.5, "flag"))
    (turn,) = (e for e in told.timeline if e.rule == "phase")
    (recovery,) = (e for e in told.timeline if e.rule == "recovered")
    assert "step" not in turn.facts
    assert "step" not in recovery.facts


@pytest.mark.parametrize(("seconds_before", "effect"), [(110, "full"), (125, "none")])
def test_a_curve_may_take_a_minute_to_bend_beside_its_range_window(seconds_before: int, effect: Effect) -> None:
    """The window is 30 s, and two samples of 15 s: two minutes before the last failing sample is within reach."""
    (action,) = story([(60, 0.34)], event("e1", OVER - (15 + seconds_before) / 60, "rollback")).actions
    assert action.effect == effect


@pytest.mark.parametrize(("share", "kind"), [(0.9, "failing"), (0.97, "down")])
def test_down_is_where_nineteen_of_twenty_fail(share: float, kind: str) -> None:
    assert [p.kind for p in story([(60, share)]).phases] == [kind]


def test_a_step_that_the_mitigation_overtook_has_no_effect_of_its_own() -> None:
    steps = event("e1", 119, "flag"), event("e2", 119.5, "rollback")
    assert [a.event for a in story([(60, 0.34)], *steps, mitigated="e2").actions] == ["e2"]
    assert [a.event for a in story([(60, 0.34)], *steps, mitigated="e1").actions] == ["e1", "e2"]
