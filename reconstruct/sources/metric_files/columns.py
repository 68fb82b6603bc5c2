"""What each column of a table is: the time, metrics, a value, labels; by name, by values, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.model import Gap
from reconstruct.sources.changes.zone_columns import ZONES, zone_column_of
from reconstruct.sources.metric_files.cells import read_numbers, read_times
from reconstruct.sources.metric_files.names import LIKE_A_METRIC, label_word, metric_share
from reconstruct.sources.metric_files.rows import Rows
from reconstruct.sources.metric_files.units import unit_of_vendor

TIME_COLUMNS: Final = (
    "timestamp",
    "time",
    "ts",
    "date",
    "datetime",
    "date_time",
    "at",
    "ts_ms",
    "time_ms",
    "timestamp_ms",
    "metric_time",
    "event_time",
    "sample_time",
    "interval_start",
    "begin_time",
    "date_and_time",
    "zeit",
    "zeitstempel",
    "datum",
    "fecha",
    "heure",
    "horodatage",
    "start_time",
    "clock",
    "key_as_string",
    "zeitpunkt",
    "uhrzeit",
    "hora",
)
METRIC_COLUMNS: Final = (
    "metric",
    "metric_name",
    "name",
    "kpi_name",
    "kpi",
    "measurement",
    "series",
    "indicator",
    "counter",
    "item",
    "field",
    "signal",
)
LEGEND_COLUMNS: Final = frozenset({"series", "name", "item", "field"})
"""Of these, the ones that name metrics only where their texts look like metrics."""
VALUE_COLUMNS: Final = ("value", "val", "metric_value", "reading")
LABELS_COLUMNS: Final = ("labels", "tags")
"""One JSON object a row."""
UNIT_COLUMNS: Final = ("unit", "units", "uom")
MARK_COLUMNS: Final = ("label", "anomaly", "is_anomaly", "anomaly_label", "ground_truth")
"""Where they hold only 0 and 1, somebody marked anomalies: a data set's answer, not a measurement."""
_CODE_COLUMNS_TEXT: Final = (
    "le quantile code status status_code http_code response_code error_code id kpi_id index shard "
    "partition port pid cpu core device_id instance_id rank level bucket"
)
CODE_COLUMNS: Final = frozenset(_CODE_COLUMNS_TEXT.split())
"""Numbers in these are names. All but the first two only where rows are not told apart without them."""
_PART_OF_TIME: Final = re.compile(r"_time _span(?:days)?|clock ns")
"""Time and a column beside it that belongs to it: Splunk's length of a bucket, Zabbix' nanoseconds."""
_IDS: Final = re.compile(
    r"(?:host|node|item|pod|device|instance|server|machine|shard|cmdb|container|kpi|vm|tenant|customer|region|zone"
    r"|service|app|cluster|group|system)_?id"
)
"""Numbers in these name a thing."""
JUDGEMENTS: Final = frozenset(
    [
        "true",
        "false",
        "yes",
        "no",
        "y",
        "n",
        "ok",
        "okay",
        "warn",
        "warning",
        "critical",
        "crit",
        "error",
        "up",
        "down",
        "healthy",
        "unhealthy",
        "normal",
        "alert",
        "alerting",
        "firing",
        "pending",
        "on",
        "off",
        "pass",
        "passed",
        "fail",
        "failed",
        "good",
        "bad",
        "green",
        "yellow",
        "red",
        "unknown",
    ]
)
"""Words that say how something was at a time: a column that holds only these changes along a series."""
ALWAYS_LABELS: Final = frozenset({"le", "quantile"})
ROLES: Final = ("time", "metric", "value", "label", "service", "unit", "ignore")
"""What `--column NAME=ROLE` may say of a column, beside what it measures."""
NUMBERS_SHARE: Final = 0.5
"""Of a column's cells that are not empty; with fewer numbers it is text. A guess: half."""
MESSAGES_SHARE: Final = 0.5
"""Distinct texts a row from which on a column is a message and no label. A guess: half."""
CELLS_LOOKED_AT: Final = 2000
_ZONE_IN_HEADER: Final = re.compile(
    r"[(\[]\s*([A-Za-z]{1,5}|[A-Z][A-Za-z]+(?:/[A-Za-z_+-]+){1,2}|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?)\s*[)\]]\s*$"
)
_BARE_ZONE: Final = re.compile(r".*[\s_](UTC|utc|GMT|gmt|CET|CEST)$")
_NO_ZONE: Final = frozenset({"s", "ms", "us", "ns", "sec", "unix", "epoch", "iso", "local", "h", "min"})
_COUNTERS_OF_WINDOWS: Final = re.compile(r"\(PDH-\w+ [\d.]+\) \([^()]*\)\((?P<bias>-?\d+)\)")
"""`(PDH-CSV 4.0) (W. Europe Standard Time)(-60)`: what to add to a local time for UTC, in minutes."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table by what they are."""

    time: str
    metric: str | None
    value: str | None
    """With `metric`, the table is long; else each of `series` is a metric."""
    series: tuple[str, ...]
    labels: tuple[str, ...]
    json_labels: str | None = None
    unit: str | None = None
    zone: str = ""
    """As the time's header says; "" = nothing said."""
    zone_column: str | None = None
    """What tells the zone of each row's time."""
    gaps: tuple[Gap, ...] = ()


