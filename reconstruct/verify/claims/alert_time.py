"""`DbQueryLatencyHigh fired at 14:02`: an alerting rule by name, when it fired and when it resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from reconstruct.model import Alert
from reconstruct.text.units import human_duration
from reconstruct.verify.clauses import Clause, Finding, Verdict, around
from reconstruct.verify.clock_times import Written, distance_s, fits, outside
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.subjects import Subject, about, subjects

NOTICE_S: Final = 60.0
"""A page comes later than its alert fires: Alertmanager gathers a group for 30 s by default, and sends in turns."""
TOLD: Final = 3
_RESOLVED: Final = re.compile(
    r"\b(?:resolved|cleared|recovered|ended|stopped firing"
    r"|back to normal)\b",
    re.IGNORECASE,
)
_FIRED: Final = re.compile(r"\b(?:fire[sd]?|triggered|triggers|went off|alerted)\b", re.IGNORECASE)
_FIRING: Final = re.compile(r"\b(?:firing|active|red)\b", re.IGNORECASE)
_PAGED: Final = re.compile(r"\bpage[sd]?\b", re.IGNORECASE)
_PENDING: Final = re.compile(r"\b(?:condition of|first held|pending)\b", re.IGNORECASE)
_HELD: Final = re.compile(r"after\s*$")
_UNKNOWN: Final = re.compile(
    r"\b(?:Condition of )?([A-Z][A-Za-z0-9]*[a-z][A-Z][A-Za-z0-9]*)\b(?= (?:alert )?(?:was )?(?:fired"
    r"|resolved|ended|first held))"
)
_AN_ALERT: Final = re.compile(
    r"\b(?:the |an )?(?:alerts?|pages?|pager) (?:fired|went off|triggered)\b|\bwas paged\b", re.IGNORECASE
)


def alert_time(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether the alerts that a clause names fired, resolved or began to hold at the times it gives."""
    if clause.hedged:
        return
    named = subjects(clause, record)
    alone = True
    for time in clause.times:
        subject = about(clause, time, named, record)
        if subject is not None and subject.kind == "alert" and time.may_be:
            alone = False
            yield _held(clause, time, subject, record)
    for subject in named:
        if subject.kind == "alert":
            alone = False
            yield from _after_holding(clause, _alerts(subject.ids, record))
    yield from _another_rule(clause, record)
    if alone and not named and _AN_ALERT.search(clause.text):
        for time in clause.times[:1]:
            yield from _some_alert(time, record)


def _held(clause: Clause, time: Written, subject: Subject, record: Record) -> Finding:
    """Each firing counts: a rule that flaps fired at each of them."""
    place = (time.start, time.end)
    alerts = _alerts(subject.ids, record)
    said_of_it = around(clause, place, (subject.start, subject.end))
    known = [(alert, moment, word) for alert in alerts for moment, word in _moments(said_of_it, time, alert)]
    for alert, moment, word in known:
        if fits(time, moment - pd.Timedelta(seconds=alert.resolution_s), moment):
            return Finding(
                "holds", f"{alert.rule} {word} at {record.clock(moment)} ({alert.id})", (alert.id,), (place,)
            )
    cited = any(record.item(c.id) in alerts for c in clause.cited)
    if not cited and outside(time, record.known_from, record.known_until):
        says = (
            f"{time.text} is outside what the evidence covers ({record.between(record.known_from, record.known_until)})"
        )
        return Finding("not checked", says, (), (place,))
    if not known:
        rule, ids = alerts[0].rule, tuple(a.id for a in alerts[:TOLD])
        says = (
            f"when {rule} did that is not in the evidence; it fired at {record.clock(alerts[0].firing_at)} ({ids[0]})"
        )
        return Finding("not checked", says, ids, (place,))
    nearest = sorted(known, key=lambda k: abs(distance_s(time, k[1], k[1])))[:TOLD]
    told = "; ".join(f"{alert.rule} {word} at {record.clock(moment)} ({alert.id})" for alert, moment, word in nearest)
    ids = tuple(dict.fromkeys(alert.id for alert, _, _ in nearest))
    if any(0 < distance_s(time, moment, moment) <= NOTICE_S for _, moment, _ in nearest):
        return Finding("not checked", f"{told}; {time.text} may be when the page came", ids, (place,))
    during = next((a for a in alerts if fits(time, a.firing_at, a.resolved_at or record.known_until)), None)
    if during is not None and _FIRING.search(said_of_it):
        return Finding("holds", f"{during.rule} was firing then ({during.id})", (during.id,), (place,))
    if during is not None and _PAGED.search(said_of_it):
        return Finding("not checked", f"{told}; pages are sent again while it fires", ids, (place,))
    said = any(pattern.search(said_of_it) for pattern in (_FIRED, _RESOLVED, _PENDING, _PAGED))
    verdict: Verdict = "contradicted" if said or cited else "not checked"
    return Finding(verdict, f"{told}, not {time.text}", ids, (place,))


