"""Follow-ups as questions for the review meeting."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Anomaly, Event, Fact, FollowUp, Incident, Quantity, Reference
from reconstruct.text.measures import measure
from reconstruct.text.narrative import change_text
from reconstruct.text.references import service_text
from reconstruct.text.times import Clock
from reconstruct.text.units import human, human_duration
from reconstruct.text.wording import capitalised, mechanism_text, sentence

MANY_TIMES = 10.0
"""From here on a figure is told as so many times its baseline."""


def follow_up_texts(incident: Incident, *, clock: Clock) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each question with what it rests on, in the order of `Incident.follow_ups`."""
    return tuple((_text(one, incident, clock), one.evidence) for one in incident.follow_ups)


def _text(one: FollowUp, incident: Incident, clock: Clock) -> str:
    events = {e.id: e for e in incident.evidence.events}
    anomalies = {a.id: a for a in incident.anomalies}
    match one.kind:
        case "detection":
            return _detection(one, anomalies)
        case "delay":
            return _delay(one, events)
        case "detour":
            return _detour(one, events, anomalies, clock)
        case "rollout":
            return _rollout(one, events)
        case "monitoring":
            reason = str(one.facts["reason"])
            return f"Monitoring: {mechanism_text(str(one.facts['mechanism']))} could not be checked: {sentence(reason)}"


def _detection(one: FollowUp, anomalies: dict[str, Anomaly]) -> str:
    a = anomalies.get(_id(one.facts.get("signal")))
    about = f" on {measure(a)} of {service_text(a.service)}" if a is not None and a.service.name else ""
    if not one.facts["fired"]:
        return f"Detection: no alert fired. Would an alert{about} have?"
    after = _length(one.facts["after"])
    return f"Detection: the first alert fired {after} after onset. Would an alert{about} have fired earlier?"


def _delay(one: FollowUp, events: dict[str, Event]) -> str:
    step = events.get(_id(one.facts["step"]))
    named = f" ({change_text(step)})" if step is not None else ""
    text = f"Mitigation: it started {_length(one.facts['after'])} after detection{named}."
    failed, rate = one.facts.get("failed"), one.facts.get("failed_per_minute")
    if isinstance(failed, Quantity) and isinstance(rate, Quantity):
        text += (
            f" Meanwhile about {human(failed.value, 'count')} requests failed, {human(rate.value, 'count')} a minute "
            "(counted from detection to mitigation)."
        )
    return f"{text} What would have shortened it?"


def _detour(one: FollowUp, events: dict[str, Event], anomalies: dict[str, Anomaly], clock: Clock) -> str:
    note, start, end = events[_id(one.facts["note"])], one.facts["start"], one.facts["end"]
    when = clock.span(start, end) if isinstance(start, pd.Timestamp) and isinstance(end, pd.Timestamp) else ""
    text = f"Time: {when}: “{note.title}”. {capitalised(mechanism_text(str(one.facts['mechanism'])))} is ruled out"
    a, since = anomalies.get(_id(one.facts.get("signal"))), one.facts.get("since")
    if a is not None and isinstance(since, pd.Timestamp):
        where = f" of {service_text(a.service)}" if a.service.name else ""
        text += f"; {measure(a)}{where} stood at {_against_baseline(a)} from {clock.time(since)}"
    return f"{text}. What would have shown that sooner?"


def _against_baseline(a: Anomaly) -> str:
    if a.baseline > 0 and a.level / a.baseline >= MANY_TIMES:
        return f"{human(a.level / a.baseline, '')} times its baseline"
    unit = a.signal.unit
    return f"{human(a.level, unit)} ({human(a.baseline, unit)} before)"


def _rollout(one: FollowUp, events: dict[str, Event]) -> str:
    event = events[_id(one.facts["event"])]
    took, after = _length(one.facts["took"]), _length(one.facts["onset_after"])
    return (
        f"Rollout: {change_text(event)} was complete within {took}; onset came {after} after its start. "
        "Would a canary have shown it?"
    )


def _id(fact: Fact | None) -> str:
    return fact.id if isinstance(fact, Reference) else ""


def _length(fact: Fact) -> str:
    return human_duration(fact.total_seconds()) if isinstance(fact, pd.Timedelta) else str(fact)
