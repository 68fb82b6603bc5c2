"""Times in event files and chats: `config.times`, the dates that only a window tells, ranges, where a time ends."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import pandas as pd

from reconstruct.config import ReadTime, is_day_first, parse_zone, read_time
from reconstruct.config.dates import AT_START
from reconstruct.config.zones import BESIDE
from reconstruct.errors import UsageError
from reconstruct.model import Window

__all__ = ["TimeReading", "is_day_first", "leading_time", "read_event_time", "read_span", "tells_zone"]

_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?(?!\w))?"
_CLOCK_FIRST: Final = re.compile(rf"{_CLOCK}(?P<beside>.*)", re.DOTALL)
_HALF: Final = re.compile(r"(?<=\d)\s?[AaPp]\.?[Mm]\b")
_HAS_DATE: Final = re.compile(r"\d{4}|\d[./]\d{1,2}[./]\d|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")
_DASH: Final = r"[-\u2010-\u2015\u2212]"
_APART: Final = re.compile(
    rf"(?P<first>.*?{_CLOCK}.*?)(?:\s+(?:{_DASH}+>?|\u2192|to|until|till|bis|through)\s+|\s*(?:[\u2010-\u2015]|\.\.+|\u2192)\s*"
    rf"|(?<=[\dZz])/)(?P<last>\S.*?)",
    re.IGNORECASE,
)
_GLUED: Final = re.compile(
    r"(?P<first>(?P<dated>.*?)(?P<from>\d{1,2}:\d{2}))-(?P<last>(?P<to>\d{1,2}:\d{2})(?P<beside>.*))", re.ASCII
)
"""`14:00-14:30`: a range, unless an offset is meant."""
_HALF_HOURS: Final = frozenset({"-02:30", "-03:30", "-09:30"})
"""The offsets west of Greenwich that are no whole hours (tz database)."""
_MOST_WEST: Final = 12
_ZONED: Final = re.compile(r"\d{9,19}(?:\.\d+)?|.*?\d(?:\s?[AaPp][Mm])?\s*" + BESIDE + r".*", re.DOTALL)
_LEADING: Final = re.compile(
    rf"(?P<time>(?:{AT_START}(?:[Tt_]|,?\s+(?:at\s+)?|:))?{_CLOCK}(?:\s?{BESIDE}|(?=\s*{_DASH}\s*\d{{1,2}}:\d{{2}}))?"
    rf"(?:\s*(?:{_DASH}|\bto\b|\buntil\b)\s*{_CLOCK}(?:\s?{BESIDE})?)?)"
)
_GOES_ON: Final = re.compile(r"[\w+\u2212]|[-:.,/]\d|\u00b0")
"""What a time cannot end before: it would be read shorter than it is."""


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How the times of one file are to be read."""

    window: Window
    tz: str
    day_first: bool | None = None
    """Of dates with slashes: 17/11 (True), 11/17 (False), or nothing in the file tells (None)."""
    today: date | None = None
    """Date of clock times that stand under a date heading; None = the date that the window tells."""


_DOTNET: Final = re.compile(r"/Date\((\d+)(?:[+-]\d{4})?\)/")
"""Milliseconds as .NET writes them; the offset is where it was written, and moves nothing."""


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
    stripped = text.strip().replace(" @ ", " ")  # as Kibana writes it
    if found := _DOTNET.fullmatch(stripped):
        stripped = found[1]
    clock = _CLOCK_FIRST.fullmatch(stripped)
    if clock is not None and not _HAS_DATE.search(clock["beside"]) and reading.today is None:
        return _nearest(stripped, reading=reading)
    zone = parse_zone(reading.tz)
    near = reading.today or reading.window.start.tz_convert(zone).date()
    return read_time(stripped, tz=reading.tz, today=near, day_first=reading.day_first, serials=True)


