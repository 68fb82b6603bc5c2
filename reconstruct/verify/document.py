"""The lines of a Markdown postmortem as plain text, with what their surroundings tell: section, dates, zone, ids.

Text in code blocks, struck-out text, comments and pictures claim nothing; neither do sections on what will be done.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from reconstruct.verify.clock_times import read_dates

_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([\w-]*)")
_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_LEAD: Final = re.compile(r"^(?:\s*>)*\s*(?:[-*+•]\s+|\d{1,3}[.)]\s+)*(?:\[[ xX]\]\s+)?")
_RULE: Final = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)*\|?\s*$")
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)")
_IMAGE: Final = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])")
_LINK: Final = re.compile(
    r"(?<!\\)\[((?:\\.|[^\[\]\\])*)\]\((?:<[^>]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)"
)
_ADDRESS: Final = re.compile(r"<?\bhttps?://[^\s>|]*>?")
_STRUCK: Final = re.compile(r"~~(?=\S).*?~~")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_EMPHASIS: Final = re.compile(r"(?<!\\)\*{1,3}|(?<![\\\w])_{1,3}(?=\S)|(?<=[^\s\\])_{1,3}(?!\w)")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDDEN: Final = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_ID: Final = re.compile(r"`((?:al|ep|[aegqt])[1-9]\d{0,5})`")
_ID_LIST: Final = re.compile(r"\(((?:al|ep|[aegqt])[1-9]\d{0,5}(?:,\s*(?:al|ep|[aegqt])[1-9]\d{0,5})*)\)")
_LABEL: Final = re.compile(r"\s+(?!and\b)([^,;()`|]+)")
_ZONE_TOLD: Final = re.compile(
    r"\b[Tt]imes?(?:tamps?)?(?: (?:below|here))?(?: (?:are|is|shown|given))*(?: in)?:?\s*\(?((?:[A-Z]{2,4}T?"
    r"|UTC)(?:[+-]\d{2}:\d{2})?|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\b"
)
_IN_CELL: Final = re.compile(r"\(([A-Z]{3,4}|[A-Z][A-Za-z]+/[A-Za-z_/+-]+)\)")
_AHEAD: Final = re.compile(
    r"^how this was made$|\b(?:action items?|follow[- ]?ups?|corrective actions?|preventi(?:on|ve)|next steps"
    r"|remediation items?|backlog|recurrence)\b",
    re.IGNORECASE,
)
_MAX_LINE: Final = 6_000
"""Characters of a line that are read: a long paragraph; a pasted log must not take minutes."""


@dataclass(frozen=True, slots=True)
class Cited:
    """An id of a draft in a line, and what is said beside it."""

    id: str
    start: int
    end: int
    label: str
    sure: bool
    """In backticks, as our drafts write it; `(t2)` in a sentence may be something else."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the document."""

    number: int
    quoted: str
    """As it stands in the document."""
    text: str
    """Without markup; a row's cells are joined by ` | `."""
    cells: tuple[tuple[int, int, str], ...]
    """Start, end and zone ("" = the document's) of each cell, or of the whole text."""
    cited: tuple[Cited, ...] = ()
    section: tuple[str, ...] = ()
    """Headings above it, the outermost first; its own where it is a heading."""
    dates: tuple[pd.Timestamp, ...] = ()
    """Calendar dates of the headings above."""
    heading: bool = False
    block: str = ""
    """Of a line that opens a code block: what is inside."""
    language: str = ""


