"""Change and incident events from a file: JSON Lines, JSON, CSV, a chat's lines; every unread row is a Gap.

What a file holds is told by its content, then by its name: answers of GitHub, Alertmanager, Helm and Kubernetes are
known by their fields (`saved_answers`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap
from reconstruct.sources.changes.chat import parse_chat
from reconstruct.sources.changes.github import is_statuses
from reconstruct.sources.changes.record import column_name, column_of, read_record
from reconstruct.sources.changes.saved_exports import parse_saved
from reconstruct.sources.changes.times import TimeReading, is_day_first, tells_zone
from reconstruct.sources.result import SourceRequest, SourceResult

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""A guess: a million events; more is a log, not a list of changes."""

MINUTE_ROWS: Final = 4
"""A file whose times are all on the full minute was written to the minute, once it has this many: by chance, 60^-4."""

CHAT_SUFFIXES: Final = frozenset({".txt", ".md", ".log"})
STATUSES_NAME: Final = "deployment_statuses.json"
DEPLOYMENTS_NAME: Final = "deployments.json"


class Row(NamedTuple):
    """One record and where it stands: `line 7`, `item 3`."""

    place: str
    record: Mapping[str, object] | None
    """None: it could not be read as a record, because of `problem`."""
    problem: str = ""


def read_events(ask: SourceRequest) -> SourceResult:
    """The events of the file that `ask.argument` names.

    Raises
    ------
    UsageError
        If the file cannot be read, or nothing in it can be understood as events.
    """
    path = Path(ask.argument)
    text = _read_text(path)
    if path.suffix.lower() == ".csv" or path.suffix.lower() == ".tsv":
        return _from_rows(list(_csv_rows(text, name=path.name)), name=path.name, ask=ask)
    whole = _json_or_none(text)
    if whole is not None and not (isinstance(whole, dict) and path.suffix.lower() == ".jsonl"):
        return _from_json(whole, path=path, ask=ask)
    if path.suffix.lower() in CHAT_SUFFIXES:
        return parse_chat(text, name=path.name, ask=ask)
    if path.suffix.lower() == ".json":
        json_error = _json_problem(text)
        raise UsageError(f"{path}: {json_error}", hint="is it JSON Lines? then name it .jsonl")
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return _from_rows(list(_jsonl_rows(text)), name=path.name, ask=ask)
    raise UsageError(
        f"{path}: do not know how to read events from a {path.suffix or 'nameless'} file",
        hint="use .jsonl, .json, .csv, or .txt and .md for lines that begin with a time",
    )


def _from_rows(rows: Sequence[Row], *, name: str, ask: SourceRequest) -> SourceResult:
    """Each row an Event, or a Gap that names its place."""
    cells = [_time_cell(row.record) for row in rows if row.record is not None]
    reading = TimeReading(ask.window, ask.tz, day_first=is_day_first(cells))
    events: list[Event] = []
    gaps: list[Gap] = []
    for row in rows:
        problem = row.problem
        if row.record is not None:
            try:
                events.append(read_record(row.record, source=name, reading=reading, authors=ask.authors))
                continue
            except UsageError as error:
                problem = f"{error.message}; {error.hint}"
        gaps.append(Gap(id="", source=name, missing=f"the event on {row.place}", cause=problem))
    zoneless = any(cell and not tells_zone(cell) for cell in cells)
    notes = (f"times without a zone in {name} are read as {ask.tz}",) if zoneless else ()
    return SourceResult(events=_to_the_minute(events), gaps=tuple(gaps), notes=notes)


def _from_json(whole: object, *, path: Path, ask: SourceRequest) -> SourceResult:
    beside = path.with_name(STATUSES_NAME)
    statuses = _json_or_none(_read_text(beside)) if beside.is_file() else None
    if saved := parse_saved(whole, statuses=statuses or {}, source=path.name, ask=ask):
        return saved
    if is_statuses(whole):
        if not (deployments := path.with_name(DEPLOYMENTS_NAME)).is_file():
            raise UsageError(
                f"{path} holds deployment statuses, which do not name their service",
                hint=f"give the deployments, and keep this file beside them as {STATUSES_NAME}",
            )
        return read_events(replace(ask, argument=str(deployments)))
    if isinstance(whole, dict):
        listed = whole.get("events", whole.get("items"))
        whole = listed if isinstance(listed, list) else [whole]
    if not isinstance(whole, list):
        raise UsageError(
            f"{path} holds neither a list nor an object",
            hint='write [{"time": ..., "title": ...}] or {"events": [...]}',
        )
    rows = [
        Row(f"item {number}", item)
        if isinstance(item, dict)
        else Row(f"item {number}", None, f"it is not an object but {json.dumps(item)[:40]}")
        for number, item in enumerate(whole, start=1)
    ]
    return _from_rows(rows, name=path.name, ask=ask)


def _jsonl_rows(text: str) -> Iterator[Row]:
    # not splitlines(): a title may hold U+2028 or a form feed, which JSON leaves as they are
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        record = _json_or_none(line)
        if isinstance(record, dict):
            yield Row(f"line {number}", record)
        else:
            yield Row(f"line {number}", None, "it is not an object" if record is not None else _json_problem(line))


def _csv_rows(text: str, *, name: str) -> Iterator[Row]:
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
            header = [column_name(cell) for cell in cells]
            if column_of("time", {column: column for column in header}) is None:
                raise UsageError(
                    f"{name}: the first line names no time column; it names {', '.join(header)[:200]}",
                    hint="begin with a header such as time,kind,service,title,version",
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


def _to_the_minute(events: Sequence[Event]) -> tuple[Event, ...]:
    if len(events) < MINUTE_ROWS or any(event.time.value % 60_000_000_000 for event in events):
        return tuple(events)
    return tuple(replace(event, resolution_s=max(event.resolution_s, 60.0)) for event in events)


def _time_cell(record: Mapping[str, object]) -> str:
    told = {column_name(name): str(value) for name, value in record.items() if value not in (None, "")}
    column = column_of("time", told)
    return told[column] if column else ""


def _json_or_none(text: str) -> object | None:
    try:
        whole: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return whole


def _json_problem(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError) as error:
        return f"it is not JSON that can be read: {error}"
    return "it is not an object"


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="cut it down to the window")
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="check the path given to --events") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what a spreadsheet calls "Unicode text"
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # a spreadsheet's CSV on Windows
