"""Impact in words: one count and share a line, parts as parts, the error budget with its formula."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.model import ErrorBudget, Impact, Incident, Measured, Objective, Quantity, Service
from reconstruct.text.impact import impact_inner, impact_told
from reconstruct.text.narrative import title
from reconstruct.text.summary import summary
from reconstruct.text.times import Clock
from tests.timeline.test_timeline import at, story

LB, SHOP = Service("lb"), Service("shop")
START, END = at("13:56:15"), at("15:27:15")
FAILED = Impact(LB, "failed requests", 98_797.0, "count", 0.229, START, END, ("q1",))


def told(*rows: Impact, budgets: tuple[ErrorBudget, ...] = ()) -> list[str]:
    incident = story()
    explanation = replace(incident.explanation, impact=rows)
    incident = replace(incident, explanation=explanation, users=(), error_budgets=budgets)
    return [text for text, _ in impact_told(incident, clock=Clock())]


def test_failed_requests_are_a_count_and_its_share_over_one_interval() -> None:
    assert told(FAILED) == ["99,000 failed requests at lb, 23 % of its requests; 13:56:15 to 15:27:15, 1 h 31 min"]


def test_without_a_known_whole_no_share_is_said() -> None:
    assert told(replace(FAILED, share=None)) == ["99,000 failed requests at lb; 13:56:15 to 15:27:15, 1 h 31 min"]


def test_services_behind_and_routes_are_shares_of_their_own_and_never_lines_of_impact() -> None:
    inner = replace(FAILED, service=SHOP, share=0.33, inner=True)
    route = replace(FAILED, route="/login", share=0.5, inner=True)
    lines = told(FAILED, inner, route)
    assert lines[1:] == ["Share of requests that failed behind lb: shop 33 %; by route of lb: /login 50 %"]
    assert len(told(FAILED)) == 1
    incident = story()
    incident = replace(incident, explanation=replace(incident.explanation, impact=(FAILED, inner)), users=())
    assert [text[-44:] for text, _ in impact_inner(incident, clock=Clock())] == [
        "its requests; 13:56:15 to 15:27:15, 1 h 31 min"[-44:]
    ]


@pytest.mark.parametrize("known", [True, False])
def test_an_error_budget_is_told_with_its_formula_where_an_objective_is_known(known: bool) -> None:
    spent = ErrorBudget(Objective("lb", 0.999), LB, "sloth", 0.23, START, START + pd.Timedelta("92min"), ("q2",))
    expected = "Error budget of lb (99.9 % over 30 d): 49 % spent = 23 % failed x 1 h 32 min / (30 d x 0.1 %)"
    assert told(FAILED, budgets=(spent,) if known else ())[1:] == ([expected] if known else [])


def measured_by(share: float | None, *, end: pd.Timestamp = END) -> Incident:
    """An incident whose lead is a failed share with a sample mean of 20 %; counted over its requests as `share`."""
    incident = story()
    signal = replace(incident.anomalies[0].signal, aspect="errors", unit="ratio", title="Failed requests")
    lead = replace(incident.anomalies[0], signal=signal)
    row = replace(FAILED, service=SHOP, share=share, end=end, evidence=("q1", lead.id))
    half = Quantity(0.2, "ratio")
    return replace(
        incident,
        anomalies=(lead, *incident.anomalies[1:]),
        explanation=replace(incident.explanation, impact=(row,)),
        users=(Measured(lead.id, half, half, half, START),),
    )


@pytest.mark.parametrize(("share", "said"), [(0.229, "shop failed 23 % of requests"), (None, "shop failed 20 % of")])
def test_title_and_summary_say_the_share_that_the_impact_counts(share: float | None, said: str) -> None:
    incident = measured_by(share)
    assert said in summary(incident, clock=Clock())
    assert said in title(incident)


def test_a_share_counted_over_a_shorter_time_is_not_said_of_the_whole() -> None:
    assert "shop failed 20 % of requests" in title(measured_by(0.229, end=END - pd.Timedelta("6min")))
