"""The words of entries follow from their facts: flip a fact and the sentence goes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.model import Event, Fact, Incident, Quantity, Reference, Service
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.references import cited
from reconstruct.text.times import Clock
from tests.timeline.test_phases import event, story

ROLLED_BACK = event("e1", 119.5, "rollback")


def words(incident: Incident, rule: str) -> Words:
    told = entry_words(incident, clock=Clock())
    return next(told[e.id] for e in incident.timeline if e.rule == rule)


def flipped(incident: Incident, rule: str, **facts: Fact) -> Incident:
    timeline = tuple(replace(e, facts={**e.facts, **facts}) if e.rule == rule else e for e in incident.timeline)
    return replace(incident, timeline=timeline)


def test_the_onset_tells_baseline_median_and_the_peak_with_its_time() -> None:
    told = story([(60, 0.34)])
    assert words(told, "onset").title == "First symptom: requests answered with 5xx of shop rose"
    assert words(told, "onset").detail.startswith("0 % before, median 34 %, peak 34 % at 13:")
    other = flipped(told, "onset", median=Quantity(0.5, "ratio"), peak_time=pd.Timestamp("2026-11-17T13:30:00Z"))
    assert words(other, "onset").detail.startswith("0 % before, median 50 %, peak 34 % at 13:30:00")


def test_a_peak_that_a_restart_of_the_mitigation_exceeds_is_told_as_the_one_before_it() -> None:
    told = flipped(story([(60, 0.34)]), "onset", before_mitigation=True)
    assert "median 34 %, peak before the mitigation 34 % at 13:" in words(told, "onset").detail


def test_a_median_that_bursts_leave_where_it_was_is_no_rise() -> None:
    told = flipped(story([(60, 0.34)]), "onset", median=Quantity(0.0, "ratio"))
    assert words(told, "onset").detail.startswith("0 % before, peak 34 % at 13:")


def test_what_a_step_did_is_told_by_its_figures_and_none_is_said_in_words() -> None:
    told = story([(60, 0.34)], ROLLED_BACK, mitigated="e1")
    assert "requests answered with 5xx fell from 34 % to" in words(told, "change").detail
    assert "no effect on user-facing signals" in words(flipped(told, "change", effect="none"), "change").detail
    same = ((Reference("a1"), Quantity(0.34, "ratio"), Quantity(0.34, "ratio")),)
    assert "stayed at 34 %" in words(flipped(told, "change", measured=same), "change").detail


def test_what_bent_after_the_mitigation_had_begun_is_not_told_of_the_step_before_it() -> None:
    levels, other = [(60, 0.34)], event("e0", 118.8, "config")
    assert "fell from 34 %" not in words(story(levels, other, ROLLED_BACK, mitigated="e1"), "change").detail
    assert "fell from 34 % to" in words(story(levels, other), "change").detail


def test_recovered_without_a_known_action_is_said_only_where_it_is_so() -> None:
    assert words(story([(60, 0.34)]), "recovered").detail == "no action that mitigated it is known"
    assert words(story([(60, 0.34)], ROLLED_BACK, mitigated="e1"), "recovered").detail == ""


@pytest.mark.parametrize(
    ("version", "previous", "kind", "told"),
    [
        ("2.20.0", "2.14.1", "deploy", "deploy from 2.14.1 to 2.20.0"),
        ("2.20.0", "2.20.0", "deploy", "deploy"),
        ("2.20.0", "2.20.0", "flag", "flag change"),
        ("2.20.0", "", "deploy", "deploy 2.20.0"),
        ("", "", "config", "configuration change"),
    ],
)
def test_a_version_is_told_only_where_it_changed(version: str, previous: str, kind: str, told: str) -> None:
    base = event("e1", 90, kind)  # type: ignore[arg-type]
    named = replace(base, title="find orders", version=version, previous=previous)
    assert words(story([(60, 0.34)], named), "change").detail.split("; ")[0] == told


def test_an_entry_of_a_rule_of_somebody_else_shows_what_the_evidence_calls_it() -> None:
    told = story([(60, 0.34)])
    other = replace(told.timeline[0], rule="elsewhere", facts={"title": "A name"})
    assert entry_words(replace(told, timeline=(other,)), clock=Clock())[other.id] == Words("A name", "")


def test_every_rule_of_the_timeline_has_words() -> None:
    restart = Event("e2", ROLLED_BACK.time, "restart", Service("other"), "other restarted", source="prometheus")
    told = story([(60, 0.34), (100, 0.03)], ROLLED_BACK, restart, mitigated="e1")
    assert all(title for title, _ in entry_words(told, clock=Clock()).values())


def test_a_derived_restart_is_cited_without_its_moment_in_seconds() -> None:
    restart = replace(
        event("e1", 70, "restart"), source="prometheus", source_id="process_start_time_seconds:shop:1794923742"
    )
    shown = cited(story([(60, 0.34)], restart))["e1"].short
    assert shown == "prometheus process_start_time_seconds:shop"
