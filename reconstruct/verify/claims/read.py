"""What a statement claims: its kind, its time, and the words that it stands on, before anything is compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pandas as pd

from reconstruct.model.verification import Claim, ClaimKind
from reconstruct.verify.claims import translations
from reconstruct.verify.claims.alert_words import RESOLVED
from reconstruct.verify.claims.cause_words import CAUSE
from reconstruct.verify.claims.clues import clue, named
from reconstruct.verify.claims.health_words import UNAFFECTED, UNTIL_THEN
from reconstruct.verify.claims.hits import Hit, beside_time
from reconstruct.verify.claims.topics import topics
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record, stamp
from reconstruct.verify.statements import Place, Statement
from reconstruct.verify.vocabulary import phrase

_PUT_OFF: Final = AnyCase(
    r"\b(?:decid|suspect|discuss|propos|consider|approv|review|investigat|announc|question|plan|prepar|agree"
    r"|mention|request|debat|sched|post)\w*"
)
"""Said of a change in the same breath, it was talked about, not made."""
_WINDOW_WORDS: Final = AnyCase(
    r"\b(?:duration|impact(?:ed)?|down|outage|downtime|malfunction\w*|unavailable|degraded|affected|incident"
    r"|disruption|slow|broken|when:)(?:\b|(?<=:))"
    rf"|\b(?:{'|'.join(translations.WINDOW)})\b"
)
_LENGTH_S: Final = 60.0
"""A figure in seconds from so long on tells how long, not how slow."""
_ALERT_ENDS: Final = AnyCase(r"resolv|clear")
_BEGINS: Final = AnyCase(r"\b(?:beg[aiu]n|start|onset|first|commenc|emerg|appear)")
_ACTS: Final = frozenset(("human", "escalation", "change", "alert"))
_PARTS: Final = frozenset(
    ("of:network", "of:database", "of:cache", "of:queue", "of:host", "of:edge", "memory", "disk", "cpu")
)
"""Topics that are a part of the system, not what its users feel."""
_REPEATED: Final = re.compile(r"\s*[(\[,]\s*(?:i\.e\.,?|that is,?|between|from|or)?\s*")
"""Between a time and the same one told again: "at 13:56 (13:55:45 to 13:56:15)"."""
_SLIGHT_TEXT: Final = (
    "at on around about between hours by utc and then the an in until till from between since to after before was is it"
)
_SLIGHT: Final = frozenset(_SLIGHT_TEXT.split())
_BY: Final = AnyCase(r"\b(?:by|through|via|from)\s+(?:\w+\s+){0,2}$")
_LASTING: Final = AnyCase(r"\b(?:lasting|lasted|duration)\b")
_HARD: Final = frozenset(("alert", "change", "start", "recovery", "mitigation", "detection"))


@dataclass(frozen=True, slots=True)
class Told:
    """A claim as it was read."""

    statement: Statement
    kind: ClaimKind
    hit: Hit | None
    time: Placed | None
    until: Placed | None = None
    scope: tuple[Place, ...] = ()
    """The parts of the statement that it may take its subject from."""
    by_alert: bool = False
    """Of a detection: an alert did it."""
    sure: bool = True
    """Whether its kind was told by a verb, and its time is when it was: only such a claim can be contradicted."""

    @property
    def text(self) -> str:
        """The words in scope."""
        whole = self.statement.passage.text
        return " ".join(whole[a:b] for a, b in self.scope) if self.scope else self.statement.text

    @property
    def negated(self) -> bool:
        """Whether it says that this did not happen."""
        hit = self.hit
        return hit is not None and self.statement.negated(hit.start, but=(hit.start, hit.end))


def timed(statement: Statement, found: Sequence[Hit], record: Record) -> Iterator[Told]:
    """One claim for each time of the statement, and one more for each other thing that its first time is said of."""
    times = statement.times_told
    if statement.passage.kind == "row":
        # The same moment in the column of another zone is told once.
        times = (*times[:1], *(t for t in times[1:] if not t.may_be or t.may_be != times[0].may_be))
    until = {t.written.pair: t for t in statement.times if t.written.role == "until"}
    edges = [statement.segment(t.written.start) for t in times]
    for n, time in enumerate(times):
        if n and statement.passage.kind == "row" and time.may_be and time.may_be == times[0].may_be:
            continue  # the same moment in the column of another zone
        end = until.get(time.written.start)
        scope = _scope(statement, found, edges, n, stamp=time is statement.stamp)
        mine = [h for h in found if h.segment in scope]
        places = tuple((statement.segments[k].start, min(statement.segments[k].end, statement.end)) for k in scope)
        if end is not None and _is_window(statement, time, end, mine):
            yield Told(statement, "start", None, time, None, places)
            yield Told(statement, "recovery", None, end, None, places)
            continue
        yield from _of_time(statement, time, end, mine, places, record)


def _scope(statement: Statement, found: Sequence[Hit], edges: Sequence[int], n: int, *, stamp: bool) -> list[int]:
    """Numbers of the segments that a time speaks for."""
    own = edges[n]
    following = edges[n + 1] if n + 1 < len(edges) else len(statement.segments)
    if stamp and statement.whole:
        return list(range(len(statement.segments)))
    if stamp:
        return list(range(own, max(own + 1, following)))
    before = edges[n - 1] + 1 if n else 0
    if any(h.kind == "gap" for h in found):
        return list(range(min(before, own), max(own + 1, following)))
    if n and edges[n - 1] == own:
        before = own
    if any(h.segment == own for h in found):
        return [own]
    if own > before and statement.passage.text.startswith(" to ", statement.segments[own].start):
        return [own - 1, own]  # "went to the phone at 13:57"
    if n and _REPEATED.fullmatch(
        statement.passage.text[statement.times_told[n - 1].written.end : statement.times_told[n].written.start]
    ):
        return _scope(statement, found, edges, n - 1, stamp=statement.times_told[n - 1] is statement.stamp)
    if _says_more(statement, own):
        return [own]
    for k in range(own - 1, before - 1, -1):
        if any(h.segment == k for h in found):
            return [k, own]
    after = next((h.segment for h in found if own < h.segment < following), None)
    return [own, after] if after is not None else list(range(min(before, own), own + 1))


def _says_more(statement: Statement, n: int) -> bool:
    """Whether a part says something of its own beside its time, known or not: it borrows no other's verb."""
    part = statement.segments[n]
    text = statement.passage.text[part.start : min(part.end, statement.end)]
    for time in statement.times:
        text = text.replace(time.written.text, " ")
    return len([word for word in re.findall(r"[^\W\d_]{2,}", text) if word.lower() not in _SLIGHT]) > 1


