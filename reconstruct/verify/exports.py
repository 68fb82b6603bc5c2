"""Timelines as CSV and messages as JSON: what people paste into a postmortem, or check before they do."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import Final

from reconstruct.verify.passages import Cell, Passage, Spot

_ID: Final = re.compile(r"(?:al|ep|[aegqt])[1-9]\d{0,5}")
_HEAD: Final = re.compile(r"[^\n]*\b(?:time|timestamp|date|when)\b[^\n]*[,;\t][^\n]*\n", re.IGNORECASE)
_HEAD_LENGTH: Final = 2000
"""Characters within which the first line of a CSV file ends."""
_STRING: Final = re.compile(r'"text"\s*:\s*("(?:[^"\\]|\\.)*")')
_DIAGRAM: Final = re.compile(
    r"\s*(?:---\s.{0,400}?---\s*)?(?:%%[^\n]*\n\s*)*(?:gantt|timeline|flowchart|sequenceDiagram)\b", re.DOTALL
)
_MARKS: Final = re.compile(r"(?<![\w`])[*_~]+|[*_~]+(?![\w`])|<(?:https?:[^|>]*\|)?|>")


def is_diagram(text: str) -> bool:
    """Whether it is the source of a picture, which says nothing in sentences.

    >>> is_diagram("gantt\\n title x"), is_diagram("# Timeline")
    (True, False)
    """
    return bool(_DIAGRAM.match(text[:2000]))


def is_table(text: str) -> bool:
    """Whether it begins like a CSV file with a column of times.

    >>> is_table("id,time,title\\nt1,2026-01-01T00:00Z,x\\n"), is_table("At that time, we looked\\n")
    (True, False)
    """
    head = _HEAD.match(text[:_HEAD_LENGTH])
    return head is not None and not re.search(r"[.!?|]|\s\w+\s", head[0].strip())


def is_messages(text: str) -> bool:
    """Whether it is a chat message in JSON.

    >>> is_messages('{"blocks": [{"text": "x"}]}'), is_messages("At 14:00")
    (True, False)
    """
    return text.lstrip()[:1] == "{" and '"text"' in text


def read_table(text: str) -> Iterator[Passage]:
    """The rows of a CSV file; ids in a column of their own are citations."""
    rows = csv.reader(text.splitlines(keepends=True))
    heads = [head.strip() for head in next(rows, [])]
    line = rows.line_num
    for row in rows:
        first, line = line + 1, rows.line_num
        shown, cells, ticks = "", [], []
        for column, cell in enumerate(row):
            shown += " | " if column else ""
            start = len(shown)
            shown += " ".join(cell.split())
            head = heads[column] if column < len(heads) else ""
            cells.append(Cell(start, len(shown), head))
            if head.lower() in ("evidence", "id", "ids"):
                ticks += [(start + m.start(), start + m.end()) for m in _ID.finditer(shown[start:])]
        if shown.strip(" |"):
            yield Passage(shown, (Spot(0, first, 1),), "row", tuple(cells), ticks=tuple(ticks), group=1)


def read_messages(text: str) -> Iterator[Passage]:
    """The texts of a chat message in JSON, line by line."""
    starts, line, at = [], 1, 0
    for match in _STRING.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        starts.append((line, match[1]))
    for group, (number, raw) in enumerate(starts):
        for told in str(json.loads(raw, strict=False)).split("\n"):
            ticks = [(m.start() - 2 * n, m.end() - 2 * n - 2) for n, m in enumerate(re.finditer(r"`[^`]*`", told))]
            plain = told.replace("`", "")
            shown = _MARKS.sub(lambda m: " " * len(m[0]), plain)
            if shown.strip():
                yield Passage(
                    shown, (Spot(0, number, 1),), "item", (Cell(0, len(shown), ""),), ticks=tuple(ticks), group=group
                )
