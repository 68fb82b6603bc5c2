"""`the outage began at 13:56`: onset, detection, mitigation and recovery against their intervals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.model import Event
from reconstruct.verify.change_mentions import services_named
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.clock_times import Written, distance_s, fits, outside
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.subjects import MILESTONES, Subject, about, subjects

DECLARED_S: Final = 900.0
"""People watch for a while before they call it resolved; how long is a guess."""
_BY_PEOPLE: Final = re.compile(
    r"\b(?:customers?|users? (?:report|complain)\w*|support|complain\w*|mails?|tickets?|calls?|report(?:ed"
    r"|s)?|manual(?:ly)?|notic\w+)\b",
    re.IGNORECASE,
)
_CALLED_OVER: Final = re.compile(r"\b(?:resolved|closed|all[- ]clear|declared|called)\b", re.IGNORECASE)
ABSENT: Final = {
    "onset": "no onset was found in the evidence",
    "detected": "no alert fired in the evidence",
    "mitigated": "the evidence has no change or event that undid it; --events may add it",
    "recovered": "the symptoms were not back to normal in the evidence",
}


def milestone_time(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether the turning points that a clause names were at the times it gives, as far as the samples tell."""
    if clause.hedged:
        return
    named = subjects(clause, record)
    row = _row_of(clause, named)
    for time in clause.times:
        subject = row or about(clause, time, named, record)
        if subject is None or subject.kind != "milestone" or not time.may_be:
            continue
        if subject.ids[0] == "detected" and _BY_PEOPLE.search(clause.text):
            continue
        found = _held(clause, time, subject.ids[0], record)
        if found.verdict == "contradicted" and time.until and row is None and subject.ids[0] == "onset":
            found = _held(clause, time, "recovered", record)  # "users felt it from 13:56 to 15:27"
        yield found
    yield from _span_of_incident(clause, record)


def _row_of(clause: Clause, named: tuple[Subject, ...]) -> Subject | None:
    """In a row or item that begins with a milestone's name all times are its: the estimate and its bounds."""
    first = named[0] if named else None
    if first is None or first.kind != "milestone" or clause.start > 0:
        return None
    begins = not clause.line.text[: first.start].strip(" :|")
    return first if begins and (len(clause.line.cells) > 1 or clause.text[first.end :].lstrip()[:1] == ":") else None


def _held(clause: Clause, time: Written, name: str, record: Record) -> Finding:
    stone = record.stone(name)
    place = (time.start, time.end)
    if stone is None:
        return Finding("not checked", ABSENT[name], (), (place,))
    low, high = stone.moment.earliest, stone.moment.latest
    told = f"{MILESTONES[name]} was at {record.between(low, high)} ({', '.join(stone.evidence[:3])})"
    lows, highs = _widened(clause, name, low, high, record)
    if fits(time, lows, highs):
        return Finding("holds", told, stone.evidence[:3], (place,))
    cited = {c.id for c in clause.cited} & set(stone.evidence)
    if not cited and outside(time, record.known_from, record.known_until):
        covered = record.between(record.known_from, record.known_until)
        return Finding("not checked", f"{time.text} is outside what the evidence covers ({covered})", (), (place,))
    if name == "recovered" and _CALLED_OVER.search(clause.text) and 0 < distance_s(time, lows, highs) <= DECLARED_S:
        says = f"{told}; when it was called resolved is not in the evidence"
        return Finding("not checked", says, stone.evidence[:3], (place,))
    return Finding("contradicted", f"{told}, not {time.text}", stone.evidence[:3], (place,))


def _widened(
    clause: Clause, name: str, low: pd.Timestamp, high: pd.Timestamp, record: Record
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """What else the words may mean: a rollout takes its time, and each service has its own beginning and end."""
    incident = record.incident
    lows, highs = [low], [high]
    stone = record.stone(name)
    if name == "mitigated" and stone is not None:
        events = [record.items.get(one) for one in stone.evidence]
        highs += [e.end for e in events if isinstance(e, Event) and e.end is not None]
    if name == "onset":
        lows += [e.start for e in incident.explanation.episodes if e.id == incident.explanation.worst]
    services = services_named(clause, record)
    felt = [i for i in incident.explanation.impact if i.service.name in services]
    if name == "onset":
        highs += [i.start for i in felt]
        lows += [i.start for i in felt]
    if name == "recovered":
        back = [a.recovery for a in incident.anomalies if a.worse and a.service.name in services and a.recovery]
        lows += [i.end for i in felt]
        highs += [i.end for i in felt] + [m.latest for m in back if m.earliest >= low]
    return min(lows), max(highs)


_INCIDENT: Final = re.compile(r"\b(?:incident|outage|degradation)\b", re.IGNORECASE)
_LASTED: Final = re.compile(r"\b(?:lasted|duration)\b", re.IGNORECASE)


def _span_of_incident(clause: Clause, record: Record) -> Iterator[Finding]:
    """`Incident on shop, 13:55 to 15:27`: the range is onset to recovery, and must be where it says that it lasted."""
    pair = [t for t in clause.times if t.since or t.until]
    if len(pair) != 2 or not all(t.may_be for t in pair):
        return
    before = clause.text[: pair[0].start - clause.start]
    if not _INCIDENT.search(before) or record.stone("onset") is None or record.stone("recovered") is None:
        return
    found = [_held(clause, time, name, record) for time, name in zip(pair, ("onset", "recovered"), strict=True)]
    if all(f.verdict == "holds" for f in found) or _LASTED.search(before):
        yield from found
