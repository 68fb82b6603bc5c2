"""Figures with units as people write them: `1.2 s`, `98 %`, `5.06 M rows/s`, `an hour and a half`, `over 300 MiB`.

A figure is read whole or not at all: `1h 31m` is one length of time, and what is left of a word is none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["seconds", "ratio", "bytes", "per second", "bytes per second", "seconds per second", "bare"]

TOLERANCE: Final = 0.05
"""How far a figure may be off beyond its precision: another step or range window moves a peak by as much."""
ABOUT: Final = 0.15
"""The same for `about 1 s`."""
HOUR_HALF: Final = 0.25
"""Of an hour: nobody says two hours of ninety minutes."""

_TIME_S: Final = {
    **dict.fromkeys(("ns", "nanoseconds", "nanosecond"), 1e-9),
    **dict.fromkeys(("µs", "μs", "us", "microseconds", "microsecond"), 1e-6),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "milliseconds", "millisecond"), 1e-3),
    **dict.fromkeys(
        ("s", "sec", "secs", "seconds", "second", "Sekunden", "Sekunde", "secondes", "seconde", "segundos", "segundo"),
        1.0,
    ),
    **dict.fromkeys(("m", "min", "mins", "minutes", "minute", "Minuten", "Minute", "Min", "minutos", "minuto"), 60.0),
    **dict.fromkeys(
        ("h", "hr", "hrs", "hours", "hour", "Stunden", "Stunde", "Std", "heures", "heure", "horas", "hora"), 3600.0
    ),
    **dict.fromkeys(("d", "days", "day"), 86400.0),
}
_BYTES: Final = {
    **dict.fromkeys(("B", "bytes", "byte"), (1.0, 1.0)),
    **{f"{p}iB": (1024.0**n, 1024.0**n) for n, p in enumerate("KMGTP", 1)},
    **{f"{p}B": (1000.0**n, 1024.0**n) for n, p in enumerate("KMGTP", 1)},  # MB is written for both
    "kB": (1000.0, 1024.0),
}
_PLAIN: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_TEENS: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS: Final = {
    **{word: float(n) for n, word in enumerate(_TEENS)},
    **{word: 10.0 * n for n, word in enumerate(_TENS, 2)},
    **{
        f"{tens}{mark}{one}": 10.0 * n + k
        for n, tens in enumerate(_TENS, 2)
        for k, one in enumerate(_TEENS[1:10], 1)
        for mark in "- "
    },
    "a dozen": 12.0,
    "a hundred": 100.0,
    "half an": 0.5,
    "half a": 0.5,
    "a quarter of an": 0.25,
    "a": 1.0,
    "an": 1.0,
    "eine": 1.0,
    "une": 1.0,
    "una": 1.0,
}
_WORD: Final = rf"\b(?:{'|'.join(sorted(_WORDS, key=lambda w: (-len(w), w)))})"
_NUMBER: Final = r"\d{1,3}(?:[,\u202f]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?(?:e[-+]?\d{1,3})?"
_COUNTED: Final = r"(?:requests?|reqs?|rows?|queries|errors?|calls?|transactions?|messages?|connections?|pages?|ops)"
_SMALL: Final = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
_UNITS: Final = "|".join(sorted(_TIME_S, key=lambda unit: (-len(unit), unit)))
_FIGURE: Final = re.compile(
    r"(?P<sign>[−+±]\s?)?(?<![\w.:/\\,-])"
    rf"(?P<number>{_NUMBER})\+?"
    r"(?:\s?(?P<percent>%|percentage points?\b|percent\b|per cent\b|pp\b)"
    rf"|\s?(?P<bytes>{'|'.join(sorted(_BYTES, key=lambda unit: (-len(unit), unit)))})(?P<bytes_rate>/s\b|ps\b"
    r"| per second\b)?(?![\w/])"
    rf"|[\s-]?(?P<time>{_UNITS})(?P<time_rate>/s\b| per second\b)?(?:(?![\w/])|(?=\d))"
    rf"|\s?(?P<scale>[kKMG]\b)?\s?(?:(?P<noun>{_COUNTED})\b)?\s?(?P<rate>/s(?:ec)?\b|per second\b|rps\b|qps\b"
    r"|/min\b|per minute\b)"
    r"|\s?(?P<scaled>[kKMG]|thousand|million|billion)(?![\w/])"
    r"|(?![\w%:/]|[.,]\d|-\w))"
    rf"|(?P<worded>(?i:{_WORD}))[\s-](?P<unit>nanoseconds?|microseconds?|milliseconds?|seconds?|minutes?|hours?"
    rf"|days?|Stunde|heure|hora)\b"
    r"(?P<half> and a half\b)?"
    r"|\b(?P<whole>(?:one|two|three|four|five|six|seven|eight|nine|ten)) and a half (?P<unit2>minutes|hours|days)\b"
    rf"|\b(?P<part>{_SMALL}) (?:in|out of) (?:every )?(?P<parts>{_SMALL})(?= (?:all |of )?(?:\w+ )?{_COUNTED}\b)"
    r"|\b(?P<share>(?:(?:one|two|three|[aA]|half|quarter)(?:[ -](?:third|thirds|quarter|quarters|half|fifth"
    r"|tenth))?)(?= of (?:all |the |our |its |every )?\w+))",
)
_SHARES: Final = {
    "half": 0.5,
    "a half": 0.5,
    "one half": 0.5,
    "a third": 1 / 3,
    "one third": 1 / 3,
    "two thirds": 2 / 3,
    "a quarter": 0.25,
    "one quarter": 0.25,
    "three quarters": 0.75,
    "a fifth": 0.2,
    "a tenth": 0.1,
}
_AND_MORE: Final = re.compile(r"\s?(?:,|and|,\s?and|und|et|y)?\s?")
_RANGE: Final = re.compile(r"\s*(?:to|and|–|-)\s*")
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|circa|ca\.|roughly|nearly|almost|some|just under"
    r"|just over)\s|[~≈]\s?)$",
    re.IGNORECASE,
)
_OVER: Final = re.compile(
    r"(?:\b(?:over|more than|above|at least|beyond|exceed(?:ed|ing|s)?|north of|upwards of)\s|[>≥]=?\s?)$",
    re.IGNORECASE,
)
_UNDER: Final = re.compile(r"(?:\b(?:under|less than|below|at most|within|fewer than)\s|[<≤]=?\s?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit: where it stands, and what it can mean in base units (seconds, bytes, shares of 1)."""

    start: int
    end: int
    text: str
    kind: Kind
    value: float
    low: float
    high: float
    signed: bool = False
    """`−15 s`: how far off something else may be, not a value."""
    noun: str = ""

    def meets(self, low: float, high: float | None = None) -> bool:
        """Whether it can mean `low`, or something from `low` to `high`."""
        return self.low <= (low if high is None else high) and low <= self.high

    @property
    def open(self) -> bool:
        """Whether it tells one end only: `over 300 MiB`."""
        return math.isinf(self.high - self.low)


