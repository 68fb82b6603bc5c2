"""Alerts: "DbQueryLatencyHigh fired at 14:00", "the database alert resolved", "we were paged at 13:57"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.alert_words import RESOLVED
from reconstruct.verify.claims.judging import (
    Case,
    apart,
    content,
    finding,
    notes,
    off,
    outside,
    shown_alert,
    shown_event,
)
from reconstruct.verify.claims.read import Told
from reconstruct.verify.claims.topics import topics
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Firing, Record
from reconstruct.verify.vocabulary import phrase

_NAME: Final = re.compile(r"\b(?:[A-Z][a-z0-9]+){2,}[A-Z]*\b|\b[a-z]+(?:_[a-z0-9]+){2,}\b")
"""What looks like the name of an alerting rule."""
_NO_SUBJECT: Final = re.compile(r"[\s,;]*(?:(?:and|then|but|which|it|was) )*", re.IGNORECASE)
_FIRST: Final = AnyCase(r"\b(?:first|initial)\b")
_PENDING: Final = AnyCase(
    r"\b(?:pending|condition\b.*\b(?:held|met|true|reached)|threshold (?:was )?(?:crossed|exceeded|reached))\b"
)
_FIRED: Final = AnyCase(r"\b(?:fir(?:e|ed|es|ing)|trigger\w*|went off|alerted|raised|pag(?:ed|es|ing))\b")


def judge_alert(told: Told, case: Case) -> Iterator[Finding]:
    """Whether an alert fired or was resolved when it is said to."""
    time, record = told.time, case.record
    if time is None:
        return
    text = told.text
    named = rules_in(told, record)
    subject = ", ".join(named)
    if outside(time, record):
        yield finding(told, "unverifiable", "outside", case=case, subject=subject)
        return
    # "Resolved: ProbeFailed" says it in a part of its own.
    said = text if _FIRED.search(text) or RESOLVED.search(text) else told.statement.text
    ended = bool(RESOLVED.search(said)) and not _FIRED.search(RESOLVED.without(said))
    unknown = None if named else _NAME.search(text)
    pending = bool(_PENDING.search(text))
    pool = _pool(named, text, record)
    if told.negated:
        yield from _negated(told, case, pool if named else (), subject)
        return
    hits = list(_near(told, case, pool, ended=ended, pending=pending))
    if hits and not unknown:
        yield finding(told, "confirmed", "matches", hits, case=case, subject=subject)
        return
    within = _within(told, pool, case) if not ended and not unknown else []
    if within:
        yield finding(told, "confirmed", "matches", within, case=case, subject=subject)
        return
    note = None if named else note_near(told, case)
    if note is not None:
        yield finding(told, "confirmed", "matches", [note], case=case, subject=subject)
        return
    if unknown:
        yield finding(told, "unverifiable", "no-such-alert", case=case, subject=unknown[0])
        return
    if not pool:
        yield finding(told, "unverifiable", "no-such-alert", case=case, subject=subject)
        return
    edge = "resolved" if ended else "pending" if pending else "fired"
    nearest = sorted(pool, key=lambda one: abs(apart(time, _moment(one, edge))))
    shown = [shown_alert(one, time, edge=edge) for one in nearest[:2]]
    if named and _some_firing(told, pool) and not ended and _again(text):
        yield finding(told, "unverifiable", "lies-between", shown, case=case, subject=subject)
    elif (
        named
        or (topics(frozenset(phrase(text))) and _specific(text))
        or _before_all(told, case, record)
        or _FIRST.search(text)
    ):
        yield finding(told, "contradicted", "differs", shown, case=case, subject=subject)
    else:
        yield finding(told, "unverifiable", "lies-between", shown, case=case, subject=subject)


def rules_in(told: Told, record: Record) -> tuple[str, ...]:
    """Names of alerting rules of the evidence in the claim's part of the statement."""
    found = []
    for rule, words in record.rules.items():
        for start, end in told.statement.places(words):
            alone = len(told.statement.times_told) == 1
            inside = alone or not told.scope or any(a <= start < b for a, b in told.scope)
            if inside and (len(words) > 1 or told.statement.passage.text[start:end] == rule):
                found.append(rule)
                break
    return tuple(found) or tuple(_carried(told, record))


def _carried(told: Told, record: Record) -> Iterator[str]:
    """The rule that "triggered at 13:57 and resolved at 15:20" says a second thing of."""
    statement, hit = told.statement, told.hit
    if hit is None or not RESOLVED.fullmatch(statement.passage.text, hit.start, hit.end):
        return
    part = statement.segments[hit.segment]
    if not _NO_SUBJECT.fullmatch(statement.passage.text, part.start, hit.start):
        return
    before = [(p[0], r) for r, words in record.rules.items() for p in statement.places(words) if p[0] < hit.start]
    yield from (rule for _, rule in sorted(before)[-1:])


