"""The document against itself: windows, lengths of time, order, numbers, causes and zones that do not agree."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from reconstruct.model.verification import Finding, Reason, Shown
from reconstruct.verify.claims.causes import categories
from reconstruct.verify.claims.durations import durations_in
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case
from reconstruct.verify.claims.people import counts_in
from reconstruct.verify.claims.read import Told, cause_hits, claim_of, written_moment
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.passages import Passage
from reconstruct.verify.record import seconds
from reconstruct.verify.statements import Statement
from reconstruct.verify.told_zones import zone_in, zone_told
from reconstruct.verify.zones import Zone

_FEWEST: Final = 2
"""Stamped lines that make a timeline."""
_MOST: Final = 3
"""Starts, or ends, of one incident that a document may tell and still speak of one."""
_CAUSES: Final = 20
"""Causes that are compared with each other."""
_FOUND: Final = AnyCase(
    r"\b(?:identif\w+|found|root[- ]cause|traced|determin\w+|discover\w+|confirm\w+|pinpoint\w*|caused by"
    r"|due to|because)\b"
)
_DOUBT: Final = AnyCase(
    r"\b(?:suspect\w*|hypothes\w+|assum\w+|ruled out|thought|believ\w+|theor\w+|initial\w*|at first|may|might"
    r"|could|possib\w+|looking|checking|not|perhaps|hint|suspicion)\b"
)
_CAUSE_SECTION: Final = AnyCase(r"\b(?:root[- ]causes?|causes?|trigger)\b")
_WEAK: Final = ("unverifiable", "differs")
"""A claim that differs from the evidence and is not contradicted was not told by its verb: it is no ground either."""
_VERB: Final = AnyCase(r"\b(affect|impact|complain|fail|receiv|lost|report|mail|request)")


@dataclass(frozen=True, slots=True)
class Said:
    """A finding and the statement that it came from."""

    statement: Statement
    finding: Finding


@dataclass(frozen=True, slots=True)
class _At:
    """A claim with a time, as the document tells it."""

    statement: Statement
    finding: Finding
    at: float


_Row = tuple[Statement, Placed, float]
"""A stamped line, its time, and the moment written."""


def against_itself(
    said: Sequence[Said], told: Sequence[Statement], passages: Sequence[Passage], case: Case
) -> Iterator[Finding]:
    """Where one part of the document says what another does not."""
    timeline = _timeline(told)
    yield from _order(timeline)
    yield from _windows(said, timeline, case)
    yield from _durations(told, said, case)
    yield from _detections(said, case)
    yield from _numbers(told)
    yield from _causes(told)
    yield from _zones(passages, told, case)


def _timeline(told: Sequence[Statement]) -> list[_Row]:
    """The stamped lines of lists and tables, one a passage."""
    found = []
    last: Passage | None = None
    for statement in told:
        time = statement.stamp
        passage = statement.passage
        if time is None or not time.may_be or passage.ahead or passage is last:
            continue
        if statement.whole and not statement.posted and re.search(r"[^\W\d_]", passage.text[: time.written.start]):
            continue  # a field of a form, or the phase of a plan: not in the order of time
        if passage.kind in ("item", "row") or passage.breaks:
            moment = written_moment(time)
            if moment is not None:
                found.append((statement, time, seconds(moment)))
                last = passage if not passage.breaks else None
    return found


def _order(timeline: Sequence[_Row]) -> Iterator[Finding]:
    """Times of one list that go back; a list that goes back throughout is told from its end."""
    groups: dict[int, list[_Row]] = {}
    for one in timeline:
        groups.setdefault(one[0].passage.group, []).append(one)
    for rows in groups.values():
        rises = sum(b[2] > a[2] for a, b in pairwise(rows))
        falls = sum(b[2] < a[2] for a, b in pairwise(rows))
        # Tables of ours are in the order of time.
        drafted = all(statement.cited and statement.passage.kind == "row" for statement, _, _ in rows)
        if len(rows) < _FEWEST + 1 or not falls or falls > rises or (falls == rises and not drafted):
            continue
        for n in range(1, len(rows)):
            before, here = rows[n - 1], rows[n]
            if here[2] >= before[2]:
                continue
            # The one that goes back is the odd one, unless the one before it is too late for the next as well.
            late = n + 1 < len(rows) and before[2] > rows[n + 1][2] >= here[2]
            odd, other = (before, here) if late else (here, before)
            yield _of_time(odd[0], odd[1], "own-order", other[0], odd[2] - other[2])


def _of_time(statement: Statement, time: Placed, reason: Reason, other: Statement, off_s: float = 0.0) -> Finding:
    line, _ = other.passage.place(other.start)
    shown = (Shown("line", other.passage.text[other.start : other.start + 80].strip(), off_s=off_s),)
    return Finding(claim_of(Told(statement, "other", None, time)), "contradicted", reason, shown, other_line=line)


def _placed(said: Sequence[Said], *kinds: str) -> list[_At]:
    return [
        _At(one.statement, one.finding, seconds(one.finding.claim.time))
        for one in said
        if one.finding.claim.kind in kinds and one.finding.claim.time is not None and not one.finding.claim.negated
        if not one.statement.presumed and (one.finding.verdict, one.finding.reason) != _WEAK
    ]


def _in_timeline(statement: Statement) -> bool:
    return statement.passage.kind in ("item", "row") and statement.stamp is not None


def _windows(said: Sequence[Said], timeline: Sequence[_Row], case: Case) -> Iterator[Finding]:
    """A summary's start and end against the timeline's."""
    if len(timeline) < _FEWEST:
        return
    first, last = min(timeline, key=lambda one: one[2]), max(timeline, key=lambda one: one[2])
    starts, ends = _placed(said, "start"), _placed(said, "recovery")
    allowed = case.tolerance_s
    for claims, others in ((starts, ends), (ends, starts)):
        inside = sorted((one for one in claims if _in_timeline(one.statement)), key=lambda one: one.at)
        times = [one.at for one in inside]
        pairs = {id(other.statement): other.at for other in reversed(others)}
        for one in claims:
            if _in_timeline(one.statement):
                continue
            # Of a window that lies beside the timeline both ends are wrong; an end alone is where the lines of its kind
            # contradict it.
            beyond = one.at > last[2] + allowed if claims is starts else one.at < first[2] - allowed
            pair = pairs.get(id(one.statement), one.at)
            beside = max(one.at, pair) < first[2] - allowed or min(one.at, pair) > last[2] + allowed
            if beyond or (beside and id(one.statement) in pairs):
                yield _against(one, timeline[0][0], one.at - (first[2] if one.at < first[2] else last[2]))
            elif inside:
                n = bisect_left(times, one.at)
                nearest = min(inside[max(0, n - 1) : n + 1], key=lambda other: abs(one.at - other.at))
                apart = abs(one.at - nearest.at)
                if one.finding.verdict == nearest.finding.verdict == "confirmed":
                    continue  # the evidence shows both: the service was back, and a little later it was said
                if apart > (allowed if len(inside) == 1 else 2 * allowed):
                    yield _against(one, nearest.statement, one.at - nearest.at)


def _against(one: _At, other: Statement, off_s: float) -> Finding:
    line, _ = other.passage.place(other.start)
    shown = (Shown("line", other.passage.text[other.start : other.start + 80].strip(), off_s=off_s),)
    return Finding(one.finding.claim, "contradicted", "own-window", shown, other_line=line)


def _durations(told: Sequence[Statement], said: Sequence[Said], case: Case) -> Iterator[Finding]:
    """A length of time against the range beside it, else against the document's own start and end."""
    starts, ends = _placed(said, "start"), _placed(said, "recovery")
    found = _placed(said, "detection", "alert")
    shown = {
        (one.finding.claim.line, one.finding.claim.column)
        for one in said
        if one.finding.claim.kind == "duration" and one.finding.verdict == "confirmed"
    }
    for statement in told:
        if statement.passage.ahead:
            continue
        for what, figure in durations_in(statement):
            claim = claim_of(
                Told(statement, "duration", Hit("duration", figure.start, figure.end), None),
                value=figure.text,
                place=(figure.start, figure.end),
            )
            ranges = _ranges(statement)
            if ranges and what == "recover":
                slack = 60.0
                if not any(figure.meets(size - slack, size + slack) for size, _ in ranges):
                    size = ranges[0][0]
                    yield Finding(claim, "contradicted", "own-duration", (), {"seconds": size}, other_line=claim.line)
                continue
            if (claim.line, claim.column) in shown:
                continue  # the evidence shows it: what is wrong is the other line
            if len(starts) > _MOST or len(ends) > _MOST:
                continue  # it tells of many episodes: which is meant is not said
            if what == "recover":
                spans = [(e.at - s.at, s.statement) for s in (*starts, *found[:1]) for e in ends if e.at > s.at]
            elif what == "detect":
                spans = [(d.at - s.at, s.statement) for s in starts for d in found[:_MOST] if d.at >= s.at - 60]
            else:
                spans = []
            slack = max(case.tolerance_s, 0.1 * figure.value)
            plausible = [span for span in spans if span[1] is not statement]
            if (
                plausible
                and len(starts) <= 3
                and not any(figure.meets(size - slack, size + slack) for size, _ in plausible)
            ):
                nearest = min(plausible, key=lambda span: abs(span[0] - figure.value))
                line, _ = nearest[1].passage.place(nearest[1].start)
                yield Finding(claim, "contradicted", "own-duration", (), {"seconds": nearest[0]}, other_line=line)


