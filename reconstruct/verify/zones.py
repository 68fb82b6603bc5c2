"""Zones of clock times as people write them: `UTC`, `GMT+1`, `UTC+05:30`, `+0100`, `CET`, `ET`, `Europe/Berlin`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

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
_TEXT: Final = (
    rf"(?:(?:[Uu][Tt][Cc]|[Gg][Mm][Tt])\s?{_OFFSET}|(?:{_NAMES}|utc|gmt)(?![\w/+])|Z(?!\w)"
    r"|[+\-−]\d{2}:?[0-5]\d(?![\d:])"
    r"|(?:Europe|America|Asia|Africa|Australia|Pacific|Atlantic|Etc)/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?"
    r"|(?:[Ee]astern|[Pp]acific|[Cc]entral|[Mm]ountain|[Ll]ocal|[Bb]ritish|[Ii]ndian?)"
    r"(?: [Ss]ummer| [Ss]tandard| [Dd]aylight| European)? [Tt]ime(?!\w)"
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
}


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
    if match := re.fullmatch(r"(?:UTC|GMT)?\s?([+\-−–])\s?(\d{1,2})(?::?([0-5]\d))?", name):
        offset = int(match[2]) * _HOUR_S + int(match[3] or 0) * 60
        return Zone(text, offset if match[1] == "+" else -offset) if offset <= _FURTHEST_S else Zone(text)
    if name in _SEVERAL:
        return Zone(text)
    if name in _FIXED_H:
        return Zone(text, int(_FIXED_H[name] * _HOUR_S), summer=_SUMMER.get(name, ""))
    worded = re.fullmatch(r"(\w+) (?:standard |daylight )?time", text.lower())
    region = _REGIONS.get(name) or (_WORDED.get(worded[1], "") if worded else "") or (text if "/" in text else "")
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
    match = re.fullmatch(r"\s*([A-Z][a-z]+(?: [A-Z][a-z]+)?)(?: [Tt]ime)?\s*", text)
    for continent in _CONTINENTS if match else ():
        zone = read_zone(f"{continent}/{match[1].replace(' ', '_')}") if match else UTC
        if zone.known:
            return replace(zone, text=text.strip())
    return None


_CONTINENTS: Final = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic")


def several(zone: Zone) -> bool:
    """Whether it is an abbreviation that stands for more than one zone."""
    return zone.text.upper() in _SEVERAL


@lru_cache(maxsize=4096)
def _offset(region: str, wall_hour: int) -> int:
    naive = pd.Timestamp(wall_hour * _HOUR_S, unit="s")
    there = naive.tz_localize(region, ambiguous=True, nonexistent="shift_forward")
    return int((naive - there.tz_convert("UTC").tz_localize(None)).total_seconds())