def columns_of(rows: Rows, *, tz: str, path: Path, chosen: Mapping[str, str]) -> Columns:
    """What each column is; `chosen` is what the user says of some (role by column).

    A column of text is a label, whatever it is called; one whose texts are names of measurements is the metric where
    one column of numbers is left. A column of numbers is a metric, unless it is called like a code and rows would
    have one time twice without it.

    Raises
    ------
    UsageError
        If there is no column of times, or a chosen column does not exist.
    """
    names = [str(name) for name in rows.columns.columns]
    roles = _chosen(names, chosen=chosen, path=path)
    time = roles.get("time") or _time_column(rows, tz=tz, path=path)
    rest = [name for name in names if name != time and chosen.get(name) != "ignore"]
    rest = [name for name in rest if name in chosen or not _PART_OF_TIME.fullmatch(f"{time} {name}")]
    zone_column = _zone_column(rows, [name for name in rest if name not in chosen])
    rest = [name for name in rest if name != zone_column]
    words = {name: label_word(name) for name in rest}
    json_labels = next((name for name in rest if words[name] in LABELS_COLUMNS and _is_json(rows, name)), None)
    unit = roles.get("unit") or next((n for n in rest if words[n] in UNIT_COLUMNS and _is_units(rows, n)), None)
    rest = [name for name in rest if name not in (json_labels, unit)]
    numeric = [n for n in rest if chosen.get(n) not in ("label", "service", "metric") and _is_numeric(rows, n)]
    texts = [name for name in rest if name not in numeric]
    if not numeric and texts:
        numeric = [texts.pop()]  # so that its cells say what is wrong with them
    gaps = []
    for name in [name for name in numeric if words[name] in MARK_COLUMNS and name not in chosen]:
        if set(pd.to_numeric(rows.columns[name], errors="coerce").dropna().unique()) <= {0.0, 1.0} and len(numeric) > 1:
            numeric.remove(name)
            gaps.append(Gap("", path.name, f"the column {name!r}", "it marks rows with 0 and 1, and measures nothing"))
    metric, value = _long_form(rows, texts=texts, numeric=numeric, words=words, roles=roles)
    labels = [name for name in texts if name != metric and not _is_message(rows, name)]
    labels += [name for name in numeric if words[name] in ALWAYS_LABELS and name != value]
    for name in [name for name in labels if len(labels) and _is_judgement(rows, name)]:
        if not _repeats(rows, [time, *(one for one in labels if one != name), *([metric] if metric else [])]):
            labels.remove(name)
            gaps.append(
                Gap("", path.name, f"the column {name!r}", "it says how something was, and is no label of a series")
            )
    others = [name for name in numeric if name not in labels and name != value]
    codes = [
        name for name in others if words[name] in CODE_COLUMNS or _IDS.fullmatch(words[name]) or metric is not None
    ]
    for name in sorted(codes, key=lambda name: not _IDS.fullmatch(words[name])):  # hostid before cpu
        # In a long table every other column tells series apart, unless rows are told apart without it.
        if metric is not None or _repeats(rows, [time, *labels]):
            labels.append(name)
            others.remove(name)
    return Columns(
        time=time,
        metric=metric,
        value=value,
        series=tuple(others if metric is None else ()),
        labels=tuple(name for name in names if name in labels),
        json_labels=json_labels,
        unit=unit,
        zone=_zone_of(time),
        zone_column=zone_column,
        gaps=tuple(gaps),
    )


def _chosen(names: Sequence[str], *, chosen: Mapping[str, str], path: Path) -> dict[str, str]:
    """The columns that the user gave the roles time, metric, value and unit, by role."""
    del path
    return {
        role: name for name, role in chosen.items() if name in names and role in ("time", "metric", "value", "unit")
    }


def _time_column(rows: Rows, *, tz: str, path: Path) -> str:
    words = {label_word(re.sub(_ZONE_IN_HEADER, "", str(name))): str(name) for name in reversed(rows.columns.columns)}
    for word in TIME_COLUMNS:
        if word in words and not _unread(rows, words[word], tz=tz):
            return words[word]
    named = next((words[word] for word in TIME_COLUMNS if word in words), None)
    stored = [str(name) for name, kind in rows.columns.dtypes.items() if pd.api.types.is_datetime64_any_dtype(kind)]
    # A column of large numbers is a time only where it is the first: memory in bytes is one for every epoch.
    texts = [str(n) for n in rows.columns.columns[1:] if not _is_numeric(rows, str(n))]
    for name in (*stored, str(rows.columns.columns[0]), *texts):
        if not _unread(rows, name, tz=tz):
            return name
    if named is not None:
        return named
    raise UsageError(
        f"{path}: no column of times (there are: {', '.join(map(str, rows.columns.columns[:8]))})",
        hint="name it `timestamp`, or --column 'NAME=time'; RFC 3339, epoch seconds or 2026-11-17 13:45",
    )


