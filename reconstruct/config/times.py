"""Times and durations as people and programs write them, read once at the edge: everything inside is UTC.

now                                  the moment the program was started
-2h, now-90m, -1d12h                 before now
13:45, 13:45:30, 1:45 PM             today, in the zone that is asked for
yesterday, yesterday 13:45           the day before
2026-11-17, 17.11.2026 13:45         a date (`dates`), in the zone that is asked for
2026-11-17T13:45:00Z                 RFC 3339: its own zone counts
Tue, 17 Nov 2026 13:45:00 +0100      RFC 2822, ctime, git, Go, JavaScript: a date, a clock, a zone (`zones`)
1795010700, 1795010700123, ...       epoch seconds, milli-, micro- and nanoseconds, told apart by their size
46343.5802                           a spreadsheet's day number, where `serials` are asked for

Whatever stands beside a time and is not understood makes the whole unread: a time is never read shorter than it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

import pandas as pd

from reconstruct.config.dates import Day, read_day
from reconstruct.config.zones import parse_zone, read_zone
from reconstruct.errors import UsageError
from reconstruct.model.instants import EARLIEST, LATEST

DURATION_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
"""As in PromQL: a day is always 24 h, a year 365 days."""

MINUTE_S = 60.0
DAY_S = 86_400.0

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy])", re.ASCII)
_EPOCH = re.compile(r"(?P<whole>\d{9,19})(?:\.(?P<fraction>\d+))?", re.ASCII)
_SCIENTIFIC = re.compile(r"(?P<digits>\d(?:\.(?P<rest>\d+))?)[eE]\+?(?P<exponent>\d{1,2})", re.ASCII)
_SERIAL = re.compile(r"\d{5}\.\d+", re.ASCII)
_SERIAL_ZERO: Final = pd.Timestamp("1899-12-30")
"""Day 0 of spreadsheets, their leap day of 1900 that never was taken into account."""
_EPOCH_UNITS_NS: Final = ((11, 1_000_000_000), (14, 1_000_000), (17, 1_000), (19, 1))
"""(digits at most, nanoseconds in one): 11 digits of seconds end in 5138, 14 of milliseconds too, and so on."""
_MISSING_DIGITS: Final = {11: 3, 12: 3, 14: 6, 15: 6, 17: 9, 18: 9}
"""Digits that a number in scientific notation may lack and still tell the second, by its exponent."""
_COMPACT = re.compile(
    r"(?P<date>\d{8})[Tt]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<rest>\D.*)?", re.ASCII
)
CLOCK: Final = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})(?!\d))?)?"
    r"(?:[ \u00a0\u202f]?(?P<half>[AaPp])\.?[Mm]\.?(?!\w))?"
)
_CLOCK: Final = re.compile(rf"(?<![\d:.+\-\u2212]){CLOCK}(?![\d:.])", re.ASCII)
_YEAR_AT_END: Final = re.compile(r"(?P<zone>[^\d]*)\s(?P<year>\d{4})(?P<after>\s.*)?", re.ASCII)
_LOG_COLON: Final = re.compile(r"(?<=/\d{4}):(?=\d{2}:\d{2}:\d{2})", re.ASCII)
"""`17/Nov/2026:13:55:30 +0000`, as web servers log."""
_BETWEEN: Final = re.compile(r"(?:[Tt_,]|\bat\b|\bum\b|\s)*$")
_SHAPES = "2026-11-17T13:45:00Z, '2026-11-17 13:45', 13:45, -2h, now, or epoch seconds"


@dataclass(frozen=True, slots=True)
class ReadTime:
    """A time as it was written: the instant, how finely it was given, and whether a zone stood with it."""

    time: pd.Timestamp
    resolution_s: float
    """60 for `13:45`, 86,400 for a bare date, 0 for whole seconds and finer (finer than any scrape interval)."""
    zone_told: bool


def parse_duration_s(text: str) -> float:
    """Seconds in `90m`, `2h30m`, `1d`, `500ms`: PromQL's units, each number with its own.

    Raises
    ------
    UsageError
        If it is not a duration, or not longer than nothing.

    >>> parse_duration_s("2h30m"), parse_duration_s("1d"), parse_duration_s("500ms")
    (9000.0, 86400.0, 0.5)
    """
    stripped = text.strip()
    if not _DURATION.fullmatch(stripped):
        raise UsageError(f"{text!r} is not a duration", hint="write 90m, 2h30m, 1d or 15s: a number and its unit")
    seconds = float(sum(float(number) * DURATION_UNITS_S[unit] for number, unit in _DURATION_PART.findall(stripped)))
    if not 0 < seconds <= 100 * DURATION_UNITS_S["y"]:
        raise UsageError(f"the duration {text!r} is outside what can be asked for", hint="more than 0, at most 100y")
    return seconds


def parse_time(text: str, *, now: pd.Timestamp, tz: str = "UTC") -> tuple[pd.Timestamp, str]:
    """The instant that `text` means, in UTC, and a note that says the zone back where `text` told none ("" = none).

    Raises
    ------
    UsageError
        If it is not a time, or the clocks of `tz` show it twice or never (both candidates are named).

    >>> now = pd.Timestamp("2026-11-22T19:00:00Z")
    >>> parse_time("-2h", now=now)
    (Timestamp('2026-11-22 17:00:00+0000', tz='UTC'), '')
    >>> parse_time("13:45", now=now, tz="Europe/Berlin")[1]
    '13:45 is read as 2026-11-22 13:45:00 Europe/Berlin, 2026-11-22 12:45:00 UTC'
    """
    stripped = text.strip()
    relative = stripped.removeprefix("now")
    if stripped == "now":
        return _utc(now), ""
    if relative.startswith("-") and _DURATION.fullmatch(relative[1:]):
        return _utc(now) - pd.Timedelta(seconds=parse_duration_s(relative[1:])), ""
    read = read_time(stripped, today=_utc(now).tz_convert(parse_zone(tz)).date(), tz=tz)
    if read.zone_told:
        return read.time, ""
    local = read.time.tz_convert(parse_zone(tz))
    said = f"{stripped} is read as {local:%Y-%m-%d %H:%M:%S} {tz}"
    return read.time, said if tz.upper() == "UTC" else f"{said}, {read.time:%Y-%m-%d %H:%M:%S} UTC"


def read_time(
    text: str, *, tz: str, today: date | None = None, day_first: bool | None = None, serials: bool = False
) -> ReadTime:
    """The instant that an absolute `text` means; a clock time alone needs `today`, the date in `tz` it belongs to.

    Parameters
    ----------
    text : str
        Nothing but the time.
    tz : str
        Zone of a time that tells none.
    today : date, optional
        Also tells the year of a date without one.
    day_first : bool, optional
        The order of dates with slashes; None = a date that could be two is an error.
    serials : bool
        Also read a spreadsheet's day numbers (`46343.58`).

    Raises
    ------
    UsageError
        If it is not a time, could be several, lies outside 1970 to 2200, or the clocks of `tz` show it twice or never.

    >>> read_time("2026-11-17 13:45", tz="UTC")
    ReadTime(time=Timestamp('2026-11-17 13:45:00+0000', tz='UTC'), resolution_s=60.0, zone_told=False)
    >>> str(read_time("Tue Nov 17 15:55:30 2026 +0200", tz="UTC").time)
    '2026-11-17 13:55:30+00:00'
    """
    stripped = text.strip()
    try:
        read = _number(stripped, tz=tz, serials=serials) or _written(stripped, tz=tz, today=today, day_first=day_first)
    except (ValueError, OverflowError) as error:  # 2026-02-30, 25:00, the year 9999
        raise UsageError(f"{text!r} is no time on the calendar: {error}", hint=f"write {_SHAPES}") from error
    if not EARLIEST <= read.time < LATEST:
        raise UsageError(f"{text!r} is {read.time:%Y-%m-%d}, which cannot be meant", hint=f"write {_SHAPES}")
    return read


def localize(wall: datetime, *, tz: str, first_of_day: bool = False) -> pd.Timestamp:
    """The one instant at which the clocks of `tz` show the naive `wall`.

    `first_of_day`: where midnight is skipped or comes twice, the day's first instant is meant and taken.

    Raises
    ------
    UsageError
        If the clocks show it twice or never; both candidates are named.
    """
    zone = parse_zone(tz)
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = early.astimezone(zone).replace(tzinfo=None)
    if early == late:
        return _utc(pd.Timestamp(early))
    if first_of_day:
        return _utc(pd.Timestamp(early if shown == wall else max(late, early)))
    first, second = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in sorted((early, late)))
    how = "comes twice" if shown == wall else "does not exist"
    raise UsageError(
        f"{wall:%Y-%m-%d %H:%M:%S} {how} in {tz}, where the clocks change", hint=f"write {first} or {second}, as meant"
    )


def _number(text: str, *, tz: str, serials: bool) -> ReadTime | None:
    """A time that is a number; None = it is none that can be meant."""
    if match := _SCIENTIFIC.fullmatch(text):
        exponent, rest = int(match["exponent"]), match["rest"] or ""
        if exponent - len(rest) > _MISSING_DIGITS.get(exponent, 0):
            raise UsageError(f"{text!r} has lost its last digits", hint="export the column as text or as whole numbers")
        text = f"{float(text):.0f}"
    if match := _EPOCH.fullmatch(text):
        whole, fraction = match["whole"], match["fraction"] or ""
        scale = next(scale for digits, scale in _EPOCH_UNITS_NS if len(whole) <= digits)
        nanoseconds = int(whole) * scale + int(fraction[:9].ljust(9, "0") or 0) * scale // 1_000_000_000
        if EARLIEST.value <= nanoseconds < LATEST.value:
            return ReadTime(pd.Timestamp(nanoseconds, unit="ns", tz="UTC"), 0.0, zone_told=True)
        return None
    if serials and _SERIAL.fullmatch(text):
        wall = (_SERIAL_ZERO + pd.Timedelta(days=float(text))).round("s").to_pydatetime()
        return ReadTime(localize(wall, tz=tz), 0.0, zone_told=False)
    return None


def _written(text: str, *, tz: str, today: date | None, day_first: bool | None) -> ReadTime:
    """A time in words: a date, a clock, a zone, each at most once and nothing else."""
    if compact := _COMPACT.fullmatch(text):
        day = read_day(compact["date"])
        return _at(day, compact, compact["rest"] or "", text=text, today=today, tz=tz)
    plain = _LOG_COLON.sub(" ", text)
    clock = _CLOCK.search(plain)
    if clock is None:
        day = read_day(text, day_first=day_first)
        if day is None and text.lower() not in ("today", "yesterday"):
            raise UsageError(f"{text!r} is not a time", hint=f"write {_SHAPES}")
        return _date_alone(day, text, today=today, tz=tz)
    before = plain[: clock.start()]
    attached = bool(before) and not before[-1].isspace() and before[-1] not in "Tt_,"
    before = _BETWEEN.sub("", before)
    day, after = _day_beside(before, plain[clock.end() :], day_first=day_first)
    if attached or (day is None and before.lower() not in ("", "today", "yesterday")):
        raise UsageError(f"{text!r} is not a time", hint=f"write {_SHAPES}")
    if day is None:
        day = _relative_day(before.lower(), today=today, text=text)
    return _at(day, clock, after, text=text, today=today, tz=tz)


def _at(day: Day | None, clock: re.Match[str], after: str, *, text: str, today: date | None, tz: str) -> ReadTime:
    """A day's clock time; `after` is what stands behind it and can only be its zone."""
    if day is None:
        raise UsageError(f"{text!r} is not a time", hint=f"write {_SHAPES}")
    on = day.on_calendar(near=today)
    hour, groups = int(clock["hour"]), clock.groupdict()
    if groups.get("half"):
        if not 1 <= hour <= 12:
            raise UsageError(f"{text!r} is not a time", hint="hours with AM or PM go from 1 to 12")
        hour = hour % 12 + (12 if groups["half"] in "Pp" else 0)
    wall = datetime(  # noqa: DTZ001 - wall time; its zone is applied below
        on.year, on.month, on.day, hour, int(clock["minute"]), int(groups.get("second") or 0)
    )
    try:
        zone = read_zone(after, wall=wall, tz=tz)
    except UsageError as error:
        raise UsageError(f"{text!r} is not a time: {error.message}", hint=error.hint) from error
    whole = localize(wall, tz=tz) if zone is None else _in_zone(wall, zone)
    return ReadTime(
        time=whole + pd.Timedelta(int((groups.get("fraction") or "").ljust(9, "0")), unit="ns"),
        resolution_s=MINUTE_S if groups.get("second") is None else 0.0,
        zone_told=zone is not None,
    )


