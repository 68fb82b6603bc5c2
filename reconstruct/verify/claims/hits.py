"""The words of a statement that show what it claims."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from reconstruct.model import EventKind
from reconstruct.model.verification import ClaimKind
from reconstruct.verify.claims.kinds import SIGNS
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

_MOVES: Final = AnyCase(r"\b(?:rises?|rose|falls?|fell|at its worst|becomes?|leaves|left|peak(?:ed|s)?)\b")
"""Said of an alert's name without a word of firing: its expression moved."""
_BESIDE: Final = re.compile(r"[\s:|(]*(?:at|@|,)?\s*")


@dataclass(frozen=True, slots=True)
class Hit:
    """Words that show a kind of claim."""

    kind: ClaimKind
    start: int
    end: int
    events: tuple[EventKind, ...] = ()
    segment: int = 0
    below: bool = False


def hits(statement: Statement, record: Record) -> tuple[Hit, ...]:
    """The words of a statement that show what it claims, none within another."""
    text, by = statement.text.replace("_", " "), statement.start  # "started_at: ..."
    found: list[tuple[int, Hit]] = []
    for rank, sign in enumerate(SIGNS):
        found += [
            (rank, Hit(sign.kind, m.start() + by, m.end() + by, sign.events)) for m in sign.pattern.finditer(text)
        ]
    names = [
        place for words in record.service_names.values() for one in words for place in statement.places(phrase(one))
    ]
    # A service may be called as people act: "recommend".
    found = [(r, h) for r, h in found if h.kind != "human" or not any(a <= h.start and h.end <= b for a, b in names)]
    moves = _MOVES.search(text) and not any(hit.kind == "alert" for _, hit in found)
    # A name alone is an alert's only behind the time of a line.
    bare = statement.stamp is None and not any(hit.kind in ("alert", "recovery") for _, hit in found)
    for rule, words in () if moves else record.rules.items():
        for start, end in statement.places(words):
            if bare and not beside_time(statement, start, end):
                continue
            if len(words) > 1 or statement.passage.text[start:end] == rule:
                found.append((len(SIGNS), Hit("alert", start, end)))
    taken = [(t.written.start, t.written.end) for t in statement.times]
    kept: list[Hit] = []
    for _, hit in sorted(found, key=lambda one: (one[0], one[1].start)):
        inside = any(k.start < hit.end and hit.start < k.end for k in kept)
        if not inside and not any(a < hit.end and hit.start < b for a, b in taken):
            n = statement.segment(hit.start)
            kept.append(replace(hit, segment=n, below=statement.segments[n].below))
    return tuple(sorted(kept, key=lambda hit: hit.start))


def beside_time(statement: Statement, start: int, end: int) -> bool:
    """Whether a place stands right beside a time of the statement."""
    text = statement.passage.text
    return any(
        _BESIDE.fullmatch(text[end : t.written.start]) or _BESIDE.fullmatch(text[t.written.end : start])
        for t in statement.times
        if end <= t.written.start < end + 6 or t.written.end <= start < t.written.end + 6
    )
