"""Times as files write them: RFC 3339 for machines, UTC clock times for people, always with their uncertainty."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from reconstruct.model import Incident, Moment, Window

if TYPE_CHECKING:
    from datetime import tzinfo

PRECISE_S: Final = 1.0
"""Bounds closer together than this are a point for a reader: clocks of different hosts agree no better."""


MARKS: Final = ("\ue000", "\ue001", "\ue002")
"""Private-use characters around the RFC 3339 time (an interval's end names its start too, after a `/`) and the words
for it, where an output makes an element of each."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How every time in every sentence of one output is written: in which zone, with or without its date.

    >>> t = pd.Timestamp("2026-01-01T12:00:15Z")
    >>> Clock().time(t), Clock(dates=True).time(t), Clock("Asia/Tokyo").span(t, t + pd.Timedelta("1h"))
    ('12:00:15', '2026-01-01 12:00:15', '21:00:15 to 22:00:15')
    """

    zone: str | tzinfo = "UTC"
    dates: bool = False
    """Clock times alone would be ambiguous: what is told lies on more than one day of the zone."""
    marked: bool = False
    """Times stand between `MARKS`, so that a page can show them in the reader's zone."""

    def time(self, time: pd.Timestamp) -> str:
        """`HH:MM:SS`, with its date where clock times alone are ambiguous."""
        return self._marked(time, clock(time, dates=self.dates, zone=self.zone))

    def span(self, start: pd.Timestamp, end: pd.Timestamp) -> str:
        """`HH:MM:SS to HH:MM:SS`; a date once where both are on one day."""
        dates = self.dates and spans_midnight(start, end, zone=self.zone)
        return f"{self.time(start)} to {self._marked(end, clock(end, dates=dates, zone=self.zone), after=start)}"

    def bounds(self, moment: Moment) -> str:
        """The interval that a moment lies in; empty where it is as good as a point."""
        precise = (moment.latest - moment.earliest).total_seconds() < PRECISE_S
        return "" if precise else self.span(moment.earliest, moment.latest)

    def _marked(self, time: pd.Timestamp, text: str, *, after: pd.Timestamp | None = None) -> str:
        if not self.marked:
            return text
        since = f"/{iso(after.round('s'))}" if after is not None else ""
        return f"{MARKS[0]}{iso(time.round('s'))}{since}{MARKS[1]}{text}{MARKS[2]}"


_CLOCK: Final = re.compile(r"(?<![\d:])\d\d:\d\d:\d\d(?![\d:])")


def retold(text: str, times: Iterable[pd.Timestamp], clock: Clock) -> str:
    """`text` with its UTC clock times as `clock` writes them: those of exactly one of `times`, others as they stand.

    >>> t = pd.Timestamp("2026-01-01T23:55:30.2Z")
    >>> retold("deployed at 23:55:30, gone at 00:10:00", [t], Clock(dates=True))
    'deployed at 2026-01-01 23:55:30, gone at 00:10:00'
    """
    known: dict[str, set[pd.Timestamp]] = {}
    for time in times:
        known.setdefault(f"{time:%H:%M:%S}", set()).add(time.floor("s"))

    def written(match: re.Match[str]) -> str:
        fits = known.get(match[0], set())
        return clock.time(next(iter(fits))) if len(fits) == 1 else match[0]

    return _CLOCK.sub(written, text)


_MARKED: Final = re.compile("\ue000([^\ue000-\ue002]*)\ue001([^\ue000-\ue002]*)\ue002")


def bare(text: str) -> str:
    """`text` without its marks, for attributes."""
    return _MARKED.sub(r"\2", text)


def iso(time: pd.Timestamp) -> str:
    """RFC 3339 in UTC with `Z`; milliseconds only where there are any.

    >>> iso(pd.Timestamp("2026-01-01T12:00:00+01:00")), iso(pd.Timestamp("2026-01-01T12:00:00.2504Z"))
    ('2026-01-01T11:00:00Z', '2026-01-01T12:00:00.250Z')
    """
    milliseconds, rest_ns = divmod(time.value, 1_000_000)  # by hand: pandas takes a tenth of a millisecond to round
    milliseconds += rest_ns > 500_000 or (rest_ns == 500_000 and milliseconds % 2)
    seconds, milliseconds = divmod(milliseconds, 1000)
    text = pd.Timestamp(seconds, unit="s").isoformat(timespec="seconds")
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def iso_or_none(time: pd.Timestamp | None) -> str | None:
    """`iso`, or None for None."""
    return None if time is None else iso(time)


def clock(time: pd.Timestamp, *, dates: bool, zone: str | tzinfo = "UTC") -> str:
    """`HH:MM:SS` to the nearest second, with the date before it where `dates`.

    >>> clock(pd.Timestamp("2026-01-01T23:59:59.7Z"), dates=True)
    '2026-01-02 00:00:00'
    """
    local = time.tz_convert(zone).round("s")
    return local.strftime("%Y-%m-%d %H:%M:%S" if dates else "%H:%M:%S")


def spans_midnight(start: pd.Timestamp, end: pd.Timestamp, *, zone: str | tzinfo = "UTC") -> bool:
    """Whether times between the two need their dates to be understood.

    >>> t = pd.Timestamp("2026-01-01T22:00Z")
    >>> spans_midnight(t, t + pd.Timedelta("2h")), spans_midnight(t, t + pd.Timedelta("1h"))
    (True, False)
    """
    return bool(start.tz_convert(zone).normalize() != end.tz_convert(zone).normalize())


def bounds(moment: Moment, *, dates: bool) -> str:
    """The interval that a moment lies in, as `HH:MM:SS to HH:MM:SS`; empty where it is as good as a point.

    >>> t = pd.Timestamp("2026-01-01T12:00:15Z")
    >>> bounds(Moment(t, t - pd.Timedelta("15s"), t), dates=False), bounds(Moment(t, t, t), dates=False)
    ('12:00:00 to 12:00:15', '')
    """
    if (moment.latest - moment.earliest).total_seconds() < PRECISE_S:
        return ""
    return span(moment.earliest, moment.latest, dates=dates)


def span(start: pd.Timestamp, end: pd.Timestamp, *, dates: bool) -> str:
    """`HH:MM:SS to HH:MM:SS`; a date once where both are on one day.

    >>> t = pd.Timestamp("2026-01-01T12:00:15Z")
    >>> span(t, t + pd.Timedelta("1h"), dates=True)
    '2026-01-01 12:00:15 to 13:00:15'
    """
    return f"{clock(start, dates=dates)} to {clock(end, dates=dates and spans_midnight(start, end))}"


def days_said(window: Window) -> str:
    """The days that a window spans, for the time axis.

    >>> t = pd.Timestamp("2026-11-17T12:00Z")
    >>> m = pd.Timedelta("1min")
    >>> days_said(Window(t, t + 60 * m, m, t)), days_said(Window(t, t + 1440 * m, m, t))
    ('17 Nov 2026, UTC', '17 to 18 Nov 2026, UTC')
    """
    first = window.start.tz_convert("UTC")
    last = max(first, (window.end - pd.Timedelta("1ns")).tz_convert("UTC"))
    if first.normalize() == last.normalize():
        return f"{day_said(last)} {last.year}, UTC"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day_said(last)} {last.year}, UTC"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{day_said(first)}{year} to {day_said(last)} {last.year}, UTC"


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_said(time: pd.Timestamp) -> str:
    """A day as a title says it, without its year."""
    # Not strftime: a date must not change its language with the locale of the process.
    return f"{time.day} {_MONTHS[time.month - 1]}"


def clock_of(incident: Incident, *, zone: str = "UTC", marked: bool = False) -> Clock:
    """How the times of a draft are written: with dates where the window or its evidence lies on more than one day."""
    window = incident.evidence.window
    times = [entry.moment.time for entry in incident.timeline]
    first, last = min([window.start, *times]), max([window.end - pd.Timedelta(1, unit="ns"), *times])
    return Clock(zone, dates=spans_midnight(first, last, zone=zone), marked=marked)