def _moments(said: str, time: Written, alert: Alert) -> Iterator[tuple[pd.Timestamp, str]]:
    """What the clause says the alert did, and when that was; nothing where it was not seen."""
    if _PENDING.search(said):
        if alert.pending_at is not None:
            yield alert.pending_at, "first held"
    elif time.until or _RESOLVED.search(said):
        if alert.resolved_at is not None:
            yield alert.resolved_at, "ended with its data" if alert.ended_in_gap else "resolved"
        if not time.until and _FIRED.search(said):  # "fired at 14:02 and resolved at 15:20"
            yield alert.firing_at, "fired"
    else:
        yield alert.firing_at, "fired"


def _after_holding(clause: Clause, alerts: Sequence[Alert]) -> Iterator[Finding]:
    """`after 2 min 35 s of its condition holding`."""
    for figure in clause.figures:
        after = clause.line.text[figure.end :]
        if figure.kind != "seconds" or not after.lstrip().startswith("of its condition holding"):
            continue
        waited = [(a, (a.firing_at - a.pending_at).total_seconds()) for a in alerts if a.pending_at is not None]
        fit = next((a for a, s in waited if figure.meets(s - a.resolution_s, s + a.resolution_s)), None)
        told = ", ".join(f"{human_duration(s)} ({a.id})" for a, s in waited[:TOLD])
        ids = tuple(a.id for a, _ in waited[:TOLD])
        if fit is not None:
            yield Finding("holds", f"its condition had held for {told}", (fit.id,), ((figure.start, figure.end),))
        elif waited:
            says = f"its condition had held for {told}, not {figure.text}"
            yield Finding("contradicted", says, ids, ((figure.start, figure.end),))


def _another_rule(clause: Clause, record: Record) -> Iterator[Finding]:
    """A rule that the evidence does not have; where the line cites an alert, it is that one's name that is wrong."""
    for match in _UNKNOWN.finditer(clause.text):
        rule = match[1]
        cited = [a for a in (record.item(c.id) for c in clause.cited) if isinstance(a, Alert)]
        place = (clause.start + match.start(1), clause.start + match.end(1))
        if cited and all(a.rule != rule for a in cited):
            yield Finding("contradicted", f"{cited[0].id} is {cited[0].rule}, not {rule}", (cited[0].id,), (place,))
        elif rule not in record.rules:
            fired = ", ".join(record.rules) or "none"
            stamps = tuple((t.start, t.end) for t in clause.times)
            says = f"no alert {rule} fired as far as this server shows (those that did: {fired})"
            yield Finding("not checked", says, (), (place, *stamps))


def _some_alert(time: Written, record: Record) -> Iterator[Finding]:
    """`the alert fired at 14:02`, without a name."""
    alerts = record.incident.evidence.alerts
    place = (time.start, time.end)
    for alert in alerts:
        if fits(time, alert.firing_at - pd.Timedelta(seconds=alert.resolution_s), alert.firing_at):
            yield Finding(
                "holds", f"{alert.rule} fired at {record.clock(alert.firing_at)} ({alert.id})", (alert.id,), (place,)
            )
            return
    if not alerts or not time.may_be:
        return
    nearest = min(alerts, key=lambda a: abs(distance_s(time, a.firing_at, a.firing_at)))
    only = len(alerts) == 1 and not outside(time, record.known_from, record.known_until)
    told = f"{nearest.rule} fired at {record.clock(nearest.firing_at)} ({nearest.id})"
    late = 0 < distance_s(time, nearest.firing_at, nearest.firing_at) <= NOTICE_S
    if only and not late:
        yield Finding("contradicted", f"{told}, not {time.text}", (nearest.id,), (place,))
    else:
        yield Finding("not checked", f"which alert is not said; nearest: {told}", (nearest.id,), (place,))


def _alerts(ids: Sequence[str], record: Record) -> list[Alert]:
    return [a for a in (record.items.get(one) for one in ids) if isinstance(a, Alert)]
