"""Markdown and plain text as passages: markdown-it-py for the structure, and the way back to line and column."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconstruct.verify.markup import read_markup
from reconstruct.verify.passages import LABEL_LEVEL, UNREAD, Builder, Cell, Headings, Passage, Spot, is_label

_PLAIN: Final = re.compile(r"[\\`*_\[\]<>&!~]")
"""Without these a paragraph is what it says: nothing to parse in it."""
_HIDDEN: Final = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_NEAR: Final = 4_000
"""Characters within which a piece of text is looked for in its source: markup between pieces is shorter."""
_LONG: Final = 100_000
"""A paragraph longer than this is no prose: its markup is left as it stands."""


@lru_cache(maxsize=2)
def _parser(*, plain: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable(["table", "strikethrough"])
    parser.disable("inline")
    if plain:
        parser.disable(["code", "lheading", "html_block"])
    return parser


@lru_cache(maxsize=1)
def _inline() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 20}).enable("strikethrough").disable("text_join")


CHUNKED: Final = 200_000
"""Characters from which on a document is read section by section, each different one once."""
MAX_DIFFERENT: Final = 1_500_000
"""Characters of different sections that are read; no postmortem is longer. What comes after is unread."""
_SECTION: Final = re.compile(r"#{1,2} ")
_FENCE: Final = re.compile(r" {0,3}(?:```|~~~)")


def read_markdown(text: str, *, plain: bool = False) -> Iterator[Passage]:
    """The passages of a Markdown document, in order; `plain` text knows no indented code and no underlined titles."""
    headings = Headings()
    if len(text) < CHUNKED:
        yield from _passages(text, headings, plain=plain)
        return
    seen: dict[Hashable, tuple[list[Passage], tuple[tuple[int, str], ...]]] = {}
    read = group = 0
    for first, chunk in _chunks(text):
        key = (chunk, headings.stack)
        if key not in seen:
            if read + len(chunk) > MAX_DIFFERENT:
                left = chunk[: max(0, MAX_DIFFERENT - read)].rpartition("\n")[0]
                yield from (_shifted(one, first, group) for one in _passages(left, headings, plain=plain))
                yield Passage(
                    UNREAD, (Spot(0, first + left.count("\n") + 1, 1),), "unread", (Cell(0, len(UNREAD), ""),)
                )
                return
            read += len(chunk)
            found = list(_passages(chunk, headings, plain=plain))
            seen[key] = (found, headings.stack)
        found, headings.stack = seen[key]
        yield from (_shifted(one, first, group) for one in found)
        group += 1 + max((one.group for one in found), default=0)


def _shifted(one: Passage, lines: int, groups: int) -> Passage:
    spots = tuple([Spot(s[0], s[1] + lines, s[2]) for s in one.spots])
    p = one
    return Passage(p.text, spots, p.kind, p.cells, p.section, p.breaks, p.ticks, p.group + groups, p.language)


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Sections under headings of the first two levels, with the number of lines before each."""
    lines = text.split("\n")
    start, fenced = 0, False
    for n, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        elif n > start and not fenced and not lines[n - 1].strip() and _SECTION.match(line):
            yield start, "\n".join(lines[start:n])
            start = n
    yield start, "\n".join(lines[start:])


def _passages(text: str, headings: Headings, *, plain: bool) -> Iterator[Passage]:
    source = text.split("\n")
    tokens = _parser(plain=plain).parse(text)
    heads: list[str] = []
    row: Builder | None = None
    group = line = level = deep = 0
    struck_head = False
    for token in tokens:
        if token.map:
            line = token.map[0]
        if token.type in ("bullet_list_open", "ordered_list_open", "table_open"):
            group += deep == 0
            deep += 1
        elif token.type in ("bullet_list_close", "ordered_list_close", "table_close"):
            deep -= 1
        elif token.type == "heading_open":
            level = int(token.tag[1])
            group += 1
        elif token.type == "heading_close":
            level = 0
        elif token.type == "thead_open":
            heads, struck_head = [], True
        elif token.type == "thead_close":
            struck_head = False
        elif token.type == "tr_open" and not struck_head:
            row = Builder()
        elif token.type == "tr_close" and row is not None:
            if (made := row.passage("row", headings.section, group)) is not None:
                yield made
            row = None
        elif token.type in ("fence", "code_block"):
            builder = Builder()
            builder.add(token.content or " ", line + 1, 1)
            made = builder.passage("code", headings.section, group, language=token.info.strip())
            if made is not None:
                yield made
        elif token.type == "html_block":
            yield from read_markup(token.content, first_line=line + 1, headings=headings, group=group)
        elif token.type == "inline":
            if struck_head:
                heads.append(_plain_text(token))
            elif row is not None:
                _cell(row, token, source, line, heads)
            else:
                yield from _block(token, source, headings, group=group, level=level, item=deep > 0)


