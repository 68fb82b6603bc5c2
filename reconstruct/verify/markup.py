"""HTML as passages: Confluence storage, exports of Notion and Google Docs, and blocks of HTML within Markdown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from typing import Final

from reconstruct.verify.passages import LABEL_LEVEL, Builder, Cell, Headings, Passage, PassageKind, is_label

_TAG: Final = re.compile(r"<(/?)([A-Za-z][\w:.-]*)([^<>]*)>")
_BLOCKS: Final = frozenset(
    [
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "blockquote",
        "tr",
        "table",
        "tbody",
        "thead",
        "figure",
        "figcaption",
        "details",
        "summary",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "hr",
        "body",
        "html",
        "head",
        "title",
        "nav",
        "aside",
        "ac:rich-text-body",
        "ac:task-body",
        "ac:structured-macro",
        "ac:layout-section",
        "ac:layout-cell",
    ]
)
_UNSEEN: Final = frozenset(
    [
        "script",
        "style",
        "template",
        "svg",
        "math",
        "noscript",
        "del",
        "s",
        "strike",
        "ac:parameter",
        "ac:plain-text-body",
        "ac:image",
        "ri:attachment",
        "ac:placeholder",
        "head",
    ]
)
_VOID: Final = frozenset(["br", "hr", "img", "input", "meta", "link", "wbr", "col"])
_DATETIME: Final = re.compile(r"""\bdatetime\s*=\s*["']([^"']*)["']""")
_BLANKS: Final = re.compile(r"\s+")
_SEEN_AS_HTML: Final = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype|<html\b|<head\b|<body\b|<(?:ac:|ri:)|<(?:p|h[1-6]|div|table|ul|ol"
    r"|article|section|span|meta|style)[\s>/])",
    re.IGNORECASE,
)


def is_markup(text: str) -> bool:
    """Whether a document is HTML by how it begins.

    >>> is_markup("<!DOCTYPE html><html>"), is_markup("# Title"), is_markup('<h1 id="a">Outage</h1>')
    (True, False, True)
    """
    return bool(_SEEN_AS_HTML.match(text[:4096]))


class _Reader:
    """Where in the tree the text stands."""

    def __init__(self, headings: Headings, group: int) -> None:
        self.headings = headings
        self.group = group
        self.builder = Builder()
        self.level = 0
        self.lists = 0
        self.unseen: list[str] = []
        self.code = 0
        self.row: list[tuple[Builder, bool]] | None = None
        self.heads: list[str] = []
        self.bold = 0
        self.plain = 0

    def flush(self) -> Iterator[Passage]:
        """What stands in the open block, as a passage."""
        if self.row is not None:
            if self.builder.size:
                self.builder.newline()
            return
        text = "".join(self.builder.parts)
        kind: PassageKind = "item" if self.lists else "prose"
        if self.level:
            self.headings.enter(self.level, text)
            kind = "heading"
        elif (not self.lists and self.plain == 0 and text.strip() and is_label(text, bold=True)) or (
            not self.lists and is_label(text, bold=False)
        ):
            self.headings.enter(LABEL_LEVEL, text.strip().rstrip(":"))
            kind = "heading"
        made = self.builder.passage(kind, self.headings.section, self.group)
        self.builder = Builder()
        self.plain = 0
        if made is not None:
            yield made

    def cell(self, *, head: bool) -> None:
        """A cell begins: what stood in the one before is kept."""
        if self.row is not None:
            self.row.append((Builder(), head))
            self.builder = self.row[-1][0]

    def end_row(self) -> Iterator[Passage]:
        """A row is over: column heads are remembered, any other row is a passage."""
        cells, self.row = self.row or [], None
        self.builder = Builder()
        texts = ["".join(cell.parts).strip() for cell, _ in cells]
        if cells and all(head for _, head in cells) and len(cells) > 1:
            self.heads = texts
            return
        joined = Builder()
        for column, (cell, _) in enumerate(cells):
            if column:
                joined.parts.append(" | ")
                joined.size += 3
            start = joined.size
            joined.spots += [spot._replace(offset=spot.offset + start) for spot in cell.spots]
            joined.ticks += [(a + start, b + start) for a, b in cell.ticks]
            joined.parts += cell.parts
            joined.size += cell.size
            joined.cells.append(Cell(start, joined.size, self.heads[column] if column < len(self.heads) else ""))
        if not joined.spots:
            return
        made = joined.passage("row", self.headings.section, self.group)
        if made is not None:
            yield made


def read_markup(
    text: str, *, first_line: int = 1, headings: Headings | None = None, group: int = 0
) -> Iterator[Passage]:
    """The passages of an HTML document or fragment, in order."""
    reader = _Reader(headings or Headings(), group)
    starts = [0]
    starts.extend(match.end() for match in re.finditer("\n", text))
    at, size = 0, len(text)
    comments = True

    def place(offset: int) -> tuple[int, int]:
        n = bisect_right(starts, offset) - 1
        return n + first_line, offset - starts[n] + 1

    while at < size:
        opened = text.find("<", at)
        opened = size if opened < 0 else opened
        if opened > at:
            _text(reader, text[at:opened], *place(at))
        at = opened
        if at >= size:
            break
        if text.startswith("<!--", at):
            closed = text.find("-->", at + 4) if comments else -1
            comments = closed >= 0
            at = closed + 3 if closed >= 0 else size
        elif text.startswith(("<![CDATA[", "<!", "<?"), at):
            end = "]]>" if text.startswith("<![CDATA[", at) else ">"
            closed = text.find(end, at + 2)
            at = closed + len(end) if closed >= 0 else size
        elif tag := _TAG.match(text, at):
            yield from _tag(reader, tag, place(at))
            at = tag.end()
        else:
            _text(reader, "<", *place(at))
            at += 1
    if reader.row is not None:
        yield from reader.end_row()
    yield from reader.flush()


def _text(reader: _Reader, raw: str, line: int, column: int) -> None:
    if reader.unseen:
        return
    for n, part in enumerate(raw.split("\n")):
        told = _BLANKS.sub(" ", unescape(part) if "&" in part else part)
        if n and reader.builder.size:
            reader.builder.newline()
        if not reader.builder.size:
            column += len(part) - len(part.lstrip())
            told = told.lstrip()
        reader.builder.add(told, line + n, column)
        if told.strip(" :*") and not reader.bold:
            reader.plain += len(told)
        column = 1


def _tag(reader: _Reader, match: re.Match[str], place: tuple[int, int]) -> Iterator[Passage]:
    closing, name, rest = bool(match[1]), match[2].lower(), match[3]
    single = name in _VOID or rest.rstrip().endswith("/")
    if name in _UNSEEN and not single:
        if not closing:
            reader.unseen.append(name)
        elif name in reader.unseen:
            del reader.unseen[reader.unseen.index(name) :]
        return
    if reader.unseen:
        return
    if name == "br":
        reader.builder.newline()
    elif name == "time":
        if not closing and (told := _DATETIME.search(rest)) and single:
            reader.builder.add(told[1], *place)
    elif name in ("strong", "b"):
        reader.bold += -1 if closing and reader.bold else 0 if closing else 1
    elif name == "code":
        if not closing:
            reader.code = reader.builder.size + 1
        elif reader.code:
            reader.builder.ticks.append((reader.code - 1, reader.builder.size))
            reader.code = 0
    elif name in ("td", "th"):
        if not closing:
            reader.cell(head=name == "th")
    elif name == "tr":
        if reader.row is not None:
            yield from reader.end_row()
        if not closing:
            yield from reader.flush()
            reader.row = []
            reader.builder = Builder()
    elif name in _BLOCKS and not single:
        yield from reader.flush()
        yield from _block_tag(reader, name, closing=closing)


def _block_tag(reader: _Reader, name: str, *, closing: bool) -> Iterator[Passage]:
    if name in ("ul", "ol", "dl"):
        reader.lists = max(0, reader.lists + (-1 if closing else 1))
        reader.group += reader.lists <= 1
    elif name == "table":
        if closing and reader.row is not None:
            yield from reader.end_row()
        reader.group += 1
        reader.heads = []
    elif len(name) == 2 and name[0] == "h" and name[1].isdigit():
        reader.level = 0 if closing else int(name[1])
        reader.group += 1
    elif name == "summary":
        reader.level = 0 if closing else LABEL_LEVEL - 1
