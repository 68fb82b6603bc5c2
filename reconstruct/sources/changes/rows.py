"""The rows of a file that has no format of its own: CSV as spreadsheets write it, JSON Lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from reconstruct.errors import UsageError
from reconstruct.json_text import JsonError, read_json
from reconstruct.sources.changes.columns import column_name, column_of

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{10,19}$")
_NAME: Final = re.compile(r"[A-Za-z@_][\w @()./\[\]-]{0,40}")


class Row(NamedTuple):
    """One record and where it stands: `line 7`, `item 3`."""

    place: str
    record: Mapping[str, object] | None
    """None: it could not be read as a record, because of `problem`."""
    problem: str = ""


def jsonl_rows(text: str) -> Iterator[Row]:
    """One row a line; a line that is no object is a row with a problem."""
    # not splitlines(): a title may hold U+2028 or a form feed, which JSON leaves as they are
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        record = json_or_none(line)
        if isinstance(record, dict):
            yield Row(f"line {number}", record)
        else:
            yield Row(f"line {number}", None, "it is not an object" if record is not None else json_problem(line))


def has_header(text: str) -> bool:
    """Whether a text without a telling suffix begins as CSV does: names with a time among them, no time itself.

    >>> has_header("time,kind,title\\n13:45,deploy,x\\n"), has_header("13:45 rolled back, at last\\n")
    (True, False)
    """
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    cells = [cell.strip().strip('"') for cell in first.split(_delimiter(text))]
    named = {column_name(cell): cell for cell in cells}
    return len(cells) > 1 and all(_NAME.fullmatch(cell) for cell in cells) and column_of("time", named) is not None


def csv_rows(text: str, *, name: str) -> Iterator[Row]:
    """One row a record, by the names of the header; one with more cells than names is a row with a problem."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    header: list[str] = []
    line = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:  # a cell of more than 131,072 characters: a quote that is never closed
            yield Row(f"line {line}", None, f"it is not CSV: {error}; is a quote left open?")
            continue
        if not any(cell.strip() for cell in cells) or (line == 1 and text.startswith("sep=")):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
            if any(_TIME.match(cell) for cell in header):
                raise UsageError(
                    f"{name} begins without a header", hint="put one in front, such as time,service,title,version"
                )
        elif len(cells) > len(header) and any(cells[len(header) :]):
            problem = f"it has {len(cells)} cells, the header {len(header)}; put quotes around text with commas"
            yield Row(f"line {line}", None, problem)
        else:
            yield Row(f"line {line}", dict(zip(header, cells, strict=False)))
    if not header:
        raise UsageError(f"{name} is empty", hint="begin with a header such as time,kind,service,title,version")


def _delimiter(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("sep=") and len(first.rstrip()) == 5:  # how Excel says it
        return first[4]
    return max(",;\t", key=first.count)


def json_or_none(text: str) -> object | None:
    """The JSON value that a text is; None = it is none."""
    try:
        whole: object = read_json(text)
    except JsonError:
        return None
    return whole


def json_problem(text: str) -> str:
    """Why a text is no JSON, with the place."""
    try:
        read_json(text)
    except JsonError as error:
        return f"it is not JSON: {error}"
    return "it is not an object"
