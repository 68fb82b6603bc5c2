"""Zones that a text tells for many times: `All times PST`, `Time zone: CET`, `Timeline (UTC)`, a column `Time (ET)`."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.verify.zones import ZONE, Zone, city_zone, read_zone, several

_SUBJECT: Final = (
    r"(?:[Dd]ates and )?(?:[Cc]lock )?(?:[Tt]ime ?zones?|[Tt]imes?(?:tamps?)?|(?:[Uu]hrz|[Zz])eit(?:en|angaben)?"
    r"|[Hh]eures|[Hh]oras)(?![\w-])"
)
_SENTENCE: Final = re.compile(
    rf"(?:^|(?<=[.!?:;*_(]))(?:[\W_]|\b(?:Note|NB|N\.B\.|[Aa]ll|The|[Aa]lle|[Tt]outes les|[Tt]odas las|US)\b){{0,8}}"
    rf"{_SUBJECT}(?: (?!not\b)[a-zà-ÿ]+){{0,8}}?(?: the| US)?\s?[:,]?(?:{ZONE.pattern})"
)
"""Whose subject is times: what it says of a zone it says of all."""
_WITHIN: Final = re.compile(
    rf"\b{_SUBJECT}(?: (?:below|here|listed|shown|given|stated|are|is|in|all|on this page|alle|sind|gelten|sont|en|son"
    rf"|est[áa]n))*\s?:?(?:{ZONE.pattern})"
)
_LABEL: Final = re.compile(
    rf"^\W*(?:TZ|[Tt]ime ?[Zz]one|Zeitzone|[Ff]useau horaire|[Zz]ona horaria)\W{{1,5}}(?:{ZONE.pattern})"
)
_ALL: Final = re.compile(
    rf"\b(?:[Ee]verything|[Aa]ll (?:entries|events|rows|lines)) [^.\d]{{0,40}}\bin(?:{ZONE.pattern})"
)
_CITY_TOLD: Final = re.compile(
    r"(?:^|(?<=[.!?:;*_(]))\W*(?:(?:All|The|Alle) )?(?:[Tt]imes?|Zeiten)(?: [a-z]+){0,4}? "
    r"\(?(?P<city>[A-Z]\w+(?: [A-Z]\w+)?)(?: time\b|\))"
)
_IN_HEAD: Final = re.compile(r"\(\s*(?:all |times? |in )*(?:times? )?(?:are )?(?:in )?")
_TIMELY: Final = re.compile(
    r"\b(?:time\w*|when|clock|chronolog\w*|sequence|log|events?|history|\w*ablauf|verlauf|uhrzeit|zeit\w*|start|end|begin"
    r"|heures?|hora|horario|chronologie|cronolog\w*|updates|happened)\b",
    re.IGNORECASE,
)
"""A heading or a column with such a word is one of times."""
_LAST: Final = re.compile(rf"(?:^|[\s\[(,–—:-])(?:[Ii]n |[Aa]ll times |[Tt]imes )?(?:{ZONE.pattern})[\])\s:.]*$")
_CITY_LAST: Final = re.compile(
    r"\(\s*(?:local(?: time)?,? ?|times? in )?(?P<city>[A-Z]\w+(?: [A-Z]\w+)?)(?: [Tt]ime)?\s*\)[\s:]*$"
)


def zone_in(head: str) -> Zone | None:
    """The zone that a column's head or a heading tells: `Time (UTC)`, `CET`, `Timeline (all times in PST)`.

    >>> zone_in("Time (UTC)"), zone_in("Event"), zone_in("Timeline (all times in UTC+1)").offset_s
    (Zone(text='UTC', offset_s=0, region='', summer=''), None, 3600)
    >>> zone_in("Timeline - PST").text, zone_in("Time (Berlin)").region, zone_in("REST"), zone_in("The shop (Berlin)")
    ('PST', 'Europe/Berlin', None, None)
    """
    for match in _IN_HEAD.finditer(head):
        told = ZONE.match(head, match.end())
        if told is not None:
            return _read(told)
    bare = re.fullmatch(r"\s*(?:[Tt]ime|[Ww]hen|[Cc]lock)?(?: in)?[\s,]*(\S+)(?: [Tt]ime)?\s*", head)
    told = ZONE.fullmatch(bare[1]) if bare else None
    zone = _read(told) if told is not None else None
    if zone is not None and (zone.known or several(zone)):
        return zone
    if _TIMELY.search(head):
        last = _LAST.search(head)
        zone = _read(last) if last else None
        if zone is not None and zone.known:
            return zone
        city = _CITY_LAST.search(head)
        if city and (named := city_zone(city["city"])) is not None:
            return named
    return zone_told(head) or city_zone(head)


def zone_told(text: str) -> Zone | None:
    """The zone that a sentence says times are in.

    >>> zone_told("All times UTC.").text, zone_told("Times are in Europe/Berlin").text, zone_told("in time")
    ('UTC', 'Europe/Berlin', None)
    >>> zone_told("All timestamps in this report are PST (UTC-8).").offset_s, zone_told("Zeitzone: MEZ").offset_s
    (-28800, 3600)
    >>> zone_told("All times are Berlin time.").region, zone_told("Response times in the CET cluster rose.")
    ('Europe/Berlin', None)
    """
    for pattern in (_SENTENCE, _LABEL, _WITHIN, _ALL):
        match = pattern.search(text)
        if match is not None:
            return _read(match)
    city = _CITY_TOLD.search(text)
    return city_zone(city["city"]) if city else None


def _read(match: re.Match[str]) -> Zone:
    return read_zone(match["within"] or match["bare"])
