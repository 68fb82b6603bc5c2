"""Times in hand-written and exported event files: what `config.times` reads, and what spreadsheets and chats write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reconstruct.config import ReadTime, parse_zone, read_time
from reconstruct.errors import UsageError
from reconstruct.model import Window

_CLOCK_ALONE = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}))?")
_TWELVE_HOURS = re.compile(r"(?P<hour>\d{1,2}):(?P<rest>\d{2}(?::\d{2})?)\s*(?P<half>[AaPp])\.?[Mm]\.?")
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?P<rest>\b.*)")
_SLASHED = re.compile(r"(?P<first>\d{1,2})[/-](?P<second>\d{1,2})[/-](?P<year>\d{4})(?P<rest>\b.*)")
_YEAR_FIRST_SLASHED = re.compile(r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})(?P<rest>\b.*)")


_ZONED = re.compile(r"\d{9,14}(?:\.\d+)?|.*(?:[Zz]|UTC|GMT|\d[+-]\d{2}(?::?\d{2})?)")


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How the times of one file are to be read."""

    window: Window
    tz: str
    day_first: bool | None = None
    """Of dates with slashes: 17/11 (True), 11/17 (False), or nothing in the file tells (None)."""
    today: date | None = None
    """Date of clock times that stand under a date heading; None = the date that the window tells."""


def read_event_time(text: str, *, reading: TimeReading) -> ReadTime:
    """The instant that one cell means.

    Raises
    ------
    UsageError
        If it is no time, or could be more than one.

    >>> t = pd.Timestamp("2026-11-17T12:00Z")
    >>> window = Window(t, t + pd.Timedelta("4h"), pd.Timedelta("15s"), t)
    >>> str(read_event_time("17.11.2026 13:45", reading=TimeReading(window, "UTC")).time)
    '2026-11-17 13:45:00+00:00'
    >>> str(read_event_time("1:45 PM", reading=TimeReading(window, "UTC")).time)
    '2026-11-17 13:45:00+00:00'
    """
    stripped = _year_first(_twelve_hours(text.strip()), day_first=reading.day_first)
    if not _CLOCK_ALONE.fullmatch(stripped):
        return read_time(stripped, tz=reading.tz)
    if reading.today is not None:
        return read_time(stripped, tz=reading.tz, today=reading.today)
    return _nearest(stripped, reading=reading)


def is_day_first(cells: Iterable[str]) -> bool | None:
    """What the slashed dates of one file tell about their order; None = nothing, or both.

    >>> is_day_first(["05/06/2026", "17/11/2026"]), is_day_first(["11/17/2026 13:45"]), is_day_first(["05/06/2026"])
    (True, False, None)
    """
    told = set()
    for cell in cells:
        if match := _SLASHED.fullmatch(cell.strip()):
            first, second = int(match["first"]), int(match["second"])
            if (first > 12) != (second > 12):
                told.add(first > 12)
    return told.pop() if len(told) == 1 else None


def tells_zone(cell: str) -> bool:
    """Whether a time names its own zone; epoch numbers need none.

    >>> tells_zone("2026-11-17T13:45:00+01:00"), tells_zone("1794923730"), tells_zone("17.11.2026 13:45")
    (True, True, False)
    """
    return bool(_ZONED.fullmatch(cell.strip()))


def _year_first(text: str, *, day_first: bool | None) -> str:
    """Spreadsheet dates as ISO dates; anything else unchanged."""
    if match := _YEAR_FIRST_SLASHED.fullmatch(text) or _DOTTED.fullmatch(text):  # dots: day first wherever used
        return f"{match['year']}-{int(match['month']):02}-{int(match['day']):02}{match['rest'].replace(',', '', 1)}"
    if not (match := _SLASHED.fullmatch(text)):
        return text
    first, second = int(match["first"]), int(match["second"])
    if first <= 12 and second <= 12 and first != second and day_first is None:
        raise UsageError(
            f"{text!r} can be {match['year']}-{first:02}-{second:02} or {match['year']}-{second:02}-{first:02}",
            hint="write dates as 2026-11-17",
        )
    if first > 12 or (second <= 12 and day_first):
        first, second = second, first
    return f"{match['year']}-{first:02}-{second:02}{match['rest'].replace(',', '', 1)}"


def _twelve_hours(text: str) -> str:
    def in_24(match: re.Match[str]) -> str:
        hour = int(match["hour"])
        if not 1 <= hour <= 12:
            raise UsageError(f"{text!r} is not a time", hint="hours with AM or PM go from 1 to 12")
        return f"{hour % 12 + (12 if match['half'] in 'Pp' else 0):02}:{match['rest']}"

    return _TWELVE_HOURS.sub(in_24, text)


def _nearest(text: str, *, reading: TimeReading) -> ReadTime:
    """A clock time on the one date that puts it into the window, or else nearest to it."""
    zone = parse_zone(reading.tz)
    start, end = reading.window.baseline_start, reading.window.end
    first, last = start.tz_convert(zone).date(), end.tz_convert(zone).date()
    if (last - first).days > 1:
        raise UsageError(f"{text!r} has no date, and the window has several", hint="write the date: 2026-11-17 13:45")
    days = (first + timedelta(days=offset) for offset in range(-1, (last - first).days + 2))
    reads = [read_time(text, tz=reading.tz, today=day) for day in days]

    def distance(read: ReadTime) -> pd.Timedelta:
        return max(start - read.time, read.time - end, pd.Timedelta(0))

    nearest = sorted(reads, key=distance)
    if distance(nearest[1]) == pd.Timedelta(0):
        raise UsageError(
            f"{text!r} has no date, and the window holds it twice", hint="write the date: 2026-11-17 13:45"
        )
    return nearest[0]
