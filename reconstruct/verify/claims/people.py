"""What people did, and how many were hit: no metric shows it; it is placed in time, and held against notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, content, finding, notes, off, outside, shown_event, shown_stone
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.statements import Statement

_COUNTED: Final = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,3}(?:[,\u202f]\d{3})+|\d+(?:\.\d+)?[kKM]?)\s?(?P<share>%|percent"
    r"|per cent)?\s+(?:of (?:all |the |our |its )*)?(?:(?!(?:second|minute|hour|day|week)s?\b)\w+ ){0,2}?"
    r"(?P<noun>users?|customers?|clients?|e-?mails?|mails?|complaints?|tickets?|calls?|people|accounts?|orders?"
    r"|tenants?|merchants?|subscribers?|players?|sessions?|sign-?ups?|payments?|transactions? lost)\b",
    re.IGNORECASE,
)
_ROUNDED: Final = re.compile(
    r"(?:\b(?:about|around|approximately|some|roughly|nearly|almost|over|more than)\s+|~)$", re.IGNORECASE
)
_NOUNS: Final = {
    "email": "mail",
    "e-mail": "mail",
    "mail": "mail",
    "complaint": "mail",
    "client": "customer",
    "people": "user",
}


def judge_human(told: Told, case: Case) -> Iterator[Finding]:
    """A human act in time: after which alert, and beside what somebody noted."""
    time, record = told.time, case.record
    if time is None:
        return
    if outside(time, record):
        yield finding(told, "unverifiable", "outside", case=case)
        return
    shown: list[Shown] = [shown_stone(name, record, time) for name in ("detected", "onset") if name in record.stones][
        :1
    ]
    mentioned = content(told.text)
    near = [n for n in notes(record) if abs(off(time, n.low, n.high)) <= case.allowed(time.written)]
    near.sort(key=lambda n: -len(content(n.event.title) & mentioned))
    shown += [shown_event(n, time) for n in near[:1] if content(n.event.title) & mentioned]
    yield finding(told, "human", "human-act", shown, case=case)


def judge_users(statement: Statement, case: Case) -> Iterator[Finding]:
    """How many users, customers or mails: held against notes that count the same, else left to people."""
    for match in _COUNTED.finditer(statement.text):
        if re.search(r"\b(?:SLO|SLA|objective|target)s?\b", statement.text):
            return
        place = (statement.start + match.start(), statement.start + match.end())
        if any(t.written.start < place[1] and place[0] < t.written.end for t in statement.times):
            continue
        told = Told(statement, "users", Hit("users", *place), None)
        claim = claim_of(told, value=match["number"] + (" %" if match["share"] else ""))
        noun = _plain(match["noun"])
        counted = [
            (note, _count(m["number"]))
            for note in notes(case.record)
            for m in _COUNTED.finditer(note.event.title)
            if _plain(m["noun"]) == noun
        ]
        number = _count(match["number"])
        if match["share"] or not counted:
            yield finding(told, "unverifiable", "no-count", claim=claim)
            continue
        about = bool(_ROUNDED.search(statement.text[max(0, match.start() - 16) : match.start()]))
        same = [note for note, n in counted if n == number or (about and abs(n - number) <= 0.1 * n)]
        shown = [shown_event(note) for note in (same or [note for note, _ in counted])]
        if same:
            yield finding(told, "confirmed", "matches", shown, claim=claim)
        elif len(counted) == 1 and re.search(
            r"\b(?:total|in all|such|complaint|received|came)\b", statement.text, re.IGNORECASE
        ):
            yield finding(told, "contradicted", "differs", shown, claim=claim)
        else:
            yield finding(told, "unverifiable", "differs", shown, claim=claim)


def counts_in(statement: Statement) -> Iterator[tuple[tuple[int, int], float, str, str, bool]]:
    """Place, number, noun, share mark and whether it is rounded, of everything that a statement counts."""
    for match in _COUNTED.finditer(statement.text):
        before = statement.text[max(0, match.start() - 16) : match.start()]
        yield (
            (statement.start + match.start(), statement.start + match.end()),
            _count(match["number"]),
            _plain(match["noun"]),
            match["share"] or "",
            bool(_ROUNDED.search(before)),
        )


def _plain(noun: str) -> str:
    told = noun.lower().rstrip("s")
    return _NOUNS.get(told, told)


def _count(text: str) -> float:
    by = {"k": 1e3, "m": 1e6}.get(text[-1].lower(), 1.0)
    return float(text.rstrip("kKM").replace(",", "").replace("\u202f", "")) * by
