"""Cells of a metrics file: times and numbers as people and spreadsheets write them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.model import Window
from reconstruct.model.instants import EARLIEST, LATEST
from reconstruct.sources.changes.times import TimeReading, is_day_first, read_event_time
from reconstruct.sources.metric_files.units import WrittenUnit, unit_written

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
Nanoseconds = np.ndarray[tuple[int], np.dtype[np.int64]]

NO_TIME: Final = np.iinfo(np.int64).min
_EPOCH_UNITS_NS: Final = ((1e11, 1e9), (1e14, 1e6), (1e17, 1e3), (np.inf, 1.0))
"""(below this, nanoseconds in one): seconds until the year 5138, then milli-, micro- and nanoseconds."""
_EARLIEST_EPOCH_S: Final = 1e8
"""1973: a smaller number is no time but a spreadsheet's day number, or a sample's place."""
_SERIALS: Final = (32874.0, 62093.0)
"""Day numbers of the years 1990 to 2069; read as times only in a column that is called a time."""
_ZONED: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)")
_CLOCK_ALONE: Final = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
_NO_SAMPLE: Final = frozenset({"", "nan", "null", "none", "nil", "na", "n/a", "-", "undefined", "#n/a"})
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d*")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_WITH_UNIT: Final = re.compile(
    r"(?P<number>[+-\u2212]?[\d.,'\u2019\s\u00a0\u202f]*\d(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\d\s+-].{0,12})"
)
_DOTTED_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Cells as nanoseconds since the epoch, row by row, and why a cell could not be read ("" = it could)."""

    values: Nanoseconds
    problems: tuple[str, ...]
    """One a row; empty where all were read."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Cells as numbers, row by row, and why a cell could not be read ("" = it could)."""

    values: Numbers
    problems: tuple[str, ...]
    """One a row; empty where all were read."""
    unit: WrittenUnit | None = None
    """The base unit that units behind the numbers told; values are in it. None = they carried none."""


