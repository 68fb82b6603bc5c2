"""`shop 2.20.0 was deployed at 13:55`: a change, its service and version, and when it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pandas as pd

from reconstruct.model import Event
from reconstruct.verify.change_mentions import Named, changes_named, named_of
from reconstruct.verify.clauses import Clause, Finding, Verdict
from reconstruct.verify.clock_times import Written, distance_s, fits, outside
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.subjects import about, subjects

TOLD: Final = 3
"""So many other times of a change are said."""
_ENDED: Final = re.compile(r"(?:complete[d]?|finished|done|ended|over)\s*(?:at|by)?\s*$", re.IGNORECASE)


def change_time(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether the changes that a clause names are in the evidence, at the times it gives."""
    if clause.hedged:
        return
    named = subjects(clause, record)
    changes = {(c.start, c.end): c for c in changes_named(clause, record)}
    timed = False
    for time in clause.times:
        subject = about(clause, time, named, record)
        if subject is None or subject.kind != "event" or not time.may_be:
            continue
        change = changes.get((subject.start, subject.end)) or Named(subject.start, subject.end, subject.ids)
        timed = True
        found = _held(clause, time, change, record)
        if found is not None and found.verdict != "holds":
            found = _of_another(time, changes.values(), clause, record) or found
        if found is not None:
            yield found
    if not timed:
        yield from _untimed(changes.values(), record)


def _held(clause: Clause, time: Written, change: Named, record: Record) -> Finding | None:
    events = _events(change.ids, record)
    place = (time.start, time.end)
    last = time.until or bool(_ENDED.search(clause.line.text[: time.start]))
    for event in events:
        low, high = _interval(event, last=last)
        if low is not None and high is not None and fits(time, low, high):
            return Finding("holds", _told(event, record, last=last), (event.id,), (place,))
    known = any(record.item(c.id) in events for c in clause.cited)
    if not known and outside(time, record.known_from, record.known_until):
        says = (
            f"{time.text} is outside what the evidence covers ({record.between(record.known_from, record.known_until)})"
        )
        return Finding("not checked", says, (), (place,))
    if last and not any(e.end is not None for e in events):
        return None
    if events:
        return _elsewhere(clause, time, change, events, record, last=last)
    return _nobodys(time, change, record, place=place)


def _of_another(time: Written, changes: Iterable[Named], clause: Clause, record: Record) -> Finding | None:
    """`the rollback of the deploy at 15:20`: the time is right for something else in the sentence."""
    for change in changes:
        for event in _events(change.ids, record):
            if fits(time, event.time, _latest(event)):
                verdict: Verdict = "holds" if len(clause.times) == 1 else "not checked"
                return Finding(verdict, _told(event, record, last=False), (event.id,), ((time.start, time.end),))
    return None


def _elsewhere(
    clause: Clause, time: Written, change: Named, events: Sequence[Event], record: Record, *, last: bool
) -> Finding:
    """The change is known, and was at another time."""
    place = (time.start, time.end)
    nearest = sorted(events, key=lambda e: abs(distance_s(time, e.time, e.time)))[:TOLD]
    told = "; ".join(_told(event, record, last=last) for event in nearest)
    sure = change.definite or any(record.item(c.id) in events for c in clause.cited)
    verdict: Verdict = "contradicted" if sure else "not checked"
    also = "" if sure else "; it may be a change that the evidence does not have (--events adds some)"
    return Finding(verdict, f"{told}, not {time.text}{also}", tuple(e.id for e in nearest), (place,))


def _nobodys(time: Written, change: Named, record: Record, *, place: tuple[int, int]) -> Finding:
    """No event fits all that is said of it: perhaps one that was then fits all but the service, or the version."""
    for version, ids in change.of_version.items():
        for event in _events(ids, record):
            if event.service.name and change.services and fits(time, event.time, _latest(event)):
                whose = f"{event.service.name}'s ({event.id}), not {change.services[0]}'s"
                says = f"{version} at {record.clock(event.time)} was {whose}"
                return Finding("contradicted", says, (event.id,), (place,))
    then = [
        e
        for e in record.incident.evidence.events
        if e.kind in change.kinds and e.service.name in change.services and fits(time, e.time, _latest(e))
    ]
    if change.versions and then and then[0].version:
        says = f"the {named_of(then[0])} was then ({then[0].id}); no event has {change.versions[0]}"
        return Finding("contradicted", says, (then[0].id,), (place,))
    what = " ".join(part for part in (*change.services[:1], *change.versions[:1]) if part) or "of that kind"
    says = f"the evidence has no change {what}; an event file that has it (--events) would settle it"
    return Finding("not checked", says, (), (place,))


def _untimed(changes: Iterable[Named], record: Record) -> Iterator[Finding]:
    """A service and version without a time: that it was brought at all."""
    for change in changes:
        events = _events(change.ids, record)
        if events and change.versions and change.services:
            says = _told(events[0], record, last=False)
            yield Finding("holds", says, (events[0].id,), ((change.start, change.end),))


def _events(ids: Sequence[str], record: Record) -> list[Event]:
    return [e for e in (record.items.get(one) for one in ids) if isinstance(e, Event)]


def _latest(event: Event) -> pd.Timestamp:
    """The end of a rollout, or as late as its source's precision allows."""
    return max(event.time + pd.Timedelta(seconds=event.resolution_s), event.end or event.time)


def _interval(event: Event, *, last: bool) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if last:
        return event.end, event.end
    return event.time, _latest(event)


def _told(event: Event, record: Record, *, last: bool) -> str:
    if last and event.end is not None:
        return f"{named_of(event)} was complete at {record.clock(event.end)} ({event.id})"
    return f"{named_of(event)} at {record.clock(event.time)} ({event.id})"
