"""The zone that a column tells: by its name, or in its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconstruct.config.zones import BESIDE

_MINUTES: Final = ("offset_minutes", "utc_offset_minutes", "tz_offset_minutes")
ZONES: Final = ("timezone", "time_zone", "tz", "zone", "utc_offset", "tzinfo", "zeitzone", *_MINUTES)
"""Columns that tell the zone of a row's times."""

_HEADER_ZONE: Final = re.compile(
    r"(?P<name>.*?)[\s_]*(?:[(\[](?P<bracketed>[A-Za-z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[A-Za-z]+/[\w/]+|[+-]\d{2}:?\d{2})[)\]]"
    r"|(?:(?<=[\s_])|(?<=[a-z]))(?P<bare>UTC|utc|GMT|gmt|CET|CEST|EST|PST))"
)
"""`Time (CET)`, `Deployed At [Europe/Berlin]`, `timestamp_utc`: the zone stands in the column's name."""
_NOT_A_ZONE: Final = frozenset({"s", "ms", "us", "ns", "sec", "secs", "iso", "epoch", "unix", "local"})


def without_zone(name: str) -> str:
    """A column's name without the zone in it: `Created At (UTC)` -> `Created At`."""
    match = _HEADER_ZONE.fullmatch(name)
    return match["name"] if match and zone_of_column(name) else name


def zone_of_column(name: object) -> str:
    """The zone that a column's name tells: `Time (CET)` -> `CET`; "" = none.

    >>> zone_of_column("Deployed At (UTC)"), zone_of_column("timestamp_utc"), zone_of_column("duration (ms)")
    ('UTC', 'utc', '')
    """
    match = _HEADER_ZONE.fullmatch(str(name).strip())
    zone = (match["bracketed"] or match["bare"] or "") if match else ""
    return "" if zone.lower() in _NOT_A_ZONE else zone


def zone_column_of(told: Mapping[str, str]) -> str:
    """The column that tells the zone of a row's times; "" = none. A `zone` may as well be a data centre's.

    >>> zone_column_of({"tz": "CET"}), zone_column_of({"zone": "+01:00"}), zone_column_of({"zone": "eu-west-1a"})
    ('tz', 'zone', '')
    """
    for name in ZONES:
        if told.get(name) and (name != "zone" or re.fullmatch(BESIDE, told[name])):
            return name
    return ""


def zone_in(column: str, text: str) -> str:
    """The zone that a cell of a column for it tells: minutes east of Greenwich are an offset.

    >>> zone_in("offset_minutes", "-90"), zone_in("tz", "CET")
    ('-01:30', 'CET')
    """
    if column not in _MINUTES or not re.fullmatch(r"[+-]?\d{1,3}", text):
        return text
    minutes = int(text)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