def _is_window(statement: Statement, time: Placed, end: Placed, mine: Sequence[Hit]) -> bool:
    """Whether a range is when it was bad: then its ends are a start and a recovery."""
    kinds = {h.kind for h in mine if not h.below}
    n = statement.times_told.index(time)
    text = statement.passage.text
    if n and _REPEATED.fullmatch(text[statement.times_told[n - 1].written.end : time.written.start]):
        return False  # how sure the time before it is
    states = any(h.kind == "start" and not _BEGINS.search(text, h.start, h.end) for h in mine if not h.below)
    if "start" in kinds and (time is not statement.stamp or (states and not kinds & _ACTS)):
        return True
    around = (
        statement.text[: max(0, time.written.start - statement.start)]
        + statement.text[end.written.end - statement.start :]
    )
    if kinds & (_ACTS | {"gap"}):
        return False
    return bool(_WINDOW_WORDS.search(around))


def _of_time(
    statement: Statement,
    time: Placed,
    end: Placed | None,
    mine: Sequence[Hit],
    places: tuple[Place, ...],
    record: Record,
) -> Iterator[Told]:
    main = [h for h in mine if not h.below] or list(mine)
    whole = statement.passage.text
    if not main:
        kind: Hit | ClaimKind | None = named(statement, places, record)
        kind = kind or _without_sign(statement, " ".join(whole[a:b] for a, b in places) or statement.text)
        kind = clue(statement, places) if kind == "other" else kind
        if isinstance(kind, Hit):
            yield Told(statement, kind.kind, kind, time, end, places, sure=False)
        else:
            yield Told(statement, kind, None, time, end, places)
        return
    rule = next(
        (
            h
            for h in main
            if _named(statement, h, time)
            and not any(o.kind in ("human", "escalation") and o.segment == h.segment for o in main)
        ),
        None,
    )
    first = rule or _first(main, whole)
    healthy = next((m for a, b in places for m in UNAFFECTED.finditer(whole, a, b)), None)
    if (
        healthy is not None
        and first.kind in ("human", "recovery")
        and statement.segment(healthy.start()) == first.segment
        and (first.kind == "human" or topics(frozenset(phrase(statement.text))) & _PARTS)
        and not UNTIL_THEN.search(statement.text)
    ):
        yield Told(statement, "unaffected", None, time, end, places)
        return
    alert = any(h.kind == "alert" for h in main)
    yield Told(
        statement,
        first.kind,
        first,
        time,
        end,
        _near(statement, first, places, main),
        first.kind == "detection" and alert,
    )
    said = {first.kind} | ({"alert"} if first.kind == "detection" else set())
    if first.kind in ("human", "escalation"):
        return
    for hit in main:
        if first.kind == "alert" and hit.kind == "recovery" and _ALERT_ENDS.match(whole, hit.start):
            continue
        other = hit.segment != first.segment and hit.kind not in said and hit.kind in _HARD and time is statement.stamp
        if other and not any(h.kind in ("human", "escalation") and h.segment == hit.segment for h in main):
            said.add(hit.kind)
            yield Told(statement, hit.kind, hit, time, None, _near(statement, hit, places, main))


