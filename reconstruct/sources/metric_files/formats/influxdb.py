"""InfluxDB: annotated CSV of Flux, and the JSON and CSV of InfluxQL."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder

_NOT_LABELS: Final = frozenset({"", "result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement"})
_NUMBERS: Final = frozenset({"double", "long", "unsignedLong"})
_PAST: Final = frozenset({"time", "name", "tags"})


def read_influxdb(content: Content, *, tz: str) -> Parsed | None:
    """Tables with `#datatype` rows, where `_field` names the metric; or `{"results": [{"series": [...]}]}`.

    Source: docs.influxdata.com, Annotated CSV and Query data with the InfluxDB API.
    """
    recorder = Recorder(tz=tz)
    document = content.document
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        for result in document["results"]:
            for series in result.get("series") or () if isinstance(result, dict) else ():
                _influxql(series, recorder=recorder)
        return Parsed(recorder.tracks())
    if content.text.lstrip("\ufeff").startswith(("#group", "#datatype", "#default")):
        for kinds, rows in _tables(content.text):
            _flux(kinds, rows, recorder=recorder)
        return Parsed(recorder.tracks())
    if content.text.startswith("name,tags,time,"):
        _exported(content.text, recorder=recorder)
        return Parsed(recorder.tracks())
    return None


def _tables(text: str) -> Iterator[tuple[Mapping[str, str], list[Mapping[str, str]]]]:
    """(type of each column, rows) of each table; a table begins with its annotations and a header."""
    kinds: list[str] = []
    header: list[str] = []
    rows: list[Mapping[str, str]] = []
    for row in csv.reader(io.StringIO(text)):
        if not any(cell.strip() for cell in row) or row[0].startswith("#"):
            if rows:
                yield dict(zip(header, kinds, strict=False)), rows
                rows = []
            if row and row[0] == "#datatype":
                kinds = row
            header = []
        elif not header:
            header = row
        else:
            rows.append(dict(zip(header, row, strict=False)))
    if rows:
        yield dict(zip(header, kinds, strict=False)), rows


def _flux(kinds: Mapping[str, str], rows: Sequence[Mapping[str, str]], *, recorder: Recorder) -> None:
    fields = ["_value"] if "_value" in kinds else [n for n, kind in kinds.items() if kind in _NUMBERS and n != "table"]
    tags = [name for name in kinds if name not in _NOT_LABELS and name not in fields]
    for row in rows:
        labels = {tag: row.get(tag, "") for tag in tags}
        measurement = row.get("_measurement", "")
        for field in fields:
            name = row.get("_field", "") if field == "_value" else field
            full = "_".join(part for part in (measurement, name or field) if part)
            recorder.add(full, labels, [row.get("_time") or row.get("_stop", "")], [row.get(field)])


def _influxql(series: Mapping[str, Any], *, recorder: Recorder) -> None:
    columns = [str(one) for one in series.get("columns") or ()]
    if "time" not in columns:
        return
    measurement = str(series.get("name") or "")
    time = columns.index("time")
    rows = series.get("values") or ()
    for place, column in enumerate(columns):
        if place != time:
            name = "_".join(part for part in (measurement, column) if part)
            recorder.add(name, series.get("tags") or {}, [r[time] for r in rows], [r[place] for r in rows])


def _exported(text: str, *, recorder: Recorder) -> None:
    for row in csv.DictReader(io.StringIO(text)):
        labels = dict(pair.split("=", 1) for pair in (row["tags"] or "").split(",") if "=" in pair)
        for column, cell in row.items():
            if column not in _PAST and cell:
                time = row["time"]
                recorder.add(f"{row['name']}_{column}", labels, [float(time) if time.isdecimal() else time], [cell])
