"""Changes: "shop 2.20.0 was deployed at 13:55", "the rollback was complete", "no rollback was done"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import EventKind
from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.change_words import CHANGES
from reconstruct.verify.claims.judging import Case, apart, finding, notes, off, outside, services_in, shown_event
from reconstruct.verify.claims.people_words import TALK
from reconstruct.verify.claims.read import Told
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Happening, Record
from reconstruct.verify.vocabulary import phrase

RARE: Final = frozenset(("deploy", "rollback", "migration"))
"""Kinds whose sources list every one: another one of the same service would be in the evidence."""
_ROLLED_OUT: Final = frozenset(("config", "migration", "flag"))
_THE: Final = AnyCase(r"\bthe\s+(?:\w+\s+){0,2}$")
_DONE: Final = AnyCase(
    r"\b(?:complet\w+|finish\w+|done|ended|fully rolled|rolled out everywhere|succeeded|successful(?:ly)?)\b"
)
_BEGAN: Final = AnyCase(r"\b(?:start\w*|beg[aiu]n\w*|initiat\w+|kick\w+|triggered)\b")
_ALL: Final = AnyCase(r"\b(?:all|every|everywhere|fully|entire|whole|completely|only)\b")


def judge_change(told: Told, case: Case) -> Iterator[Finding]:
    """Whether the change that a claim names was made, and when."""
    hit, record = told.hit, case.record
    if hit is None:
        return
    statement = told.statement
    text = told.text
    versions = tuple(v for a, _, v in statement.versions if not told.scope or any(s <= a < e for s, e in told.scope))
    services = services_in(record, text)
    events = [one for one in record.happenings if one.event.kind in hit.events]
    fits = [one for one in events if _about(one, services)] if services else events
    with_version = [one for one in fits if set(versions) & set(_versions(one, record))]
    if versions and not with_version:
        # A configuration, too, is "rolled out".
        fits = [h for h in record.happenings if h.event.kind in _ROLLED_OUT and (_about(h, services) or not services)]
        with_version = [one for one in fits if set(versions) & set(_versions(one, record))]
        fits = with_version or ([one for one in events if _about(one, services)] if services else events)
    of_kind = [one for one in fits if one.event.kind == hit.events[0]]
    if versions:
        pool: Sequence[Happening] = with_version
    else:
        pool = of_kind or fits
    subject = " ".join([*services[:1], *versions[:1]])
    if told.negated:
        yield from _negated(told, case, pool, subject, definite=bool(versions or services or len(pool) == 1))
        return
    if told.time is None:
        if versions and pool:
            yield finding(told, "confirmed", "happened", [shown_event(pool[0])], subject=subject)
        return
    if outside(told.time, record):
        yield finding(told, "unverifiable", "outside", case=case, subject=subject)
        return
    yield from _timed(told, case, pool, fits, versions, services, subject)


def _versions(one: Happening, record: Record) -> Iterator[str]:
    """Versions that a change is told by: its own, what a rollback left, and one that stands in its title alone."""
    yield one.event.version
    if one.event.kind == "rollback":
        yield one.event.previous
    yield from (word for word in one.event.title.split() if word not in record.versions)


def _tells(title: str, kind: EventKind) -> bool:
    """Whether a note says that such a change was made, not that somebody spoke of one."""
    pattern = next(pattern for pattern, kinds in CHANGES if kinds[0] == kind)
    told = pattern.search(title)
    return (
        told is not None
        and not TALK.search(title)
        and not re.search(r"\b(?:latest|last|recent)\b", title, re.IGNORECASE)
    )


def _about(one: Happening, services: Sequence[str]) -> bool:
    """Whether it is of one of them; an instance that restarts ("shop-1") stands in the title alone."""
    if one.event.service.name in services:
        return True
    title = phrase(one.event.title)
    return any(phrase(name) == title[: len(phrase(name))] for name in services)


def _timed(
    told: Told,
    case: Case,
    pool: Sequence[Happening],
    fits: Sequence[Happening],
    versions: Sequence[str],
    services: Sequence[str],
    subject: str,
) -> Iterator[Finding]:
    time, hit = told.time, told.hit
    assert time is not None  # noqa: S101
    assert hit is not None  # noqa: S101
    allowed = case.allowed(time.written)
    done, began = bool(_DONE.search(told.text)), bool(_BEGAN.search(told.text))
    near = [shown for one in pool if (shown := _at(one, told, allowed, done=done, began=began)) is not None]
    if near and told.until is not None and told.until.may_be:
        ends = [one for one in pool if one.end is not None and shown_event(one).id == near[0].id]
        if ends and abs(off(told.until, ends[0].end or 0.0, ends[0].end or 0.0)) > allowed + 60:
            yield finding(
                told,
                "unverifiable",
                "differs",
                [near[0], shown_event(ends[0], told.until, end=True)],
                case=case,
                subject=subject,
            )
            return
    if near:
        yield finding(
            told, "confirmed", "matches", sorted(near, key=lambda s: abs(s.off_s)), case=case, subject=subject
        )
        return
    for note in notes(case.record):
        near_note = abs(off(time, note.low, note.high)) <= allowed and _tells(note.event.title, hit.events[0])
        if near_note and not (versions and fits):
            yield finding(told, "confirmed", "matches", [shown_event(note, time)], case=case, subject=subject)
            return
    others = [
        one
        for one in fits
        if one.event.kind == hit.events[0] and abs(off(time, one.low, one.end or one.high)) <= allowed
    ]
    if versions and others and services:
        yield finding(
            told, "contradicted", "differs", [shown_event(one, time) for one in others], case=case, subject=subject
        )
        return
    sole = bool(_THE.search(told.statement.passage.text[: hit.start][-40:])) and len(pool) == 1 and not services
    if versions and not pool and services and hit.events[0] in RARE:
        mine = sorted(
            (one for one in fits if one.event.kind == hit.events[0]), key=lambda one: abs(apart(time, one.low))
        )
        if mine:
            yield finding(
                told,
                "contradicted",
                "differs",
                [shown_event(one, time) for one in mine[:1]],
                case=case,
                subject=subject,
            )
            return
    definite = bool(pool) and (
        bool(versions) or (bool(services) and hit.events[0] in RARE) or (sole and hit.events[0] in RARE)
    )
    if definite and hit.events[0] in RARE | {"config", "flag", "scale"}:
        nearest = sorted(pool, key=lambda one: abs(apart(time, one.low)))
        closest = [shown_event(one, time, end=done and not began) for one in nearest]
        yield finding(told, "contradicted", "differs", closest, case=case, subject=subject)
        return
    nearest = sorted(pool, key=lambda one: abs(apart(time, one.low)))[:1]
    yield finding(
        told, "unverifiable", "no-such-change", [shown_event(one, time) for one in nearest], case=case, subject=subject
    )


def _at(one: Happening, told: Told, allowed: float, *, done: bool, began: bool) -> Shown | None:
    """The edge of an event that the time meets: its end where it is said to be done, else its begin, or any between."""
    time = told.time
    assert time is not None  # noqa: S101
    if one.end is not None and done and not began:
        return shown_event(one, time, end=True) if abs(off(time, one.end, one.end)) <= allowed else None
    end = one.end if one.end is not None and not began else one.high
    return shown_event(one, time) if abs(off(time, one.low, max(end, one.high))) <= allowed else None


def _negated(told: Told, case: Case, pool: Sequence[Happening], subject: str, *, definite: bool) -> Iterator[Finding]:
    """`no rollback was done`: contradicted by one that was, at that time or at all."""
    if _ALL.search(told.text):
        yield finding(told, "unverifiable", "hedged", case=case, subject=subject)
        return
    time = told.time
    near = [
        one
        for one in pool
        if time is None or (time.may_be and abs(off(time, one.low, one.end or one.high)) <= case.allowed(time.written))
    ]
    if near and (definite or time is not None):
        yield finding(
            told, "contradicted", "happened", [shown_event(one, time) for one in near], case=case, subject=subject
        )
    elif time is not None:
        yield finding(told, "unverifiable", "hedged", case=case, subject=subject)
