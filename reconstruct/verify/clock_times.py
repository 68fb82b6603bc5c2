"""Times as people write them in a postmortem: what is read is an interval as wide as the precision written.

2026-11-17T13:55:30Z, 2026-11-17 13:55, 13:55, 13:55:30 UTC, 2:05 pm, about 14:00
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from reconstruct.model import Window

MINUTE_S: Final = 60.0
ABOUT_S: Final = 300.0
"""How far `about 14:00` may be off."""
DAY: Final = pd.Timedelta(days=1)

_ZONES: Final = {
    **dict.fromkeys(("Z", "UTC", "GMT"), "+00:00"),
    "CET": "+01:00",
    "CEST": "+02:00",
    "EET": "+02:00",
    "EEST": "+03:00",
    "JST": "+09:00",
    "EST": "-05:00",
    "EDT": "-04:00",
    "PST": "-08:00",
    "PDT": "-07:00",
    "MDT": "-06:00",
}
_SEVERAL: Final = ("IST", "CST", "CDT", "BST", "MST", "AST", "SST", "AMT")
"""Abbreviations that stand for more than one zone: times with these are not read."""
_TIME: Final = re.compile(
    r"(?P<about>(?:\b(?:about|around|approx(?:imately|\.)?|circa|ca\.|roughly|nearly)\s+|[~≈]\s?))?"
    r"(?<![\w:./,-])(?:(?P<date>\d{4}-\d{2}-\d{2})(?:T|\s+|,\s+))?"
    r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?P<fraction>\.\d{1,9})?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    rf"(?:\s?(?P<zone>(?:{'|'.join([*_ZONES, *_SEVERAL])})\b|[+-]\d{{2}}:\d{{2}}(?![\d:])))?"
    r"(?![\w:%/]|\.\d|,\d{3}\b)",
    re.IGNORECASE,
)
_TO: Final = re.compile(r"\s*(?:–|—|-|to|until|till|and|through)\s*", re.IGNORECASE)
_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH: Final = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_WORDED: Final = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m1>{_NAMED_MONTH})|(?P<m2>{_NAMED_MONTH})\s+(?P<d2>\d{{1,2}})"
    r"(?:st|nd|rd|th)?),?\s+(?P<year>\d{4})\b",
    re.IGNORECASE,
)


def usable_zone(told: str) -> str:
    """What pandas can read a zone as; "" where it is unknown, or an abbreviation of several.

    >>> usable_zone("UTC"), usable_zone("CEST"), usable_zone("IST"), usable_zone("Europe/Berlin"), usable_zone("Mars")
    ('+00:00', '+02:00', '', 'Europe/Berlin', '')
    """
    if told.upper() in _SEVERAL:
        return ""
    if told.upper() in _ZONES:
        return _ZONES[told.upper()]
    try:
        pd.Timestamp("2026-01-01").tz_localize(told)
    except (KeyError, ValueError, TypeError):
        return ""
    return told


@dataclass(frozen=True, slots=True)
class Written:
    """A time in a line: where it stands, and which intervals it can mean (several days, a clock shown twice)."""

    start: int
    end: int
    text: str
    may_be: tuple[tuple[pd.Timestamp, pd.Timestamp], ...]
    """[earliest, latest) as the precision allows; () = it stands there and cannot be read."""
    precision_s: float
    until: bool = False
    """The second time of a range (`14:00 to 15:20`)."""
    since: bool = False
    """The first one."""


@dataclass(frozen=True, slots=True)
class Days:
    """What the text leaves to its surroundings: the zone, the date above, the window that it is about."""

    window: Window
    zone: str
    """As `usable_zone` gives it; "" = times that tell none cannot be read."""
    dates: tuple[pd.Timestamp, ...] = ()
    """Naive midnights of the dates that the line or a heading names; () = those of the window."""
    loose: bool = False
    """They are a heading's: a night goes on to the next day, and a column in another zone may be a day off."""


def read_times(text: str, days: Days) -> tuple[Written, ...]:
    """The times in `text`, in order."""
    found: list[Written] = []
    for match in _TIME.finditer(text):
        written = _read(match, days)
        if written is None:
            continue
        if found and _TO.fullmatch(text[found[-1].end : written.start]) and not found[-1].until:
            found[-1] = replace(found[-1], since=True)
            written = replace(written, until=True)
        found.append(written)
    return tuple(found)


