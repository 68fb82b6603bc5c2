"""Times and durations as people write them, read once at the edge: everything inside is UTC.

now                                  the moment the program was started
-2h, now-90m, -1d12h                 before now
13:45, 13:45:30, today 13:45         today, in the zone that is asked for
yesterday, yesterday 13:45           the day before
2026-11-17, 2026-11-17 13:45         a date, in the zone that is asked for
2026-11-17T13:45:00Z                 RFC 3339: its own zone counts
1795010700, 1795010700123            epoch seconds, epoch milliseconds
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import pandas as pd

from reconstruct.errors import UsageError

DURATION_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
"""As in PromQL: a day is always 24 h, a year 365 days."""

MINUTE_S = 60.0
DAY_S = 86_400.0

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy])", re.ASCII)
_EPOCH = re.compile(r"\d{9,11}(?:\.\d+)?|\d{12,14}", re.ASCII)
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
_ZONE = r"(?:\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
_ISO = re.compile(rf"(?P<date>\d{{4}}-\d{{2}}-\d{{2}})(?:(?:[Tt_]|\s+){_CLOCK}{_ZONE})?", re.ASCII)
_DAY_AND_CLOCK = re.compile(rf"(?:(?P<day>today|yesterday)(?:\s+|$))?(?:{_CLOCK}{_ZONE})?", re.IGNORECASE | re.ASCII)
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


def parse_zone(name: str) -> tzinfo:
    """The time zone called `name`: an IANA name such as Europe/Berlin, or UTC.

    Raises
    ------
    UsageError
        If this machine knows no such zone.
    """
    if name.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    return _named_zone(name)


@lru_cache(maxsize=32)
def _named_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
        raise UsageError(
            f"the time zone {name!r} is not known here",
            hint="use an IANA name such as Europe/Berlin, or UTC; on a bare machine install tzdata",
        ) from error


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


def read_time(text: str, *, tz: str, today: date | None = None) -> ReadTime:
    """The instant that an absolute `text` means; a clock time alone needs `today`, the date in `tz` it belongs to.

    Raises
    ------
    UsageError
        If it is not a time, or the clocks of `tz` show it twice or never.

    >>> read_time("2026-11-17 13:45", tz="UTC")
    ReadTime(time=Timestamp('2026-11-17 13:45:00+0000', tz='UTC'), resolution_s=60.0, zone_told=False)
    """
    stripped = text.strip()
    if _EPOCH.fullmatch(stripped):
        return ReadTime(time=_epoch(stripped), resolution_s=0.0, zone_told=True)
    try:
        if iso := _ISO.fullmatch(stripped):
            return _at(date.fromisoformat(iso["date"]), iso, tz=tz)
        if stripped and (clock := _DAY_AND_CLOCK.fullmatch(stripped)):
            if today is None:
                raise UsageError(f"{text!r} has no date", hint="write the date too: 2026-11-17 13:45")
            day = today - timedelta(days=1) if (clock["day"] or "").lower() == "yesterday" else today
            return _at(day, clock, tz=tz)
    except (ValueError, OverflowError) as error:  # 2026-02-30, 25:00, the year 9999
        raise UsageError(f"{text!r} is no time on the calendar: {error}", hint=f"write {_SHAPES}") from error
    raise UsageError(f"{text!r} is not a time", hint=f"write {_SHAPES}")


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


def _at(day: date, match: re.Match[str], *, tz: str) -> ReadTime:
    if match["hour"] is None:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time; localize gives it its zone
        return ReadTime(localize(midnight, tz=tz, first_of_day=True), DAY_S, zone_told=False)
    fraction_ns = int((match["fraction"] or "").ljust(9, "0"))
    wall = datetime(  # noqa: DTZ001 - wall time; its zone is applied below
        day.year, day.month, day.day, int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    )
    zone = match["zone"]
    whole = localize(wall, tz=tz) if zone is None else _utc(pd.Timestamp(wall.replace(tzinfo=_offset(zone))))
    return ReadTime(
        time=whole + pd.Timedelta(fraction_ns, unit="ns"),
        resolution_s=MINUTE_S if match["second"] is None else 0.0,
        zone_told=zone is not None,
    )


def _offset(zone: str) -> tzinfo:
    if zone.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = datetime.strptime(f"{zone[0]}{digits}", "%z").tzinfo
    if offset is None:  # strptime with %z always gives one
        raise ValueError(zone)
    return offset


def _epoch(text: str) -> pd.Timestamp:
    whole, _, fraction = text.partition(".")
    scale = 1_000_000 if len(whole) >= 12 else 1_000_000_000
    nanoseconds = int(whole) * scale + int(fraction[:9].ljust(9, "0") or 0)
    if nanoseconds > pd.Timestamp.max.value:
        raise UsageError(f"{text} is past the year 2262", hint="epoch times are seconds or milliseconds")
    return pd.Timestamp(nanoseconds, unit="ns", tz="UTC")


def _utc(time: pd.Timestamp) -> pd.Timestamp:
    return time.tz_convert("UTC").as_unit("ns")
