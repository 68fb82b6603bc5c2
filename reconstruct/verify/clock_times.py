"""Times as people write them: read whole, as an interval as wide as the precision written, or not at all.

`13:55`, `2026-11-17T13:55:30Z`, `2:05 p.m. PST`, `14h20`, `1420Z`, `15:00 (UTC+1)`, `T+25m`, `about 14:00`
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from reconstruct.verify.calendar_dates import DAY_S, Day, day_s
from reconstruct.verify.zones import ZONE, Zone, city_behind, read_zone

MINUTE_S: Final = 60.0
_WINTER: Final = 1_768_435_200
_SUMMER: Final = 1_784_073_600
"""Days with and without summer time, for a zone whose clocks change: 15 January and 15 July 2026."""
_CLOCK: Final = re.compile(
    r"(?:(?<![\w:/.,+−])(?<![A-Za-z]-)|(?<=[A-Z]T/)|(?<=UTC/))(?:"
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:T|,?\s+|_)(?P<h0>\d{1,2}):(?P<m0>\d{2})(?::(?P<s0>\d{2})(?:[.,]\d{1,9})?)?"
    r"|(?P<h1>\d{1,2}):(?P<m1>\d{2})(?::(?P<s1>\d{2})(?:[.,]\d{1,9})?)?"
    r"|(?P<packed>\d{8})T(?P<h5>[0-2]\d)(?P<m5>[0-5]\d)(?P<s5>[0-5]\d)?(?=Z\b|[+-]\d{4}\b|\b)"
    r"|(?P<h2>\d{1,2})(?:[.h]|\sh\s)(?P<m2>[0-5]\d)(?:[.m](?P<s2>[0-5]\d)s?)?(?![.\d])"
    r"|(?P<h3>[01]\d|2[0-3])(?P<m3>[0-5]\d)(?=\s?(?:Z\b|UTC\b|GMT\b|CES?T\b|E[SD]T\b|P[SD]T\b|hours\b|hrs\b|h\b))"
    r"|(?P<h4>\d{1,2})(?=\s?(?:[apAP]\.?[mM]\b|Uhr\b|h(?:\s|$|,)))"
    r"|(?P<word>(?:noon|midnight)\b)"
    r"|(?P<plus>(?:(?:[Tt]0?|H)\s?[+−-]|(?:(?<=^)|(?<=^[(\[`])|(?<=\| ))\+(?=\s?\d+(?::|\s?[hms])))\s?"
    r"(?:\d{1,3}:[0-5]\d(?::[0-5]\d)?|(?:\d{1,4}\s?(?:hours?|hrs?|h|minutes?|mins?|min|m"
    r"|seconds?|secs?|s)\s?)+|\d{1,3}(?![\w%]|[.:]\d))(?!\w))"
    r")",
)
_HALF: Final = re.compile(r"\s?([aApP])(?:\.[mM]\.?|[mM]\b\.?)")
_HOURS: Final = re.compile(r"\s?(?:Uhr|hours|hrs|h)(?!\w)")
_ISH: Final = re.compile(r"\s?-?ish\b")
_AGAIN: Final = re.compile(r"\s?(?:(?P<open>\()|/|=)\s?=?\s?")
"""Between a time and the same moment in another zone: `9:00 EST (14:00 UTC)`."""
_AFTER: Final = re.compile(r"(?:[\w%]|:\d|[.,]\d|/\d|°)")
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|approx(?:imately|\.)?|circa|ca\.|roughly|nearly|shortly (?:before|after)"
    r"|just (?:before|after)"
    r"|a (?:little|bit) (?:before|after)|gegen|vers|hacia)\s+|[~≈]\s?)$",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(r"(?:\b(?:by|before|until|till|prior to|earlier than)\s+)$", re.IGNORECASE)
_TO: Final = re.compile(
    r"\s*(?:-|–|—|−|‒|―|~|→|->|\.\.\.?|…|to|until|till|untill|through|thru|and|und|et|y|bis|à|a|hasta)\s*(?:about "
    r"|around |approximately |~)?",
    re.IGNORECASE,
)
_POINT: Final = re.compile(
    r"(?:^[\s*_\[(>|]*|\b(?:at|by|from|since|until|till|to|before|after|around|about|between|and|um|à|a las"
    r"|@)\s+|[-–—]\s?)$",
    re.IGNORECASE,
)
_DATE_FIRST: Final = re.compile(r"(?:,?\s*(?:at|um|à|a las|,|-|–|—|\||\)|:)?\s*(?:about |around )?|T)", re.IGNORECASE)
_DATE_LAST: Final = re.compile(r",?\s*(?:\(|on |of |am |le )?\s*(?:the )?(?:\w+day,? )?", re.IGNORECASE)
_UNIT_S: Final = {"h": 3600.0, "m": 60.0, "s": 1.0}

Unread = Literal["", "clock", "zone", "several-zones", "date", "no-zero"]
"""Why a time that stands there was not read: asked about, never guessed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A time in a text: where it stands, and what it says, before anybody knows the day or the zone."""

    start: int
    end: int
    text: str
    wall_s: float = 0.0
    """Seconds since midnight that its clock shows; of `T+25m` since whatever T is."""
    precision_s: float = MINUTE_S
    zone: Zone | None = None
    days: tuple[int, ...] = ()
    """Beginnings of the days that stand beside it; () = none does."""
    about: bool = False
    before: bool = False
    """`by 14:20`: that or earlier."""
    role: Literal["", "since", "until"] = ""
    """First and second time of a range."""
    pair: int = -1
    """Start of the other time of the range."""
    relative: bool = False
    """`T+25m`: counted from the beginning of the incident."""
    unread: Unread = ""
    counted: bool = False
    """`25 minutes later`: counted from another time."""


def read_times(text: str, dates: Sequence[Day] = ()) -> tuple[Written, ...]:
    """The times in `text`, in order.

    >>> [(t.text, t.wall_s / 60, t.role) for t in read_times("from 9:55 AM to 2:05pm PST, then 14h20")]
    [('9:55 AM', 595.0, 'since'), ('2:05pm PST', 845.0, 'until'), ('14h20', 860.0, '')]
    >>> [t.unread for t in read_times("25:10 UTC, 14:00 CST, 14:00 UTC+25")]
    ['clock', 'several-zones', 'zone']
    """
    found: list[Written] = []
    cursor = 0
    halves: dict[int, str] = {}
    for match in _CLOCK.finditer(text):
        if match.start() < cursor:
            continue
        written, half = _one(match, text, found[-1] if found else None)
        if written is None:
            continue
        cursor = written.end
        halves[len(found)] = half
        found.append(written)
    found = [_dated(one, text, dates) for one in found]
    if len(found) > 1:
        found, halves = _told_twice(found, halves, text)
    return tuple(_ranged(found, halves, text))


def _told_twice(found: list[Written], halves: dict[int, str], text: str) -> tuple[list[Written], dict[int, str]]:
    """One time where the second is the first again, on the clocks of another zone."""
    kept: list[Written] = []
    half: dict[int, str] = {}
    for n, other in enumerate(found):
        one = kept[-1] if kept else None
        between = _AGAIN.fullmatch(text[one.end : other.start]) if one else None
        closes = text[other.end : other.end + 1] == ")" if between and between["open"] else True
        if one is not None and between and closes and _same_moment(one, other, bracketed=bool(between["open"])):
            known = one.zone if one.zone is not None and one.zone.known else other.zone
            wall = one.wall_s if known is one.zone else other.wall_s
            end = other.end + bool(between["open"])
            days, unread = one.days or other.days, "" if one.unread == "several-zones" else one.unread
            made = replace(one, wall_s=wall, zone=known, end=end, text=text[one.start : end], days=days)
            kept[-1] = replace(made, unread=unread)
            continue
        half[len(kept)] = halves.get(n, "")
        kept.append(other)
    return kept, half


def _same_moment(one: Written, other: Written, *, bracketed: bool) -> bool:
    """Whether two clocks that stand side by side can show one moment."""
    if one.relative or other.relative or other.zone is None or not other.zone.known or other.unread:
        return False
    apart = (one.wall_s - other.wall_s) % DAY_S
    if one.zone is None or not one.zone.known:
        # The first one's zone is not said: full or half hours away, it is that of wherever this was written.
        return bracketed and one.wall_s != other.wall_s and apart % 1800 == 0
    days = one.days or other.days or (_WINTER, _SUMMER)
    ahead = {one.zone.offset_at(d + one.wall_s) - other.zone.offset_at(d + other.wall_s) for d in days}
    return one.zone != other.zone and any((apart - by) % DAY_S == 0 for by in ahead)


def _one(match: re.Match[str], text: str, last: Written | None) -> tuple[Written | None, str]:
    start, end = match.span()
    before = text[max(0, start - 40) : start]
    about, earlier = bool(_ABOUT.search(before)), bool(_BEFORE.search(before))
    if match["plus"]:
        return Written(start, end, match[0].strip(), _since_zero(match[0]), relative=True, about=about), ""
    if match["word"]:
        noon = Written(start, end, "", 43_200.0 if match[0] == "noon" else 0.0, about=about)
        return _finished(text, noon, ZONE.match(text, end)), ""
    form = next(n for n in "012345" if match[f"h{n}"])
    hour, minute, second = match[f"h{form}"], "00", None
    if form != "4":
        minute, second = match[f"m{form}"], match[f"s{form}"] if form != "3" else None
    half = ""
    if told := _HALF.match(text, end):
        half, end = told[1].lower(), told.end()
    elif hours := _HOURS.match(text, end):
        end = hours.end()
    ish = _ISH.match(text, end)
    if ish:
        about, end = True, ish.end()
    zone = ZONE.match(text, end)
    if zone and _is_range(match, text, zone, half):
        zone = None
    city = city_behind(text, end) if zone is None else None
    ranged = last is not None and bool(_TO.fullmatch(text[last.end : start]))
    ahead = text[end : end + 8]
    points = bool(_POINT.search(before)) or ranged or bool(_TO.match(ahead) and re.match(r"[\s–—-]*(?:to )?\d", ahead))
    if form == "2" and not (half or zone or (points and not before.rstrip(" *_[(>|").strip()) or ("h" in match[0])):
        return None, ""  # 14.20 may be a version or a figure
    if form == "2" and " h " in match[0] and not points:
        return None, ""  # 2 h 40 is a length
    if form == "4" and not half and "Uhr" not in text[match.start() : end] and not zone:
        return None, ""
    if form == "1" and len(hour) == 1 and not (half or zone or points):
        return None, ""  # 3:10 is as often a score, a verse or a length of time
    wall = _wall(int(hour), int(minute), int(second or 0), half)
    precision = 1.0 if second else MINUTE_S if form != "4" else 3600.0 / 4
    clock = Written(start, end, "", max(wall, 0.0), precision, about=about, before=earlier)
    made = _finished(text, clock, zone)
    if made is not None and city:
        unread: Unread = "" if city[0].known else "several-zones"
        made = replace(made, zone=city[0], end=city[1], text=text[start : city[1]], unread=unread)
    if made is not None and wall < 0:
        made = replace(made, unread="clock")
    date = match["date"] or match["packed"]
    if made is not None and date:
        digits = date.replace("-", "")
        days = [d for d in (day_s(int(digits[:4]), int(digits[4:6]), int(digits[6:])),) if d is not None]
        made = replace(made, days=tuple(days), unread=made.unread if days else "clock")
    return made, half


def _is_range(match: re.Match[str], text: str, zone: re.Match[str], half: str) -> bool:
    """`14:00-14:30` is a range, not an offset; only after a date and a clock is a minus without a blank one."""
    told = zone["bare"] or ""
    if not told or told[0] not in "-−–":
        return False
    if (match["date"] or match["packed"]) and told[0] == "-" and not zone[0].startswith(" "):
        return False
    spaced = zone[0].startswith(" ")
    return not (spaced and re.fullmatch(r"[-−]\d{4}", told) and not half and not _AFTER.match(text, zone.end()))


def _finished(text: str, made: Written, zone: re.Match[str] | None) -> Written | None:
    """With its zone; None where more follows at once, so that the digits are something else."""
    end = zone.end() if zone else made.end
    if _AFTER.match(text, end):
        return None
    shown = text[made.start : end]
    if zone is None:
        return replace(made, text=shown)
    read = read_zone(zone["within"] or zone["bare"])
    unread: Unread = "" if read.known else "several-zones" if read.text.isupper() and len(read.text) < 5 else "zone"
    return replace(made, end=end, text=shown, zone=read, unread=unread)


def _wall(hour: int, minute: int, second: int, half: str) -> float:
    """Seconds since midnight; -1 where no clock shows it."""
    if half:
        if not 1 <= hour <= 12:
            return -1.0
        hour = hour % 12 + (12 if half == "p" else 0)
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and minute + second):
        return -1.0
    return hour * 3600.0 + minute * 60.0 + second


def _since_zero(text: str) -> float:
    if match := re.search(r"(\d+):(\d\d)(?::(\d\d))?", text):
        size = int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3] or 0)
    else:
        # "T+5" alone counts minutes.
        told = re.findall(r"(\d+)\s?([hms])", text.lower()) or [(n, "m") for n in re.findall(r"\d+", text)]
        size = sum(int(n) * _UNIT_S[unit] for n, unit in told)
    return size if "+" in text else -size


def _dated(one: Written, text: str, dates: Sequence[Day]) -> Written:
    """With the date that stands right before or after it."""
    for day in dates:
        inside = one.start <= day.start < one.end
        first = day.end <= one.start and one.start - day.end < 20 and _DATE_FIRST.fullmatch(text[day.end : one.start])
        last = one.end <= day.start and day.start - one.end < 24 and _DATE_LAST.fullmatch(text[one.end : day.start])
        if inside or first or last:
            unread: Unread = one.unread or ("date" if day.ambiguous else "")
            start, end = min(one.start, day.start), max(one.end, day.end)
            return replace(one, days=day.may_be, unread=unread, start=start, end=end, text=text[start:end])
    return one


def _ranged(found: list[Written], halves: dict[int, str], text: str) -> Iterator[Written]:
    """The two times of a range share a zone, a half of the day and a date, where only one of them tells it."""
    for n in range(len(found) - 1):
        one, other = found[n], found[n + 1]
        between = text[one.end : other.start]
        if len(between) > 24 or not _TO.fullmatch(between) or one.role == "until" or one.relative:
            continue
        if between.strip().lower() in ("and", "und", "et", "y") and not re.search(
            r"\b(?:[Bb]etween(?: the hours of)?|[Zz]wischen|[Ee]ntre)\s+$", text[max(0, one.start - 24) : one.start]
        ):
            continue
        if one.zone is None and other.zone is not None:
            one = replace(one, zone=other.zone, unread=one.unread or other.unread)
        elif other.zone is None and one.zone is not None:
            other = replace(other, zone=one.zone, unread=other.unread or one.unread)
        if halves.get(n + 1) and not halves.get(n) and one.wall_s < 13 * 3600:
            wall = one.wall_s % 43_200 + (43_200 if halves[n + 1] == "p" else 0)
            wall = wall - 43_200 if wall > other.wall_s and wall >= 43_200 else wall
            one = replace(one, wall_s=wall)
        if one.days and not other.days:
            night = DAY_S if other.wall_s < one.wall_s else 0
            other = replace(other, days=tuple(day + night for day in one.days))
        elif other.days and not one.days:
            night = DAY_S if other.wall_s < one.wall_s else 0
            one = replace(one, days=tuple(day - night for day in other.days))
        found[n] = replace(one, role="since", pair=other.start)
        found[n + 1] = replace(other, role="until", pair=one.start)
    yield from found


@dataclass(frozen=True, slots=True)
class Placed:
    """A time with its place in the world: the intervals that it can mean, seconds since 1970 UTC."""

    written: Written
    may_be: tuple[tuple[float, float], ...]
    """[earliest, latest] as its precision allows; () = not read."""

    @property
    def at(self) -> float:
        """The moment that is written, the first one it can mean."""
        return self.may_be[0][0]


def instants(wall_s: float, days: Sequence[int], zone: Zone) -> tuple[float, ...]:
    """The moments at which the zone's clocks show `wall_s` on one of `days`."""
    return tuple(day + wall_s - zone.offset_at(day + wall_s) for day in days)
