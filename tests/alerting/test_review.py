"""Each alert rule about what was affected gets the verdict that its firings deserve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconstruct.alerting.review import review
from reconstruct.model import Alert, AlertReview, LoadedRule, Service
from reconstruct.text.alerting import review_text
from reconstruct.text.times import Clock
from tests.alerting.made import after, alert, anomaly, evidence, explained, metric, moment, values

ERRORS = metric("rate(errors[1m])", values())


def reviewed(*alerts: Alert, mitigated: str = "", rules: Sequence[LoadedRule] = ()) -> list[AlertReview]:
    found = (anomaly(ERRORS),)
    told = explained(*found)
    if mitigated:
        told = replace(told, mitigated=moment(after(mitigated)))
    return list(review(replace(evidence(ERRORS, alerts=alerts), rules=tuple(rules)), found, told))


def verdicts(*alerts: Alert, mitigated: str = "", rules: Sequence[LoadedRule] = ()) -> list[tuple[str, str, str]]:
    return [(one.rule, one.verdict, one.reason) for one in reviewed(*alerts, mitigated=mitigated, rules=rules)]


def test_an_alert_within_minutes_is_useful_and_a_later_one_late() -> None:
    found = reviewed(alert("Soon", "2min", "20min"), alert("Late", "6min", "20min", key="al2"))
    assert [(one.rule, one.verdict, one.after_onset_s) for one in found] == [
        ("Soon", "useful", 120.0),
        ("Late", "late", 360.0),
    ]
    assert found[0].fired == ("al1",)


def test_an_alert_after_the_mitigation_began_is_late_however_soon() -> None:
    assert verdicts(alert("A", "3min", "20min"), mitigated="2min") == [("A", "late", "after-mitigation")]


def test_an_alert_that_fires_again_and_again_flaps() -> None:
    again = [alert("A", f"{2 * n}min", f"{2 * n + 1}min", key=f"al{n}") for n in range(1, 4)]
    assert verdicts(*again) == [("A", "flapping", "fired-again")]
    assert verdicts(*again[:2]) == [("A", "useful", "in-time")]


def test_three_alerts_of_one_rule_are_no_flapping() -> None:
    three = [replace(alert("A", "2min", "20min", key=f"al{n}"), labels={"instance": f"i{n}"}) for n in range(3)]
    assert verdicts(*three) == [("A", "useful", "in-time")]


def test_an_alert_that_its_missing_data_resolved_misled_unless_the_mitigation_took_them_away() -> None:
    gone = alert("A", "1min", "10min", gap=True)
    assert verdicts(gone) == [("A", "misleading", "resolved-in-gap")]
    assert verdicts(gone, mitigated="9min") == [("A", "useful", "in-time")]
    assert verdicts(alert("A", "1min", "30min", gap=True)) == [("A", "useful", "in-time")]


def test_an_alert_about_an_affected_service_outside_the_incident_misled() -> None:
    assert verdicts(alert("A", "-5min", "-3min")) == [("A", "misleading", "outside")]
    assert verdicts(alert("A", "-60min", "-50min")) == [], "the baseline is not searched for incidents"
    assert verdicts(alert("A", "-5min", "-3min", service=Service("other"))) == []


def test_an_alert_of_another_service_is_not_reviewed_and_one_of_no_service_is() -> None:
    assert verdicts(alert("A", "2min", "20min", service=Service("other"))) == []
    assert verdicts(alert("A", "2min", "20min", service=Service(""))) == [("A", "useful", "in-time")]


def test_where_nothing_is_known_to_be_affected_every_alert_of_the_incident_is_reviewed() -> None:
    found = (anomaly(ERRORS),)
    told = replace(explained(*found), affected=())
    held = evidence(ERRORS, alerts=[alert("A", "2min", "20min", service=Service("other"))])
    assert [(one.rule, one.verdict) for one in review(held, found, told)] == [("A", "useful")]


def test_the_alert_that_detected_it_is_reviewed_whatever_service_it_names() -> None:
    found = (anomaly(ERRORS),)
    held = evidence(ERRORS, alerts=[alert("A", "2min", "20min", service=Service("front-door"))])
    assert review(held, found, explained(*found)) == ()
    (one,) = review(held, found, explained(*found), detected=("al1",))
    assert (one.rule, one.verdict, one.service.name) == ("A", "useful", "front-door")


def test_an_alert_that_always_fires_is_not_told() -> None:
    assert verdicts(alert("Watchdog", "-3h", None)) == []
    assert verdicts(alert("A", "-3h", None), alert("B", "1min", "20min", key="al2")) == [("B", "useful", "in-time")]


@pytest.mark.parametrize(
    ("condition", "for_s", "reason"),
    [
        ("rate(errors[1m]) > 0.5", 60.0, "below-threshold"),
        ("rate(errors[1m]) > 0.1", 3600.0, "too-short"),
    ],
)
def test_a_rule_whose_data_moved_without_an_alert_is_silent_and_why_is_told(
    condition: str, for_s: float, reason: str
) -> None:
    assert verdicts(rules=[LoadedRule("R", condition, for_s)]) == [("R", "silent", reason)]


@pytest.mark.parametrize(
    "rule",
    [
        LoadedRule("R", "rate(errors[1m]) > 0.1", 60.0),  # by our samples it ought to have fired
        LoadedRule("R", "rate(errors[1m]) < 0.5", 60.0),  # it watches the other way
        LoadedRule("R", "rate(other[1m]) > 0.5", 60.0),
        LoadedRule("R", "rate(errors[1m]) > 0.5 and up == 1", 60.0),
    ],
)
def test_a_rule_of_which_silence_cannot_be_shown_is_not_told(rule: LoadedRule) -> None:
    assert verdicts(rules=[rule]) == []


def test_a_rule_that_fired_is_not_silent_as_well() -> None:
    rules = [LoadedRule("A", "rate(errors[1m]) > 0.5", 60.0)]
    assert verdicts(alert("A", "2min", "20min"), rules=rules) == [("A", "useful", "in-time")]


def test_each_sentence_follows_its_facts() -> None:
    clock = Clock()
    (useful,) = reviewed(alert("A", "2min", "20min"))
    assert review_text(useful, clock=clock) == "Fired 2 min after onset (pending for 1 min)."
    assert "pending" not in review_text(replace(useful, facts={"first": after("2min")}), clock=clock)
    (before,) = reviewed(alert("A", "-2min", "20min"))
    assert "2 min before onset" in review_text(before, clock=clock)
    (gone,) = reviewed(alert("A", "1min", "10min", gap=True))
    assert "It resolved at 14:10:00 because its data were missing" in review_text(gone, clock=clock)
    (silent,) = reviewed(rules=[LoadedRule("R", "rate(errors[1m]) > 0.5", 60.0)])
    assert review_text(silent, clock=clock) == "Did not fire: its value peaked at 30 %, threshold 50 %."
    (short,) = reviewed(rules=[LoadedRule("R", "rate(errors[1m]) > 0.1", 3600.0)])
    assert "held for at most 19 min 45 s; it has to hold for 1 h" in review_text(short, clock=clock)
    (outside,) = reviewed(alert("A", "-5min", "-3min"))
    assert review_text(outside, clock=clock) == "Fired once while no incident was measured, at 13:55:00."


def test_without_an_incident_there_is_nothing_to_review() -> None:
    calm = replace(explained(), verdict="no-incident", onset=None)
    assert review(evidence(ERRORS, alerts=[alert("A", "2min", None)]), (), calm) == ()
