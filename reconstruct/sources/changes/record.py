"""One record of a file or an answer -> one Event: field names, zone, state, place, people's names, secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.config.zones import BESIDE
from reconstruct.errors import UsageError
from reconstruct.http import redact
from reconstruct.model import Event, Service
from reconstruct.sources.changes.environments import is_production
from reconstruct.sources.changes.kinds import KINDS, kind_of, letters, state_of
from reconstruct.sources.changes.people import drop_people, names_person, people_in, without_people
from reconstruct.sources.changes.times import TimeReading, read_event_time, read_span

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": (
        *("time", "timestamp", "at", "deployed_at", "released_at", "published_at", "merged_at", "started_at"),
        *("start_time", "event_time", "occurred_at", "created_at", "datetime", "date_time", "when", "start", "begin"),
        *(
            "ts",
            "@timestamp",
            "created",
            "deployed_on",
            "started_on",
            "created_on",
            "deploy_time",
            "deployment_time",
            "date",
        ),
    ),
    "end": (
        *("end", "ended_at", "finished_at", "completed_at", "time_end", "end_time", "finish_time", "completed_on"),
        *("finished_on", "until"),
    ),
    "id": ("id",),
    "kind": ("kind", "type", "event_type"),
    "service": (
        *("service", "service_name", "app", "app_name", "application", "application_name", "component"),
        *("microservice", "workload", "project", "repository", "repo"),
    ),
    "namespace": ("namespace",),
    "cluster": ("cluster",),
    "title": (
        *("title", "summary", "message", "text", "description", "event", "what", "subject", "event_name", "name"),
        *("change", "action", "details", "note"),
    ),
    "version": (
        *("version", "new_version", "to_version", "app_version", "tag", "image_tag", "release", "build", "revision"),
        *("commit", "sha"),
    ),
    "previous": ("previous", "previous_version", "old_version", "from_version"),
    "url": ("url", "link", "html_url"),
    "source": ("source",),
    "flag": ("flag", "flag_key", "feature_flag", "feature_key", "feature_name", "feature", "toggle"),
    "state": ("state", "status", "result", "outcome", "conclusion"),
    "environment": ("environment", "env", "stage", "environment_name"),
    "production": ("production",),
}
"""What an event knows, and the columns it is read from: the first that holds something. The rest become labels."""


@lru_cache(maxsize=4096)
def _squeezed(name: str) -> str:
    return name.replace("_", "")


_SQUEEZED: Final = {field: tuple(dict.fromkeys(map(_squeezed, names))) for field, names in FIELDS.items()}
"""FIELDS as camel case leaves them: `deployed_at` and `deployedAt` are one."""

ZONES: Final = ("timezone", "time_zone", "tz", "zone", "utc_offset", "tzinfo", "zeitzone")
"""Columns that tell the zone of a row's times."""

_HEADER_ZONE: Final = re.compile(
    r"(?P<name>.*?)[\s_]*(?:[(\[](?P<bracketed>[A-Za-z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[A-Za-z]+/[\w/]+|[+-]\d{2}:?\d{2})[)\]]"
    r"|(?:(?<=[\s_])|(?<=[a-z]))(?P<bare>UTC|utc|GMT|gmt|CET|CEST|EST|PST))"
)
"""`Time (CET)`, `Deployed At [Europe/Berlin]`, `timestamp_utc`: the zone stands in the column's name."""
_NOT_A_ZONE: Final = frozenset({"s", "ms", "us", "ns", "sec", "secs", "iso", "epoch", "unix", "local"})
_NO_TITLE: Final = "(no title)"
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
    people = frozenset() if authors else frozenset(people_in(record))
    zones = {column_name(name): zone for name in record if (zone := zone_of_column(name))}
    kept = record if authors else drop_people(record)
    told = {column_name(name): text for name, value in dict(kept).items() if (text := cell_text(value))}  # type: ignore[call-overload]
    taken = taken_columns(told, columns or {})
    values = {field: told[name] for field, name in taken.items()}
    values.update({f: text for f, text in (columns or {}).items() if f not in taken and f in FIELDS and f != "time"})
    if "time" not in values:
        raise UsageError("it has no time", hint=f"name the column one of {', '.join(FIELDS['time'][:4])}")
    zone_column = zone_column_of(told)
    zone = told[zone_column] if zone_column else zones.get(taken["time"], "")
    start, end = read_span(_with_zone(_with_date(told, taken["time"]), zone), reading=reading)
    labels = {
        name: redact(text)
        for name, text in told.items()
        if name not in taken.values()
        and name not in {"date", "time", zone_column}
        and (authors or not names_person(name))
    }
    if not (values.keys() - {"time", "end"} or labels):
        raise UsageError("it has a time and nothing else", hint="say what happened: a title, a kind, a service")
    flag = values.get("flag", "")
    over = end.time if end is not None and end.time > start.time else None
    read = event(
        time=start,
        end=over or _end(_with_zone(values.get("end", ""), zone), start=start, reading=reading),
        kind=values.get("kind", "") or _kind_by_columns(taken),
        service=Service(*(redact(values.get(field, "")) for field in ("service", "namespace", "cluster"))),
        title=" ".join(filter(None, ("flag" * bool(flag), flag, values.get("title", "")))),
        version=values.get("version", ""),
        previous=values.get("previous", ""),
        url=values.get("url", ""),
        source=values.get("source", source),
        source_id=values.get("id", ""),
        labels=labels,
        state=values.get("state", ""),
        environment=values.get("environment", ""),
        production=_YES_OR_NO.get(values.get("production", "").lower()),
    )
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
    got = state_of(state) if state else "done"
    if got is None:
        kept.setdefault("state", redact(state))
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
        state=got or "done",
        environment=redact(environment),
        production=is_production(environment, flag=production),
    )


