"""Tables as tracks: long (`timestamp`, `metric`, `value`, labels) or wide (a column a metric, others labels)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.json_text import read_json
from reconstruct.model import Gap
from reconstruct.sources.changes.times import tells_zone
from reconstruct.sources.metric_files.cells import Times, read_numbers, read_times
from reconstruct.sources.metric_files.columns import VALUE_COLUMNS, Columns, columns_of
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.names import label_word, looks_like_metric, metric_share
from reconstruct.sources.metric_files.rows import Rows, read_rows, unknown_json
from reconstruct.sources.metric_files.tracks import Parsed, Track, limited
from reconstruct.sources.metric_files.units import WrittenUnit, split_header, unit_of_vendor

_SELECTOR: Final = re.compile(r"(?P<name>[a-zA-Z_:][^{}]*?)?\s*\{(?P<labels>.*)\}")
_LABEL: Final = re.compile(r'\s*([a-zA-Z_][\w.]*)\s*=\s*"((?:\\.|[^"\\])*)"\s*(?:,|$)')
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
MAX_OFFSET_H: Final = 14
"""A larger number in a column of zones is seconds."""
GRID_SEPARATORS: Final = ("_", "|", ":", "/", ".", " ", "-")
MIN_GRID: Final = 4
GRID_SHARE: Final = 0.6
"""Of things and metrics that a grid holds, and of second parts that look like metrics. A guess."""


def read_table(content: Content, *, tz: str, chosen: Mapping[str, str]) -> Parsed:
    """Every series of a table; a row or cell that cannot be read is a Gap that names its line.

    Raises
    ------
    UsageError
        If it is no table, or has no column of times.
    """
    rows = read_rows(content)
    try:
        columns = columns_of(rows, tz=tz, path=content.path, chosen=chosen)
    except UsageError as error:
        if content.looks_like_json and "no column of times" in error.message:
            raise unknown_json(content) from error
        raise
    times = read_times(_zoned(rows, columns), tz=tz)
    gaps = [*limited(rows.gaps, name=content.name), *columns.gaps]
    gaps += _row_gaps("the samples", times.problems, rows=rows, name=content.name)
    make = _long if columns.metric is not None else _wide
    tracks, more = make(rows, columns=columns, times=times, content=content)
    cells = rows.columns[columns.time].head(50)
    zoneless = not columns.zone and columns.zone_column is None and any(_without_zone(str(cell)) for cell in cells)
    return Parsed(tuple(tracks), (*gaps, *more), zoneless=zoneless)


def _zoned(rows: Rows, columns: Columns) -> pd.Series:
    """The cells of the time with the zone that the header or a column of zones tells, where they tell none."""
    cells = rows.columns[columns.time]
    if not columns.zone and columns.zone_column is None:
        return cells
    if isinstance(cells.dtype, pd.DatetimeTZDtype) or pd.api.types.is_numeric_dtype(cells.dtype):
        return cells
    texts = cells.astype(str).str.strip()
    if columns.zone_column is None:
        zones = pd.Series(columns.zone, index=texts.index)
    else:
        zones = rows.columns[columns.zone_column].map(zone_text)
    zoned = (texts + " " + zones).str.strip()
    bare = texts.map(lambda text: bool(text) and (_without_zone(text) or not tells_zone(text)))
    return zoned.where(bare, texts)


def zone_text(cell: object) -> str:
    """A cell of a column of zones as it stands beside a time: hours and seconds as numbers are offsets.

    >>> zone_text("Europe/Berlin"), zone_text("-5"), zone_text(5.5), zone_text("3600"), zone_text("")
    ('Europe/Berlin', '-05:00', '+05:30', '+01:00', '')
    """
    text = str(cell).strip()
    if not _NUMBER.fullmatch(text) or (len(text.lstrip("+-")) == len("0530") and text[:1] in "+-"):
        return "" if text in ("nan", "None") else text
    number = float(text)
    minutes = round(number * 60 if abs(number) <= MAX_OFFSET_H else number / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _row_gaps(missing: str, problems: Sequence[str], *, rows: Rows, name: str) -> tuple[Gap, ...]:
    found = [
        Gap(id="", source=name, missing=f"{missing} on {rows.row_word} {rows.lines[row]}", cause=problem)
        for row, problem in enumerate(problems)
        if problem
    ]
    return limited(found, name=name)


def _without_zone(cell: str) -> bool:
    return bool(re.fullmatch(r"[^a-zA-Z+]*[-/.][^a-zA-Z+]*:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[AaPp][Mm])?", cell.strip()))


def _long(rows: Rows, *, columns: Columns, times: Times, content: Content) -> tuple[list[Track], list[Gap]]:
    if columns.metric is None or columns.value is None:
        raise ValueError("a long table without a metric")
    figures = read_numbers(rows.columns[columns.value], comma_decimal=rows.comma_decimal)
    gaps = list(_row_gaps("the sample", figures.problems, rows=rows, name=content.name))
    keys = [columns.metric, *columns.labels, *(n for n in (columns.unit, columns.json_labels) if n)]
    tracks = []
    for cells, place in _groups(rows, keys):
        said = cells[1 + len(columns.labels)] if columns.unit else ""
        labels = {name: cell for name, cell in zip(columns.labels, cells[1:], strict=False) if cell}
        if columns.json_labels:
            labels |= _json_labels(cells[-1])
        name, own, unit = header_of(cells[0], stem=content.stem)
        unit = figures.unit or unit_of_vendor(said) or unit
        if name:
            tracks.append(
                Track(name, labels | own, times.values[place], figures.values[place], unit, lines=rows.lines[place])
            )
    return tracks, gaps


def _wide(rows: Rows, *, columns: Columns, times: Times, content: Content) -> tuple[list[Track], list[Gap]]:
    gaps: list[Gap] = []
    tracks: list[Track] = []
    about = _things(columns.series, stem=content.stem)
    grid = _grid(columns.series)
    keys = [*columns.labels, *([columns.json_labels] if columns.json_labels else [])]
    groups = _groups(rows, keys) if keys else [([], np.arange(len(times.values)))]
    for column in columns.series:
        figures = read_numbers(rows.columns[column], comma_decimal=rows.comma_decimal)
        gaps += _row_gaps(f"the sample of {column!r}", figures.problems, rows=rows, name=content.name)
        if np.isnan(figures.values).all() and not any(figures.problems):
            gaps.append(Gap(id="", source=content.name, missing=f"the column {column!r}", cause="it holds no number"))
        for cells, place in groups:
            labels = {name: cell for name, cell in zip(columns.labels, cells, strict=False) if cell}
            if columns.json_labels:
                labels |= _json_labels(cells[-1])
            name, own, unit = header_of(column, stem=content.stem)
            name, own = (about, {"series": column, **own}) if about else (name, own)
            if column in grid:
                name, own = grid[column][1], {"service": grid[column][0], **own}
            unit = figures.unit or unit
            lines = rows.lines[place]
            tracks.append(Track(name, labels | own, times.values[place], figures.values[place], unit, lines=lines))
    return tracks, gaps


def _things(columns: Sequence[str], *, stem: str) -> str:
    """What a table measures whose headers only name things, as a legend does; "" where they name metrics.

    The file's name says it, as Grafana calls an export by its panel; so do headers that differ by a number only.
    """
    if not columns or any("{" in one or looks_like_metric(one) or split_header(one)[1] for one in columns):
        return ""
    if any(label_word(one) in VALUE_COLUMNS for one in columns):
        return ""
    alike = len(columns) > 1 and len({re.sub(r"\d+", "", one) for one in columns}) == 1
    return stem if alike or looks_like_metric(stem) else ""


def _grid(columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Headers that are a thing and a metric each, as (thing, metric): `cart_cpu`, `cart_latency-90`, `shop_cpu`, ...

    Only where most things have most of the metrics, and the second parts are names of measurements while the first
    are not: `node_cpu`, `node_memory` is no such grid.
    """
    for separator in GRID_SEPARATORS:
        cut = {one: one.split(separator, 1) for one in columns if one.count(separator) >= 1 and "{" not in one}
        if len(cut) < GRID_SHARE * len(columns) or len(columns) < MIN_GRID:
            continue
        things, metrics = {head for head, _ in cut.values()}, {tail for _, tail in cut.values()}
        full = len(cut) >= GRID_SHARE * len(things) * len(metrics)
        if len(things) < 2 or len(metrics) < 2 or not full:
            continue
        if metric_share(metrics) >= GRID_SHARE and metric_share(things) <= 1 - GRID_SHARE:
            return {one: (head, tail) for one, (head, tail) in cut.items()}
    return {}


