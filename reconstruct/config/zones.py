"""Time zones as people and programs write them beside a time: offsets, names, abbreviations.

An abbreviation is no zone: `IST` is India's, Ireland's or Israel's time. Those that mean one thing are read; those that
mean several are an error that names the candidates, unless the zone that times are read in shows that abbreviation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from reconstruct.errors import UsageError

_HINT: Final = "write the offset, e.g. 2026-11-17T14:55:00+01:00, or an IANA name such as Europe/Berlin"

PLACES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("CET", "CEST", "MEZ", "MESZ"), "Europe/Berlin"),
    **dict.fromkeys(("EET", "EEST"), "Europe/Helsinki"),
    **dict.fromkeys(("WET", "WEST"), "Europe/Lisbon"),
    **dict.fromkeys(("EST", "EDT", "ET"), "America/New_York"),
    **dict.fromkeys(("CDT", "CT"), "America/Chicago"),
    **dict.fromkeys(("MST", "MDT", "MT"), "America/Denver"),
    **dict.fromkeys(("PST", "PDT", "PT"), "America/Los_Angeles"),
    **dict.fromkeys(("AKST", "AKDT"), "America/Anchorage"),
    **dict.fromkeys(("NZST", "NZDT"), "Pacific/Auckland"),
    **dict.fromkeys(("AEST", "AEDT"), "Australia/Sydney"),
    **dict.fromkeys(("ACST", "ACDT"), "Australia/Adelaide"),
    "AWST": "Australia/Perth",
    "MSK": "Europe/Moscow",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "HKT": "Asia/Hong_Kong",
    "SGT": "Asia/Singapore",
    "WIB": "Asia/Jakarta",
    "PKT": "Asia/Karachi",
    "HST": "Pacific/Honolulu",
    "BRT": "America/Sao_Paulo",
    "SAST": "Africa/Johannesburg",
}
"""Abbreviations that mean one place's clocks (those of RFC 2822, and of the tz database where it knows one place)."""

_WHOLE_YEAR: Final = frozenset({"ET", "CT", "MT", "PT"})
"""Both halves of the year: they mean what the clocks there show."""
_OFFSETS_MIN: Final[Mapping[str, int]] = {
    "CET": 60,
    "CEST": 120,
    "MEZ": 60,
    "MESZ": 120,
    "EET": 120,
    "EEST": 180,
    "WET": 0,
    "WEST": 60,
    "EST": -300,
    "EDT": -240,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "AKDT": -480,
    "NZST": 720,
    "NZDT": 780,
    "AEST": 600,
    "AEDT": 660,
    "ACST": 570,
    "ACDT": 630,
}
"""What those mean that name one half of the year."""

AMBIGUOUS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "IST": (("India", 330), ("Ireland", 60), ("Israel", 120)),
    "BST": (("Britain", 60), ("Bangladesh", 360)),
    "CST": (("central North America", -360), ("China", 480), ("Cuba", -300)),
    "AST": (("the Atlantic", -240), ("Arabia", 180)),
    "GST": (("the Gulf", 240), ("South Georgia", -120)),
    "AMT": (("Amazonas", -240), ("Armenia", 240)),
    "ADT": (("the Atlantic", -180), ("Arabia", 240)),
    "SST": (("Samoa", -660), ("Singapore", 480)),
    "PHT": (("the Philippines", 480), ("Pacific Hawaii", -600)),
}
"""Abbreviations of several places, with each one's offset in minutes."""

_SPOKEN: Final[Mapping[str, str]] = {"eastern": "ET", "central": "CT", "mountain": "MT", "pacific": "PT"}
_NO_ZONE: Final = frozenset({"uhr", "h", "hrs", "hours", "o'clock"})

_OFFSET: Final = r"[+\-\u2212]\d{1,2}(?::?\d{2})?(?::\d{2})?"
_IANA: Final = r"[A-Z][A-Za-z]+/[A-Z][\w+-]+(?:/[A-Z][\w+-]+)?"
_ABBREVIATION: Final = "|".join(sorted({*PLACES, *AMBIGUOUS}, key=lambda name: (-len(name), name)))
_ZULU: Final = r"[Zz]|UTC|GMT|UT|utc|gmt|Utc|Gmt"
BESIDE: Final = (
    rf"\(?(?:(?:UTC|GMT|utc|gmt)[ ]?[+\-\u2212]\d{{1,2}}(?::?\d{{2}})?|(?:{_ZULU})(?![\w/])"
    rf"|[+\-\u2212]\d{{2}}:?\d{{2}}(?![\d:])|{_IANA}|(?:{_ABBREVIATION})(?!\w)"
    r"|(?:cet|cest|mez|mesz|pst|pdt|edt|jst)(?!\w)"
    r"|(?:Eastern|Central|Mountain|Pacific|local)(?:[ ](?:Standard|Daylight))?[ ][Tt]ime(?!\w)|Uhr(?!\w))\)?"
)
"""A zone where it stands beside a time in running text, as a regular expression."""