def _ranges(statement: Statement) -> list[tuple[float, Placed]]:
    times = {t.written.start: t for t in statement.times}
    found = []
    for time in statement.times:
        other = times.get(time.written.pair)
        if time.written.role == "until" and other is not None and other.may_be and time.may_be:
            low, high = written_moment(other), written_moment(time)
            if low is not None and high is not None:
                found.append((seconds(high) - seconds(low), time))
    return found


def _detections(said: Sequence[Said], case: Case) -> Iterator[Finding]:
    """Nobody detects what has not begun."""
    starts = _placed(said, "start")
    found = _placed(said, "detection")
    if not starts:
        return
    first = min(starts, key=lambda one: one.at)
    for one in found:
        if one.at < first.at - case.tolerance_s and one.statement is not first.statement:
            line, _ = first.statement.passage.place(first.statement.start)
            yield Finding(
                one.finding.claim,
                "contradicted",
                "own-detection",
                (Shown("line", "", off_s=one.at - first.at),),
                other_line=line,
            )


def _numbers(told: Sequence[Statement]) -> Iterator[Finding]:
    """The same thing counted differently in two sections."""
    seen: dict[tuple[str, str], tuple[float, Statement, str]] = {}
    for statement in told:
        if statement.passage.ahead or statement.hedged:
            continue
        for place, number, noun, share, about in counts_in(statement):
            verb = _VERB.search(statement.text)
            if verb is None:
                continue
            key = (f"{noun} {share}", verb[1].lower())
            before = seen.setdefault(key, (number, statement, "about" if about else ""))
            slack = 0.15 * max(number, before[0]) if about or before[2] else 0.0
            section = before[1].passage.section[-1:] != statement.passage.section[-1:]
            if abs(before[0] - number) > slack and section:
                line, _ = before[1].passage.place(before[1].start)
                claim = claim_of(Told(statement, "users", Hit("users", *place), None), place=place)
                yield Finding(claim, "contradicted", "own-number", (), {"number": before[0]}, other_line=line)


