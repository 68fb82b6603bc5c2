"""The summary for a terminal: what happened, when, and the first hints, in 80 columns and with or without colour."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

from reconstruct.model import HintVerdict, Incident, Verdict
from reconstruct.text import impact, narrative
from reconstruct.text.escape import clip, plain
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.milestones import duration_rows, milestone_rows, moment_text
from reconstruct.text.summary import summary
from reconstruct.text.times import Clock, clock_of
from reconstruct.text.wording import sentence, share_text

MAX_HINTS_SHOWN: Final = 3
MAX_GAPS_SHOWN: Final = 3
MAX_IMPACT_SHOWN: Final = 3
NARROWEST: Final = 40
"""Columns below which wrapping gives more lines than sense."""
MAX_LINE: Final = 400
"""Characters of one piece of foreign text."""
MAX_TITLE: Final = 160
"""Characters of a hint's title: two lines."""

Ink = Literal["bold", "dim", "red", "green", "yellow", "cyan"]
_INKS: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_VERDICT_INK: Final[dict[Verdict, Ink]] = {"incident": "red", "no-incident": "green", "inconclusive": "yellow"}
_HINT_INK: Final[dict[HintVerdict, Ink]] = {
    "supported": "green",
    "plausible": "yellow",
    "contradicted": "dim",
    "inconclusive": "dim",
}
_WORD: Final = re.compile(r"\S+\s*")


def to_terminal(incident: Incident, *, colour: bool, columns: int = 80) -> str:
    """The summary as lines of at most `columns` cells, ending in a line break; ANSI colours where `colour`."""
    width = max(columns, NARROWEST)
    clock = clock_of(incident)
    incident = narrative.retimed(incident, clock)
    blocks = [
        _head(incident, colour=colour, width=width),
        _gaps(incident, colour=colour, width=width, clock=clock),
        _paragraph(summary(incident, clock=clock), width=width),
        _milestones(incident, colour=colour, width=width, clock=clock),
        _impact(incident, colour=colour, width=width, clock=clock),
        _hints(incident, colour=colour, width=width),
    ]
    return "\n\n".join("\n".join(lines) for lines in map(list, blocks) if lines) + "\n"


def _head(incident: Incident, *, colour: bool, width: int) -> Iterator[str]:
    ink = _VERDICT_INK[incident.explanation.verdict]
    for line in _wrapped(narrative.title(incident), width=width):
        yield _inked(_inked(line, ink, colour=colour), "bold", colour=colour)
    for line in _wrapped(narrative.window_text(incident) + " All times UTC.", width=width):
        yield _inked(line, "dim", colour=colour)


def _gaps(incident: Incident, *, colour: bool, width: int, clock: Clock) -> Iterator[str]:
    rows = [row for row in gap_rows(incident) if row.in_window and row.matters]
    told = [gap_text(row, clock=clock) for row in rows[:MAX_GAPS_SHOWN]]
    if len(rows) > MAX_GAPS_SHOWN:
        told.append(f"{len(rows) - MAX_GAPS_SHOWN} more")
    if told:
        yield _inked("Data gaps", "yellow", colour=colour)
    for text in told:
        yield from _wrapped(text, width=width, first="  - ", rest="    ")


def _paragraph(text: str, *, width: int) -> Iterator[str]:
    yield from _wrapped(text, width=width)


def _milestones(incident: Incident, *, colour: bool, width: int, clock: Clock) -> Iterator[str]:
    if not any(incident.milestones.values()):
        return
    for row in milestone_rows(incident):
        told = moment_text(row.moment, clock=clock) if row.moment else f"- {row.absent}"
        head = f"  {row.title:<11}"
        yield from (
            _painted_head(line, head, colour=colour) for line in _wrapped(told, width=width, first=head, rest=" " * 13)
        )
    for length in duration_rows(incident):
        between = f" ({length.between})" if length.between else ""
        line = f"  {length.title}: {length.value}{between} = {length.formula}"
        yield from (_inked(part, "dim", colour=colour) for part in _wrapped(line, width=width, first="  ", rest="    "))


def _impact(incident: Incident, *, colour: bool, width: int, clock: Clock) -> Iterator[str]:
    told = impact.impact_told(incident, clock=clock)
    if told:
        yield _inked("Impact", "bold", colour=colour)
    for text, _ in told[:MAX_IMPACT_SHOWN]:
        yield from _wrapped(text, width=width, first="  - ", rest="    ")


def _hints(incident: Incident, *, colour: bool, width: int) -> Iterator[str]:
    hints = incident.explanation.hints
    if not hints:
        return
    yield _inked("Candidate causes", "bold", colour=colour) + " (hints, to check)"
    for hint in hints[:MAX_HINTS_SHOWN]:
        head = f"  {hint.rank}. {narrative.confidence_text(hint)}: "
        named = clip(plain(narrative.hint_title(hint, incident=incident)), most=MAX_TITLE)
        for number, line in enumerate(_wrapped(head.strip() + " " + named, width=width, first="  ", rest="     ")):
            ink = _HINT_INK[hint.verdict]
            yield _inked(line, ink, colour=colour) if number == 0 else line
        yield from _wrapped(sentence(hint.statement), width=width, first="     ", rest="     ")
    more = f"{len(hints) - MAX_HINTS_SHOWN} more in the files; " if len(hints) > MAX_HINTS_SHOWN else ""
    left = f"{more}{narrative.UNSEEN.lower()}: {share_text(narrative.left_over(incident))}"
    yield from (_inked(line, "dim", colour=colour) for line in _wrapped(left, width=width, first="  ", rest="  "))


def _painted_head(line: str, head: str, *, colour: bool) -> str:
    return _inked(head, "cyan", colour=colour) + line[len(head) :] if line.startswith(head) else line


def _inked(text: str, ink: Ink, *, colour: bool) -> str:
    return f"\x1b[{_INKS[ink]}m{text}\x1b[0m" if colour else text


def _wrapped(text: str, *, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most `width` cells; East Asian text and emoji take two cells each."""
    lines, line, used = [], first, cells(first)
    for word in _words(clip(plain(text), most=MAX_LINE), most=width - max(cells(first), cells(rest))):
        if used + cells(word.rstrip()) > width:
            lines.append(line.rstrip())
            line, used = rest, cells(rest)
        line += word
        used += cells(word)
    return [*lines, line.rstrip()]


def _words(text: str, *, most: int) -> Iterator[str]:
    """Words with the space behind them; one longer than a line is cut."""
    for match in _WORD.finditer(text):
        word = match[0]
        while cells(word.rstrip()) > most:
            cut = next(n for n in range(len(word), 0, -1) if cells(word[:n]) <= most)
            yield word[:cut]
            word = word[cut:]
        yield word


def cells(text: str) -> int:
    """Columns that a terminal gives to `text`.

    >>> cells("shop"), cells("数据库"), cells("e\u0301")
    (4, 6, 1)
    """
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
