"""Change and incident events from a file, told by its content: a tool's payload, JSON Lines, JSON, YAML, CSV, a chat.

Every row that cannot be read is a Gap. A file whose rows have no time that is known is an error that prints the
mapping for the configuration, filled in as far as the columns tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap
from reconstruct.sources.changes.chat import parse_chat
from reconstruct.sources.changes.columns import (
    cell_text,
    column_name,
    column_of,
    plain_cells,
    taken_columns,
)
from reconstruct.sources.changes.envelopes import dated_lists, likely_records, pushed, record_lists, unwrapped
from reconstruct.sources.changes.file_text import json_values, read_text, yaml_value
from reconstruct.sources.changes.formats import parse_payload
from reconstruct.sources.changes.mapping import guessed_mapping, mapped_columns, with_paths
from reconstruct.sources.changes.payload import PayloadReading, at, has
from reconstruct.sources.changes.people import FullNames, people_in, without_speakers
from reconstruct.sources.changes.record import read_record
from reconstruct.sources.changes.rows import Row, csv_rows, has_header, json_or_none, json_problem, jsonl_rows
from reconstruct.sources.changes.times import TimeReading, is_day_first, tells_zone
from reconstruct.sources.changes.tools import apt, feeds, git, icalendar, journal
from reconstruct.sources.changes.tools.aws_insights import insights_rows
from reconstruct.sources.changes.tools.github_deployments import is_statuses_by_id
from reconstruct.sources.changes.zone_columns import zone_column_of, zone_of_column
from reconstruct.sources.result import SourceRequest, SourceResult

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
    text = read_text(path)
    suffix = Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        rows = list(csv_rows(text, name=path.name))
        return _from_rows(rows, name=path.name, ask=ask)
    values = json_values(text)
    if values is not None:
        if len(values) == 1 and has(values[0], "data.resultType") and at(values[0], "data.resultType") != "streams":
            raise UsageError(f"{path} holds samples of Prometheus, no events", hint="give it as --metrics")
        if len(values) > 1 and all(isinstance(value, dict) for value in values):
            return _from_lines(values, text, path=path, ask=ask)
        return _from_json(values[0] if len(values) == 1 else values, path=path, ask=ask)
    for pattern, what, instead in _TABLES:
        if pattern.match(text):
            raise UsageError(f"{path} is {what}", hint=f"give {instead}")
    if icalendar.is_calendar(text):
        return icalendar.parse_calendar(text, source=path.name, ask=ask)
    if feeds.is_feed(text):
        return feeds.parse_feed(text, source=path.name, ask=ask)
    if re.match(r"\ufeff?\s*<(?:\?xml|!DOCTYPE|html|[A-Za-z])[^\n>]*>", text) and suffix not in CHAT_SUFFIXES:
        raise UsageError(f"{path} is XML or HTML, and no feed", hint="export it as JSON or CSV")
    if journal.is_export(text):
        return _from_json(journal.export_items(text), path=path, ask=ask)
    if apt.is_history(text):
        return apt.parse_history(text, source=path.name, ask=ask)
    text = git.without_graph(text)
    if git.is_log(text):
        return git.parse_log(text, source=path.name, ask=ask)
    if suffix in (".yaml", ".yml") or re.match(r"(?:---\s*\n)?(?:apiVersion|kind|items):", text):
        return _from_json(yaml_value(text, path=path), path=path, ask=ask)
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
    if (inner := unwrapped(values)) is not None:
        return _from_rows([Row(f"line {n}", one) for n, one in enumerate(inner, 1)], name=path.name, ask=ask)
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
    if not ask.authors:
        people = {one for record in records for one in people_in(record)}
        events = without_speakers(FullNames(people).out_of(events), people)
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
    whole = pushed(whole)
    beside = path.with_name(STATUSES_NAME)
    statuses = json_or_none(read_text(beside)) if beside.is_file() else None
    if is_statuses_by_id(whole):
        if not (deployments := path.with_name(DEPLOYMENTS_NAME)).is_file():
            raise UsageError(
                f"{path} holds deployment statuses, which do not name their service",
                hint=f"give the deployments, and keep this file beside them as {STATUSES_NAME}",
            )
        return read_events(replace(ask, argument=str(deployments)))
    if (logged := insights_rows(whole)) is not None:
        return _from_rows([Row(f"result {n}", row) for n, row in enumerate(logged, 1)], name=path.name, ask=ask)
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
    if (several := dated_lists(whole, lambda item: bool(_time_cell(item, columns)))) is not None:
        return several
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
