"""`15 s before the onset`, `the deploy came before the alert`: order and distance of two things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.model import Alert, Event
from reconstruct.text.units import human_duration
from reconstruct.verify.change_mentions import named_of
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.quantities import Figure
from reconstruct.verify.subjects import MILESTONES, Subject, cited_items, subjects

Between = tuple[pd.Timestamp, pd.Timestamp, str, tuple[str, ...]]
"""Earliest, latest, what it is called, and its ids."""

_ORDER: Final = re.compile(r"\b(before|after)\b\s+(?:the |an? )?", re.IGNORECASE)
_LOOSE: Final = re.compile(
    r"^[\s,]*(?:(?:(?:was|had|were|came|happened|fired|began|started|it|long|shortly|well|right|just|of [\w-]+)\b"
    r"|v?\d[\w.]*)[\s,]*)*$",
    re.IGNORECASE,
)
"""What may stand between a thing and `before`: not another thing that was done."""


def apart(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether one thing was before or after another, and by how much."""
    if clause.hedged:
        return
    named = subjects(clause, record)
    for match in _ORDER.finditer(clause.text):
        at, past = clause.start + match.start(), clause.start + match.end()
        other = next((s for s in named if s.start <= past + 8 and s.end > past), None)
        figure = next((f for f in clause.figures if f.kind == "seconds" and 0 <= at - f.end <= 1), None)
        second = _when(other, record) if other else None
        if second is None:
            continue
        first = _first(clause, named, at, figure, record)
        if first is None or first[3] == second[3]:
            continue
        yield from _held(match[1].lower(), first, second, figure, (at, past))
    yield from _later(clause, named, record)


def _later(clause: Clause, named: tuple[Subject, ...], record: Record) -> Iterator[Finding]:
    """`taken back at 15:20:00, and the symptoms were gone 7 min later`."""
    for figure in clause.figures:
        if figure.kind != "seconds" or not clause.line.text[figure.end :].startswith(" later"):
            continue
        subject = next((s for s in reversed(named) if s.end <= figure.start and s.kind != "signal"), None)
        base = next((t for t in reversed(clause.times) if subject and t.end <= subject.start and t.may_be), None)
        when = _when(subject, record) if subject else None
        if base is None or when is None or base.until:
            continue
        spans = [((when[0] - b[1]).total_seconds(), (when[1] - b[0]).total_seconds()) for b in base.may_be]
        was = f"{when[2]} was {human_duration(sum(spans[0]) / 2)} after {base.text} ({', '.join(when[3])})"
        place = ((figure.start, figure.end),)
        if any(figure.meets(low, high) for low, high in spans):
            yield Finding("holds", was, when[3], place)
        else:
            yield Finding("contradicted", f"{was}, not {figure.text}", when[3], place)


def _first(
    clause: Clause, named: tuple[Subject, ...], at: int, figure: Figure | None, record: Record
) -> Between | None:
    """What was before or after: the only name before the word, or the one event that the line cites first."""
    until = figure.start if figure is not None else at
    earlier = [s for s in named if s.end <= until and s.kind != "signal"]
    if earlier:
        near = earlier[-1]
        loose = figure is not None or bool(_LOOSE.match(clause.line.text[near.end : until]))
        return _when(near, record) if loose else None
    if figure is None:
        return None
    events = [i for i in cited_items(clause, record) if isinstance(i, Event)]
    return _of_events(events[:1]) if events else None


def _when(subject: Subject, record: Record) -> Between | None:
    """When the thing was that a name stands for; None where it stands for several changes."""
    if subject.kind == "milestone":
        stone = record.stone(subject.ids[0])
        if stone is None:
            return None
        return stone.moment.earliest, stone.moment.latest, MILESTONES[subject.ids[0]], stone.evidence[:1]
    items = [record.items.get(one) for one in subject.ids]
    if subject.kind == "event":
        return _of_events([i for i in items if isinstance(i, Event)])
    alerts = sorted((i for i in items if isinstance(i, Alert)), key=lambda a: a.firing_at)
    if not alerts:
        return None
    first = alerts[0]  # of several firings each may be meant: wrong is only what is wrong for all of them
    begins = first.firing_at - pd.Timedelta(seconds=first.resolution_s)
    return begins, alerts[-1].firing_at, first.rule, tuple(a.id for a in alerts[:2])


def _of_events(events: list[Event]) -> Between | None:
    if len(events) != 1:
        return None
    event = events[0]
    return event.time, event.time + pd.Timedelta(seconds=event.resolution_s), f"the {named_of(event)}", (event.id,)


def _held(
    word: str, first: Between, second: Between, figure: Figure | None, place: tuple[int, int]
) -> Iterator[Finding]:
    early, late = (first, second) if word == "before" else (second, first)
    low = (late[0] - early[1]).total_seconds()
    high = (late[1] - early[0]).total_seconds()
    ids = tuple(dict.fromkeys((*first[3], *second[3])))
    was = human_duration(abs(low + high) / 2)
    if figure is not None:
        place = (figure.start, figure.end)
    if high < 0:
        says = f"{first[2]} was {was} {'after' if word == 'before' else 'before'} {second[2]} ({', '.join(ids)})"
        yield Finding("contradicted", f"{says}, not {word} it", ids, (place,))
    elif figure is None:
        if low >= 0:
            yield Finding("holds", f"{first[2]} was {was} {word} {second[2]} ({', '.join(ids)})", ids, (place,))
    else:
        says = f"{first[2]} was {was} {word} {second[2]} ({', '.join(ids)})"
        if figure.meets(low, high):
            yield Finding("holds", says, ids, (place,))
        else:
            yield Finding("contradicted", f"{says}, not {figure.text}", ids, (place,))