def read_figures(text: str, *, but: Sequence[tuple[int, int]] = ()) -> tuple[Figure, ...]:
    """The figures in `text`, in order; none that touches one of the places in `but` (times, versions; in order).

    >>> [(f.text, f.value) for f in read_figures("from 3 ms to 1,200 ms, 98 % of it, 1 h 31 min")]
    [('3 ms', 0.003), ('1,200 ms', 1.2), ('98 %', 0.98), ('1 h 31 min', 5460.0)]
    >>> [f.value for f in read_figures("1h31m, 1m 35s, an hour and a half, five minutes, two and a half hours")]
    [5460.0, 95.0, 5400.0, 300.0, 9000.0]
    """
    found: list[Figure] = []
    taken = sorted(but)
    next_taken = 0
    cursor = 0
    while match := _FIGURE.search(text, cursor):
        begin = match.start("number") if match["number"] else match.start()
        cursor = max(match.end(), cursor + 1)
        while next_taken < len(taken) and taken[next_taken][1] <= begin:
            next_taken += 1
        if next_taken < len(taken) and taken[next_taken][0] < match.end():
            continue
        figure, unit_s = _read(match, text)
        if figure is None:
            continue
        last = found[-1] if found else None
        between = text[last.end : begin] if last is not None else ""
        if (
            last is not None
            and unit_s
            and _unit_s(last.text) > unit_s
            and _may_go_on(last.text, unit_s, between)
            and len(between) < 8
            and _AND_MORE.fullmatch(between)
        ):
            found[-1] = _joined(last, figure, text, unit_s)
            continue
        if (
            last is not None
            and last.kind == "bare"
            and not figure.signed
            and len(between) < 8
            and _RANGE.fullmatch(between)
        ):
            found[-1] = _with_unit(last, figure)
        found.append(figure)
        # "1h31m": the second part stands right behind the first.
        if unit_s and (more := _GLUED.match(text, figure.end)):
            value = figure.value + float(more[1]) * _TIME_S[more[2]]
            off = max(0.5 * _TIME_S[more[2]], TOLERANCE * value)
            found[-1] = replace(
                figure, end=more.end(), text=text[begin : more.end()], value=value, low=value - off, high=value + off
            )
            cursor = more.end()
    return tuple(found)


_GLUED: Final = re.compile(rf"(\d+)({_UNITS})(?![\w/])")


def _with_unit(first: Figure, second: Figure) -> Figure:
    """`30 to 70 %`: the unit stands once and is both's."""
    number = re.match(_NUMBER, second.text)
    written = float(number[0].replace(",", "")) if number else 0.0
    if second.kind == "bare" or not written:
        return first
    by = second.value / written
    return replace(first, kind=second.kind, value=first.value * by, low=first.low * by, high=first.high * by)


