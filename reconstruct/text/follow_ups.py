"""Follow-ups as questions for the review meeting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from reconstruct.model import Anomaly, Event, Fact, Facts, FollowUp, Incident, Quantity, Reference
from reconstruct.text.measures import measure
from reconstruct.text.references import change_text, service_text, shared_names, short_text
from reconstruct.text.times import Clock
from reconstruct.text.units import human, lasted
from reconstruct.text.wording import capitalised, joined, mechanism_text, sentence

MANY_TIMES: Final = 10.0
"""From here on a figure is told as so many times its baseline."""
NEEDS: Final = "; export "
"""Between why a mechanism could not be checked and what would tell, in a reason."""


def follow_up_texts(incident: Incident, *, clock: Clock) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each question with what it rests on, in the order of `Incident.follow_ups`; what is missing in one."""
    told = [
        (follow_up_text(one, incident, clock), one.evidence) for one in incident.follow_ups if one.kind != "monitoring"
    ]
    missing = [one.facts for one in incident.follow_ups if one.kind == "monitoring"]
    told += [(_monitoring(missing), ())] if missing else []
    return tuple((text, evidence) for text, evidence in told if text)


def follow_up_text(one: FollowUp, incident: Incident, clock: Clock) -> str:
    """One question; "" where the draft answers it elsewhere."""
    events = {e.id: e for e in incident.evidence.events}
    anomalies = {a.id: a for a in incident.anomalies}
    match one.kind:
        case "detection":
            return _detection(one, anomalies, incident)
        case "delay":
            return _delay(one, events)
        case "detour":
            return _detour(one, events, anomalies, clock)
        case "rollout":
            return _rollout(one, events)
        case "monitoring":
            return _monitoring([one.facts])


def _monitoring(missing: Sequence[Facts]) -> str:
    """What could not be checked, once for each reason."""
    reasons: dict[str, list[Facts]] = {}
    for facts in missing:
        reasons.setdefault(str(facts["reason"]).partition(NEEDS)[0], []).append(facts)
    told = []
    for reason, of_it in reasons.items():
        names = joined(mechanism_text(str(facts["mechanism"])) for facts in of_it)
        needs = [need for facts in of_it if (need := str(facts["reason"]).partition(NEEDS)[2])]
        wanted = f" What of this is there to export: {'; '.join(needs)}?" if needs else ""
        told.append(f"{names} could not be checked: {sentence(reason)}{wanted}")
    return f"Monitoring: {' '.join(told)}"


def _detection(one: FollowUp, anomalies: dict[str, Anomaly], incident: Incident) -> str:
    a = anomalies.get(_id(one.facts.get("signal")))
    about = (
        f" on {measure(a)} of {short_text(a.service, shared_names(incident))}"
        if a is not None and a.service.name
        else ""
    )
    if not one.facts["fired"]:
        return f"Detection: no alert fired. Would an alert{about} have?"
    after = f"Detection: the first alert fired {_length(one.facts['after'])} after onset."
    if incident.proposed_alerts:
        return f"{after} Is the proposed alert worth having?"
    if incident.no_proposal is not None and incident.no_proposal.reason == "not-earlier":
        return ""  # answered: the backtest found none that is worth having
    return f"{after} Would an alert{about} have fired earlier?"


def _delay(one: FollowUp, events: dict[str, Event]) -> str:
    step = events.get(_id(one.facts["step"]))
    named = f" ({change_text(step)})" if step is not None else ""
    text = f"Mitigation: it started {_length(one.facts['after'])} after detection{named}."
    requests, rate = one.facts.get("requests"), one.facts.get("per_minute")
    if isinstance(requests, Quantity) and isinstance(rate, Quantity) and requests.value >= 1:
        how = "counted from detection to mitigation" if one.facts["counted"] else "at the incident's mean rate"
        text += (
            f" Meanwhile about {human(round(requests.value), 'count')} requests {one.facts['met']}, "
            f"{human(rate.value, 'count')} a minute ({how})."
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
    return lasted(fact.total_seconds()) if isinstance(fact, pd.Timedelta) else str(fact)
