"""`time to detect: 5 min`, `lasted 1 h 31 min`: lengths of time between milestones, and of ranges in the same line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model import Duration, Incident
from reconstruct.text.units import human_duration
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.quantities import Figure

_NAMED: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "time_to_detect_s",
        re.compile(r"\btime to detect(?:ion)?\b|\bM?TTD\b|\bfirst alert fired(?= \S+ (?:\S+ )*later)", re.IGNORECASE),
    ),
    ("time_to_mitigate_s", re.compile(r"\btime to mitigat(?:e|ion)\b|\bM?TTM\b", re.IGNORECASE)),
    (
        "time_to_recover_s",
        re.compile(r"\btime to (?:recover(?:y)?|resol(?:ve|ution)|restore)\b|\bM?TTR\b", re.IGNORECASE),
    ),
    ("detect_to_mitigate_s", re.compile(r"\bdetection to mitigation\b", re.IGNORECASE)),
    ("mitigate_to_recover_s", re.compile(r"\bmitigation to recovery\b", re.IGNORECASE)),
    (
        "time_to_recover_s",
        re.compile(
            r"\b(?:incident|outage|impact|it|degradation) lasted\b|^\W*(?:total |incident "
            r"|outage )?duration\s*[:|=]|\boutage of\b",
            re.IGNORECASE,
        ),
    ),
)
_ADJACENT: Final = re.compile(r"\s*(?:\(|,)\s*(?:about |~)?$")


def lasted(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether lengths of time lie within what the milestones' intervals allow."""
    if clause.hedged:
        return
    lengths = [f for f in clause.figures if f.kind == "seconds" and not f.signed]
    for figure in lengths:
        between = _range_before(clause, figure)
        told = _name_of(clause, figure)
        if between is not None:
            yield between
        elif told is not None:
            yield _held(figure, told, record.incident)


def _name_of(clause: Clause, figure: Figure) -> str | None:
    """The length that is named nearest before the figure, or else first after it."""
    spots = sorted((clause.start + m.start(), name) for name, pattern in _NAMED for m in pattern.finditer(clause.text))
    before = [name for start, name in spots if start < figure.start]
    return before[-1] if before else next((name for _, name in spots), None)


def _held(figure: Figure, name: str, incident: Incident) -> Finding:
    place = (figure.start, figure.end)
    duration = incident.durations.get(name)
    if duration is None:
        return Finding("not checked", "the evidence does not have both of the milestones", (), (place,))
    early, late = duration.formula.split(" - ")[::-1]
    stones = [incident.milestones.get(one) for one in (early, late)]
    ids = tuple(dict.fromkeys(one for stone in stones if stone for one in stone.evidence[:1]))
    says = f"{duration.formula} = {_words(duration)} ({', '.join(ids)})"
    if figure.meets(duration.low_s, duration.high_s):
        return Finding("holds", says, ids, (place,))
    return Finding("contradicted", f"{says}, not {figure.text}", ids, (place,))


def _words(duration: Duration) -> str:
    low, high = human_duration(duration.low_s), human_duration(duration.high_s)
    return human_duration(duration.value_s) if low == high else f"{low} to {high}"


def _range_before(clause: Clause, figure: Figure) -> Finding | None:
    """`13:56:15 to 15:27:00, 1 h 31 min` is arithmetic."""
    ends = [t for t in clause.times if t.until and t.end <= figure.start]
    starts = [t for t in clause.times if t.since and t.end <= figure.start]
    if not ends or not starts or not _ADJACENT.fullmatch(clause.line.text[ends[-1].end : figure.start]):
        return None
    first, last = starts[-1], ends[-1]
    spans = [
        ((b[0] - a[1]).total_seconds(), (b[1] - a[0]).total_seconds())
        for a in first.may_be
        for b in last.may_be
        if b > a
    ]
    place = (figure.start, figure.end)
    if not spans:
        return None
    if any(figure.meets(low, high) for low, high in spans):
        return Finding("holds", f"{first.text} to {last.text} is as long", (), (place,))
    longest = human_duration(sum(spans[0]) / 2)
    return Finding("contradicted", f"{first.text} to {last.text} is {longest}, not {figure.text}", (), (place,))
