"""Calendars of maintenance and change windows (iCalendar, RFC 5545): what was planned, never what happened.

An appointment that repeats is a Gap: which of its times lie in the window its rule tells, and no rule is worked out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.people import people_in, without_people
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.times import TimeReading, read_event_time
from reconstruct.sources.result import SourceRequest, SourceResult

_STAMP: Final = re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?:T(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)(?P<zone>Z?))?")
_DURATION: Final = re.compile(
    r"\+?P(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+)S)?)?"
)
_ESCAPED: Final = re.compile(r"\\([nN\\;,])")
_STATES: Final = {"CANCELLED": "cancelled"}


class _Property(NamedTuple):
    value: str
    parameters: Mapping[str, str]


def is_calendar(text: str) -> bool:
    """Whether a text is a calendar."""
    return text.lstrip("\ufeff \r\n").upper().startswith("BEGIN:VCALENDAR")


def parse_calendar(text: str, *, source: str, ask: SourceRequest) -> SourceResult:
    """Every appointment as something that was asked for, from its beginning to its end; who was invited is dropped."""
    reading = TimeReading(ask.window, ask.tz)
    events: list[Event] = []
    gaps: list[Gap] = []
    zoneless = False
    for number, appointment in enumerate(_appointments(text), start=1):
        title = appointment["SUMMARY"].value if "SUMMARY" in appointment else ""
        if "RRULE" in appointment or "RDATE" in appointment:
            cause = "it repeats; give the calendar with its repetitions written out"
            gaps.append(Gap("", source, f"appointment {number}", cause))
            continue
        try:
            begins = _time(appointment, "DTSTART", reading=reading)
            told = _planned(appointment, begins, title=title, source=source, reading=reading)
        except UsageError as error:
            gaps.append(Gap("", source, f"appointment {number}", f"{error.message}; {error.hint}"))
            continue
        zoneless = zoneless or not begins.zone_told
        people = people_in({name.lower(): each.parameters.get("CN", "") for name, each in appointment.items()})
        events.append(told if ask.authors else without_people(told, frozenset(people)))
    notes: tuple[str, ...] = (f"{source} is a calendar: what was planned, not what happened",) if events else ()
    if zoneless:
        notes += (f"times without a zone in {source} are read as {ask.tz}",)
    return SourceResult(events=tuple(events), gaps=tuple(gaps), notes=notes)


def _planned(
    appointment: Mapping[str, _Property], begins: ReadTime, *, title: str, source: str, reading: TimeReading
) -> Event:
    if "DTEND" in appointment:
        over = _time(appointment, "DTEND", reading=reading).time
    else:
        over = begins.time + _length(appointment["DURATION"].value if "DURATION" in appointment else "PT0S")
    status = appointment["STATUS"].value.upper() if "STATUS" in appointment else ""
    return event(
        time=begins,
        end=over,
        kind="",
        service=Service(""),
        title=title,
        source=source,
        source_id=appointment["UID"].value if "UID" in appointment else "",
        url=appointment["URL"].value if "URL" in appointment else "",
        state=_STATES.get(status, "requested"),
    )


def _appointments(text: str) -> Iterator[Mapping[str, _Property]]:
    """The properties of each VEVENT by name; of one that comes twice the first; parts of it (alarms) are left out."""
    inside: dict[str, _Property] | None = None
    depth = 0
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        head, _, value = _split(line)
        name, _, parameters = head.partition(";")
        name = name.strip().upper()
        if name == "BEGIN":
            if value.strip().upper() == "VEVENT":
                inside, depth = {}, 0
            depth += inside is not None
        elif name == "END":
            depth -= inside is not None
            if inside is not None and depth == 0:
                yield inside
                inside = None
        elif inside is not None and depth == 1:
            told = dict(part.split("=", 1) for part in parameters.split(";") if "=" in part)
            clean = {key.upper(): one.strip('"') for key, one in told.items()}
            unescaped = _ESCAPED.sub(lambda match: {"n": " ", "N": " "}.get(match[1], match[1]), value)
            inside.setdefault(name, _Property(unescaped.strip(), clean))


def _split(line: str) -> tuple[str, str, str]:
    """A line at its first colon that stands in no quotes."""
    match = re.match(r'((?:[^":]|"[^"]*")*):(.*)', line)
    return (match[1], ":", match[2]) if match else (line, "", "")


def _time(appointment: Mapping[str, _Property], name: str, *, reading: TimeReading) -> ReadTime:
    if name not in appointment:
        raise UsageError(f"it has no {name}", hint="export it again")
    told = appointment[name]
    match = _STAMP.fullmatch(told.value)
    if match is None:
        raise UsageError(f"{told.value!r} is no time of a calendar", hint="export it again")
    day = f"{match['y']}-{match['m']}-{match['d']}"
    if match["H"] is None:
        return read_event_time(day, reading=reading)
    zone = "UTC" if match["zone"] else told.parameters.get("TZID", "").lstrip("/")
    return read_event_time(f"{day} {match['H']}:{match['M']}:{match['S']} {zone}".strip(), reading=reading)


def _length(text: str) -> pd.Timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no duration of a calendar", hint="export it again")
    weeks, days, hours, minutes, seconds = (int(match[unit] or 0) for unit in "WDHMS")
    return pd.Timedelta(days=7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds)
