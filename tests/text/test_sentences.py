"""A sentence of the draft stands only where its fact does: each row flips one fact and sees the sentence go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd
import pytest

from reconstruct.model import (
    AlertReview,
    FollowUp,
    Hint,
    HintVerdict,
    Incident,
    Measured,
    Quantity,
    Reason,
    Reference,
    VerdictReason,
)
from reconstruct.text.alerting import fired_when
from reconstruct.text.causes import reason_text
from reconstruct.text.follow_ups import follow_up_texts
from reconstruct.text.impact import uncounted
from reconstruct.text.narrative import hint_title, reasons_text, title, told_hints
from reconstruct.text.summary import below_title, summary
from reconstruct.text.times import Clock
from tests.text.test_entries import flipped, words
from tests.timeline import test_phases as phased
from tests.timeline.test_timeline import SHOP, at, story

CLOCK = Clock()
LATENCY = Measured("a1", Quantity(0.3, "seconds"), Quantity(0.4, "seconds"), Quantity(0.6, "seconds"), at("14:30:00"))


def users(incident: Incident, *, median: float = 0.4) -> Incident:
    return replace(incident, users=(replace(LATENCY, median=Quantity(median, "seconds")),))


def explained(incident: Incident, **changes: Any) -> Incident:
    return replace(incident, explanation=replace(incident.explanation, **changes))


def milestones(incident: Incident, **ids: str | None) -> Incident:
    """The milestones of `ids` rest on that one thing, or are not there."""
    stones = dict(incident.milestones)
    for name, one in ids.items():
        stone = stones[name]
        stones[name] = replace(stone, evidence=(one,)) if stone is not None and one else None
    return replace(incident, milestones=stones)


def hinted(*, verdict: str = "supported", trigger: str | None = "e1", mechanism: str = "slow-query") -> Incident:
    hint = Hint(1, trigger, mechanism, SHOP, "a1", 0.8, verdict, "statements were slow")  # type: ignore[arg-type]
    return explained(users(story()), hints=(hint,))


def near_miss() -> Incident:
    told = explained(story(), reason=VerdictReason("alerts-fired", {"names": ("Slow",), "since": at("14:00:00")}))
    return milestones(replace(told, users=()), onset="al1", recovered="al1", mitigated=None)


def summed(incident: Incident) -> str:
    return summary(incident, clock=CLOCK)


def detected_after(incident: Incident, seconds: float) -> Incident:
    return replace(
        incident,
        durations={
            **incident.durations,
            "time_to_detect_s": replace(incident.durations["time_to_detect_s"], value_s=seconds),
        },
    )


def asked(**facts: object) -> Incident:
    all_ = {
        "after": pd.Timedelta("20min"),
        "step": Reference("e3"),
        "met": "failed",
        "counted": True,
        "requests": Quantity(4200.0, "count"),
        "per_minute": Quantity(210.0, "count"),
        **facts,
    }
    return replace(story(), follow_ups=(FollowUp("delay", ("e3",), all_),))  # type: ignore[arg-type]


def questions(incident: Incident) -> str:
    return " ".join(text for text, _ in follow_up_texts(incident, clock=CLOCK))


def turned(*, to: float = 0.9, started: float = 89.5, ended: float | None = None) -> str:
    """The line of a phase in which the failed share went from 34 % to `to`; minutes of a step of the mitigation."""
    step = phased.event("e1", started, "rollback", end=ended)
    told = phased.story([(60, 0.34), (90, 0.9)], step, mitigated="e1")
    measured = ((Reference("a1"), Quantity(0.34, "ratio"), Quantity(to, "ratio")),)
    return ": ".join(words(flipped(told, "phase", measured=measured, improved=False, step=Reference("e1")), "phase"))


def titled(title: str) -> Incident:
    """Both the candidate cause and the mitigation are configuration changes of shop with that title."""
    told = hinted()
    kinds = ("deploy", "rollback")
    config = [
        replace(e, kind="config", title=title, version="") if e.kind in kinds else e for e in told.evidence.events
    ]
    return replace(told, evidence=replace(told.evidence, events=tuple(config)))


def below(incident: Incident) -> str:
    return " ".join(below_title(incident))


def first_hint(incident: Incident) -> str:
    fits = Reason("mechanism-fits", "a deploy can cause it", ("e1",), 1.0, kind="kind-of-change")
    hint = replace(incident.explanation.hints[0], reasons_for=(fits,))
    told = [hint_title(hint, incident=incident), *(text for _, text, _ in reasons_text(hint, most=3))]
    return " ".join(told)


class Row(NamedTuple):
    """A sentence, where it stands, an incident that has its fact, and one that has not."""

    says: str
    where: Callable[[Incident], str]
    holds: Incident
    flipped: Incident


ROWS = {
    "a level from its baseline to its median": Row(
        "p95 of shop rose from 20 ms to 400 ms", summed, users(story()), users(story(), median=0.02)
    ),
    "a level that bursts leave where it was": Row(
        "rose to 600 ms at times (20 ms before)", summed, users(story(), median=0.02), users(story())
    ),
    "how long it lasted": Row(", for 1 h 31 min,", summed, users(story()), users(story(recovered=False))),
    "it is ongoing": Row("was ongoing at 16:00:00", summed, users(story(recovered=False)), users(story())),
    "what ended it": Row(
        "rollback of shop to 2.14.1 started", summed, users(story()), milestones(users(story()), mitigated=None)
    ),
    "no action is known": Row(
        "without a known action", summed, milestones(users(story()), mitigated=None), users(story())
    ),
    "the candidate cause": Row(
        "Candidate cause (80 %): slow query after the deploy of shop", summed, hinted(), hinted(verdict="inconclusive")
    ),
    "no change explains it": Row("no change explains it", summed, hinted(trigger=None), hinted()),
    "no candidate is supported": Row(
        "No candidate cause is supported", summed, hinted(verdict="inconclusive"), hinted()
    ),
    "only where to look": Row(
        "Where to look first (80 %): shop", summed, hinted(trigger=None, mechanism="unknown"), hinted(trigger=None)
    ),
    "how late the alert was": Row(
        "first alert after 3 min 45 s", summed, users(story()), detected_after(users(story()), 0.0)
    ),
    "the alert came at onset": Row("first alert at onset", summed, detected_after(users(story()), 0.0), users(story())),
    "no alert fired": Row("no alert fired", summed, users(story(alerts=())), users(story())),
    "a near miss has a title": Row("Slow fired without measured user impact", title, near_miss(), users(near_miss())),
    "an alert resolved, nobody recovered": Row(
        "Slow resolved at 15:27:15", summed, near_miss(), milestones(near_miss(), onset="a1", recovered="a1")
    ),
    "a pending alert is no delay": Row("first alert after", summed, milestones(near_miss(), onset="a1"), near_miss()),
    "no impact was measured": Row("No user impact was measured", uncounted, near_miss(), users(story())),
    "impact without a count": Row("only request p95 of shop shows it", uncounted, users(story()), near_miss()),
    "long titles are left to the timeline": Row(
        "after the configuration change of shop at", summed, titled("word " * 30), titled("pool of 2 for each pod")
    ),
    "two changes of one name": Row(
        "nother configuration change of shop started", summed, titled("word " * 30), hinted()
    ),
    "a line below a picture is never cut": Row(
        "configuration change of shop at 13:55:30", below, titled("word " * 30), titled("pool of 2")
    ),
    "a change that broke something is named by itself": Row(
        "Deploy “shop 2.20.0”", first_hint, hinted(mechanism="bad-change"), hinted()
    ),
    "that a change can break something is no reason": Row(
        "a deploy can cause", first_hint, hinted(), hinted(mechanism="bad-change")
    ),
    "what the delay cost": Row(
        "Meanwhile about 4,200 requests failed", questions, asked(), asked(requests=Quantity(0.3, "count"))
    ),
    "how the delay was counted": Row("counted from detection to mitigation", questions, asked(), asked(counted=False)),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_sentence_goes_with_its_fact(name: str) -> None:
    row = ROWS[name]
    assert row.says in row.where(row.holds)
    assert row.says not in row.where(row.flipped)


def test_a_kind_of_change_that_speaks_against_is_not_said_to_be_able_to() -> None:
    facts = {"kind": "flag", "mechanism": "traffic-surge"}
    assert reason_text("mechanism-fits", "kind-of-change", facts, weight=1.0).endswith("can cause traffic surge")
    assert reason_text("mechanism-fits", "kind-of-change", facts, weight=-1.0).endswith("seldom causes traffic surge")


def test_worse_is_said_only_where_every_figure_is() -> None:
    assert turned().startswith("Worse: requests answered with 5xx rose from 34 % to 90 %")
    assert turned(to=0.2).startswith("Changed: requests answered with 5xx fell from 34 % to 20 %")


def test_a_move_follows_the_start_of_a_step_or_its_end_and_never_what_began_after_it() -> None:
    assert "after the rollback “rollback of shop” at 13:29:30" in turned()
    assert "after the rollback “rollback of shop” was complete at 13:29:45" in turned(started=80, ended=89.75)
    assert "as the rollback “rollback of shop” started, 13:30:30" in turned(started=90.5)


@pytest.mark.parametrize(
    ("after_s", "says"), [(90.0, "1 min 30 s after onset"), (-15.0, "15 s before onset"), (0.2, "at onset")]
)
def test_an_alert_at_onset_is_not_said_to_have_fired_after_it(after_s: float, says: str) -> None:
    assert fired_when(AlertReview("A", SHOP, "useful", "in-time", {}, ("al1",), after_s)) == says


@pytest.mark.parametrize(("verdict", "ranks"), [("supported", [1, 2]), ("inconclusive", [2])])
def test_what_the_data_do_not_support_is_told_only_where_nothing_else_is(
    verdict: HintVerdict, ranks: list[int]
) -> None:
    base = hinted().explanation.hints[0]
    incident = explained(story(), hints=(replace(base, verdict=verdict), replace(base, rank=2)))
    assert [h.rank for h in told_hints(incident, most=3)] == ranks
    alone = explained(story(), hints=(replace(base, verdict="inconclusive"),))
    assert [h.rank for h in told_hints(alone, most=3)] == [1]