def _read(match: re.Match[str], days: Days) -> Written | None:
    hour, half, zone = int(match["hour"]), (match["half"] or "").lower(), (match["zone"] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or (len(match["hour"]) == 1 and not half and not zone):
        return None  # 3:10 is as often a score, a verse or a share
    precision_s = MINUTE_S if match["second"] is None else 1.0
    begin = len(match["about"] or "")
    wall = f"{hour:02d}:{match['minute']}:{match['second'] or '00'}{match['fraction'] or ''}"
    may_be: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
    told = _ZONES.get(zone, zone) or days.zone
    if zone not in _SEVERAL and told:
        dates = _named(match["date"]) if match["date"] else days.dates or _of_window(days)
        instants = [at for date in dates for at in _instants(date, wall, told)]
        if not match["date"] and not days.dates:
            instants = [at for at in instants if _near(at, days.window)] or instants
        elif not match["date"] and days.loose:
            beside = [at for date in dates for by in (-DAY, DAY) for at in _instants(date + by, wall, told)]
            instants = _likely(instants, beside, days.window)
        off = pd.Timedelta(seconds=ABOUT_S if match["about"] else 0.0)
        size = pd.Timedelta(seconds=precision_s)
        # People round as often as they cut: 14:01:40 is written as 14:01 and as 14:02.
        may_be = tuple((at - size / 2 - off, at + size + off) for at in instants)
    return Written(match.start() + begin, match.end(), match[0][begin:].strip(), may_be, precision_s)


def _named(date: str) -> tuple[pd.Timestamp, ...]:
    day = pd.to_datetime(date, errors="coerce", format="%Y-%m-%d")
    return () if pd.isna(day) else (day,)


def _of_window(days: Days) -> tuple[pd.Timestamp, ...]:
    zone = days.zone or "UTC"
    first = days.window.baseline_start.tz_convert(zone).tz_localize(None).normalize()
    last = days.window.end.tz_convert(zone).tz_localize(None).normalize()
    return tuple(pd.date_range(first, last, freq="D"))


def _likely(instants: list[pd.Timestamp], beside: list[pd.Timestamp], window: Window) -> list[pd.Timestamp]:
    """Of the heading's day and those beside it the one that lies in the window, its healthy time, or near."""
    for first in (window.start, min(window.baseline_start, window.start), None):
        for many in (instants, beside):
            inside = [at for at in many if (first <= at <= window.end if first is not None else _near(at, window))]
            if inside:
                return inside
    return instants


def _near(at: pd.Timestamp, window: Window) -> bool:
    """Within the window, with as much before and after it as it is long: what else would a postmortem speak of."""
    length = window.end - window.start
    return bool(min(window.baseline_start, window.start - length) <= at <= window.end + length)


def _instants(date: pd.Timestamp, wall: str, zone: str) -> Iterator[pd.Timestamp]:
    """The moments at which clocks of the zone show it: none in the hour that spring leaves out, two in autumn."""
    naive = pd.Timestamp(f"{date:%Y-%m-%d}T{wall}")
    if zone[:1] in "+-":
        yield pd.Timestamp(f"{naive.isoformat()}{zone}").tz_convert("UTC")
        return
    shown = {naive.tz_localize(zone, ambiguous=first, nonexistent="NaT") for first in (True, False)}
    yield from sorted(at.tz_convert("UTC") for at in shown if not pd.isna(at))


def read_dates(text: str) -> tuple[pd.Timestamp, ...]:
    """The calendar dates in a heading or a line, as naive midnights.

    >>> read_dates("Outage of 17 November 2026 (2026-11-18, Nov 19, 2026)")
    (Timestamp('2026-11-17 00:00:00'), Timestamp('2026-11-18 00:00:00'), Timestamp('2026-11-19 00:00:00'))
    """
    told = [match[0] for match in _DATE.finditer(text)]
    for match in _WORDED.finditer(text):
        month = _MONTHS.index((match["m1"] or match["m2"])[:3].lower()) + 1
        told.append(f"{match['year']}-{month:02d}-{int(match['d1'] or match['d2']):02d}")
    return tuple(sorted({day for date in told for day in _named(date)}))


def distance_s(written: Written, low: pd.Timestamp, high: pd.Timestamp) -> float:
    """Seconds between what is written and `[low, high]`: > 0 where the writing is late, < 0 early, 0 if they meet."""
    return min((_gap_s(one, low, high) for one in written.may_be), key=abs)


def _gap_s(one: tuple[pd.Timestamp, pd.Timestamp], low: pd.Timestamp, high: pd.Timestamp) -> float:
    if one[0] > high:
        return float((one[0] - high).total_seconds())
    return min(0.0, float((one[1] - low).total_seconds()))


def fits(written: Written, low: pd.Timestamp, high: pd.Timestamp) -> bool:
    """Whether the writing can mean a moment of `[low, high]`, widened by the precision written."""
    return bool(written.may_be) and abs(distance_s(written, low, high)) <= written.precision_s


def outside(written: Written, start: pd.Timestamp, end: pd.Timestamp) -> bool:
    """Whether no reading of it lies in `[start, end]`."""
    return not any(one[1] >= start and one[0] <= end for one in written.may_be)


def first_of(times: Sequence[Written], start: int, end: int) -> Written | None:
    """The first time that stands between two places of the text."""
    return next((t for t in times if start <= t.start and t.end <= end), None)