def taken_columns(told: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """Which column holds each field: as the configuration says, else as the names say.

    >>> taken_columns({"deployed_at": "13:45", "what": "x"}, {}), taken_columns({"x": "13:45"}, {"time": "X"})
    ({'time': 'deployed_at', 'title': 'what'}, {'time': 'x'})
    """
    mapped = {field: column_name(name) for field, name in columns.items() if told.get(column_name(name))}
    free = {name: text for name, text in told.items() if name not in mapped.values()}
    found = {field: name for field in FIELDS if field not in columns and (name := column_of(field, free))}
    return {**found, **mapped}


def column_name(name: object) -> str:
    """A column's name in lower case with underscores, without the zone in it: `Created At (UTC) ` -> `created_at`."""
    text = cell_text(name)
    match = _HEADER_ZONE.fullmatch(text)
    if match and zone_of_column(text):
        text = match["name"]
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def zone_of_column(name: object) -> str:
    """The zone that a column's name tells: `Time (CET)` -> `CET`; "" = none.

    >>> zone_of_column("Deployed At (UTC)"), zone_of_column("timestamp_utc"), zone_of_column("duration (ms)")
    ('UTC', 'utc', '')
    """
    match = _HEADER_ZONE.fullmatch(cell_text(name))
    zone = (match["bracketed"] or match["bare"] or "") if match else ""
    return "" if zone.lower() in _NOT_A_ZONE else zone


def zone_column_of(told: Mapping[str, str]) -> str:
    """The column that tells the zone of a row's times; "" = none. A `zone` may as well be a data centre's.

    >>> zone_column_of({"tz": "CET"}), zone_column_of({"zone": "+01:00"}), zone_column_of({"zone": "eu-west-1a"})
    ('tz', 'zone', '')
    """
    for name in ZONES:
        if told.get(name) and (name != "zone" or re.fullmatch(BESIDE, told[name])):
            return name
    return ""


def column_of(field: str, columns: Mapping[str, str]) -> str | None:
    """Which of `columns` holds `field`, in the order of FIELDS; `deployedAt` is `deployed_at`.

    >>> column_of("time", {"deployedat": "13:45", "title": "x"})
    'deployedat'
    """
    held = {_squeezed(name): name for name, value in columns.items() if value}
    return next((held[name] for name in _SQUEEZED[field] if name in held), None)


def cell_text(value: object) -> str:
    """A cell as text; numbers as written, nested values as JSON, half-characters (lone surrogates) replaced."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():  # a whole number too long for JSON readers to keep as one
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.strip().encode("utf-8", "replace").decode("utf-8")


def _kind_by_columns(taken: Mapping[str, str]) -> str:
    """What the names of the columns tell: a row with a flag's name changed it, `deployed_at` is a deploy's."""
    if "flag" in taken:
        return "flag"
    return "deploy" if re.match(r"(?:deploy|release)", taken.get("time", "")) else ""


def _with_date(told: Mapping[str, str], column: str) -> str:
    """The time's text; a spreadsheet with one column for the date and one for the clock is put together."""
    if column != "date" and "date" in told and re.match(r"\d{1,2}:\d{2}", told[column]):
        return f"{told['date']} {told[column]}"
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
