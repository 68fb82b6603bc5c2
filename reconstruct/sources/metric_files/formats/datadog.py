"""Datadog: answers of its query API, and the CSV of a graph."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

_QUERY: Final = re.compile(r"^(?:avg|sum|min|max|count|p\d+)(?:\([^)]*\))?:(?P<name>[a-z][\w.]*)\{(?P<scope>[^}]*)\}")
_BROWSER_TIME: Final = re.compile(
    r"^[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}) (?P<year>\d{4}) (?P<clock>[\d:]+) GMT(?P<zone>[+-]\d{4})"
)
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def read_datadog(content: Content, *, tz: str) -> Parsed | None:
    """`{"series": [{"metric", "scope", "pointlist"}]}`, version 2's `times` and `values`, or `avg:name{scope}` columns.

    Source: docs.datadoghq.com/api, Query timeseries points (v1) and Query timeseries data (v2).
    """
    recorder = Recorder(tz=tz)
    document = content.document
    if isinstance(document, dict):
        series = document.get("series")
        if isinstance(series, list) and all(isinstance(one, dict) and "pointlist" in one for one in series):
            for one in series:
                _series(one, recorder=recorder, stem=content.stem)
            return Parsed(recorder.tracks())
        inner = (document.get("data") or {}).get("attributes") if isinstance(document.get("data"), dict) else None
        if isinstance(inner, dict) and {"times", "values", "series"} <= set(inner):
            for about, values in zip(inner["series"], inner["values"], strict=False):
                unit = _unit(about.get("unit"))
                labels = _tags(about.get("group_tags") or ())
                name = " ".join((content.stem, *_which(about)))
                recorder.add(name, labels, inner["times"], values, unit=unit)
            return Parsed(recorder.tracks())
        return None
    return _graph(content, recorder=recorder)


def _series(one: Mapping[str, Any], *, recorder: Recorder, stem: str) -> None:
    labels = _tags(one.get("tag_set") or str(one.get("scope") or "").split(","))
    points = [pair for pair in one["pointlist"] if isinstance(pair, list) and len(pair) == 2]
    name = str(one.get("metric") or one.get("display_name") or stem)
    recorder.add(name, labels, [t for t, _ in points], [v for _, v in points], unit=_unit(one.get("unit")))


def _which(about: Mapping[str, Any]) -> list[str]:
    """What tells a series of version 2, which has no name: its query's place, and what it counts if its unit says."""
    index = about.get("query_index") or 0
    parts = [part for part in about.get("unit") or () if isinstance(part, dict)]
    counted = str(parts[0].get("name") or "") if parts else ""
    measured = unit_of_vendor(counted)
    return [*([str(index)] if index else []), *([counted] if counted and (not measured or not measured.unit) else [])]


def _unit(given: Any) -> WrittenUnit | None:
    """`[{"name": "byte", "scale_factor"}, {"name": "second"}]`: the second is what it is per."""
    parts = [part for part in given or () if isinstance(part, dict)] if isinstance(given, list) else []
    if not parts:
        return None
    unit = unit_of_vendor(str(parts[0].get("name") or ""))
    if len(parts) == 1 or parts[1].get("name") != "second":
        return unit
    if unit is not None and unit.unit == "bytes":
        return WrittenUnit("bytes per second", unit.factor)
    return WrittenUnit("per second", unit.factor if unit and not unit.unit else 1.0)


def _tags(tags: Sequence[str]) -> dict[str, str]:
    return dict(tag.strip().split(":", 1) for tag in tags if ":" in tag)


def _graph(content: Content, *, recorder: Recorder) -> Parsed | None:
    rows = csv.reader(io.StringIO(content.text[:65536]))
    header = next(rows, [])
    if not any(_QUERY.match(cell.strip()) for cell in header[1:]):
        return None
    for row in csv.DictReader(io.StringIO(content.text)):
        time = browser_time(row.get(header[0]) or "")
        for cell in header[1:]:
            query = _QUERY.match(cell.strip())
            if query and (row.get(cell) or "").strip():
                recorder.add(query["name"], _tags(query["scope"].split(",")), [time], [row[cell]])
    return Parsed(recorder.tracks())


def browser_time(text: str) -> Any:
    """A time as browsers print a JavaScript Date, as RFC 3339; epoch numbers as numbers, anything else as it is.

    >>> browser_time("Tue Nov 17 2026 12:00:00 GMT+0100 (Central European Standard Time)")
    '2026-11-17T12:00:00+0100'
    """
    found = _BROWSER_TIME.match(text.strip())
    if found and found["month"] in _MONTHS:
        month = _MONTHS.index(found["month"]) + 1
        return f"{found['year']}-{month:02d}-{int(found['day']):02d}T{found['clock']}{found['zone']}"
    return float(text) if text.strip().isdecimal() else text.strip()
