"""Change and incident events from a file, told by its content: a tool's payload, JSON Lines, JSON, YAML, CSV, a chat.

Every row that cannot be read is a Gap. A file whose rows have no time that is known is an error that prints the
mapping for the configuration, filled in as far as the columns tell.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import yaml

from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap
from reconstruct.sources.changes.chat import parse_chat
from reconstruct.sources.changes.columns import (
    cell_text,
    column_name,
    column_of,
    plain_cells,
    taken_columns,
    zone_column_of,
    zone_of_column,
)
from reconstruct.sources.changes.envelopes import likely_records, record_lists
from reconstruct.sources.changes.formats import parse_payload
from reconstruct.sources.changes.mapping import guessed_mapping, mapped_columns, with_paths
from reconstruct.sources.changes.payload import PayloadReading, at, has
from reconstruct.sources.changes.record import read_record
from reconstruct.sources.changes.rows import Row, csv_rows, has_header, json_or_none, json_problem, jsonl_rows
from reconstruct.sources.changes.times import TimeReading, is_day_first, tells_zone
from reconstruct.sources.changes.tools import git
from reconstruct.sources.changes.tools.github_deployments import is_statuses_by_id
from reconstruct.sources.result import SourceRequest, SourceResult

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""A guess: a million events; more is a log, not a list of changes."""

MINUTE_ROWS: Final = 4
"""A file whose times are all on the full minute was written to the minute, once it has this many: by chance, 60^-4."""

_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_ERROR_FIELDS: Final = frozenset({"message", "documentation_url", "status", "code", "error", "errors", "request_id"})
CHAT_SUFFIXES: Final = frozenset({".txt", ".md", ".log", ""})
STATUSES_NAME: Final = "deployment_statuses.json"
DEPLOYMENTS_NAME: Final = "deployments.json"
_TABLES: Final = (
    (
        re.compile(r"\s*(?:NAMESPACE\s+)?LAST SEEN\s+TYPE\s+REASON"),
        "kubectl's table of events, which tells ages and no times",
        "kubectl get events -A -o json",
    ),
    (
        re.compile(r"\s*\S+\s*\nREVISION\s+CHANGE-CAUSE"),
        "kubectl's rollout history, which tells no times",
        "kubectl get replicasets -A -o json",
    ),
    (
        re.compile(r"(?:NAMESPACE\s+)?NAME\s+\S.*\bAGE\b"),
        "a table of kubectl, which tells ages and no times",
        "the same command with -o json",
    ),
    (
        re.compile(r"REVISION\s+UPDATED\s+STATUS\s+CHART"),
        "helm's table, which tells no zone",
        "helm history RELEASE -o json",
    ),
)
"""Texts of tools that leave out what an event needs: what they are, and what to give instead."""


def read_events(ask: SourceRequest) -> SourceResult:
    """The events of the file that `ask.argument` names.

    Options: `time`, `kind`, `service`, ... name the column that holds it, or the value itself; `zone` is the zone of
    its times.

    Raises
    ------
    UsageError
        If the file cannot be read, or nothing in it can be understood as events.
    """
    path = Path(ask.argument)
    ask = replace(ask, tz=ask.options.get("zone") or ask.tz)
    text = _read_text(path)
    suffix = Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        rows = list(csv_rows(text, name=path.name))
        return _from_rows(rows, name=path.name, ask=ask)
    values = _json_values(text)
    if values is not None:
        if len(values) == 1 and has(values[0], "data.resultType") and at(values[0], "data.resultType") != "streams":
            raise UsageError(f"{path} holds samples of Prometheus, no events", hint="give it as --metrics")
        if len(values) > 1 and all(isinstance(value, dict) for value in values):
            return _from_lines(values, text, path=path, ask=ask)
        return _from_json(values[0] if len(values) == 1 else values, path=path, ask=ask)
    for pattern, what, instead in _TABLES:
        if pattern.match(text):
            raise UsageError(f"{path} is {what}", hint=f"give {instead}")
    if git.is_log(text):
        return git.parse_log(text, source=path.name, ask=ask)
    if suffix in (".yaml", ".yml") or re.match(r"(?:---\s*\n)?(?:apiVersion|kind|items):", text):
        return _from_json(_yaml(text, path=path), path=path, ask=ask)
    if suffix in CHAT_SUFFIXES:
        if git.is_dateless_log(text):
            raise UsageError(f"{path} is a log of git without dates", hint="give `git log --date=iso`")
        if has_header(text):
            return _from_rows(list(csv_rows(text, name=path.name)), name=path.name, ask=ask)
        return parse_chat(text, name=path.name, ask=ask)
    if suffix == ".json":
        json_error = json_problem(text)
        raise UsageError(f"{path}: {json_error}", hint="is it JSON Lines? then name it .jsonl")
    if suffix in {".jsonl", ".ndjson"}:
        return _from_rows(list(jsonl_rows(text)), name=path.name, ask=ask)
    raise UsageError(
        f"{path}: do not know how to read events from a {path.suffix or 'nameless'} file",
        hint="use .jsonl, .json, .csv, or .txt and .md for lines that begin with a time",
    )


