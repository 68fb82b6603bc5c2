"""Dates as people write them: `2026-11-17`, `17 November 2026`, `Nov 17th`, `17. Oktober 2026`, `17/11/2026`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

DAY_S: Final = 86_400
_MONTHS: Final = (
    ("january", "jan", "januar", "jänner", "janvier", "janv", "enero", "ene"),
    ("february", "feb", "februar", "février", "fevrier", "févr", "febrero"),
    ("march", "mar", "märz", "maerz", "mars", "marzo"),
    ("april", "apr", "avril", "avr", "abril", "abr"),
    ("may", "mai", "mayo"),
    ("june", "jun", "juni", "juin", "junio"),
    ("july", "jul", "juli", "juillet", "juil", "julio"),
    ("august", "aug", "août", "aout", "agosto", "ago"),
    ("september", "sep", "sept", "septembre", "septiembre"),
    ("october", "oct", "oktober", "okt", "octobre", "octubre"),
    ("november", "nov", "novembre", "noviembre"),
    ("december", "dec", "dezember", "dez", "décembre", "decembre", "déc", "diciembre", "dic"),
)
"""English, German, French, Spanish, with the usual short forms."""
_MONTH: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_NAME: Final = rf"(?:{'|'.join(sorted(_MONTH, key=lambda name: (-len(name), name)))})"
_DATE: Final = re.compile(
    r"(?<![\w./-])(?:"
    r"(?P<iso>\d{4}[-/]\d{2}[-/]\d{2})(?![\d/])"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?(?:\s+(?:de|of))?[\s-]+(?P<m1>{_NAME})\b\.?(?:(?:,|\s+del?"
    rf"|-)?\s*(?P<y1>\d{{4}})(?!\d|:))?"
    rf"|(?P<m2>{_NAME})\b\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]\d|\d"
    rf"|\s?[ap]\.?m)(?:,?\s+(?P<y2>\d{{4}})(?!\d|:))?"
    r"|(?P<n1>\d{1,2})(?P<mark>[./-])(?P<n2>\d{1,2})(?P=mark)(?P<y3>\d{4})"
    r")(?![\w]|-\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a text, and the days that it can be, as seconds since 1970."""

    start: int
    end: int
    text: str
    may_be: tuple[int, ...]
    """One day; of a date without a year one for each year asked about; of `03/04/2026` two."""
    ambiguous: bool = False
    """It is two dates, by who reads it: asked about, never guessed."""


def read_dates(text: str, *, years: tuple[int, ...]) -> tuple[Day, ...]:
    """The dates in `text`; one without a year is looked for in `years`.

    >>> [d.may_be for d in read_dates("17 November 2026, Nov 18 and 19. Oktober", years=(2026,))]
    [(1794873600,), (1794960000,), (1792368000,)]
    >>> [d.ambiguous for d in read_dates("03/04/2026, 17/11/2026, 5.4.2026", years=())]
    [True, False, False]
    """
    return tuple(_dates(text, years))


def _dates(text: str, years: tuple[int, ...]) -> Iterator[Day]:
    for match in _DATE.finditer(text):
        told = match[0].strip()
        if told.lower().split()[-1] == "may" and not told.endswith("May") and "May" not in told:
            continue  # "5 may have"
        found = tuple(dict.fromkeys(day for day in _days(match, years) if day is not None))
        if found:
            yield Day(match.start(), match.end(), match[0], found, _two(match) and len(found) > 1)


def _days(match: re.Match[str], years: tuple[int, ...]) -> Iterator[int | None]:
    if match["iso"]:
        year, month, day = (int(part) for part in re.split("[-/]", match["iso"]))
        yield day_s(year, month, day)
        return
    if match["n1"]:
        first, second, year = int(match["n1"]), int(match["n2"]), int(match["y3"])
        yield day_s(year, second, first)
        if match["mark"] != ".":  # with dots the day comes first wherever it is used
            yield day_s(year, first, second)
        return
    month = _MONTH[(match["m1"] or match["m2"]).lower()]
    told = match["y1"] or match["y2"]
    for year in (int(told),) if told else years:
        yield day_s(year, month, int(match["d1"] or match["d2"]))


def _two(match: re.Match[str]) -> bool:
    return bool(match["n1"]) and match["mark"] != "."


@lru_cache(maxsize=4096)
def day_s(year: int, month: int, day: int) -> int | None:
    """Seconds from 1970 to the beginning of a day; None where there is no such day.

    >>> day_s(2026, 11, 17), day_s(2026, 2, 30)
    (1794873600, None)
    """
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not (1970 <= year <= 2200 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]):
        return None
    # Days from civil: Howard Hinnant, "chrono-compatible low-level date algorithms".
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468) * DAY_S