def _unread(rows: Rows, name: str, *, tz: str) -> bool:
    first = rows.columns[name].head(1)
    return any(read_times(first, tz=tz).problems)


def _long_form(
    rows: Rows, *, texts: Sequence[str], numeric: Sequence[str], words: Mapping[str, str], roles: Mapping[str, str]
) -> tuple[str | None, str | None]:
    """The column of metrics and the column of values of a long table; (None, None) for a wide one."""
    value = roles.get("value") or next((n for word in VALUE_COLUMNS for n in numeric if words[n] == word), None)
    if value is None and len(numeric) == 1:
        value = numeric[0]
    if value is None:
        return None, None
    metric = roles.get("metric") or next((n for word in METRIC_COLUMNS for n in texts if words[n] == word), None)
    if metric is not None and "metric" not in roles and words[metric] in LEGEND_COLUMNS:
        # Grafana calls a legend `Series`: what it names may be things.
        metric = metric if metric_share(_texts(rows, metric)) >= LIKE_A_METRIC else None
    if metric is not None:
        named_value = words.get(value) in VALUE_COLUMNS or "value" in roles or "metric" in roles
        return (metric, value) if named_value or metric_share(_texts(rows, metric)) >= LIKE_A_METRIC else (None, None)
    if words.get(value) not in VALUE_COLUMNS:
        return None, None
    shares = {name: metric_share(_texts(rows, name)) for name in texts}
    likely = max(shares, key=lambda name: shares[name], default=None)
    return (likely, value) if likely is not None and shares[likely] >= LIKE_A_METRIC else (None, None)


def _texts(rows: Rows, name: str) -> set[str]:
    return {str(cell).strip() for cell in rows.columns[name].dropna().unique() if str(cell).strip()}


def _is_numeric(rows: Rows, name: str) -> bool:
    cells = rows.columns[name]
    if pd.api.types.is_bool_dtype(cells.dtype):
        return False
    if not pd.api.types.is_object_dtype(cells.dtype) and not pd.api.types.is_string_dtype(cells.dtype):
        return bool(pd.api.types.is_numeric_dtype(cells.dtype))
    filled = cells[cells.notna() & (cells.astype(str).str.strip() != "")]
    if filled.empty:
        return True
    some = filled.iloc[:: max(1, len(filled) // CELLS_LOOKED_AT)]
    read = read_numbers(some, comma_decimal=rows.comma_decimal)
    wrong = sum(bool(problem) for problem in read.problems)
    # A number in two spellings, or behind a word, is still a number that could not be read.
    doubtful = sum("can be a thousand" in problem or "unit" in problem for problem in read.problems)
    most = 1.0 if label_word(name) in VALUE_COLUMNS else 1 - NUMBERS_SHARE
    return wrong - doubtful <= most * len(some)


def _is_message(rows: Rows, name: str) -> bool:
    cells = rows.columns[name].dropna()
    distinct = cells.astype(str).nunique()
    return distinct > CELLS_LOOKED_AT // 100 and distinct > MESSAGES_SHARE * len(cells)


def _is_judgement(rows: Rows, name: str) -> bool:
    texts = {text.lower() for text in _texts(rows, name)}
    return len(texts) > 1 and texts <= JUDGEMENTS


def _repeats(rows: Rows, names: Sequence[str]) -> bool:
    return bool(rows.columns[list(names)].astype(str).duplicated().any())


def _is_json(rows: Rows, name: str) -> bool:
    return any(str(cell).strip().startswith("{") for cell in rows.columns[name].head(1000))


def _is_units(rows: Rows, name: str) -> bool:
    texts = _texts(rows, name)
    return bool(texts) and all(unit_of_vendor(text) is not None for text in texts)


def _zone_of(header: str) -> str:
    if windows := _COUNTERS_OF_WINDOWS.fullmatch(header.strip()):
        minutes = -int(windows["bias"])
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    found = _ZONE_IN_HEADER.search(header) or _BARE_ZONE.fullmatch(header)
    return found[1] if found and found[1].lower() not in _NO_ZONE else ""


def _zone_column(rows: Rows, names: Sequence[str]) -> str | None:
    """The column that tells the zone of each row's time; None = there is none."""
    for name in names:
        first = next((str(cell).strip() for cell in rows.columns[name] if str(cell).strip()), "")
        if label_word(name) in ZONES and zone_column_of({label_word(name): first}):
            return name
    return None
