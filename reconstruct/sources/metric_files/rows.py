"""The rows of a table, CSV, Parquet or JSON records, as columns of cells, with the line each row came from."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from reconstruct.errors import UsageError
from reconstruct.json_text import FORM_ERRORS
from reconstruct.model import Gap
from reconstruct.sources.metric_files.cells import serial_times
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.names import label_word, metric_level

MAX_HEADER_ROWS: Final = 4
"""Levels of a header that a table of pandas may have; more has nobody."""
JSON_HINT: Final = (
    "known are saved answers of Prometheus, VictoriaMetrics, Grafana, CloudWatch, Azure, Google, Datadog, New Relic, "
    "InfluxDB, Dynatrace, OpenTSDB, Log Analytics, k6, sadf, and lists of records; else export as CSV: "
    "timestamp,metric,value"
)
SERIAL_COLUMNS: Final = ("time", "date", "datetime", "date_time", "timestamp", "zeit", "datum", "zeitstempel")
_SEPARATORS: Final = (";", "\t", ",", "|")
"""In the order of trust: a comma is a decimal sign where one of the others stands between the columns."""
_TIME: Final = re.compile(
    r"^(?:\d{4}[-/.]\d\d[-/.]\d\d(?:[T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\b.*|\d{9,19}(?:\.\d+)?)$"
)
_DOTTED: Final = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+|[+-]?\d{1,3}|"
"""A whole number with dots of thousands, or without where it is small."""
_IN_TUPLE: Final = re.compile(r"'([^']*)'")
_TUPLE: Final = re.compile(r"\('[^'()]*'(?:, '[^'()]*')+\)")
_FIGURE: Final = re.compile(r"^[+-]?[\d.,]*\d(?:[eE][+-]?\d+)?(?:\s*\S{1,8})?$")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Columns by name, as text (CSV) or as stored (Parquet); `lines` names each row's place in the file."""

    columns: pd.DataFrame
    lines: np.ndarray[tuple[int], np.dtype[np.int64]]
    row_word: str
    """`line` in a text, `row` in a Parquet file."""
    comma_decimal: bool = False
    """A comma between digits is a decimal sign here."""
    gaps: tuple[Gap, ...] = ()
    levels: tuple[str, ...] = ()
    """Columns that were the levels of an index."""


def read_rows(content: Content) -> Rows:
    """The rows of a table: CSV, Parquet, or JSON records.

    Raises
    ------
    UsageError
        If it is empty, or no table.
    """
    if content.is_parquet:
        return _parquet(content)
    if content.looks_like_json:
        return _json(content)
    try:
        return _csv(content)
    except csv.Error as error:
        raise UsageError(
            f"{content.path}: {error}", hint="is a quote left open? export it again as CSV (UTF-8)"
        ) from error


def _parquet(content: Content) -> Rows:
    try:
        table = pd.read_parquet(io.BytesIO(content.raw))
    except (pa.ArrowException, OSError, *FORM_ERRORS) as error:  # its metadata of pandas are JSON
        raise UsageError(
            f"{content.path}: not a whole Parquet file: {error}", hint="was it copied completely?"
        ) from error
    levels = tuple(str(name) for name in table.index.names if name is not None)
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index()
    if table.empty:
        raise UsageError(f"{content.path} has no rows", hint="export the metrics again, over a window that has data")
    headers = [_level_cells(name) for name in table.columns]
    level_names = [str(name or "") for name in table.columns.names]
    table.columns = pd.Index([_joined(cells, level_names=level_names) for cells in headers])
    return Rows(columns=table, lines=np.arange(1, len(table) + 1), row_word="row", levels=levels)


def _level_cells(name: object) -> tuple[str, ...]:
    """The levels of a column's name; what was a tuple is written as the text of one: `('shop', 'p95')`."""
    if isinstance(name, str) and _TUPLE.fullmatch(name):
        return tuple(_IN_TUPLE.findall(name))
    return tuple(str(cell) for cell in name) if isinstance(name, tuple) else (str(name),)


def _joined(cells: Sequence[str], *, level_names: Sequence[str]) -> str:
    """A header of several levels as one: the level that names the metric, the others as its labels."""
    filled = [(name, cell.strip()) for name, cell in zip(level_names, cells, strict=False) if cell.strip()]
    if len(filled) < 2:
        return filled[0][1] if filled else ""
    at = metric_level([cell for _, cell in filled])
    labels = [
        f'{_label_name(name, place)}="{cell}"' for place, (name, cell) in enumerate(filled) if place != at and cell
    ]
    return f"{filled[at][1]}{{{','.join(labels)}}}"


def _label_name(name: str, place: int) -> str:
    clean = re.sub(r"\W+", "_", name.strip()).strip("_")
    return clean if clean and not clean[0].isdigit() else f"level_{place + 1}"


