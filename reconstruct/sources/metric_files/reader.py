"""Metrics from a CSV or Parquet file: long (`timestamp`, `metric`, `value`, labels) or wide (a column a series)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.model import Gap
from reconstruct.sources.metric_files.cells import NO_TIME, Nanoseconds, Numbers, Times, read_numbers, read_times
from reconstruct.sources.metric_files.histograms import told_apart
from reconstruct.sources.metric_files.rows import Rows, read_rows
from reconstruct.sources.metric_files.series import SECOND_NS, MetricFile, RawSeries, spacing_of, to_metrics

__all__ = ["MetricFile", "RawSeries", "file_span", "read_metric_file", "to_metrics"]

TIME_COLUMNS: Final = (
    "timestamp",
    "time",
    "ts",
    "date",
    "datetime",
    "date/time",
    "date time",
    "_time",
    "@timestamp",
    "ts_ms",
    "time_ms",
    "timestamp_ms",
    "at",
)
METRIC_COLUMNS: Final = ("metric", "name", "__name__", "metric_name", "_measurement", "series")
VALUE_COLUMNS: Final = ("value", "_value", "val")
LABELS_COLUMNS: Final = ("labels", "tags")
"""One JSON object a row."""
MAX_GAPS_A_FILE: Final = 20
"""Rows that are named one by one; of more, the number and the last."""
SAMPLES_TO_TELL_SPACING: Final = 6
"""Five distances: their median is the usual one even if two samples are missing."""
_SELECTOR: Final = re.compile(r"(?P<name>[a-zA-Z_:][\w:.]*)?\s*\{(?P<labels>.*)\}")
_LABEL: Final = re.compile(r'\s*([a-zA-Z_][\w.]*)\s*=\s*"((?:\\.|[^"\\])*)"\s*(?:,|$)')


def read_metric_file(path: Path, *, tz: str = "UTC") -> MetricFile:
    """Read the file at `path`; a time without a zone is read in `tz`.

    A row or cell that cannot be read is a Gap that names its line. Samples are put in order of time; of several
    at one time the last one counts, and that is a Gap too.

    Raises
    ------
    UsageError
        If the file cannot be read, or not one sample in it can.
    """
    rows = read_rows(path)
    time_column = _time_column(rows, tz=tz, path=path)
    times = read_times(rows.columns[time_column], tz=tz)
    metric_column = _named(rows, METRIC_COLUMNS)
    value_column = _named(rows, VALUE_COLUMNS)
    told = _Told(path.name, rows)
    told.rows("the samples", problems=times.problems)
    if metric_column is not None and value_column is not None:
        series = _long(rows, times=times, used=(time_column, metric_column, value_column), told=told)
    else:
        series = _wide(rows, times=times, time_column=time_column, told=told, stem=path.stem)
    if not series:
        first = told.gaps[0].cause if told.gaps else "no column holds numbers"
        raise UsageError(
            f"no sample could be read from {path}: {first}",
            hint="long: timestamp,metric,value and labels; wide: a time, then one column a series",
        )
    series = told_apart(series)
    zoneless = tz.upper() == "UTC" and any(_without_zone(str(cell)) for cell in rows.columns[time_column].head(50))
    return MetricFile(
        name=path.name,
        path=str(path),
        series=series,
        start=pd.Timestamp(min(int(one.times[0]) for one in series), tz="UTC"),
        end=pd.Timestamp(max(int(one.times[-1]) for one in series), tz="UTC"),
        spacing_s=spacing_of(series),
        gaps=(*rows.gaps[:MAX_GAPS_A_FILE], *_more(rows.gaps, name=path.name), *told.gaps),
        notes=(f"times in {path.name} have no zone and are read as UTC (--tz)",) if zoneless else (),
    )


def file_span(path: Path, *, tz: str = "UTC") -> tuple[pd.Timestamp, pd.Timestamp, float]:
    """First and last sample of a file, and the usual seconds between two samples of a series."""
    found = read_metric_file(path, tz=tz)
    return found.start, found.end, found.spacing_s


class _Told:
    """The gaps of one file, gathered while it is read: at most `MAX_GAPS_A_FILE` of a kind one by one."""

    def __init__(self, name: str, rows: Rows) -> None:
        self.name, self.lines, self.word = name, rows.lines, rows.row_word
        self.gaps: list[Gap] = []

    def rows(self, missing: str, *, problems: Iterable[str]) -> None:
        """A Gap for each row with a problem."""
        found = [
            Gap(id="", source=self.name, missing=f"{missing} on {self.word} {self.lines[row]}", cause=problem)
            for row, problem in enumerate(problems)
            if problem
        ]
        self.gaps += [*found[:MAX_GAPS_A_FILE], *_more(found, name=self.name)]

    def say(self, missing: str, *, cause: str) -> None:
        """One Gap about the file as a whole."""
        self.gaps.append(Gap(id="", source=self.name, missing=missing, cause=cause))


def _more(found: Iterable[Gap], *, name: str) -> list[Gap]:
    listed = list(found)
    left = len(listed) - MAX_GAPS_A_FILE
    if left <= 0:
        return []
    return [
        Gap(
            id="",
            source=name,
            missing=f"{left} more like these, the last: {listed[-1].missing}",
            cause=listed[-1].cause,
        )
    ]


def _named(rows: Rows, names: tuple[str, ...]) -> str | None:
    by_name = {str(column).strip().lower(): str(column) for column in rows.columns.columns}
    return next((by_name[name] for name in names if name in by_name), None)


def _time_column(rows: Rows, *, tz: str, path: Path) -> str:
    named = _named(rows, TIME_COLUMNS)
    if named is not None:
        return named
    stored = [str(name) for name, kind in rows.columns.dtypes.items() if pd.api.types.is_datetime64_any_dtype(kind)]
    first = stored[0] if stored else str(rows.columns.columns[0])
    if not read_times(rows.columns[first].head(1), tz=tz).problems:
        return first
    raise UsageError(
        f"{path}: no column of times (there are: {', '.join(map(str, rows.columns.columns[:8]))})",
        hint="name it `timestamp`, or put it first; RFC 3339, epoch seconds or 2026-11-17 13:45",
    )


def _without_zone(cell: str) -> bool:
    return bool(re.fullmatch(r"[^a-zA-Z+]*[-/.][^a-zA-Z+]*:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[AaPp][Mm])?", cell.strip()))


def _long(rows: Rows, *, times: Times, used: tuple[str, str, str], told: _Told) -> tuple[RawSeries, ...]:
    _, metric_column, value_column = used
    numbers = read_numbers(rows.columns[value_column], comma_decimal=rows.comma_decimal)
    told.rows("the sample", problems=numbers.problems)
    labels_column = _labels_column(rows)
    label_columns = [str(name) for name in rows.columns.columns if str(name) not in (*used, labels_column)]
    keys = [metric_column, *label_columns, *([labels_column] if labels_column else [])]
    # One code a distinct set of labels: comparing texts once a column, not once a row.
    by_key = rows.columns[keys].astype(str).where(rows.columns[keys].notna(), "")
    groups = by_key.groupby(keys, sort=True, observed=True).indices
    found = []
    for key, place in groups.items():
        cells = [str(cell).strip() for cell in (key if isinstance(key, tuple) else (key,))]
        labels = {name: cell for name, cell in zip(label_columns, cells[1:], strict=False) if cell}
        if labels_column:
            labels |= _json_labels(cells[-1])
        one = _series(
            cells[0],
            labels,
            times=times.values[place],
            values=numbers.values[place],
            percent=numbers.percent,
            told=told,
        )
        found += [one] if one is not None else []
    return _distinct(found, told=told)


def _wide(rows: Rows, *, times: Times, time_column: str, told: _Told, stem: str) -> tuple[RawSeries, ...]:
    found = []
    for column in rows.columns.columns:
        if str(column) == time_column:
            continue
        cells = rows.columns[column]
        numbers = read_numbers(cells, comma_decimal=rows.comma_decimal)
        told.rows(f"the sample of {str(column)!r}", problems=numbers.problems)
        name, labels = _header(str(column), stem=stem)
        one = _series(name, labels, times=times.values, values=numbers.values, percent=numbers.percent, told=told)
        if one is None and not numbers.problems:
            told.say(f"the column {str(column)!r}", cause="it holds no number")
        found += [one] if one is not None else []
    return _distinct(found, told=told)


def _series(
    name: str, labels: Mapping[str, str], *, times: Nanoseconds, values: Numbers, percent: bool, told: _Told
) -> RawSeries | None:
    """The samples of one series in order of time; None where it has none."""
    rows = np.unique(times[times != NO_TIME])
    there = (times != NO_TIME) & ~np.isnan(values)
    times, values = times[there], values[there]
    if not name or not len(times):
        return None
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(times[1:] != times[:-1], True)
    if not last.all():
        told.say(
            f"{name}{_braces(labels)}",
            cause=f"{np.count_nonzero(~last)} of its samples have the time of another; the last in the file counts",
        )
    times, values = times[last], values[last]
    # A column that is filled in every fourth row is sampled that seldom; of a few samples the rows tell it better.
    moments = times if len(times) >= SAMPLES_TO_TELL_SPACING else rows
    spacing_s = float(np.median(np.diff(moments))) / SECOND_NS if len(moments) > 1 else 0.0
    return RawSeries(name=name, labels=dict(labels), times=times, values=values, spacing_s=spacing_s, percent=percent)


def _distinct(found: list[RawSeries], *, told: _Told) -> tuple[RawSeries, ...]:
    kept: dict[tuple[str, tuple[tuple[str, str], ...]], RawSeries] = {}
    for one in found:
        key = (one.name, tuple(sorted(one.labels.items())))
        if key in kept:
            told.say(
                f"{one.name}{_braces(one.labels)}",
                cause="two series have this name and these labels; the first counts",
            )
        kept.setdefault(key, one)
    return tuple(kept[key] for key in sorted(kept))


def _labels_column(rows: Rows) -> str | None:
    name = _named(rows, LABELS_COLUMNS)
    if name is None:
        return None
    filled = (str(cell).strip() for cell in rows.columns[name].head(1000))
    return name if any(cell.startswith("{") for cell in filled) else None


def _json_labels(cell: str) -> dict[str, str]:
    try:
        given = json.loads(cell or "{}")
    except ValueError:
        return {"labels": cell}
    return (
        {str(k): str(v) for k, v in given.items() if v not in ("", None)}
        if isinstance(given, dict)
        else {"labels": cell}
    )


def _header(column: str, *, stem: str) -> tuple[str, dict[str, str]]:
    """A wide column's metric and labels: `name{a="b"}` as Prometheus and Grafana write it, or the name alone."""
    written = _SELECTOR.fullmatch(column.strip())
    if written:
        labels = dict(_LABEL.findall(written["labels"]))
        return written["name"] or labels.pop("__name__", stem), {
            k: re.sub(r"\\(.)", r"\1", v) for k, v in labels.items()
        }
    return (stem if column.strip().lower() in VALUE_COLUMNS else column.strip()), {}


def _braces(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""
