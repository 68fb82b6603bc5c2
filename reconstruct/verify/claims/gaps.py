"""What the monitoring missed, and when: "job shop was not seen from 13:55:45 to 13:56:00"."""

from __future__ import annotations

from collections.abc import Iterator

from reconstruct.model import Gap
from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.judging import Case, apart, finding, off, outside
from reconstruct.verify.claims.read import Told
from reconstruct.verify.record import seconds
from reconstruct.verify.vocabulary import phrase


def judge_gap(told: Told, case: Case) -> Iterator[Finding]:
    """Whether the times of something that was not seen are those of a gap; a gap that is named has no other times."""
    time, record = told.time, case.record
    if time is None:
        return
    if outside(time, record):
        yield finding(told, "unverifiable", "outside", case=case)
        return
    gaps = record.incident.evidence.gaps
    named = [
        g
        for g in gaps
        if (words := phrase(g.missing)) and len(words) > 1 and any(True for _ in told.statement.places(words))
    ]
    allowed = case.allowed(time.written)
    near = [g for g in named or gaps if any(abs(off(time, at, at)) <= allowed for at in _ends(g))]
    if near:
        yield finding(told, "confirmed", "matches", [_shown(near[0], told)], case=case)
    elif named:
        yield finding(told, "contradicted", "differs", [_shown(named[0], told)], case=case)
    else:
        yield finding(told, "unverifiable", "nothing-named", case=case)


def _ends(gap: Gap) -> list[float]:
    return [seconds(at) for at in (gap.start, gap.end) if at is not None]


def _shown(gap: Gap, told: Told) -> Shown:
    ends = _ends(gap)
    away = apart(told.time, ends[0]) if told.time is not None and ends else 0.0
    return Shown("gap", gap.missing, gap.id, gap.start, gap.end, away)