def _json(content: Content) -> Rows:
    """Records (`[{"time": ..., "p95": ...}, ...]`), one a line, in a list or in an envelope; pandas' `split` too."""
    document = content.document
    records: object = content.json_lines or document
    if isinstance(document, dict) and len(content.json_lines) < 2:
        if {"columns", "data"} <= set(document) and isinstance(document["columns"], list):
            records = [dict(zip(document["columns"], row, strict=False)) for row in document["data"]]
            if "index" in document:
                records = [{"index": at, **row} for at, row in zip(document["index"], records, strict=False)]
        else:
            records = next((items for items in _lists(document) if len(items) > 1), [document])
    flat = [_flat(one) for one in records] if isinstance(records, list | tuple) else []
    if (
        not flat
        or None in flat
        or (records == [document] and any(isinstance(cell, dict) for cell in document.values()))
    ):
        raise unknown_json(content)
    table = pd.DataFrame(flat)
    table.columns = pd.Index([str(name) for name in table.columns])
    return Rows(columns=table, lines=np.arange(1, len(table) + 1), row_word="record")


def _lists(document: Mapping[str, object], *, depth: int = 5) -> Iterator[Sequence[object]]:
    """The lists of objects in an envelope, outermost first."""
    level: list[Mapping[str, object]] = [document]
    for _ in range(depth):
        for one in level:
            yield from (v for v in one.values() if isinstance(v, list) and v and all(isinstance(x, dict) for x in v))
        level = [value for one in level for value in one.values() if isinstance(value, dict)]


def _flat(record: object) -> dict[str, object] | None:
    """One record's cells; of an object in it (`{"time": 0, "data": {"p95": 1}}`) its fields; None = it is none."""
    if not isinstance(record, dict):
        return None
    found: dict[str, object] = {}
    for name, value in record.items():
        inner = value if isinstance(value, dict) else None
        for key, cell in (inner or {name: value}).items():
            if isinstance(cell, dict) or (isinstance(cell, list) and cell):
                return None
            found[f"{name}.{key}" if inner is not None and (key in record or key in found) else str(key)] = cell
    if "key_as_string" in found:  # Elasticsearch's buckets tell their time twice
        found.pop("key", None)
    return {name: cell for name, cell in found.items() if not isinstance(cell, list)}


def unknown_json(content: Content) -> UsageError:
    """What to say of JSON that holds no samples that are known."""
    return UsageError(f"{content.path} is JSON of no kind that is known ({_shape(content)})", hint=JSON_HINT)


def _shape(content: Content) -> str:
    document = content.document
    if document is None and content.json_lines:
        return f"lines of objects with {', '.join(map(repr, list(content.json_lines[0])[:5]))}"
    if document is None:
        return "it does not parse to its end: was it copied completely?"
    if isinstance(document, dict):
        return f"an object with {', '.join(map(repr, list(document)[:5])) or 'nothing'}"
    inside = f" of {type(document[0]).__name__}s" if isinstance(document, list) and document else ""
    return f"a list{inside}"


def _csv(content: Content) -> Rows:
    text = content.text
    if not text.strip():
        raise UsageError(f"{content.path} is empty", hint="a metrics file has a header line: timestamp,metric,value")
    separator = _separator(text)
    header, rows, lines = _below_title(*_cells(text, separator=separator))
    header, rows, lines = _headers(header, rows, lines)
    names, kept, gaps = _unique(header, name=content.name)
    right: list[list[str]] = []
    at: list[int] = []
    for row, line in zip(rows, lines, strict=True):
        if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            cause = f"{len(row)} fields where the header has {len(names)}"
            gaps.append(Gap(id="", source=content.name, missing=f"the samples on line {line}", cause=cause))
        elif any(cell.strip() for cell in row):
            right.append([*row[: len(names)], *[""] * (len(names) - len(row))])
            at.append(line)
    if not right:
        raise UsageError(
            f"{content.path} has a header and no rows", hint="export the metrics again, over a window that has data"
        )
    columns = _whole_times(pd.DataFrame(right, columns=names, dtype=object).iloc[:, kept])
    if separator != ",":
        columns = _without_thousands(columns)
    return Rows(columns=columns, lines=np.array(at), row_word="line", comma_decimal=separator != ",", gaps=tuple(gaps))