def _named(statement: Statement, hit: Hit, time: Placed) -> bool:
    """Whether an alerting rule's name stands right beside the time."""
    text = statement.passage.text[hit.start : hit.end]
    return (
        hit.kind == "alert" and not text.islower() and beside_time(statement, hit.start, hit.end) and bool(time.may_be)
    )


def _near(statement: Statement, hit: Hit, places: tuple[Place, ...], main: Sequence[Hit]) -> tuple[Place, ...]:
    """The part with the hit, and those beside it that claim nothing of their own."""
    own = statement.segments[hit.segment]
    taken = {h.segment for h in main if h is not hit and h.segment != hit.segment and h.kind in _HARD}
    free = [p for p in places if p == (own.start, min(own.end, statement.end)) or statement.segment(p[0]) not in taken]
    return tuple(free)


def _first(main: Sequence[Hit], whole: str) -> Hit:
    first = next((h for h in main if h.kind == "gap"), main[0])
    together = [h for h in main if h.segment == first.segment]
    if first.kind in ("human", "escalation"):
        alarm = next(
            (h for h in together if h.kind == "alert" and _BY.search(whole[max(0, h.start - 24) : h.start])), None
        )
        if alarm is not None:
            return alarm
    undone = next((h for h in together if h.events[:1] == ("rollback",)), None)
    if first.kind == "change" and undone is not None:
        first = undone  # "the release was rolled back"
    if first.kind in ("change", "alert", "mitigation"):
        later = next((h for h in together if h.kind == "human" and _PUT_OFF.match(whole, h.start)), None)
        if later is not None:
            return later
    if first.kind == "recovery" and RESOLVED.fullmatch(whole, first.start, first.end):
        # "[RESOLVED] DbCpuHigh": the alert's end
        first = next((h for h in main if h.kind == "alert" and not whole[h.start : h.end].islower()), first)
    if first.kind == "alert":
        ack = next(
            (
                h
                for h in together
                if h.kind in ("human", "escalation")
                and re.match(r"ack|silenc|mut|escal", whole[h.start : h.end], re.IGNORECASE)
            ),
            None,
        )
        if ack is not None:
            return ack
        found = next((h for h in together if h.kind == "detection"), None)
        return found or first
    return first


def _without_sign(statement: Statement, text: str) -> ClaimKind:
    if UNAFFECTED.search(text):
        return "unaffected"
    if _LASTING.search(statement.text):
        return "start"
    return (
        "symptom"
        if any(f.kind not in ("bare", "seconds") or f.value < _LENGTH_S for f in statement.figures)
        else "other"
    )


@lru_cache(maxsize=64)
def cause_hits(statement: Statement) -> tuple[Place, ...]:
    """Where a statement says what caused what."""
    by = statement.start
    return tuple((match.start() + by, match.end() + by) for match in CAUSE.finditer(statement.text))


def claim_of(told: Told, *, subject: str = "", value: str = "", place: Place | None = None) -> Claim:
    """A claim with its place in the source."""
    statement = told.statement
    if place is None:
        if told.time is not None:
            place = (told.time.written.start, told.time.written.end)
        elif told.hit is not None:
            place = (told.hit.start, told.hit.end)
        else:
            place = (statement.start, statement.end)
    line, column = statement.passage.place(place[0])
    end_line, end_column = statement.passage.place(max(place[0], place[1] - 1))
    time = told.time
    until = told.until
    return Claim(
        told.kind,
        line,
        column,
        end_line,
        end_column + 1,
        statement.passage.text[place[0] : place[1]].strip(),
        subject,
        written_moment(time) if time is not None else None,
        written_moment(until) if until is not None else None,
        value,
        told.negated,
    )


def written_moment(time: Placed) -> pd.Timestamp | None:
    """The moment that the clock showed, without its precision."""
    if not time.may_be:
        return None
    low, high = time.may_be[0]
    off = (high - low - 1.5 * time.written.precision_s) / 2
    return stamp(round(low + off + time.written.precision_s / 2, 3))
