"""Figures as people read them: two digits and the unit's usual prefix; six digits where a machine reads."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

JSON_DIGITS: Final = 6
"""Significant digits of a figure in incident.json (contract)."""
TEXT_DIGITS: Final = 2
"""Significant digits of a figure in prose: what a reader compares at a glance; a third where it decides."""
TICK_DIGITS: Final = 3
"""Of a figure on an axis or in a table."""
EXACT_BELOW: Final = 1_000
"""Whole numbers below this are written out: 127 complaints, 300 pods."""
PLAIN_BELOW: Final = 1e5
"""Counts below this are written without a prefix: 18,000, not 18 k; six digits would hide that two are meant."""
TIMES_FROM: Final = 10.0
"""A ratio from here on is told as so many times: percentages above 1,000 are hard to read."""


class Scale(NamedTuple):
    """`shown = value * factor`, followed by `suffix` ("ms", "MiB/s", "%"; "" for plain counts)."""

    factor: float
    suffix: str


# (from this many base units up, base units in one of these, suffix), largest first; the last one takes the rest.
_SECONDS: Final = (
    (2 * 86400.0, 86400.0, "d"),
    (2 * 3600.0, 3600.0, "h"),
    (300.0, 60.0, "min"),  # 120 s reads better as seconds: time-outs are set in them
    (1.0, 1.0, "s"),
    (1e-3, 1e-3, "ms"),
    (1e-6, 1e-6, "µs"),
    (0.0, 1e-9, "ns"),
)
_BYTES: Final = (
    (2.0**50, 2.0**50, "PiB"),
    (2.0**40, 2.0**40, "TiB"),
    (2.0**30, 2.0**30, "GiB"),
    (2.0**20, 2.0**20, "MiB"),
    (2.0**10, 2.0**10, "KiB"),
    (0.0, 1.0, "B"),
)
_PLAIN: Final = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (PLAIN_BELOW, 1e3, "k"), (0.0, 1.0, ""))
_LADDERS: Final = {"seconds": _SECONDS, "bytes": _BYTES}
_FIXED: Final = {"ratio": Scale(100.0, "%"), "percent": Scale(1.0, "%"), "celsius": Scale(1.0, "°C")}
_PER_SECOND: Final = " per second"


def six_digits(value: float) -> float | int | None:
    """Round to six significant digits for JSON; None for NaN and infinities, which JSON has no word for.

    >>> six_digits(1 / 3), six_digits(1234567.0), six_digits(2.0), six_digits(float("nan"))
    (0.333333, 1234570, 2, None)
    """
    if not math.isfinite(value):
        return None
    rounded = _significant(value, digits=JSON_DIGITS)
    # 3.0 and 3 are one JSON number; the shorter one does not depend on whether a counter was read as float.
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def scale_for(unit: str, *, magnitude: float) -> Scale:
    """The factor and suffix that keep figures of about `magnitude` (in `unit`) short: for a chart's axis, or a text.

    >>> scale_for("seconds", magnitude=0.7)
    Scale(factor=1000.0, suffix='ms')
    >>> scale_for("bytes per second", magnitude=5e6).suffix, scale_for("ratio", magnitude=0.2).suffix
    ('MiB/s', '%')
    >>> scale_for("rows per second", magnitude=3e6)
    Scale(factor=1e-06, suffix='M rows/s')
    """
    if unit in _FIXED:
        return _FIXED[unit]
    base, per_second = unit, ""
    if unit == "per second":
        base, per_second = "", "/s"
    elif unit.endswith(_PER_SECOND):
        base, per_second = unit.removesuffix(_PER_SECOND), "/s"
    if base == "seconds" and per_second:
        return Scale(1.0, "s/s")  # a share of a core or of a wall clock: prefixes would hide that 1 is the cap
    size = abs(_significant(magnitude, digits=TICK_DIGITS)) if math.isfinite(magnitude) else 0.0
    if base in _LADDERS and size == 0.0:
        return Scale(1.0, {"seconds": "s", "bytes": "B"}[base] + per_second)
    ladder = _LADDERS.get(base, _PLAIN)
    one, prefix = next((one, prefix) for least, one, prefix in ladder if size >= least)
    word = "" if base in _LADDERS or base in ("", "count") else base
    return Scale(1.0 / one, " ".join(part for part in (prefix, word) if part) + per_second)


def human(value: float, unit: str, *, digits: int = TEXT_DIGITS) -> str:
    """`value` with its unit as one writes it in a sentence.

    >>> human(0.00314, "seconds"), human(4.34, "seconds"), human(0.9996, "seconds"), human(0.329, "ratio")
    ('3.1 ms', '4.3 s', '1 s', '33 %')
    >>> human(18231, "count"), human(127, "count"), human(3 * 2**20, "bytes"), human(float("nan"), "count")
    ('18,000', '127', '3 MiB', 'no data')
    >>> human(0.9962, "ratio"), human(16.6, "ratio")
    ('99.6 %', '17 times')
    """
    if math.isnan(value):
        return "no data"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if unit == "ratio" and abs(value) >= TIMES_FROM:
        return f"{_short(value, digits=digits)} times"
    scale = scale_for(unit, magnitude=value)
    text = _short(value * scale.factor, digits=digits, whole=unit not in _LADDERS)
    return text + scale.suffix if scale.suffix.startswith("/") else f"{text} {scale.suffix}".rstrip()


def change(before: float, after: float, unit: str) -> str:
    """From one value to another, as one says it.

    >>> change(0.003, 0.55, "seconds"), change(0.02, 0.62, "ratio")
    ('3 ms to 550 ms', '2 % to 62 %')
    >>> change(0.994, 1.004, "seconds")
    '990 ms to 1 s'
    """
    return " to ".join(apart(before, after, unit))


def apart(before: float, after: float, unit: str) -> tuple[str, str]:
    """Two figures of one kind, with a third digit where two would read the same.

    >>> apart(0.0312, 0.0308, "ratio"), apart(0.5, 0.5, "ratio")
    (('3.12 %', '3.08 %'), ('50 %', '50 %'))
    """
    first, second = human(before, unit), human(after, unit)
    if first != second or before == after:
        return first, second
    return human(before, unit, digits=TICK_DIGITS), human(after, unit, digits=TICK_DIGITS)


def _short(value: float, *, digits: int, whole: bool = False) -> str:
    """A finite number to so many significant digits; small whole numbers in full, 99.6 never as 100."""
    if whole and value == round(value) and abs(value) < EXACT_BELOW:
        return figure(value)
    rounded = _significant(value, digits=digits)
    if abs(rounded) == 100 and abs(_significant(value, digits=TICK_DIGITS)) < 100:
        return figure(value)
    return figure(rounded)


def figure(value: float) -> str:
    """A bare finite number, three significant digits, whole numbers in full with thousands separated.

    >>> figure(0.12345), figure(1234.5), figure(18231.0), figure(-0.0), figure(1e-9)
    ('0.123', '1,235', '18,231', '0', '1e-09')
    """
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (TICK_DIGITS - 1):
        return f"{_half_up(value):,.0f}" if abs(value) < 10_000 * PLAIN_BELOW else f"{value:.{TICK_DIGITS}g}"
    return f"{_significant(value, digits=TICK_DIGITS):.{TICK_DIGITS}g}"


def human_duration(seconds: float) -> str:
    """A length of time in at most two units, rounded to the smaller one.

    >>> human_duration(45), human_duration(5072), human_duration(300), human_duration(7 * 86400 + 3 * 3600)
    ('45 s', '1 h 25 min', '5 min', '7 d 3 h')
    >>> human_duration(0.25), human_duration(-90), human_duration(3599.7)
    ('0.25 s', '-1 min 30 s', '1 h')
    """
    if not math.isfinite(seconds):
        return "no data"
    sign, size = ("-" if seconds < 0 else ""), abs(seconds)
    if size < 10 and size != round(size):
        return f"{sign}{_significant(size, digits=2):g} s"
    for large, small, one in (("d", "h", 3600), ("h", "min", 60), ("min", "s", 1)):
        count, per = int(_half_up(size / one)), 24 if large == "d" else 60
        if count >= per:
            whole, rest = divmod(count, per)
            return f"{sign}{whole} {large}" + (f" {rest} {small}" if rest else "")
    return f"{sign}{int(_half_up(size))} s"


def lasted(seconds: float) -> str:
    """A length between two moments of different sources, to the second: their clocks agree no better.

    >>> lasted(9.7), lasted(10.5), lasted(0.2)
    ('10 s', '11 s', '0 s')
    """
    return human_duration(_half_up(seconds) if math.isfinite(seconds) else seconds)


def _significant(value: float, *, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _half_up(value: float) -> float:
    return math.floor(abs(value) + 0.5) * (-1.0 if value < 0 else 1.0)


_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=(?:%|h|min|s|ms|µs)(?:\W|$))")


def unbroken(text: str) -> str:
    """A text of which no line ends between a number and its unit.

    >>> unbroken("lb failed 23 % of requests for 1 h 32 min").replace("\\u00a0", "~")
    'lb failed 23~% of requests for 1~h 32~min'
    """
    return _BEFORE_UNIT.sub("\u00a0", text)