@dataclass(slots=True)
class _Reader:
    """What is known while going down the page."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    row_before: str = ""


def read_document(text: str) -> tuple[Line, ...]:
    """The lines that can claim something, and those that open a code block."""
    reader, found = _Reader(), []
    raw = text.splitlines()
    number = 0
    while number < len(raw):
        line = raw[number]
        if fence := _FENCE.match(line):
            inside = list(_until(raw[number + 1 :], fence[1]))
            found.append(_block(number + 1, line, inside, reader, fence[2]))
            number += len(inside) + 2
            continue
        if "<!--" in line and "-->" not in line:
            number += next((n for n, later in enumerate(raw[number:]) if "-->" in later), len(raw)) + 1
            continue
        found += _line(number + 1, line, raw[number + 1] if number + 1 < len(raw) else "", reader)
        number += 1
    return tuple(found)


def zone_told(text: str) -> str:
    """The zone that the document says its times are in; "" = it does not say.

    >>> zone_told("All times UTC."), zone_told("Times are in Europe/Berlin"), zone_told("in time")
    ('UTC', 'Europe/Berlin', '')
    """
    match = _ZONE_TOLD.search(re.sub(r"[*_]", "", text))
    return match[1] if match else ""


def looks_ahead(line: Line) -> bool:
    """Whether it stands in a section on what will be done, or on how a draft was made, not on what was."""
    return any(_AHEAD.search(heading) for heading in line.section)


def _until(raw: list[str], fence: str) -> Iterator[str]:
    for line in raw:
        if re.match(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}\s*$", line):
            return
        yield line


def _block(number: int, line: str, inside: list[str], reader: _Reader, language: str) -> Line:
    section = tuple(heading for _, heading in reader.headings)
    return Line(number, line, "", (), section=section, block="\n".join(inside) or " ", language=language)


def _line(number: int, raw: str, below: str, reader: _Reader) -> Iterator[Line]:
    if heading := _HEADING.match(raw):
        text, cited = _plain(heading[2])
        reader.headings = [h for h in reader.headings if h[0] < len(heading[1])] + [(len(heading[1]), text)]
        yield _made(number, raw, text, ((0, len(text), ""),), cited, reader, heading=True)
        return
    stripped = _LEAD.sub("", raw[:_MAX_LINE])
    if not stripped.strip() or _RULE.match(raw):
        return
    if not stripped.lstrip().startswith("|"):
        reader.heads = []
        text, cited = _plain(stripped)
        yield _made(number, raw, text, ((0, len(text), ""),), cited, reader)
        return
    if _RULE.match(below):
        reader.heads = [_plain(cell)[0] for cell in _cells(stripped)]
        return
    yield _row(number, raw, stripped, reader)


def _row(number: int, raw: str, stripped: str, reader: _Reader) -> Line:
    text, cells, cited = "", [], []
    for column, cell in enumerate(_cells(stripped)):
        plain, ids = _plain(cell)
        text += " | " if column else ""
        zone = _IN_CELL.search(reader.heads[column]) if column < len(reader.heads) else None
        cells.append((len(text), len(text) + len(plain), zone[1] if zone else ""))
        cited += [Cited(c.id, c.start + len(text), c.end + len(text), c.label, c.sure) for c in ids]
        text += plain
    return _made(number, raw, text, tuple(cells), tuple(cited), reader)


def _made(
    number: int,
    raw: str,
    text: str,
    cells: tuple[tuple[int, int, str], ...],
    cited: tuple[Cited, ...],
    reader: _Reader,
    *,
    heading: bool = False,
) -> Line:
    section = tuple(told for _, told in reader.headings)
    # The nearest heading with a date counts; the title's date may be the day of writing.
    dates = next((days for told in reversed(section) if (days := read_dates(told))), ())
    return Line(number, raw, text, cells, cited, section, dates, heading)


def _cells(row: str) -> list[str]:
    inner = row.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", inner)]


def _plain(marked: str) -> tuple[str, tuple[Cited, ...]]:
    """Text without its markup, and the ids in it."""
    text = _COMMENT.sub(" ", marked)
    text = _IMAGE.sub(" ", text)
    for _ in range(2):  # a link may hold a link's text in brackets
        text = _LINK.sub(r"\1", text)
    text = _ADDRESS.sub(" ", _STRUCK.sub(" ", text))
    text = _EMPHASIS.sub("", _TAG.sub(" ", text))
    text = _HIDDEN.sub("", html.unescape(_ESCAPED.sub(r"\1", text)))
    text = re.sub(r"\s+", " ", text).strip()
    cited = [Cited(m[1], m.start(), m.end(), _label(text, m.end()), sure=True) for m in _ID.finditer(text)]
    for many in _ID_LIST.finditer(text):
        cited += [
            Cited(one[0], many.start(1) + one.start(), many.start(1) + one.end(), "", sure=False)
            for one in re.finditer(r"[a-z]+\d+", many[1])
        ]
    return text, tuple(sorted(cited, key=lambda c: c.start))


def _label(text: str, end: int) -> str:
    match = _LABEL.match(text, end)
    return match[1].strip() if match else ""
