"""One record of a file or an answer -> one Event: field names, kinds, people's names, secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.errors import UsageError
from reconstruct.http import redact
from reconstruct.model import Event, EventKind, Service
from reconstruct.sources.changes.times import TimeReading, read_event_time

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": ("time", "timestamp", "at", "created_at", "datetime", "date_time", "when", "started_at", "start", "date"),
    "end": ("end", "ended_at", "finished_at", "time_end", "end_time"),
    "id": ("id",),
    "kind": ("kind", "type", "event_type"),
    "service": ("service", "app", "application", "component"),
    "namespace": ("namespace",),
    "cluster": ("cluster",),
    "title": ("title", "summary", "message", "text", "description", "event", "name"),
    "version": ("version", "tag", "revision"),
    "previous": ("previous", "previous_version"),
    "url": ("url", "link"),
    "source": ("source",),
}
"""What an event knows, and the columns it is read from: the first that holds something. The rest become labels."""

PEOPLE: Final = frozenset(
    {
        "author",
        "authors",
        "user",
        "username",
        "actor",
        "creator",
        "committer",
        "deployer",
        "deployed_by",
        "triggered_by",
        "initiated_by",
        "login",
        "email",
        "assignee",
        "reporter",
        "who",
    }
)
"""Columns that name people: dropped unless names are asked for."""

KINDS: Final[Mapping[str, EventKind]] = {
    **dict.fromkeys(
        ("deploy", "deployment", "deployed", "release", "released", "rollout", "upgrade", "upgraded", "promotion"),
        "deploy",
    ),
    **dict.fromkeys(("rollback", "rolledback", "revert", "reverted", "undo"), "rollback"),
    **dict.fromkeys(("config", "configuration", "configchange", "configmap", "setting", "change"), "config"),
    **dict.fromkeys(("flag", "featureflag", "toggle", "experiment"), "flag"),
    **dict.fromkeys(("migration", "migrate", "schemachange", "ddl"), "migration"),
    **dict.fromkeys(("scale", "scaling", "autoscale", "resize"), "scale"),
    **dict.fromkeys(("restart", "reboot"), "restart"),
    **dict.fromkeys(("job", "cron", "cronjob", "batch", "backup"), "job"),
    **dict.fromkeys(("alert", "alarm", "incident", "page"), "alert"),
    **dict.fromkeys(("note", "comment", "chat", "message", "annotation"), "note"),
}
"""Words of other tools, letters only -> our kinds. Any other word: a note that keeps the word as label `kind`."""

_STARTS: Final[tuple[tuple[re.Pattern[str], EventKind], ...]] = (
    (re.compile(r"(?:roll(?:ed|ing)?[ -]?back|revert(?:ed|s)?)\b", re.IGNORECASE), "rollback"),
    (re.compile(r"(?:deploy(?:ed|ing|ment)?|releas(?:e|ed|ing)|roll(?:ed)?[ -]?out)\b", re.IGNORECASE), "deploy"),
    (re.compile(r"(?:feature[ -]?flag|flag)\b", re.IGNORECASE), "flag"),
    (re.compile(r"(?:schema |db )?migrat(?:ion|ed|ing|e)\b", re.IGNORECASE), "migration"),
    (re.compile(r"cron(?:job)?\b", re.IGNORECASE), "job"),
)
"""How titles begin that tell their kind. Only beginnings: `the latest deploy is a suspect` is talk, not a deploy."""

_NO_TITLE: Final = "(no title)"


def read_record(record: Mapping[str, object], *, source: str, reading: TimeReading, authors: bool = False) -> Event:
    """The Event that a record with column names in any case tells.

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
    told = {column_name(name): text for name, value in record.items() if (text := _text(value))}
    taken = {field: name for field in FIELDS if (name := column_of(field, told))}
    values = {field: told[name] for field, name in taken.items()}
    if "time" not in values:
        raise UsageError("it has no time", hint=f"name the column one of {', '.join(FIELDS['time'][:4])}")
    start = read_event_time(_with_date(told, taken["time"]), reading=reading)
    labels = {
        name: redact(text)
        for name, text in told.items()
        if name not in taken.values() and (authors or name not in PEOPLE) and name not in {"date", "time"}
    }
    if not (values.keys() - {"time", "end"} or labels):
        raise UsageError("it has a time and nothing else", hint="say what happened: a title, a kind, a service")
    return event(
        time=start,
        end=_end(values.get("end", ""), start=start, reading=reading),
        kind=values.get("kind", ""),
        service=Service(*(redact(values.get(field, "")) for field in ("service", "namespace", "cluster"))),
        title=values.get("title", ""),
        version=values.get("version", ""),
        previous=values.get("previous", ""),
        url=values.get("url", ""),
        source=values.get("source", source),
        source_id=values.get("id", ""),
        labels=labels,
    )


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
) -> Event:
    """An Event from texts as a source gave them: kind recognised, secrets taken out, a title made where none is."""
    kept = dict(labels or {})
    known = kind_of(kind, title=title, version=version)
    if kind and known == "note" and _letters(kind) not in KINDS:
        kept.setdefault("kind", redact(kind))
    words = title or " ".join(word for word in (known, service.name, version) if word and word != "note")
    return Event(
        id="",
        time=time.time,
        kind=known,
        service=service,
        title=redact(" ".join(words.split())) or _NO_TITLE,
        end=end,
        resolution_s=time.resolution_s,
        version=redact(version),
        previous=redact(previous),
        url=redact(url),
        source=redact(source),
        source_id=redact(source_id),
        labels=kept,
    )


def kind_of(word: str, *, title: str = "", version: str = "") -> EventKind:
    """Our kind for another tool's word; without a word, what the title begins with or the version tells.

    A deploy whose title begins with `rollback` or `revert` is a rollback.

    >>> kind_of("Feature Flag"), kind_of("deployment", title="Revert to 1.2"), kind_of("", version="2.0"), kind_of("?")
    ('flag', 'rollback', 'deploy', 'note')
    """
    begins = next((kind for pattern, kind in _STARTS if pattern.match(title)), None)
    if word:
        kind = KINDS.get(_letters(word), "note")
        return "rollback" if kind == "deploy" and begins == "rollback" else kind
    return begins or ("deploy" if version else "note")


def column_name(name: object) -> str:
    """A column's name in lower case with underscores: `Created At ` -> `created_at`."""
    return re.sub(r"[\s-]+", "_", _text(name).lower())


def column_of(field: str, columns: Mapping[str, str]) -> str | None:
    """Which of `columns` holds `field`, in the order of FIELDS."""
    return next((name for name in FIELDS[field] if columns.get(name)), None)


def _letters(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())


def _with_date(told: Mapping[str, str], column: str) -> str:
    """The time's text; a spreadsheet with one column for the date and one for the clock is put together."""
    if column != "date" and "date" in told and re.match(r"\d{1,2}:\d{2}", told[column]):
        return f"{told['date']} {told[column]}"
    return told[column]


def _end(text: str, *, start: ReadTime, reading: TimeReading) -> pd.Timestamp | None:
    if not text:
        return None
    end = read_event_time(text, reading=reading)
    if end.time < start.time:
        raise UsageError(f"its end {text!r} lies before its time", hint="swap them, or leave the end empty")
    return end.time if end.time > start.time else None


def _text(value: object) -> str:
    """A cell as text; numbers as written, nested values as JSON, half-characters (lone surrogates) replaced."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.strip().encode("utf-8", "replace").decode("utf-8")
