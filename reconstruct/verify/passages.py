"""What a reader makes of a document: passages of plain text, each with the way back to its place in the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from reconstruct.verify.folding import AnyCase

PassageKind = Literal["prose", "item", "heading", "row", "code", "unread"]
UNREAD: Final = "(not read)"
"""Stands for all that follows in a document that is too long."""

_AHEAD_WORDS: Final = (
    r"action items?|actions|follow[- ]?ups?|corrective (?:actions?|measures)|corrective and preventa?tive"
    r"|preventi(?:on|ve)"
    r"|preventing|how (?:we|to) prevent|next steps|remediation(?: items?| plan)?|backlog|recurrence|future work"
    r"|to[- ]?dos?|improvements?|what we(?:'re| are| will)|moving forward|going forward|glossary"
    r"|related (?:links|incidents)"
    r"|references|maßnahmen|nächste schritte|offene punkte|actions correctives|prochaines étapes|suites à donner"
    r"|acciones(?: correctivas)?|próximos pasos"
)
_AHEAD: Final = AnyCase(
    r"^how this was made$"
    r"|^\W*(?:\d+[.)]?\s*)?(?:(?:the|our|planned|proposed|remaining|open|recommended|(?:short|long"
    r"|medium)[- ]term) )*"
    rf"(?:{_AHEAD_WORDS})\b|\b(?:action items|follow[- ]?ups?|next steps)\W*$"
)
"""Headings of what will be done: at their beginning, since a title may say "outage and follow-ups"."""


class Spot(NamedTuple):
    """From this offset of a passage's text on, the source stands at this line and column (both from 1)."""

    offset: int
    line: int
    column: int


class Cell(NamedTuple):
    """Start, end and column head of a cell of a table row; of other passages the whole text, without a head."""

    start: int
    end: int
    head: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, list item, heading, table row or code block as plain text."""

    text: str
    """Without markup; line breaks are blanks, the cells of a row are joined by ` | `."""
    spots: tuple[Spot, ...]
    kind: PassageKind
    cells: tuple[Cell, ...]
    section: tuple[str, ...] = ()
    """Headings above it, the outermost first; its own where it is a heading."""
    breaks: tuple[int, ...] = ()
    """Offsets at which a new line of the source begins inside a paragraph."""
    ticks: tuple[tuple[int, int], ...] = ()
    """Places of text in code font."""
    group: int = 0
    """Passages of one list, table or run of paragraphs share it."""
    language: str = ""
    """Of a code block."""

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of the source, counted from 1, at an offset of the text."""
        n = max(0, bisect_right(self.spots, offset, key=lambda spot: spot.offset) - 1)
        spot = self.spots[n]
        return spot.line, spot.column + max(0, offset - spot.offset)

    @property
    def ahead(self) -> bool:
        """Whether it stands in a section on what will be done, or on how a draft was made, not on what was."""
        return any(_AHEAD.search(heading) for heading in self.section)


class Headings:
    """The headings above, while going down a document."""

    def __init__(self) -> None:
        self.stack: tuple[tuple[int, str], ...] = ()

    def enter(self, level: int, text: str) -> None:
        """A heading begins a section and ends those as deep or deeper."""
        self.stack = (*(one for one in self.stack if one[0] < level), (level, text.strip()))

    @property
    def section(self) -> tuple[str, ...]:
        """The outermost first."""
        return tuple(text for _, text in self.stack)


class Builder:
    """Text put together piece by piece, each with its place."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.spots: list[Spot] = []
        self.breaks: list[int] = []
        self.ticks: list[tuple[int, int]] = []
        self.cells: list[Cell] = []

    def add(self, text: str, line: int, column: int) -> None:
        """A piece of text that stands so in the source."""
        if text:
            self.spots.append(Spot(self.size, line, column))
            self.parts.append(text)
            self.size += len(text)

    def newline(self) -> None:
        """A line break of the source: a blank, and a place at which a stamped line may begin."""
        if self.size and not self.parts[-1].endswith(" "):
            self.parts.append(" ")
            self.size += 1
        self.breaks.append(self.size)

    def passage(self, kind: PassageKind, section: tuple[str, ...], group: int, **more: str) -> Passage | None:
        """What was put together; None where it is blank."""
        text = "".join(self.parts)
        if not text.strip():
            return None
        cells = tuple(self.cells) or (Cell(0, len(text), ""),)
        return Passage(
            text, tuple(self.spots), kind, cells, section, tuple(self.breaks), tuple(self.ticks), group, **more
        )


LABEL_LEVEL: Final = 7
"""Below every heading: a line that is wholly bold, in capitals or ends with a colon titles what follows."""
_LABEL: Final = re.compile(r"^(?=.*[^\W\d_])[^.!?|]{2,60}?:?\s*$")


def is_label(text: str, *, bold: bool) -> bool:
    """Whether a line of its own is a heading without the mark of one.

    >>> is_label("Timeline:", bold=False), is_label("ROOT CAUSE", bold=False), is_label("It was slow", bold=False)
    (True, True, False)
    >>> is_label("14:00 DEPLOY", bold=True)
    False
    """
    told = text.strip()
    if not _LABEL.match(told) or re.search(r"\d{1,2}[:.h]\d\d|\d\s?[ap]m\b", told):
        return False
    return bold or told.endswith(":") or (told.isupper() and len(told) > 3)


MAX_TEXT: Final = 2_000
"""Characters of a passage that are read as one: what is longer is cut between two words, so that no input is slow."""


def pieces(passage: Passage) -> Iterator[Passage]:
    """A passage as it is, or a very long one in parts."""
    size = len(passage.text)
    if size <= MAX_TEXT:
        yield passage
        return
    start = 0
    while start < size:
        end = min(size, start + MAX_TEXT)
        if end < size:
            stop = passage.text.rfind(". ", start + MAX_TEXT // 2, end)
            stop = stop if stop > 0 else passage.text.rfind(" ", start + 1, end)
            end = stop + 1 if stop > start else end
        n = max(0, bisect_right(passage.spots, start, key=lambda spot: spot.offset) - 1)
        last = bisect_right(passage.spots, end, key=lambda spot: spot.offset)
        spots = [
            Spot(max(0, s.offset - start), s.line, s.column + max(0, start - s.offset)) for s in passage.spots[n:last]
        ]
        text = passage.text[start:end]
        first, behind = bisect_right(passage.breaks, start), bisect_right(passage.breaks, end)
        breaks = tuple(b - start for b in passage.breaks[first:behind])
        yield replace(passage, text=text, spots=tuple(spots), cells=(Cell(0, len(text), ""),), breaks=breaks, ticks=())
        start = end