def _from_lines(values: Sequence[object], text: str, *, path: Path, ask: SourceRequest) -> SourceResult:
    """JSON Lines: one payload that is known, or records."""
    if saved := parse_payload(list(values), _reading(path, ask)):
        return saved
    return _from_rows(list(jsonl_rows(text)), name=path.name, ask=ask)


def _reading(path: Path, ask: SourceRequest, *, beside: object = None) -> PayloadReading:
    return PayloadReading(path.name, ask, service=ask.options.get("service", ""), beside=beside)


def _from_rows(rows: Sequence[Row], *, name: str, ask: SourceRequest) -> SourceResult:
    """Each row an Event, or a Gap that names its place."""
    columns = mapped_columns(ask.options)
    rows = [row if row.record is None else row._replace(record=with_paths(row.record, columns)) for row in rows]
    records = [row.record for row in rows if row.record is not None]
    cells = [_time_cell(record, columns) for record in records]
    if records and not any(cells):
        raise guessed_mapping(records, name=name, source=ask.argument)
    reading = TimeReading(ask.window, ask.tz, day_first=is_day_first(cells))
    events: list[Event] = []
    gaps: list[Gap] = []
    for row in rows:
        problem = row.problem
        if row.record is not None:
            try:
                told = read_record(row.record, source=name, reading=reading, authors=ask.authors, columns=columns)
            except UsageError as error:
                problem = f"{error.message}; {error.hint}"
            else:
                events.append(told)
                continue
        gaps.append(Gap(id="", source=name, missing=f"the event on {row.place}", cause=problem))
    if events and all(map(_is_a_sample, records)) and not mapped_columns(ask.options):
        raise UsageError(
            f"{name} holds numbers at times, and nothing that says what happened",
            hint="give samples as --metrics; of changes, say which column is the title in reconstruct.yaml",
        )
    zoneless = any(cell and not tells_zone(cell) for cell in cells) and not _zone_told(records)
    notes = (f"times without a zone in {name} are read as {ask.tz}",) if zoneless else ()
    return SourceResult(events=_to_the_minute(events), gaps=tuple(gaps), notes=notes)


def _is_a_sample(record: Mapping[str, object]) -> bool:
    """Whether a row is a time with numbers, and no text but a unit: `{"Timestamp": ..., "Maximum": 44.8}`."""
    cells = {column_name(name): value for name, value in record.items() if value not in (None, "")}
    time = column_of("time", {name: cell_text(value) for name, value in cells.items()})
    rest = {name: cell_text(value) for name, value in cells.items() if name not in (time, "unit", "id")}
    named = any(column_of(field, rest) for field in ("kind", "service", "version", "state", "flag", "environment"))
    return bool(rest) and not named and all(_NUMBER.fullmatch(text) for text in rest.values())


def _zone_told(records: Sequence[Mapping[str, object]]) -> bool:
    """Whether a column, or the name of one, tells the zone of every row."""
    return all(
        any(map(zone_of_column, record)) or zone_column_of({column_name(k): cell_text(v) for k, v in record.items()})
        for record in records
    )