def _plain_text(token: Token) -> str:
    builder = Builder()
    _fill(builder, token, [(0, 1, 1)])
    return "".join(builder.parts).strip()


def _block(
    token: Token, source: Sequence[str], headings: Headings, *, group: int, level: int, item: bool
) -> Iterator[Passage]:
    first = token.map[0] if token.map else 0
    builder = Builder()
    _fill(builder, token, _line_starts(token.content, source, first))
    text = "".join(builder.parts)
    if level:
        headings.enter(level, text)
        kind = "heading"
    else:
        bold = token.content.startswith(("**", "__")) and token.content.rstrip(": ").endswith(("**", "__"))
        kind = "item" if item else "prose"
        if not item and "\n" not in token.content and is_label(text, bold=bold and token.content.count("**") <= 2):
            headings.enter(LABEL_LEVEL, text.strip().rstrip(":"))
            kind = "heading"
    made = builder.passage(kind, headings.section, group)  # type: ignore[arg-type]
    if made is not None:
        yield made


def _cell(row: Builder, token: Token, source: Sequence[str], line: int, heads: Sequence[str]) -> None:
    if row.cells:
        row.add(" | ", line + 1, 1)
    start, column = row.size, len(row.cells)
    shown = source[line] if line < len(source) else ""
    after = max((spot.column for spot in row.spots if spot.line == line + 1), default=1) - 1
    content = token.content
    at = shown.find(content, after) if content else -1
    _fill(row, token, [(0, line + 1, (at if at >= 0 else after) + 1)])
    row.cells.append(Cell(start, row.size, heads[column] if column < len(heads) else ""))


def _line_starts(content: str, source: Sequence[str], first: int) -> list[tuple[int, int, int]]:
    """Offset in the content, line and column (from 1) of each of its lines."""
    found, offset = [], 0
    for n, told in enumerate(content.split("\n")):
        shown = source[first + n] if first + n < len(source) else ""
        found.append((offset, first + n + 1, max(0, shown.find(told)) + 1))
        offset += len(told) + 1
    return found


def _fill(builder: Builder, token: Token, starts: Sequence[tuple[int, int, int]]) -> None:
    """The text of an inline token without its markup."""
    content = _HIDDEN.sub(" ", token.content)
    row = 0

    def add(text: str, offset: int) -> None:
        nonlocal row
        while row + 1 < len(starts) and starts[row + 1][0] <= offset:
            row += 1
        builder.add(text, starts[row][1], starts[row][2] + offset - starts[row][0])

    if len(content) > _LONG or not _PLAIN.search(content):
        offset = 0
        for n, told in enumerate(content.split("\n")):
            if n:
                builder.newline()
            add(told, offset)
            offset += len(told) + 1
        return
    cursor = hidden = 0
    for child in _inline().parseInline(content)[0].children or ():
        if child.type in ("softbreak", "hardbreak"):
            builder.newline()
            found = content.find("\n", cursor, cursor + _NEAR)
            cursor = found + 1 if found >= 0 else cursor
            continue
        if child.type == "s_open":
            hidden += 1
        elif child.type == "s_close":
            hidden -= 1
        elif child.type == "html_inline" and re.match(r"<br\b", child.content, re.IGNORECASE):
            builder.newline()
        if child.type not in ("text", "text_special", "code_inline") or not child.content:
            continue
        raw = child.markup if child.type == "text_special" and child.markup else child.content
        found = content.find(raw, cursor, cursor + _NEAR + len(raw))
        cursor = found if found >= 0 else cursor
        if not hidden:
            start = builder.size
            add(child.content, cursor)
            if child.type == "code_inline":
                builder.ticks.append((start, builder.size))
        cursor += len(raw) if found >= 0 else 0
