"""Lines of our own drafts: a copy stands, and a copy that differs in a figure, a time or a name is wrong there.

What this version writes over this evidence is at hand. A passage of a document that is one of ours word for word rests
on the evidence already; one that is ours but for a word or two says there what the evidence does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.document import read_document
from reconstruct.verify.exports import is_messages, is_table
from reconstruct.verify.passages import Passage
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement, cited_in

Drafts = Callable[[], Iterable[str]]
"""Our drafts over this evidence, as texts, those most like the document first, each made when it is asked for."""

FEWEST_WORDS: Final = 4
"""Fewer are alike by chance."""
_PER_DIFFERENCE: Final = 4
"""So many words at least for each that differs."""
_MOST_DIFFERENCES: Final = 3
_ALIKE: Final = 0.05
"""Two figures this close are one, rounded differently."""
UTC: Final = "UTC"
"""The zone of our drafts, which stands in a column's head."""
_WORD: Final = re.compile(r"[^\s|]+")
_TRIMMED: Final = "*_`\"“”‘’'()[]<>,;.!?"
_ZONE: Final = re.compile(r"[A-Z]{2,5}(?:[+-]\d{1,2})?")


class Word(NamedTuple):
    """A word without the marks around it, and where it stands."""

    text: str
    start: int
    end: int


class Difference(NamedTuple):
    """A word of a passage that our draft has otherwise."""

    word: Word
    drafted: str


@dataclass(eq=False)
class OwnLines:
    """The passages of our drafts, to look a passage of a document up."""

    names: frozenset[str] = frozenset()
    """Services, rules and labels: a word that is one of these is no matter of style."""
    exact: set[tuple[str, ...]] = field(default_factory=set)
    by_length: dict[int, list[tuple[str, ...]]] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """The passages of one draft."""
        for passage in read_document(text):
            words = tuple(w.text for w in words_of(passage.text))
            if len(words) >= FEWEST_WORDS and words not in self.exact:
                self.exact.add(words)
                self.by_length.setdefault(len(words), []).append(words)

    def has(self, passage: Passage) -> bool:
        """Whether a passage is one of ours, word for word."""
        return tuple(w.text for w in words_of(passage.text)) in self.exact

    def differences(self, passage: Passage) -> tuple[Difference, ...]:
        """Where a passage that is nearly one of ours differs from it in a figure, time or name; () for any other."""
        if not self.exact:
            return ()
        words = words_of(passage.text)
        most = min(_MOST_DIFFERENCES, len(words) // _PER_DIFFERENCE)
        texts = tuple(w.text for w in words)
        if not most or texts in self.exact:
            return ()
        zones = [w for w in words if _ZONE.fullmatch(w.text)]
        if zones and tuple(w.text for w in words if not _ZONE.fullmatch(w.text)) in self.exact:
            return tuple(Difference(zone, UTC) for zone in zones if zone.text != UTC)
        best: list[int] | None = None
        drafted: tuple[str, ...] = ()
        for other in self.by_length.get(len(words), ()):
            apart = _apart(texts, other, most if best is None else len(best) - 1)
            if apart is not None:
                best, drafted = apart, other
        return tuple(Difference(words[n], drafted[n]) for n in best or () if self._matters(words[n].text, drafted[n]))

    def _matters(self, word: str, drafted: str) -> bool:
        if any(map(str.isdigit, drafted)):
            return not _one_figure(word, drafted)
        lower = drafted.lower()
        return (
            lower in self.names
            or word.lower() in self.names
            or bool(_ZONE.fullmatch(word) and _ZONE.fullmatch(drafted))
        )


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a passage.

    >>> [w.text for w in words_of("13:55:30 | **shop 2.20.0**: deploy (`e5`)")]
    ['13:55:30', 'shop', '2.20.0', 'deploy', 'e5']
    """
    found = []
    for match in _WORD.finditer(text):
        told = match[0].strip(_TRIMMED).rstrip(":")
        told = told.strip(_TRIMMED)
        if told:
            start = match.start() + match[0].find(told)
            found.append(Word(told, start, start + len(told)))
    return tuple(found)


def own_lines(text: str, passages: Sequence[Passage], record: Record, drafts: Drafts | None) -> OwnLines:
    """The lines of our drafts, as far as a document has any: none are made for one that somebody wrote by hand."""
    found = OwnLines(_names(record))
    ours = [p for p in passages if p.kind != "code" and any(c.id in record.items for c in cited_in(p))]
    if drafts is None or not (ours or is_messages(text) or is_table(text)):
        return found
    left = [p for p in passages if p.kind in ("row", "item", "prose")]
    for draft in drafts():
        found.add(draft)
        left = [p for p in left if not found.has(p)]
        if not left:
            break
    return found


def judge_copy(passage: Passage, own: OwnLines) -> Iterator[Finding]:
    """What a passage that is ours but for some words says there that our draft does not."""
    for word, drafted in own.differences(passage):
        told = Told(Statement(passage, 0, passage.text, (), (), None, (), ()), "reference", _hit(word), None)
        claim = claim_of(told, value=word.text, place=(word.start, word.end))
        yield Finding(claim, "contradicted", "drafted", (Shown("line", drafted),))


def _hit(word: Word) -> Hit:
    return Hit("reference", word.start, word.end)


def _apart(one: Sequence[str], other: Sequence[str], most: int) -> list[int] | None:
    """Places at which two passages of one length differ; None where there are more than `most`."""
    found = []
    for n, word in enumerate(one):
        if word != other[n]:
            found.append(n)
            if len(found) > most:
                return None
    return found


def _one_figure(one: str, other: str) -> bool:
    """Whether two words are the same figure, rounded differently.

    >>> _one_figure("21", "21.4"), _one_figure("21", "42"), _one_figure("13:55", "13:56")
    (True, False, False)
    """
    try:
        first, second = float(one.replace(",", "")), float(other.replace(",", ""))
    except ValueError:
        return False
    return abs(first - second) <= _ALIKE * max(abs(first), abs(second))


def _names(record: Record) -> frozenset[str]:
    named = {s.name for s in record.services} | set(record.rules)
    named |= {value for a in record.incident.anomalies for value in a.labels.values()}
    return frozenset(name.lower() for name in named if name)