_WRITTEN_OFFSET: Final = re.compile(
    rf"(?P<zulu>{_ZULU})?\s*(?P<offset>{_OFFSET})"
    rf"(?:\s*(?:\[(?P<iana>{_IANA})\]|\((?P<said>[^()]*)\)|(?P<name>[A-Z]{{1,5}}|{_OFFSET})))?(?:\s+m=[+-][\d.]+)?"
)


def read_zone(text: str, *, wall: datetime, tz: str) -> tzinfo | None:
    """The zone that the text beside a time tells; None = it tells none.

    Parameters
    ----------
    text : str
        All that stands there: `Z`, `+0200`, `+0000 UTC`, `GMT+0100 (Central European Time)`, `CET`, `Europe/Berlin`.
    wall : datetime
        The time itself, naive: an abbreviation of the other half of the year is asked about.
    tz : str
        Zone that times are read in: it decides between the places of an ambiguous abbreviation.

    Raises
    ------
    UsageError
        If it is no zone, or more than one.

    >>> noon = datetime(2026, 11, 17, 12)
    >>> str(read_zone("+0200", wall=noon, tz="UTC")), str(read_zone("CET", wall=noon, tz="UTC"))
    ('UTC+02:00', 'UTC+01:00')
    """
    stripped = text.strip().strip(",;").strip()
    bare = stripped[1:-1].strip() if stripped[:1] + stripped[-1:] in ("()", "[]") else stripped
    if not bare or bare.lower() in _NO_ZONE:
        return None
    if re.fullmatch(_ZULU, bare):
        return UTC
    if match := _WRITTEN_OFFSET.fullmatch(bare):
        return _offset(match, text=bare)
    if re.fullmatch(_IANA, bare):
        return parse_zone(bare)
    word = bare.upper().removesuffix(" TIME").removesuffix(" STANDARD").removesuffix(" DAYLIGHT")
    return _abbreviation(_SPOKEN.get(word.lower(), word), text=bare, wall=wall, tz=tz)


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


def _offset(match: re.Match[str], *, text: str) -> tzinfo:
    digits = match["offset"][1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if len(digits) == 1 and match["zulu"] is None:  # `14:00 +1` is applause
        raise UsageError(f"{text!r} beside a time is no offset that is known here", hint=_HINT)
    minutes_in_all = (60 * hours + minutes) * (1 if match["offset"][0] == "+" else -1)
    if minutes > 59 or not -12 * 60 <= minutes_in_all <= 14 * 60:
        raise UsageError(f"{text!r} beside a time is no offset: they go from -12:00 to +14:00", hint=_HINT)
    named = match["name"] or ""
    if named[:1] in ("+", "-", "\u2212") and named != match["offset"]:  # Go writes +0000 +0000
        raise UsageError(f"{text!r} beside a time tells two offsets", hint=_HINT)
    told = 0 if re.fullmatch(_ZULU, named) else _OFFSETS_MIN.get(named)
    if told is not None and told != minutes_in_all:
        raise UsageError(f"{text!r} contradicts itself: {named} is {_signed(told)}", hint=_HINT)
    return timezone(timedelta(minutes=minutes_in_all))


def _abbreviation(word: str, *, text: str, wall: datetime, tz: str) -> tzinfo:
    local = wall.replace(tzinfo=parse_zone(tz))
    if local.tzname() == word and (offset := local.utcoffset()) is not None:
        return timezone(offset)
    if places := AMBIGUOUS.get(word):
        means = ", ".join(f"{_signed(minutes)} ({place})" for place, minutes in places)
        raise UsageError(f"{text!r} can be {means}", hint=_HINT)
    if (place := PLACES.get(word)) is None:
        raise UsageError(f"{text!r} beside a time is no time zone that is known here", hint=_HINT)
    there = wall.replace(tzinfo=parse_zone(place))
    if word in _WHOLE_YEAR or word not in _OFFSETS_MIN:
        return parse_zone(place)
    minutes = _OFFSETS_MIN[word]
    shown = there.utcoffset() or timedelta()
    if shown != timedelta(minutes=minutes):
        shows = _signed(int(shown.total_seconds() // 60))
        raise UsageError(
            f"{text!r} is {_signed(minutes)}, and the clocks of {place} showed {shows} on {wall:%Y-%m-%d}", hint=_HINT
        )
    return timezone(timedelta(minutes=minutes))


def _signed(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