def read_span(text: str, *, reading: TimeReading) -> tuple[ReadTime, ReadTime | None]:
    """The beginning and the end that a cell means: `14:00-14:30`, `13:55 – 14:10 CET`, `A/B`; None = it has no end.

    What one side does not tell (its date, its zone) the other side does.

    Raises
    ------
    UsageError
        If it is no time, or could be a range as well as a time with an offset.
    """
    sides = _sides(text.strip())
    if sides is None:
        return read_event_time(text, reading=reading), None
    first, last = sides
    zone_first, zone_last = _zone_in(first), _zone_in(last)
    if zone_last and not zone_first:
        first = f"{first} {zone_last}"
    elif zone_first and not zone_last:
        last = f"{last} {zone_first}"
    begin = _begin(first, last, reading=reading)
    same_day = begin.time.tz_convert(parse_zone(reading.tz)).date()
    end = read_event_time(last, reading=replace(reading, today=same_day))
    if end.time < begin.time and _CLOCK_FIRST.fullmatch(last):  # 23:50-00:10
        end = read_event_time(last, reading=replace(reading, today=same_day + timedelta(days=1)))
    return begin, end


def leading_time(line: str) -> tuple[str, str] | None:
    """The time that a line begins with, all that belongs to it, and the rest; None = it begins with none.

    Raises
    ------
    UsageError
        If it begins with a time and something beside it that is not understood.

    >>> leading_time("14:55 CET deployed shop"), leading_time("14:00-14:30 network"), leading_time("no time")
    (('14:55 CET', ' deployed shop'), ('14:00-14:30', ' network'), None)
    """
    match = _LEADING.match(line)
    if match is None:
        return None
    time, rest = match["time"], line[match.end() :]
    if _GOES_ON.match(rest):
        word = (time + rest).split()[-1 if " " not in rest.strip() else 0]
        said = (time + rest.split(" ")[0]).strip() or word
        raise UsageError(f"{said!r} is not a time", hint="write lines such as `13:45 rolled back shop`")
    return time, rest


def tells_zone(cell: str) -> bool:
    """Whether a time names its own zone; epoch numbers need none.

    >>> tells_zone("2026-11-17T13:45:00+01:00"), tells_zone("1794923730"), tells_zone("17.11.2026 13:45")
    (True, True, False)
    """
    return bool(_ZONED.fullmatch(cell.strip()))


def _sides(text: str) -> tuple[str, str] | None:
    """Both sides of a range; None = it is one time."""
    if match := _GLUED.fullmatch(text):
        begin, end = _minutes(match["from"]), _minutes(match["to"])
        offset = f"-{match['to'].zfill(5)}"
        can_be_offset = offset in _HALF_HOURS or (end % 60 == 0 and 0 < end <= _MOST_WEST * 60)
        stamped = re.search(r"\d[Tt]$", match["dated"]) or match["dated"].endswith(":")
        if stamped or (can_be_offset and end <= begin):
            return None
        if can_be_offset and not match["beside"].strip():
            raise UsageError(
                f"{text!r} can be from {match['from']} to {match['to']}, or {match['from']} at the offset {offset}",
                hint="write a range with blanks, 05:00 - 08:00, and an offset after seconds, 05:00:00-08:00",
            )
        return match["first"], match["last"]
    match = _APART.fullmatch(text)
    return (match["first"].strip(), match["last"].strip()) if match else None


def _begin(first: str, last: str, *, reading: TimeReading) -> ReadTime:
    """The first side; in `5:00 - 8:00 PM` it lacks what the second tells: PM, or AM where that would be after it."""
    half = _HALF.search(last)
    if half is None or _HALF.search(first):
        return read_event_time(first, reading=reading)
    end = read_event_time(last, reading=reading).time
    other = "AM" if half[0].strip().upper().startswith("P") else "PM"
    clock = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
    same, changed = (
        read_event_time(clock.sub(lambda m, h=half_day: f"{m[0]} {h}", first), reading=reading)  # type: ignore[misc]
        for half_day in (half[0].strip(), other)
    )
    return same if same.time <= end else changed


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return 60 * int(hours) + int(minutes)


def _zone_in(text: str) -> str:
    """What stands behind the clock of one side of a range, where that is a zone."""
    match = re.search(rf"{_CLOCK}\s*(?P<zone>{BESIDE})$", text)
    return match["zone"] if match else ""


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
