"""The draft's lines about alerts: one proposal or why none, one line a rule that was not useful, few of the rest."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import AlertReview, Incident, NoProposal, Recurrence, Service
from reconstruct.render.detection_section import MAX_NAMED, MAX_RECURRENCES, MAX_REVIEWS, detection_lines
from reconstruct.text.times import Clock
from tests.alerting.made import ONSET, evidence, explained

SHOP = Service("shop")


def useful(number: int, after_s: float = 60.0) -> AlertReview:
    return AlertReview(f"Useful{number}", SHOP, "useful", "in-time", {"first": ONSET}, (f"al{number}",), after_s)


def late(number: int) -> AlertReview:
    return AlertReview(f"Late{number}", SHOP, "late", "long-after-onset", {"first": ONSET}, (f"al{number}",), 600.0)


def lines(
    *reviews: AlertReview, why: NoProposal | None = None, recurrences: tuple[Recurrence, ...] = ()
) -> list[tuple[str, str]]:
    incident = Incident(
        evidence(), (), explained(), {}, {}, (), alert_review=reviews, no_proposal=why, recurrences=recurrences
    )
    return list(detection_lines(incident, clock=Clock()))


def test_the_first_useful_alert_has_a_line_and_the_others_one_together() -> None:
    told = lines(useful(1), useful(2, -30.0), *(useful(n) for n in range(3, 9)))
    assert told[0] == ("Useful1 (useful)", "Fired 1 min after onset.")
    head, text = told[1]
    assert head == "Also useful"
    assert text.startswith("Useful2 (30 s before onset); Useful3 (1 min after onset)")
    assert text.endswith(f"; {8 - 1 - MAX_NAMED} more.")


def test_each_other_verdict_has_a_line_up_to_a_limit_and_the_rest_is_counted() -> None:
    told = lines(*(late(n) for n in range(MAX_REVIEWS + 2)))
    assert len(told) == MAX_REVIEWS + 1
    assert told[-1][1].startswith("2 more")


def test_why_nothing_is_proposed_is_told_but_not_where_nothing_went_wrong() -> None:
    assert lines(why=NoProposal("no-signal")) == [("No alert proposed", "No user-facing signal shows the incident.")]
    assert lines(why=NoProposal("no-incident")) == []


def test_the_latest_recurrences_are_told_with_dates_and_the_rest_counted() -> None:
    one = Recurrence(ONSET - pd.Timedelta(days=1), ONSET - pd.Timedelta(hours=23), ("A",), "prometheus")
    told = lines(recurrences=(one,) * (MAX_RECURRENCES + 2))
    assert told[0][1].startswith("2025-12-31 14:00:00")
    assert told[-1][1].startswith("2 earlier times more")
