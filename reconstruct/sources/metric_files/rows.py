"""The rows of a metrics file, CSV or Parquet, as columns of cells, with the line each row came from."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from reconstruct.errors import UsageError
from reconstruct.model import Gap

MAX_FILE_BYTES: Final = 2 * 1024**3
"""A guess: more does not fit into the memory of the machine that a postmortem is written on."""
_SEPARATORS: Final = (";", "\t", ",", "|")
"""In the order of trust: a comma is a decimal sign where one of the others stands between the columns."""
_PARQUET_MAGIC: Final = b"PAR1"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


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


def read_rows(path: Path) -> Rows:
    """The rows of the file at `path`; what a file is, its content tells.

    Raises
    ------
    UsageError
        If it cannot be read, is empty, or is no table.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_FILE_BYTES:
            raise UsageError(
                f"{path} is too big ({size_bytes / 1024**3:.1f} GiB)", hint="cut it to the window, or use fewer metrics"
            )
        with path.open("rb") as opened:
            first = opened.read(4)
        return _parquet(path) if first == _PARQUET_MAGIC else _csv(path.read_bytes(), path=path)
    except csv.Error as error:
        raise UsageError(f"{path}: {error}", hint="is a quote left open? export it again as CSV (UTF-8)") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="is the path right, and may you read it?") from error


def _parquet(path: Path) -> Rows:
    try:
        table = pd.read_parquet(path)
    except (pa.ArrowException, ValueError) as error:
        raise UsageError(f"{path}: not a whole Parquet file: {error}", hint="was it copied completely?") from error
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index()
    table.columns = [str(name) for name in table.columns]
    if table.empty:
        raise UsageError(f"{path} has no rows", hint="export the metrics again, over a window that has data")
    return Rows(columns=table, lines=np.arange(1, len(table) + 1), row_word="row")


def _csv(raw: bytes, *, path: Path) -> Rows:
    text = _decoded(raw, path=path)
    if not text.strip():
        raise UsageError(f"{path} is empty", hint="a metrics file has a header line: timestamp,metric,value")
    separator = _separator(text)
    header, rows, lines = _cells(text, separator=separator)
    names, kept, gaps = _unique(header, name=path.name)
    right: list[list[str]] = []
    at: list[int] = []
    for row, line in zip(rows, lines, strict=True):
        if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            cause = f"{len(row)} fields where the header has {len(names)}"
            gaps.append(Gap(id="", source=path.name, missing=f"the samples on line {line}", cause=cause))
        elif any(cell.strip() for cell in row):
            right.append([*row[: len(names)], *[""] * (len(names) - len(row))])
            at.append(line)
    if not right:
        raise UsageError(
            f"{path} has a header and no rows", hint="export the metrics again, over a window that has data"
        )
    columns = pd.DataFrame(right, columns=names, dtype=object).iloc[:, kept]
    return Rows(columns=columns, lines=np.array(at), row_word="line", comma_decimal=separator != ",", gaps=tuple(gaps))


def _decoded(raw: bytes, *, path: Path) -> str:
    encoding = "utf-16" if raw[:2] in _UTF16_MARKS else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in raw[:4096]:
            raise UsageError(
                f"{path} is neither CSV nor Parquet", hint="export it as CSV (UTF-8), or as Parquet"
            ) from error
        # What spreadsheets on Windows write when nobody asks for UTF-8; every byte means something in it.
        return raw.decode("latin-1")


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