def _day_beside(before: str, after: str, *, day_first: bool | None) -> tuple[Day | None, str]:
    """The date on either side of a clock, and what stands behind it all: the zone."""
    day = read_day(before, day_first=day_first) if before else None
    if day is not None and not day.year and (match := _YEAR_AT_END.fullmatch(after)):  # Tue Nov 17 15:55:30 2026 +0200
        return day._replace(year=int(match["year"])), f"{match['zone']}{match['after'] or ''}"
    if day is None and not before and after.strip():
        words = after.strip().lstrip(",").split()
        for first in range(min(3, len(words))):  # 13:45 17.11.2026, 14:00 UTC on 17 Nov 2026
            rest = " ".join(words[first:]).removeprefix("on ").removeprefix("am ")
            if (day := read_day(rest, day_first=day_first)) is not None:
                return day, " ".join(words[:first])
    return day, after


def _relative_day(word: str, *, today: date | None, text: str) -> Day:
    if today is None:
        raise UsageError(f"{text!r} has no date", hint="write the date too: 2026-11-17 13:45")
    day = today - timedelta(days=1) if word == "yesterday" else today
    return Day(day.year, day.month, day.day)


def _date_alone(day: Day | None, text: str, *, today: date | None, tz: str) -> ReadTime:
    on = (day or _relative_day(text.lower(), today=today, text=text)).on_calendar(near=today)
    midnight = datetime(on.year, on.month, on.day)  # noqa: DTZ001 - wall time; localize gives it its zone
    return ReadTime(localize(midnight, tz=tz, first_of_day=True), DAY_S, zone_told=False)


def _in_zone(wall: datetime, zone: tzinfo) -> pd.Timestamp:
    """`wall` in a zone that stands beside it; a place's clocks may show it twice or never."""
    key = getattr(zone, "key", None)
    return localize(wall, tz=key) if isinstance(key, str) else _utc(pd.Timestamp(wall.replace(tzinfo=zone)))


def _utc(time: pd.Timestamp) -> pd.Timestamp:
    return time.tz_convert("UTC").as_unit("ns")
