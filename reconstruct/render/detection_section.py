"""What the draft says of alerts: how they did, the one that would have been better, and whether it happened before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Incident
from reconstruct.text.alerting import fired_when, no_proposal_text, proposal_text, recurrence_text, review_text
from reconstruct.text.times import Clock

MAX_REVIEWS: Final = 8
"""Rules with a sentence of their own; incident.json has all."""
MAX_NAMED: Final = 4
"""Useful rules named after the first."""
MAX_RECURRENCES: Final = 3
"""The latest ones."""


def detection_lines(incident: Incident, *, clock: Clock) -> Iterator[tuple[str, str]]:
    """(what it is about, one sentence each), plain text: the proposal, the reviews, earlier occurrences.

    Useful alerts after the first are counted: that the fourth alert of an incident came too is no news.
    """
    rules = {alert.id: alert.rule for alert in incident.evidence.alerts}
    for proposed in incident.proposed_alerts:
        first = rules.get(proposed.first_alert or "", "")
        yield "Proposed alert", f"{proposal_text(proposed, clock=clock, first_alert=first)} alerts/proposed.yaml"
    if incident.no_proposal is not None and (why := no_proposal_text(incident.no_proposal, clock=clock)):
        yield "No alert proposed", why
    yield from _reviews(incident, clock)
    dated = Clock(clock.zone, dates=True, marked=clock.marked)
    for recurrence in incident.recurrences[:MAX_RECURRENCES]:
        yield "Happened before", recurrence_text(recurrence, clock=dated)
    if len(incident.recurrences) > MAX_RECURRENCES:
        yield "Happened before", f"{len(incident.recurrences) - MAX_RECURRENCES} earlier times more: incident.json"


def _reviews(incident: Incident, clock: Clock) -> Iterator[tuple[str, str]]:
    useful = [one for one in incident.alert_review if one.verdict == "useful"]
    others = [one for one in incident.alert_review if one.verdict != "useful"]
    for one in (*useful[:1], *others[:MAX_REVIEWS]):
        yield f"{one.rule} ({one.verdict})", review_text(one, clock=clock)
    if len(useful) > 1:
        named = [f"{one.rule} ({when})" for one in useful[1 : MAX_NAMED + 1] if (when := fired_when(one))]
        more = [f"{len(useful) - 1 - MAX_NAMED} more"] if len(useful) - 1 > MAX_NAMED else []
        yield "Also useful", f"{'; '.join([*named, *more])}."
    if len(others) > MAX_REVIEWS:
        yield "Other alerts", f"{len(others) - MAX_REVIEWS} more that were late, silent or misleading: incident.json"
