"""Dates as people and programs write them: ISO, dotted, slashed, with a month's name, with and without a weekday."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from reconstruct.errors import UsageError

_MONTHS: Final = {
    **dict(zip(("jan", "feb", "mar", "apr", "may", "jun"), range(1, 7), strict=True)),
    **dict(zip(("jul", "aug", "sep", "oct", "nov", "dec"), range(7, 13), strict=True)),
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY: Final = r"(?:(?P<weekday>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*)\.?,?\s+)?"
_MONTH: Final = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?|Mär(?:z)?|Mrz|Mai|Okt(?:ober)?|Dez(?:ember)?)\.?"
)
_YEAR_FIRST: Final = re.compile(r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})", re.ASCII)
_COMPACT: Final = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII)
_DOTTED: Final = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})", re.ASCII)
_SLASHED: Final = re.compile(r"(?P<first>\d{1,2})(?P<sign>[/-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4})", re.ASCII)
_DAY_MONTH: Final = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s/-]?{_MONTH}(?:[\s,/-]+(?P<year>\d{{4}}))?", re.IGNORECASE
)
_MONTH_DAY: Final = re.compile(
    rf"{_WEEKDAY}{_MONTH}[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:[\s,-]+(?P<year>\d{{4}}))?", re.IGNORECASE
)
_SPACES: Final = re.compile(r"[\s\u00a0\u202f]+")

AT_START: Final = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}[/-]\d{1,2}[/-]\d{4}"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+)?(?:\d{1,2}(?:st|nd|rd|th|\.)?[\s/-])?"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?:[\s-]+\d{1,2}(?:st|nd|rd|th)?(?!:))?"
    r"(?:[\s,/-]+\d{4}(?!:))?)"
)
"""A date at the beginning of running text, as a regular expression."""


class Day(NamedTuple):
    """A date; `year` 0 = it was not written."""

    year: int
    month: int
    day: int
    weekday: str = ""

    def on_calendar(self, *, near: date | None) -> date:
        """The date itself; without a year the one nearest to `near`.

        Raises
        ------
        UsageError
            If it has no year and nothing tells it, or its weekday is another one.
        ValueError
            If no calendar has it.
        """
        if self.year:
            day = date(self.year, self.month, self.day)
        elif near is None:
            raise UsageError("a date without a year", hint="write the year too: 2026-11-17")
        else:
            years = [y for y in (near.year - 1, near.year, near.year + 1) if _exists(y, self.month, self.day)]
            day = min((date(y, self.month, self.day) for y in years), key=lambda d: abs((d - near).days))
        if self.weekday and _WEEKDAYS[day.weekday()] != self.weekday[:3].lower():
            raise UsageError(f"{day:%Y-%m-%d} was no {self.weekday}", hint="which of the two is wrong? correct it")
        return day


def read_day(text: str, *, day_first: bool | None = None) -> Day | None:
    """The date that the whole `text` is; None = it is none.

    `day_first` tells the order of dates with slashes; None = nothing tells it.

    Raises
    ------
    UsageError
        If it is two dates: 05/06/2026 without `day_first`.

    >>> tuple(read_day("17-Nov-2026")), tuple(read_day("Tue Nov 17")), tuple(read_day("11/17/2026"))
    ((2026, 11, 17, ''), (0, 11, 17, 'Tue'), (2026, 11, 17, ''))
    """
    plain = _SPACES.sub(" ", text).strip().strip(",").strip()
    if match := _YEAR_FIRST.fullmatch(plain) or _DOTTED.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return Day(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _DAY_MONTH.fullmatch(plain) or _MONTH_DAY.fullmatch(plain):
        month = _MONTHS[match["month"].lower()[:3]]
        return Day(int(match["year"] or 0), month, int(match["day"]), match["weekday"] or "")
    if not (match := _SLASHED.fullmatch(plain)):
        return None
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    if first <= 12 and second <= 12 and first != second and day_first is None:
        raise UsageError(
            f"{plain!r} can be {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}",
            hint="write dates as 2026-11-17",
        )
    if first > 12 or (second <= 12 and day_first):
        first, second = second, first
    return Day(year, first, second)


def is_day_first(cells: Iterable[str]) -> bool | None:
    """What the slashed dates of one file tell about their order; None = nothing, or both.

    >>> is_day_first(["05/06/2026", "17/11/2026"]), is_day_first(["11/17/2026 13:45"]), is_day_first(["05/06/2026"])
    (True, False, None)
    """
    told = set()
    for cell in cells:
        if match := _SLASHED.match(cell.strip()):
            first, second = int(match["first"]), int(match["second"])
            if (first > 12) != (second > 12):
                told.add(first > 12)
    return told.pop() if len(told) == 1 else None


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