def _below_title(
    header: list[str], rows: list[list[str]], lines: list[int]
) -> tuple[list[str], list[list[str]], list[int]]:
    """The header below lines that are narrower than the table: a title that somebody put above it."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    usual = widths.most_common(1)[0][0] if widths else 0
    if len(header) >= usual or usual < 2:
        return header, rows, lines
    first = next(place for place, row in enumerate(rows) if len(row) >= usual)
    return rows[first], rows[first + 1 :], lines[first + 1 :]


def _without_thousands(columns: pd.DataFrame) -> pd.DataFrame:
    """Dots of thousands taken out (`6.000`), where another cell of the table shows that a comma is its decimal sign."""
    texts = {name: columns[name].astype(str).str.strip() for name in columns.columns}
    if not any(cells.str.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})*,\d+").any() for cells in texts.values()):
        return columns
    dotted = {
        name: cells.str.replace(".", "", regex=False)
        for name, cells in texts.items()
        if cells.str.fullmatch(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+|[+-]?\d{1,3}|").all()
        and cells.str.contains(".", regex=False).any()
    }
    return columns.assign(**dotted) if dotted else columns


_DATES: Final = ("date", "datum", "fecha", "day")
_CLOCKS: Final = ("time", "uhrzeit", "zeit", "heure", "hora")


def _whole_times(columns: pd.DataFrame) -> pd.DataFrame:
    """The table with a date and a clock time in two columns put together, and a spreadsheet's day numbers as times."""
    words = {label_word(re.sub(r"\s*\([^)]*\)\s*$", "", str(name))): name for name in reversed(columns.columns)}
    date = next((words[word] for word in _DATES if word in words), None)
    clock = next((words[word] for word in _CLOCKS if word in words), None)
    if date is not None and clock is not None:
        dates, clocks = columns[date].str.strip(), columns[clock].str.strip()
        apart = (
            dates.str.fullmatch(r"[\d./-]{6,10}").all()
            and clocks.str.fullmatch(r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?").all()
        )
        if apart:
            return columns.assign(**{str(clock): dates + " " + clocks}).drop(columns=[date])
    for word in SERIAL_COLUMNS:
        if word in words:
            read = serial_times(columns[words[word]])
            return columns if read is None else columns.assign(**{str(words[word]): read})
    return columns


def _headers(
    header: list[str], rows: list[list[str]], lines: list[int]
) -> tuple[list[str], list[list[str]], list[int]]:
    """One header: made where there is none, put together where several rows are one (a table of pandas with levels)."""
    if _is_time(header[0]) or (len(header) > 1 and _is_time(header[1]) and _is_figure(header[-1])):
        made = [f"column {place + 1}" for place in range(len(header))]
        return made, [header, *rows], [1, *lines]
    more = 0
    while more < min(MAX_HEADER_ROWS, len(rows) - 1) and _is_header(rows[more]):
        more += 1
    if not more or _is_header(rows[more]):
        return header, rows, lines
    levels = [header, *rows[:more]]
    # The last of them may only name the index: `time,,,`.
    named = [row for row in levels if any(cell.strip() for cell in row[1:])]
    if not named:
        return header, rows, lines
    level_names = [row[0].strip() for row in named]
    index = next((row[0].strip() for row in levels if not any(cell.strip() for cell in row[1:])), "") or "time"
    width = max(len(row) for row in named)
    cells = [[row[place] if place < len(row) else "" for row in named] for place in range(1, width)]
    made = [index, *(_joined(column, level_names=level_names) for column in cells)]
    return made, rows[more:], lines[more:]


def _is_header(row: Sequence[str]) -> bool:
    """A row without a time in front and without a figure is no sample."""
    return (
        bool(row)
        and not _is_time(row[0])
        and not any(_is_figure(cell) for cell in row[1:])
        and any(c.strip() for c in row)
    )


def _is_time(cell: str) -> bool:
    return bool(_TIME.match(cell.strip()))


def _is_figure(cell: str) -> bool:
    return bool(_FIGURE.match(cell.strip()))


def _separator(text: str) -> str:
    """The one that the first line with any has most of, in the order of trust."""
    for line in io.StringIO(text):
        counts = Counter(line)
        if any(counts[one] for one in _SEPARATORS):
            # Grafana and spreadsheets may say the separator themselves.
            if line.lower().startswith("sep=") and len(line.strip()) == len("sep=") + 1:
                return line.strip()[-1]
            unquoted = Counter("".join(line.split('"')[::2]))
            return max(_SEPARATORS, key=lambda one: (unquoted[one] > 0, -_SEPARATORS.index(one)))
    return ","


def _cells(text: str, *, separator: str) -> tuple[list[str], list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    for row in reader:
        first_line, before = before + 1, reader.line_num
        if not header:
            said_separator = first_line == 1 and len(row) <= 2 and row[:1] == ["sep="]
            header = [] if said_separator or not any(cell.strip() for cell in row) else row
            continue
        rows.append(row)
        lines.append(first_line)
    return header, rows, lines


def _unique(header: Sequence[str], *, name: str) -> tuple[list[str], list[int], list[Gap]]:
    """Column names without blanks around them, the places of those to keep, and a Gap for a name that stands twice."""
    names: list[str] = []
    kept: list[int] = []
    gaps: list[Gap] = []
    for place, cell in enumerate(header):
        title = cell.strip() or f"column {place + 1}"
        if title in names:
            cause = "an earlier column has the same name, and counts"
            gaps.append(Gap(id="", source=name, missing=f"column {place + 1}, {title!r}", cause=cause))
        else:
            kept.append(place)
        names.append(title)
    return names, kept, gaps