def _read(match: re.Match[str], text: str) -> tuple[Figure | None, float]:
    """The figure, and its unit in seconds where it is a length of time."""
    if match["number"] is None:
        return _worded(match, text)
    number = float(match["number"].replace(",", "").replace("\u202f", ""))
    least = most = 1.0
    kind: Kind = "bare"
    if match["percent"]:
        kind, least, most = "ratio", 0.01, 0.01
    elif match["bytes"]:
        kind = "bytes per second" if match["bytes_rate"] else "bytes"
        least, most = _BYTES[match["bytes"]]
    elif match["time"]:
        kind = "seconds per second" if match["time_rate"] else "seconds"
        least = most = _TIME_S[match["time"]]
    elif match["rate"]:
        kind = "per second"
        least = most = _PLAIN.get(match["scale"] or "", 1.0) / (60.0 if "min" in match["rate"] else 1.0)
    elif match["scaled"]:
        least = most = _PLAIN[match["scaled"]]
    begin = match.start("number")
    half = 0.5 * 10.0 ** -_decimals(match["number"])
    half = min(half, HOUR_HALF) if kind == "seconds" and least >= 3600 else half
    low, high = _bounds(number, half, before=text[max(0, begin - 20) : begin])
    figure = Figure(
        begin,
        match.end(),
        match[0][begin - match.start() :].strip(),
        kind,
        number * least,
        low * least,
        high * most,
        signed=bool(match["sign"]),
        noun=match["noun"] or "",
    )
    return figure, least if kind == "seconds" else 0.0


def _worded(match: re.Match[str], text: str) -> tuple[Figure | None, float]:
    start = match.start()
    before = text[max(0, start - 20) : start]
    if match["part"]:
        part, parts = (_WORDS.get(one) or float(one) for one in (match["part"], match["parts"]))
        low, high = _bounds(part / parts, 0.5 / parts, before=before)
        return Figure(start, match.end(), match[0], "ratio", part / parts, low, high), 0.0
    if match["share"]:
        value = _SHARES.get(match["share"].lower().replace("-", " "))
        if value is None:
            return None, 0.0
        low, high = _bounds(value, 0.05 * value, before=before)
        return Figure(start, match.end(), match[0], "ratio", value, low, high), 0.0
    unit_s = _TIME_S[match["unit"] or match["unit2"]]
    number = _WORDS[match["worded"].lower()] if match["worded"] else _WORDS[match["whole"]] + 0.5
    if (match["worded"] or "").lower() in ("a", "an") and not match["half"] and match["unit"] in ("second", "day"):
        return None, 0.0  # "a day", "a second time"
    number += 0.5 if match["half"] else 0.0
    # Said in words it is round: half of the unit, or an eighth of it all.
    low, high = _bounds(number, min(0.5, 0.125 * number) if number % 1 else 0.5, before=before)
    return Figure(start, match.end(), match[0], "seconds", number * unit_s, low * unit_s, high * unit_s), unit_s


def _bounds(number: float, half: float, *, before: str) -> tuple[float, float]:
    share = ABOUT if _ABOUT.search(before) else TOLERANCE
    low, high = number - max(half, share * number), number + max(half, share * number)
    if _OVER.search(before):
        return low, math.inf
    return (-math.inf, high) if _UNDER.search(before) else (low, high)


def _decimals(number: str) -> int:
    return len(number.partition("e")[0].partition(".")[2])


def _may_go_on(first: str, unit_s: float, between: str) -> bool:
    """Whether a smaller unit behind a larger one is the rest of it: "1 h, 31 min" is, "3.5 s, 44 ms" are two."""
    return unit_s >= 1.0 and not ("," in between and "." in first)


def _unit_s(text: str) -> float:
    """The last unit of a length of time that ended here; 0 where it was none."""
    unit = re.search(r"[^\W\d_]+$", text)
    return _TIME_S.get(unit[0], 0.0) if unit else 0.0


def _joined(first: Figure, second: Figure, text: str, unit_s: float) -> Figure:
    value = first.value + second.value
    off = max(0.5 * unit_s, TOLERANCE * value)
    low = value - off if math.isfinite(first.low) else first.low
    high = value + off if math.isfinite(first.high) else first.high
    return Figure(first.start, second.end, text[first.start : second.end], "seconds", value, low, high, first.signed)


def fits_unit(figure: Figure, unit: str) -> bool:
    """Whether a figure of this kind can be a value of a signal with that unit.

    >>> percent = read_figures("98 %")[0]
    >>> fits_unit(percent, "ratio"), fits_unit(percent, "seconds")
    (True, False)
    """
    if figure.kind == "bare":
        return unit not in ("seconds", "bytes", "ratio", "percent")
    if figure.kind == "ratio":
        return unit in ("ratio", "percent", "seconds per second")
    if figure.kind == "per second":
        return unit.endswith("per second") and unit not in ("bytes per second", "seconds per second")
    return unit == figure.kind


def scale(figure: Figure, unit: str) -> float:
    """What a value in `unit` is multiplied with to compare it with the figure's bounds."""
    return 0.01 if figure.kind == "ratio" and unit == "percent" else 1.0
