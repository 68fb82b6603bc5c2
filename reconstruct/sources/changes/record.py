"""One record of a file or an answer -> one Event: field names, zone, state, place, people's names, secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.errors import UsageError
from reconstruct.http import redact
from reconstruct.json_text import JsonError, read_json
from reconstruct.model import Event, Service
from reconstruct.model.kinds import EventState
from reconstruct.sources.changes.columns import (
    APART,
    DRAFTS,
    ELSEWHERE,
    FIELDS,
    PLACES,
    PRODUCTION,
    cell_text,
    column_name,
    columns_of,
    flags,
    is_planned,
    on_paper,
    plain_cells,
    service_told,
    taken_columns,
    unbegun,
)
from reconstruct.sources.changes.environments import is_production, placed_by_namespace
from reconstruct.sources.changes.kinds import (
    KINDS,
    kind_of,
    kind_of_pipeline,
    known_kind,
    letters,
    state_in_title,
    state_of,
)
from reconstruct.sources.changes.payload import short_sha
from reconstruct.sources.changes.people import drop_people, names_person, people_in, without_people
from reconstruct.sources.changes.times import TimeReading, read_event_time, read_span
from reconstruct.sources.changes.zone_columns import zone_column_of, zone_in, zone_of_column

_NO_TITLE: Final = "(no title)"
UNKNOWN_STATE: Final = "state"
"""The label that keeps a source's word for how far it got, where nobody here knows the word."""
_COLUMNS_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "note": ("issue_key", "issue_id", "pull_request", "merge_request"),
    "migration": ("installed_rank", "exectype"),
    "alert": ("incident_number", "alertname", "alert_name", "alert", "alert_id", "tinyid"),
    "job": ("cron", "cronjob", "exit_code", "exit_status"),
}
"""Columns that one kind of record has: what trackers, migration tools, pagers and schedulers export."""
_TYPES_OF_CHANGE: Final = frozenset({"normal", "standard", "emergency", "routine", "expedited"})
"""ITIL's types of a change request: they tell that it is one, and not what was done."""
_DATES: Final = ("date", "datum", "day", "tag")
_YES_OR_NO: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_record(
    record: Mapping[str, object],
    *,
    source: str,
    reading: TimeReading,
    authors: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Event:
    """The Event that a record with column names in any case tells.

    `columns` says which column holds a field (`{"time": "deployed_at"}`), where the configuration does; a value that
    names no column of the record is taken as it stands (`{"kind": "deploy"}`).

    Raises
    ------
    UsageError
        If its time cannot be read, or it holds nothing but a time.

    >>> from reconstruct.model import Window
    >>> t = pd.Timestamp("2026-11-17T12:00Z")
    >>> reading = TimeReading(Window(t, t + pd.Timedelta("4h"), pd.Timedelta("15s"), t), "UTC")
    >>> event = read_record({"at": "13:45", "Type": "Feature flag", "app": "shop"}, source="f.csv", reading=reading)
    >>> event.kind, event.service.name, event.title, event.resolution_s
    ('flag', 'shop', 'flag shop', 60.0)
    """
    people = frozenset() if authors else frozenset(people_in({name: _unpacked(cell) for name, cell in record.items()}))
    zones = {column_name(name): zone for name in record if (zone := zone_of_column(name))}
    kept = (
        record if authors else {name: _without_people(cell) for name, cell in record.items() if not names_person(name)}
    )
    cells = {column_name(name): value for name, value in dict(kept).items()}
    told = {name: text for name, value in cells.items() if (text := cell_text(value))}
    plain = plain_cells(cells)
    taken = taken_columns(plain, columns or {})
    values = {field: plain[name] for field, name in taken.items()}
    if "service" in taken:
        values["service"] = service_told(taken["service"], values["service"])
    values.update({f: text for f, text in (columns or {}).items() if f not in taken and f in FIELDS and f != "time"})
    if "time" not in values:
        raise UsageError("it has no time", hint=f"name the column one of {', '.join(FIELDS['time'][:4])}")
    zone_column = zone_column_of(told)
    zone = zone_in(zone_column, told[zone_column]) if zone_column else zones.get(taken["time"], "")
    start, end = read_span(_with_zone(_with_date(plain, taken["time"]), zone), reading=reading)
    states = {name: plain[name] for name in columns_of("state", plain)} if "state" in taken else {}
    labels = {
        name: redact(text)
        for name, text in told.items()
        if name not in taken.values()
        and name not in {*_DATES[:2], "time", zone_column, *states}
        and (authors or not names_person(name))
    }
    if not (values.keys() - {"time", "end"} or labels):
        raise UsageError("it has a time and nothing else", hint="say what happened: a title, a kind, a service")
    flag = values.get("flag", "")
    asked = "" if columns and "time" in columns else unbegun(cells, taken)
    yes = flags(record)
    production = _YES_OR_NO.get(values.get("production", "").lower(), True if yes & PRODUCTION else None)
    place = values.get("environment", "") or next(
        (plain[name] for name in PLACES if is_production(plain.get(name, "")) is not None), ""
    )
    over = end.time if end is not None and end.time > start.time else None
    read = event(
        time=start,
        end=over or _end(_with_zone(values.get("end", ""), zone), start=start, reading=reading),
        kind=_kind_told(values.get("kind", ""), told, taken),
        service=Service(*(redact(values.get(field, "")) for field in ("service", "namespace", "cluster"))),
        title=" ".join(filter(None, ("flag" * bool(flag), flag, values.get("title", "")))),
        version=short_sha(values.get("version", "")),
        previous=values.get("previous", ""),
        url=values.get("url", ""),
        source=values.get("source", source),
        source_id=values.get("id", ""),
        labels=labels,
        state=_how_far(
            states, values, asked=asked, planned=is_planned(taken), draft=bool(yes & DRAFTS) or on_paper(told)
        ),
        environment=place,
        production=False if yes & ELSEWHERE else production,
    )
    read = placed_by_namespace(read)
    return read if authors else without_people(read, people)


def event(
    *,
    time: ReadTime,
    kind: str,
    service: Service,
    title: str,
    source: str,
    source_id: str,
    end: pd.Timestamp | None = None,
    version: str = "",
    previous: str = "",
    url: str = "",
    labels: Mapping[str, str] | None = None,
    state: str = "",
    environment: str = "",
    production: bool | None = None,
) -> Event:
    """An Event from texts as a source gave them: kind and state recognised, secrets out, a title made where none is.

    `production` is the vendor's own flag; without one the environment's name tells, or nothing does.
    """
    kept = {name: redact(text) for name, text in (labels or {}).items() if text}
    known = kind_of(kind, title=title, version=version)
    if kind and known == "note" and letters(kind) not in KINDS:
        kept.setdefault("kind", redact(kind))
    got = state_of(*state.split(APART)) if state else _state_of_title(known, title)
    if got is None:
        kept.setdefault(UNKNOWN_STATE, redact(state.replace(APART, ", ")))
        got = "done" if known in ("alert", "note") else "requested"
    words = title or " ".join(word for word in (known, service.name, version) if word and word != "note")
    return Event(
        id="",
        time=time.time,
        kind=known,
        service=Service(*map(redact, service)),
        title=redact(" ".join(words.split())) or _NO_TITLE,
        end=end if end is not None and end > time.time else None,
        resolution_s=time.resolution_s,
        version=redact(version),
        previous=redact(previous),
        url=redact(url),
        source=redact(source),
        source_id=redact(source_id),
        labels=kept,
        state=got,
        environment=redact(environment),
        production=is_production(environment, flag=production),
    )


def _state_of_title(kind: str, title: str) -> EventState:
    """How far a change got where only its title may tell; what people say and what fires is as it stands."""
    return (None if kind in ("note", "alert") else state_in_title(title)) or "done"


def _how_far(states: Mapping[str, str], values: Mapping[str, str], *, asked: str, planned: bool, draft: bool) -> str:
    """The words for how far it got; what has a planned time only was asked for at most, whatever else is told."""
    if draft:
        return "draft"
    words = _state_told(states, values, asked=asked)
    return words if not planned or (words and state_of(*words.split(APART)) == "cancelled") else "requested"


def _state_told(states: Mapping[str, str], values: Mapping[str, str], *, asked: str) -> str:
    """The words of every column that tells a state, apart; what is known of one needs no word that nobody knows."""
    words = [word for word in (values.get("state", ""), *states.values()) if word]
    known = [word for word in words if state_of(word)]
    return APART.join(dict.fromkeys(known or words[:1])) or asked


def _kind_told(word: str, told: Mapping[str, str], taken: Mapping[str, str]) -> str:
    """The kind that a row tells, in its own word or by its columns: a row with a flag's name changed it."""
    if known_kind(word):
        return word
    if letters(word) in _TYPES_OF_CHANGE:
        begins = kind_of("", title=told.get(taken.get("title", ""), ""))
        return "config" if begins == "note" else begins
    for kind, names in _COLUMNS_OF_KIND.items():
        if any(name in told for name in names):
            begins = kind_of("", title=told.get(taken.get("title", ""), ""))
            return kind if begins == "note" else begins
    if "flag" in taken:
        return "flag"
    if job := told.get("job_name") or told.get("job"):
        return kind_of_pipeline(job, otherwise="job")
    deployed = re.match(r"(?:deploy|release)", taken.get("time", ""))
    return word or ("deploy" if deployed else "")


def _unpacked(cell: object) -> object:
    """A cell as the JSON that its text holds: logs keep whole records in one column."""
    if isinstance(cell, str) and cell.lstrip().startswith("{"):
        try:
            return read_json(cell)
        except JsonError:
            return cell
    return cell


def _without_people(cell: object) -> object:
    """A cell without the fields that hold people; a text stays one."""
    inner = _unpacked(cell)
    return cell_text(drop_people(inner)) if isinstance(cell, str) and inner is not cell else drop_people(inner)


def _with_date(told: Mapping[str, str], column: str) -> str:
    """The time's text; a spreadsheet with one column for the date and one for the clock is put together."""
    date = next((told[name] for name in _DATES if name != column and name in told), "")
    if date and re.match(r"\d{1,2}:\d{2}", told[column]):
        return f"{date} {told[column]}"
    return told[column]


def _with_zone(text: str, zone: str) -> str:
    """A time with the zone that its column or its row tells, where it tells none itself."""
    if not zone or not text or re.fullmatch(r"[\d.]+", text) or _own_zone(text):
        return text
    return f"{text} {zone}"


def _own_zone(text: str) -> bool:
    return bool(re.search(r"\d\s*(?:[Zz]|[+-]\d{2}:?\d{2})$|:\d{2}\S*\s+[A-Za-z]{3,5}$", text)) and not re.search(
        r"\d\s?[AaPp][Mm]$", text
    )


def _end(text: str, *, start: ReadTime, reading: TimeReading) -> pd.Timestamp | None:
    if not text:
        return None
    near = start.time.tz_convert(reading.window.start.tz).date() if re.match(r"\d{1,2}:\d{2}", text) else reading.today
    end = read_event_time(text, reading=replace(reading, today=near))
    if end.time < start.time:
        raise UsageError(f"its end {text!r} lies before its time", hint="swap them, or leave the end empty")
    return end.time if end.time > start.time else None