def _groups(rows: Rows, keys: Sequence[str]) -> list[tuple[list[str], np.ndarray[tuple[int], np.dtype[np.intp]]]]:
    """The cells of each distinct set of labels, and the rows that have it.

    One code a distinct set: comparing texts once a column, not once a row.
    """
    given = rows.columns[list(keys)]
    by_key = given.astype(str).where(given.notna(), "")
    found = by_key.groupby(list(keys), sort=True, observed=True).indices
    return [
        ([str(cell).strip() for cell in (key if isinstance(key, tuple) else (key,))], np.asarray(place, dtype=np.intp))
        for key, place in found.items()
    ]


def _json_labels(cell: str) -> dict[str, str]:
    try:
        given = read_json(cell or "{}")
    except ValueError:
        return {"labels": cell}
    return (
        {str(k): str(v) for k, v in given.items() if v not in ("", None)}
        if isinstance(given, dict)
        else {"labels": cell}
    )


def header_of(column: str, *, stem: str) -> tuple[str, dict[str, str], WrittenUnit | None]:
    """A header's metric, labels and unit: `name{a="b"}` as Prometheus writes it, `Duration (ms)`, or a name."""
    written = _SELECTOR.fullmatch(column.strip())
    if written:
        labels = dict(_LABEL.findall(written["labels"]))
        name = written["name"] or labels.pop("__name__", stem)
        return name, {k: re.sub(r"\\(.)", r"\1", v) for k, v in labels.items()}, split_header(name)[1]
    if label_word(column) in VALUE_COLUMNS:
        return stem, {}, None
    return column.strip(), {}, split_header(column)[1]