def _pool(named: Sequence[str], text: str, record: Record) -> tuple[Firing, ...]:
    """The firings that an alert can be: those of its name, else those about all that is said of it."""
    if named:
        mine = tuple(one for one in record.firings if one.alert.rule in named)
        services = frozenset(phrase(text))
        of_service = tuple(one for one in mine if one.alert.service.name in services)
        return of_service or mine
    wanted = topics(frozenset(phrase(text)))
    if not wanted:
        return record.firings
    return tuple(one for one in record.firings if wanted <= topics(one.words))


def _near(told: Told, case: Case, pool: Sequence[Firing], *, ended: bool, pending: bool) -> Iterator[Shown]:
    time = told.time
    assert time is not None  # noqa: S101
    allowed = case.allowed(time.written)
    found = []
    for one in pool:
        if pending and one.pending is not None and abs(off(time, one.pending - one.slack, one.pending)) <= allowed:
            found.append(shown_alert(one, time, edge="pending"))
        if ended:
            if one.resolved is not None and abs(off(time, one.resolved - one.slack, one.resolved)) <= allowed:
                found.append(shown_alert(one, time, edge="resolved"))
        elif abs(off(time, one.fired - one.slack, one.fired)) <= allowed:
            found.append(shown_alert(one, time))
    yield from sorted(found, key=lambda shown: abs(shown.off_s))


def note_near(told: Told, case: Case) -> Shown | None:
    """What somebody noted then in like words."""
    time = told.time
    if time is None or not time.may_be:
        return None
    mentioned = content(told.text)
    for note in notes(case.record):
        if (
            abs(off(time, note.low, note.high)) <= case.allowed(time.written)
            and len(content(note.event.title) & mentioned) >= 2
        ):
            return shown_event(note, time)
    for one in case.record.happenings:
        if one.event.kind == "alert" and abs(off(time, one.low, one.high)) <= case.allowed(time.written):
            return shown_event(one, time)
    return None


def _within(told: Told, pool: Sequence[Firing], case: Case) -> list[Shown]:
    """Those that fired in a range: "four alerts fired 13:58 to 14:02"."""
    time, until = told.time, told.until
    if time is None or until is None or not until.may_be:
        return []
    slack = case.allowed(time.written)
    low, high = time.may_be[0][0] - slack, until.may_be[-1][1] + slack
    return [shown_alert(one, time) for one in pool if low <= one.fired <= high]


def _moment(one: Firing, edge: str) -> float:
    if edge == "pending" and one.pending is not None:
        return one.pending
    return one.resolved if edge == "resolved" and one.resolved is not None else one.fired


def _specific(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:the|first|an?|our)\b[\w %-]{0,40}\balerts?\b|\balerts?\b (?:for|on|about|indicating|of)\b",
            text,
            re.IGNORECASE,
        )
    )


def _again(text: str) -> bool:
    return bool(
        re.search(r"\b(?:still|again|continu\w+|re-?fir\w+|remain\w+|keeps?|kept|second)\b", text, re.IGNORECASE)
    )


def _some_firing(told: Told, pool: Sequence[Firing]) -> bool:
    time = told.time
    assert time is not None  # noqa: S101
    return any(off(time, one.fired, one.resolved if one.resolved is not None else float("inf")) == 0.0 for one in pool)


def _before_all(told: Told, case: Case, record: Record) -> bool:
    """Whether it is said to be before any alert so much as became pending, and said of "the" alert."""
    time = told.time
    assert time is not None  # noqa: S101
    if not record.firings or not re.search(
        r"\b(?:the|first|our)\b[\w ]{0,30}\b(?:alerts?|page|alarm)\b", told.text, re.IGNORECASE
    ):
        return False
    earliest = min(one.pending if one.pending is not None else one.fired for one in record.firings)
    return off(time, earliest, float("inf")) < -case.allowed(time.written)


def _negated(told: Told, case: Case, pool: Sequence[Firing], subject: str) -> Iterator[Finding]:
    time = told.time
    assert time is not None  # noqa: S101
    fired = [one for one in pool if abs(off(time, one.fired, one.fired)) <= case.allowed(time.written)]
    if fired:
        yield finding(
            told, "contradicted", "happened", [shown_alert(one, time) for one in fired], case=case, subject=subject
        )
    else:
        yield finding(told, "unverifiable", "hedged", case=case, subject=subject)