def read_times(cells: pd.Series, *, tz: str) -> Times:
    """Times in nanoseconds since the epoch, UTC; `NO_TIME` where a cell is none.

    RFC 3339, epoch seconds to nanoseconds, and what `event_time` reads of spreadsheets; a time without a zone is
    read in `tz`.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(cells.dtype):
        return _stored_times(cells, tz=tz)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return _epochs(cells.to_numpy(dtype=np.float64, na_value=np.nan), shown=cells.astype(str))
    codes, uniques = pd.factorize(cells.astype(str).str.strip().str.replace(" @ ", " ", regex=False))
    texts = [str(one) for one in uniques]
    times = np.full(len(texts), NO_TIME, dtype=np.int64)
    problems = [""] * len(texts)
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    zoned = np.array([bool(_ZONED.fullmatch(text)) for text in texts], dtype=bool)
    if zoned.any():
        read = pd.to_datetime(
            pd.Series([text for text, yes in zip(texts, zoned, strict=True) if yes]),
            utc=True,
            format="ISO8601",
            errors="coerce",
        )
        meant = (read >= EARLIEST) & (read < LATEST)
        times[zoned] = read.where(meant).to_numpy(dtype="datetime64[ns]").view(np.int64)
    window = _no_window()
    reading = TimeReading(window, tz, day_first=is_day_first(texts))
    for place, text in enumerate(texts):
        if zoned[place] and times[place] != NO_TIME:
            continue
        if np.isfinite(numbers[place]) and "e" not in text.lower():  # 1.79E+12 has lost its last digits
            one = _epochs(numbers[place : place + 1], shown=pd.Series([text]))
            times[place], problems[place] = one.values[0], (one.problems or ("",))[0]
            continue
        times[place], problems[place] = _written_time(text, reading=reading)
    return Times(times[codes], tuple(problems[code] for code in codes) if any(problems) else ())


def serial_times(cells: pd.Series) -> pd.Series | None:
    """Day numbers of a spreadsheet as its text times, to the second; None where the cells are none.

    >>> serial_times(pd.Series(["46343.5"])).tolist()
    ['2026-11-17 12:00:00']
    """
    numbers = pd.to_numeric(cells.astype(str).str.strip().str.replace(",", ".", regex=False), errors="coerce")
    if numbers.isna().any() or not numbers.between(*_SERIALS).all():
        return None
    moments = pd.Timestamp("1899-12-30") + pd.to_timedelta(np.round(numbers.to_numpy() * 86400.0), unit="s")
    return pd.Series(moments.strftime("%Y-%m-%d %H:%M:%S"), index=cells.index)


def read_numbers(cells: pd.Series, *, comma_decimal: bool) -> Figures:
    """Numbers; NaN where a cell is empty, says "no data" in one of the usual ways, or is infinite.

    Units behind numbers (`20.1 ms`, `1.2 GiB`, `4 %`) are turned into base units, cell by cell: all cells of a column
    have one base unit, and a bare number beside them is read only if it is 0.
    """
    if not pd.api.types.is_object_dtype(cells.dtype) and not pd.api.types.is_string_dtype(cells.dtype):
        return Figures(_finite(pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)), ())
    texts = cells.astype(str).str.strip()
    values = np.array(pd.to_numeric(texts, errors="coerce"), dtype=np.float64)
    bare = ~np.isnan(values)
    unread = np.flatnonzero(~bare)
    distinct = [str(text) for text in texts.iloc[unread].unique()]
    comma_decimal = comma_decimal or any(_is_decimal_comma(text) for text in distinct)
    meaning = {text: _written_figure(text, comma_decimal=comma_decimal) for text in distinct}
    units = Counter(unit.unit for _, unit, problem in meaning.values() if unit is not None and not problem)
    unit = units.most_common(1)[0][0] if units else None
    problems: dict[int, str] = {}
    for row in unread:
        value, own, problem = meaning[str(texts.iloc[row])]
        wrong = unit is not None and not np.isnan(value) and value != 0 and (own is None or own.unit != unit)
        problem = problem or (f"{texts.iloc[row]!r} has another unit than the column" if wrong else "")
        values[row] = np.nan if problem else value * (own.factor if own is not None else 1.0)
        if problem:
            problems[int(row)] = problem
    if unit:  # a unit of scale alone (`1.2 K`) leaves bare numbers what they are
        for row in np.flatnonzero(bare & (values != 0)):
            problems[int(row)] = f"{texts.iloc[row]!r} has no unit, where the column has"
            values[row] = np.nan
    told = tuple(problems.get(row, "") for row in range(len(values))) if problems else ()
    return Figures(_finite(values), told, unit=WrittenUnit(unit) if unit else None)


def _written_figure(text: str, *, comma_decimal: bool) -> tuple[float, WrittenUnit | None, str]:
    """The number, its unit, and what is wrong with it."""
    value, problem = _written_number(text, shown=text, comma_decimal=comma_decimal)
    if not problem:
        return value, None, ""
    found = _WITH_UNIT.fullmatch(text)
    unit = unit_written(found["unit"]) if found else None
    if found is None or unit is None:
        return np.nan, None, problem
    value, problem = _written_number(found["number"], shown=text, comma_decimal=comma_decimal)
    return value, unit, problem


def _is_decimal_comma(text: str) -> bool:
    """Whether the comma of a cell can only be a decimal sign: `20,1 ms`, `0,123`, `1.234,5`."""
    found = _WITH_UNIT.fullmatch(text)
    plain = (found["number"] if found else text).strip().lstrip("+-")
    whole, comma, digits = plain.partition(",")
    return bool(comma) and digits.isdigit() and (len(digits) != len("000") or whole in ("", "0") or "." in whole)


def _written_number(text: str, *, shown: str, comma_decimal: bool) -> tuple[float, str]:
    plain = text.strip()
    for blank in ("\u00a0", "\u202f", " ", "'", "\u2019"):
        plain = plain.replace(blank, "")
    plain = plain.replace("\u2212", "-")
    if plain.lower() in _NO_SAMPLE:
        return np.nan, ""
    if comma_decimal and _DOTTED_THOUSANDS.fullmatch(plain) and "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif _DECIMAL_COMMA.fullmatch(plain):
        digits = len(plain.partition(",")[2])
        if not comma_decimal and digits == len("000") and not plain.lstrip("+-").startswith(("0,", ",")):
            return np.nan, f"{shown!r} can be a thousand or a fraction: write it without the comma"
        plain = plain.replace(",", ".")
    elif _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        return float(plain), ""
    except ValueError:
        return np.nan, f"{shown!r} is not a number"


def _finite(values: Numbers) -> Numbers:
    return np.where(np.isfinite(values), values, np.nan)


def _stored_times(cells: pd.Series, *, tz: str) -> Times:
    stored = pd.DatetimeIndex(cells)
    if stored.tz is None:
        stored = stored.tz_localize(tz, ambiguous="NaT", nonexistent="NaT")
    utc = stored.tz_convert("UTC")
    missing = stored.isna() | (utc < EARLIEST) | (utc >= LATEST)
    times = utc.where(~missing, EARLIEST).as_unit("ns").asi8.copy()
    times[missing] = NO_TIME
    problem = f"no time, one before 1970 or after 2200, or one that the clocks of {tz} show twice or never"
    return Times(times, tuple(problem if gone else "" for gone in missing) if missing.any() else ())


def _epochs(numbers: Numbers, *, shown: pd.Series) -> Times:
    times = np.full(len(numbers), NO_TIME, dtype=np.int64)
    good = np.isfinite(numbers) & (numbers >= _EARLIEST_EPOCH_S)
    least = 0.0
    for below, unit_ns in _EPOCH_UNITS_NS:
        these = good & (numbers >= least) & (numbers < min(below, LATEST.value / unit_ns))
        whole = np.floor(numbers[these])
        # Whole and fraction apart: a double holds epoch seconds to 0.2 µs, and their nanoseconds not at all.
        times[these] = whole.astype(np.int64) * int(unit_ns) + np.round((numbers[these] - whole) * unit_ns).astype(
            np.int64
        )
        least = below
    problems = (
        ()
        if (times != NO_TIME).all()
        else tuple("" if at != NO_TIME else f"{cell!r} is not a time" for at, cell in zip(times, shown, strict=True))
    )
    return Times(times, problems)


def _written_time(text: str, *, reading: TimeReading) -> tuple[int, str]:
    if not text or text.lower() in _NO_SAMPLE:
        return NO_TIME, "there is no time"
    if _CLOCK_ALONE.match(text):
        return NO_TIME, f"{text!r} has no date: write 2026-11-17 13:45"
    try:
        return int(read_event_time(text, reading=reading).time.value), ""
    except UsageError as error:
        return NO_TIME, f"{error.message}; {error.hint}"


def _no_window() -> Window:
    """For reading dates, which need none: only clock times alone would, and those are refused."""
    epoch = pd.Timestamp(0, tz="UTC")
    return Window(epoch, epoch, pd.Timedelta("1s"), epoch)