def _causes(told: Sequence[Statement]) -> Iterator[Finding]:
    """A cause that a section names against the one that the timeline or another section found."""
    named: list[tuple[Statement, frozenset[str]]] = []
    for statement in told:
        if statement.passage.ahead or statement.question or statement.passage.kind == "heading":
            continue
        section = statement.passage.section[-1] if statement.passage.section else ""
        text = statement.text
        timed = _in_timeline(statement)
        says = bool(_FOUND.search(text) if timed else cause_hits(statement) or _CAUSE_SECTION.search(section))
        if says and not _DOUBT.search(text) and (found := categories(text)):
            named.append((statement, found))
    found_there = [one for one in named if _in_timeline(one[0])][:_CAUSES]
    for n, (statement, found) in enumerate(named):
        if _in_timeline(statement):
            continue
        for other, theirs in (*found_there, *named[: min(n, _CAUSES)]):
            apart = other.passage.section[-1:] != statement.passage.section[-1:] or _in_timeline(other)
            if other is not statement and apart and not found & theirs:
                line, _ = other.passage.place(other.start)
                place = next(iter(cause_hits(statement)), (statement.start, statement.end))
                claim = claim_of(Told(statement, "cause", Hit("cause", *place), None))
                yield Finding(
                    claim, "contradicted", "own-cause", (Shown("line", other.text.strip()[:80]),), other_line=line
                )
                break


def _zones(passages: Sequence[Passage], told: Sequence[Statement], case: Case) -> Iterator[Finding]:
    """`All times UTC` over a table whose only column of times is of another zone; summer time in winter."""
    day = case.record.known_from
    claimed: list[tuple[Passage, Zone]] = []
    heads: list[tuple[Passage, Zone]] = []
    for passage in passages:
        if passage.kind == "code" or len(passage.text) > 2000:
            continue
        zone = zone_told(passage.text)
        if zone is not None and passage.kind != "row" and re.search(r"\ball times?\b", passage.text, re.IGNORECASE):
            claimed.append((passage, zone))
        zones = [z for cell in passage.cells if cell.head and (z := zone_in(cell.head)) is not None]
        if len(zones) == 1:
            heads.append((passage, zones[0]))
    for passage, zone in claimed[:1]:
        other = next(
            ((p, z) for p, z in heads if z.known and zone.known and z.offset_at(day) != zone.offset_at(day)), None
        )
        if other is not None:
            line, _ = other[0].place(0)
            statement = Statement(passage, 0, passage.text, (), (), None, (), ())
            claim = claim_of(Told(statement, "other", None, None))
            yield Finding(
                claim,
                "contradicted",
                "own-zone",
                (Shown("zone", other[1].text), Shown("zone", zone.text)),
                other_line=line,
            )
    for statement in told:
        for time in statement.times:
            zone = time.written.zone
            if zone is not None and zone.summer and time.may_be and not zone.in_force(time.may_be[0][0]):
                claim = claim_of(Told(statement, "other", None, time))
                yield Finding(claim, "unverifiable", "zone-not-in-force", (Shown("zone", zone.text),))
