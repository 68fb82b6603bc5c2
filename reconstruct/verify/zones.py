"""Zones of clock times as people write them: `UTC`, `GMT+1`, `+0100`, `CET`, `ET`, `Europe/Berlin`, `PST (UTC-8)`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

import pandas as pd

_HOUR_S: Final = 3600
_FURTHEST_S: Final = 14 * _HOUR_S
"""No zone is further from UTC (Pacific/Kiritimati)."""

_FIXED_H: Final = {
    **dict.fromkeys(("Z", "UTC", "GMT", "WET", "UCT", "ZULU"), 0.0),
    **dict.fromkeys(("CET", "MEZ", "WEST", "WAT"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "EET", "SAST", "CAT"), 2.0),
    **dict.fromkeys(("EEST", "MSK", "EAT", "TRT"), 3.0),
    "PKT": 5.0,
    "NPT": 5.75,
    "WIB": 7.0,
    **dict.fromkeys(("SGT", "HKT", "AWST"), 8.0),
    **dict.fromkeys(("JST", "KST"), 9.0),
    **dict.fromkeys(("ACST",), 9.5),
    **dict.fromkeys(("AEST",), 10.0),
    **dict.fromkeys(("ACDT",), 10.5),
    **dict.fromkeys(("AEDT",), 11.0),
    "NZST": 12.0,
    "NZDT": 13.0,
    "BRT": -3.0,
    "ART": -3.0,
    "EDT": -4.0,
    "EST": -5.0,
    "MDT": -6.0,
    "PDT": -7.0,
    "PST": -8.0,
    "AKDT": -8.0,
    "AKST": -9.0,
    "HST": -10.0,
}
"""Abbreviations that mean one offset wherever they are used in public postmortems."""
_REGIONS: Final = {
    "ET": "America/New_York",
    "PT": "America/Los_Angeles",
    "MT": "America/Denver",
    "CT": "America/Chicago",
    "AET": "Australia/Sydney",
}
_SEVERAL: Final = frozenset(("IST", "CST", "CDT", "BST", "MST", "AST", "ADT", "SST", "AMT", "GST", "ECT", "PYT"))
"""Abbreviations of more than one zone: asked about."""
_SUMMER: Final = {
    **dict.fromkeys(("CEST", "MESZ"), "Europe/Berlin"),
    "WEST": "Europe/Lisbon",
    "EEST": "Europe/Athens",
    "EDT": "America/New_York",
    "MDT": "America/Denver",
    "PDT": "America/Los_Angeles",
    "AKDT": "America/Anchorage",
    "AEDT": "Australia/Sydney",
    "ACDT": "Australia/Adelaide",
    "NZDT": "Pacific/Auckland",
}
"""Where each daylight saving time is kept."""
_NAMES: Final = "|".join(sorted({*_FIXED_H, *_REGIONS, *_SEVERAL} - {"Z"}, key=lambda name: (-len(name), name)))
_OFFSET: Final = r"[+\-−–]\s?\d{1,2}(?::?[0-5]\d)?(?!\d|:\d)"
_FROM_UTC: Final = rf"(?:[Uu][Tt][Cc]|[Gg][Mm][Tt])\s?{_OFFSET}"
_CITY: Final = r"[A-Z][a-z]+(?: [A-Z][a-z]+)?"
_LOCAL: Final = r"(?:[Ll]ocal(?: [Tt]imes?)?|[Oo]rtszeit|[Ll]okal|[Hh]eure locale|[Hh]ora local)"
_TEXT: Final = (
    rf"(?:(?:{_NAMES}|{_LOCAL})(?: ?[(/]|,? ) ?{_FROM_UTC}\)?"
    rf"|{_LOCAL}(?: ?\(|,?  ?)(?:{_NAMES}|{_CITY})(?!\w)\)?|(?:CST|IST|BST|AST|MST|GST) \({_CITY}\)"
    r"|PST/PDT|EST/EDT|MST/MDT|CST/CDT|CET/CEST|MEZ/MESZ|GMT/BST"
    rf"|{_FROM_UTC}|(?:{_NAMES}|utc|gmt)(?![\w+]|/(?!\d))|Z(?!\w)"
    r"|[+\-−]\d{2}:?[0-5]\d(?![\d:])"
    r"|(?:Europe|America|Asia|Africa|Australia|Pacific|Atlantic|Etc|US)/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?"
    r"|(?:US |U\.S\. )?(?:[Ee]astern|[Pp]acific|[Cc]entral|[Mm]ountain|[Ll]ocal|[Bb]ritish|[Ii]ndian?|UK"
    r"|[Gg]erman|[Ff]rench|[Ss]panish|[Jj]apan(?:ese)?|[Cc]oordinated [Uu]niversal|(?:[Ww]estern|[Ee]astern) European)"
    r"(?: [Ss]ummer| [Ss]tandard| [Dd]aylight| European)?(?: [Ss]tandard| [Ss]ummer)? [Tt]ime(?!\w)"
    r"|(?:US |U\.S\. )?(?:Eastern|Pacific|Mountain)(?! (?:region|data|cluster|[Tt]ime|DC|team|office|site)|[\w/-])"
    r"|[A-Z]{2,4}T(?=\s*(?:[:|–—)\]]|- |$)))"
)
"""The last one is a word in capitals where a zone stands: none that is known, so the time is not read."""
ZONE: Final = re.compile(rf"\s?[\[(](?P<within>{_TEXT})[\])]|\s?(?P<bare>{_TEXT})")
"""A zone right after a clock time."""
_WORDED: Final = {
    "eastern": "America/New_York",
    "pacific": "America/Los_Angeles",
    "mountain": "America/Denver",
    "central": "America/Chicago",
    "central european": "Europe/Berlin",
    "western european": "Europe/Lisbon",
    "eastern european": "Europe/Athens",
    "british": "Europe/London",
    "uk": "Europe/London",
    "german": "Europe/Berlin",
    "french": "Europe/Paris",
    "spanish": "Europe/Madrid",
    "india": "Asia/Kolkata",
    "indian": "Asia/Kolkata",
    "japan": "Asia/Tokyo",
    "japanese": "Asia/Tokyo",
    "coordinated universal": "Etc/UTC",
}
"""Regions by what people call their time."""
_EITHER: Final = {
    "PST/PDT": "America/Los_Angeles",
    "MST/MDT": "America/Denver",
    "CST/CDT": "America/Chicago",
    "EST/EDT": "America/New_York",
    "CET/CEST": "Europe/Berlin",
    "MEZ/MESZ": "Europe/Berlin",
    "GMT/BST": "Europe/London",
}
"""Winter and summer of one region, told together."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as it was written."""

    text: str
    offset_s: int | None = None
    """None = it depends on the date (`region`), or is not known."""
    region: str = ""
    """IANA name."""
    summer: str = ""
    """Region whose daylight saving time it is."""

    @property
    def known(self) -> bool:
        """Whether a clock time in it can be placed; an abbreviation of several zones cannot."""
        return self.offset_s is not None or bool(self.region)

    def offset_at(self, wall_s: float) -> int:
        """Seconds that the zone is ahead of UTC when its clocks show `wall_s`, seconds since 1970 of the wall."""
        if self.offset_s is not None:
            return self.offset_s
        return _offset(self.region, int(wall_s // _HOUR_S))

    def in_force(self, wall_s: float) -> bool:
        """Whether the zone is kept on that day: CEST is not in November."""
        return not self.summer or self.offset_s == _offset(self.summer, int(wall_s // _HOUR_S))


UTC: Final = Zone("UTC", 0)


def read_zone(text: str) -> Zone:
    """What a zone's text means; not `known` where it stands for several, for none, or is impossible.

    >>> read_zone("GMT+1").offset_s, read_zone("UTC+05:30").offset_s, read_zone("-0500").offset_s
    (3600, 19800, -18000)
    >>> read_zone("CST").known, read_zone("UTC+25").known, read_zone("Europe/Berlin").known, read_zone("ET").region
    (False, False, True, 'America/New_York')
    """
    return _read_zone(text.strip())


@lru_cache(maxsize=1024)
def _read_zone(text: str) -> Zone:
    name = text.upper()
    if name in _EITHER:
        return Zone(text, region=_EITHER[name])
    if explained := re.fullmatch(r"([^\W\d_][^(,/]*?)(?: ?[(/]|, ?| (?=(?:UTC|GMT)\s?[+\-−–]))\s?([^)]+)\)?", text):
        # "PST (UTC-8)", "local time (Berlin)": the second says what the first means.
        by = read_zone(explained[2])
        by = by if by.known else city_zone(explained[2]) or by
        if by.known:
            return replace(by, text=text)
    if local := re.fullmatch(rf"{_LOCAL} +(.+)", text):
        told = city_zone(local[1]) or read_zone(local[1])
        return replace(told, text=text)
    if match := re.fullmatch(r"(?:UTC|GMT)?\s?([+\-−–])\s?(\d{1,2})(?::?([0-5]\d))?", name):
        offset = int(match[2]) * _HOUR_S + int(match[3] or 0) * 60
        return Zone(text, offset if match[1] == "+" else -offset) if offset <= _FURTHEST_S else Zone(text)
    if name in _SEVERAL:
        return Zone(text)
    if name in _FIXED_H:
        return Zone(text, int(_FIXED_H[name] * _HOUR_S), summer=_SUMMER.get(name, ""))
    worded = re.fullmatch(
        r"(?:us |u\.s\. )?(\w+(?: european| universal)?)(?:(?: standard| daylight| summer)? time)?", text.lower()
    )
    region = _REGIONS.get(name) or (_WORDED.get(worded[1], "") if worded else "")
    region = region or (text if "/" in text else "")
    if not region:
        return Zone(text)
    try:
        pd.Timestamp("2026-01-01").tz_localize(region)
    except (KeyError, ValueError, TypeError):
        return Zone(text)
    return Zone(text, region=region)


@lru_cache(maxsize=1024)
def city_zone(text: str) -> Zone | None:
    """The zone of a city's clocks: the head of a column of times.

    >>> city_zone("Berlin").region, city_zone("New York time").region, city_zone("Event")
    ('Europe/Berlin', 'America/New_York', None)
    """
    match = re.fullmatch(rf"\s*({_CITY})(?: [Tt]ime)?\s*", text)
    region = _cities().get(match[1]) if match else None
    return Zone(text.strip(), region=region) if region else None


def city_behind(text: str, start: int) -> tuple[Zone, int] | None:
    """The zone of `Berlin time` right behind a clock, and where it ends; of `(Berlin)` one that is not known: it may be
    a person's name or a place where something happened.
    """
    match = _CITY_TIME.match(text, start)
    zone = city_zone(match["told"] or match["alone"]) if match else None
    if match is None or zone is None:
        return None
    return zone if match["told"] else Zone(match["alone"]), match.end()


_CITY_TIME: Final = re.compile(rf"\s?(?:\(?(?P<told>{_CITY}) [Tt]ime(?!\w)\)?|\((?P<alone>{_CITY})\))")
_CONTINENTS: Final = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic")
_OTHER_CITIES: Final = {
    **dict.fromkeys(("San Francisco", "Seattle", "Portland", "San Diego"), "America/Los_Angeles"),
    **dict.fromkeys(("Boston", "Washington", "Atlanta", "Miami"), "America/New_York"),
    **dict.fromkeys(("Austin", "Dallas", "Houston"), "America/Chicago"),
    **dict.fromkeys(("Munich", "Hamburg", "Frankfurt", "Cologne", "München", "Köln"), "Europe/Berlin"),
    **dict.fromkeys(("Bangalore", "Bengaluru", "Mumbai", "Delhi", "Hyderabad", "Pune"), "Asia/Kolkata"),
    **dict.fromkeys(("Barcelona",), "Europe/Madrid"),
    **dict.fromkeys(("Geneva",), "Europe/Zurich"),
    **dict.fromkeys(("Beijing", "Shenzhen"), "Asia/Shanghai"),
    **dict.fromkeys(("Tel Aviv",), "Asia/Jerusalem"),
}
"""Large cities whose name no zone of the IANA database bears."""


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """Zones by the city that they are named after."""
    named = {
        zone.split("/")[-1].replace("_", " "): zone
        for zone in sorted(available_timezones())
        if zone.split("/")[0] in _CONTINENTS
    }
    return {**named, **_OTHER_CITIES}


def several(zone: Zone) -> bool:
    """Whether it is an abbreviation that stands for more than one zone."""
    return zone.text.upper() in _SEVERAL


@lru_cache(maxsize=4096)
def _offset(region: str, wall_hour: int) -> int:
    naive = pd.Timestamp(wall_hour * _HOUR_S, unit="s")
    there = naive.tz_localize(region, ambiguous=True, nonexistent="shift_forward")
    return int((naive - there.tz_convert("UTC").tz_localize(None)).total_seconds())