def _from_json(whole: object, *, path: Path, ask: SourceRequest) -> SourceResult:
    beside = path.with_name(STATUSES_NAME)
    statuses = json_or_none(_read_text(beside)) if beside.is_file() else None
    if is_statuses_by_id(whole):
        if not (deployments := path.with_name(DEPLOYMENTS_NAME)).is_file():
            raise UsageError(
                f"{path} holds deployment statuses, which do not name their service",
                hint=f"give the deployments, and keep this file beside them as {STATUSES_NAME}",
            )
        return read_events(replace(ask, argument=str(deployments)))
    mapped = mapped_columns(ask.options)
    if "time" not in mapped and (saved := parse_payload(whole, _reading(path, ask, beside=statuses or {}))):
        return saved
    if isinstance(whole, dict) and isinstance(whole.get("message"), str) and whole.keys() <= _ERROR_FIELDS:
        raise UsageError(
            f"{path} is the error of an API: {whole['message'][:100]}", hint="ask again, and save the answer"
        )
    if not isinstance(whole, (dict, list)):
        raise UsageError(
            f"{path} holds neither a list nor an object",
            hint='write [{"time": ..., "title": ...}] or {"events": [...]}',
        )
    if isinstance(whole, list) and not any(isinstance(item, dict) for item in whole) and whole:
        rows = [
            Row(f"item {n}", None, f"it is not an object but {json.dumps(item)[:40]}")
            for n, item in enumerate(whole, 1)
        ]
        return _from_rows(rows, name=path.name, ask=ask)
    listed = _records(whole, columns=mapped)
    if listed is None:
        return SourceResult(notes=(f"{path.name} holds no events: its lists are empty",))
    rows = [
        Row(f"item {number}", item)
        if isinstance(item, dict)
        else Row(f"item {number}", None, f"it is not an object but {json.dumps(item)[:40]}")
        for number, item in enumerate(listed, start=1)
    ]
    return _from_rows(rows, name=path.name, ask=ask)


def _records(whole: object, *, columns: Mapping[str, str]) -> Sequence[object] | None:
    """The list that a file is about: an envelope is never taken for a record; None = its lists are empty."""
    if isinstance(whole, dict) and isinstance(events := whole.get("events", whole.get("items")), list):
        return events or None
    if not isinstance(whole, (dict, list)) or whole == []:
        return [whole] if whole != [] else None
    outer, *inner = record_lists(whole)
    own = any(_time_cell(item, columns) for item in outer)
    if own and (isinstance(whole, list) or not any(isinstance(value, list) for value in whole.values())):
        return whole if isinstance(whole, list) else outer
    dated = next((items for items in inner if any(_time_cell(item, columns) for item in items)), None)
    if dated is not None:
        return dated
    lists = [value for value in whole.values() if isinstance(value, list)] if isinstance(whole, dict) else []
    if lists and not any(lists) and not own:
        return None
    return outer if own or not inner else max(inner, key=likely_records)


def _to_the_minute(events: Sequence[Event]) -> tuple[Event, ...]:
    if len(events) < MINUTE_ROWS or any(event.time.value % 60_000_000_000 for event in events):
        return tuple(events)
    return tuple(replace(event, resolution_s=max(event.resolution_s, 60.0)) for event in events)


def _time_cell(record: Mapping[str, object], columns: Mapping[str, str]) -> str:
    told = plain_cells({column_name(name): value for name, value in with_paths(record, columns).items()})
    column = taken_columns(told, {"time": columns["time"]} if "time" in columns else {}).get("time")
    return told[column] if column else ""


def _json_values(text: str) -> list[object] | None:
    """Every JSON value of a text that holds nothing else, one after the other; None = it holds something else.

    `gh api --paginate` and `kubectl get --watch` write them so, JSON Lines are the same with line ends between.
    """
    decoder = json.JSONDecoder()
    found: list[object] = []
    place, length = 0, len(text)
    try:
        while place < length:
            while place < length and text[place] in " \t\r\n\ufeff":
                place += 1
            if place < length:
                value, place = decoder.raw_decode(text, place)
                found.append(value)
    except (ValueError, RecursionError):
        return None
    return found or None


_AS_TEXT: Final = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:float"})


class _Plain(yaml.SafeLoader):
    """YAML whose times and fractions stay text: neither a zone nor the last digit of version 2.20 must be lost."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _AS_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(text: str, *, path: Path) -> object:
    try:
        documents = [one for one in yaml.load_all(text, Loader=_Plain) if one is not None]
    except (yaml.YAMLError, RecursionError) as error:
        where = str(error).replace("\n", " ")[:200]
        raise UsageError(f"{path}: it is not YAML that can be read: {where}", hint="export it as JSON") from error
    if not documents:
        raise UsageError(f"{path} is empty", hint="check the path given to --events")
    return documents[0] if len(documents) == 1 else documents


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="cut it down to the window")
        raw = path.read_bytes()
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(raw)) as packed:
                raw = packed.read(MAX_FILE_BYTES)
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {path}: {said}", hint="check the path given to --events") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what a spreadsheet calls "Unicode text"
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # a spreadsheet's CSV on Windows
