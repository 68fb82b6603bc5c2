"""The figure that a candidate cause rests on as a line of the timeline: told while its facts hold, gone with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconstruct.model import Entry, Explanation, Fact, Hint, HintVerdict, Incident, Reason
from reconstruct.timeline import compose
from tests.timeline.test_timeline import DB, SHOP, at, key, story, words

FACTS: dict[str, Fact] = {
    "figure": "lock-waits",
    "thing": "postgres",
    "target": "",
    "unit": "count",
    "before": 0.0,
    "during": 13.0,
    "sign": at("13:56:30"),
    "back": at("15:26:00"),
    "back_after": at("15:25:45"),
}


def told(*, verdict: HintVerdict = "supported", mitigated: bool = True, **facts: Fact) -> Incident:
    """An incident whose first candidate rests on the lock waits of postgres."""
    reason = Reason("mechanism-shown", "", ("q1",), 5.0, kind="figure", facts={**FACTS, **facts})
    hint = Hint(1, "e1", "lock-contention", DB, "a2", 0.8, verdict, "", reasons_for=(reason,))
    incident = story(hints=(hint,))
    explanation: Explanation = incident.explanation
    if not mitigated:
        explanation = replace(explanation, mitigated=None, mitigated_evidence=())
        events = tuple(e for e in incident.evidence.events if e.kind != "rollback")
        return compose(replace(incident.evidence, events=events), incident.anomalies, explanation)
    return compose(incident.evidence, incident.anomalies, explanation)


def by_rule(incident: Incident, rule: str) -> list[Entry]:
    return [e for e in incident.timeline if e.rule == rule]


def test_the_figure_is_a_key_line_with_its_values_and_what_else_moved_there() -> None:
    incident = told()
    (line,) = by_rule(incident, "mechanism")
    assert (line.level, line.moment.time) == ("key", at("13:56:30"))
    assert words(incident)[line.id] == (
        "postgres: sessions waiting for a lock rose",
        "0 before, median 13; database CPU 2 % before, median 0 %",
    )
    assert not [title for title in key(incident) if title.startswith("postgres (database)")]


@pytest.mark.parametrize("verdict", ["inconclusive", "contradicted"])
def test_a_candidate_that_is_not_even_plausible_has_no_line(verdict: HintVerdict) -> None:
    assert not by_rule(told(verdict=verdict), "mechanism")


def test_what_the_onset_says_already_is_not_told_again() -> None:
    incident = told(figure="failed-share", thing=SHOP.name)
    assert not by_rule(incident, "mechanism")


def test_a_sign_before_the_change_that_is_its_candidate_is_a_detail() -> None:
    assert [e.level for e in by_rule(told(sign=at("13:50:00")), "mechanism")] == ["detail"]


def test_where_no_action_is_known_the_mechanisms_end_is_told_and_else_not() -> None:
    assert not by_rule(told(), "mechanism-ended")
    incident = told(mitigated=False)
    (line,) = by_rule(incident, "mechanism-ended")
    assert (line.moment.earliest, line.moment.time) == (at("15:25:45"), at("15:26:00"))
    assert words(incident)[line.id] == (
        "postgres: lock contention gone",
        "sessions waiting for a lock back from 13 to 0",
    )
