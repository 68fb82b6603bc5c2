"""Figures with units as people write them: `1.2 s`, `98 %`, `5.06 M rows/s`, `1 h 31 min`, `over 300 MiB`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["seconds", "ratio", "bytes", "per second", "bytes per second", "seconds per second", "bare"]

TOLERANCE: Final = 0.05
"""How far a figure may be off beyond its precision: another step or range window moves a peak by as much."""
ABOUT: Final = 0.15
"""The same for `about 1 s`."""

_TIME_S: Final = {
    **dict.fromkeys(("ns", "nanoseconds", "nanosecond"), 1e-9),
    **dict.fromkeys(("µs", "μs", "us", "microseconds", "microsecond"), 1e-6),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds", "millisecond"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "seconds", "second"), 1.0),
    **dict.fromkeys(("min", "mins", "minutes", "minute"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hours", "hour"), 3600.0),
    **dict.fromkeys(("d", "days", "day"), 86400.0),
}
_BYTES: Final = {
    **dict.fromkeys(("B", "bytes", "byte"), (1.0, 1.0)),
    **{f"{p}iB": (1024.0**n, 1024.0**n) for n, p in enumerate("KMGTP", 1)},
    **{f"{p}B": (1000.0**n, 1024.0**n) for n, p in enumerate("KMGTP", 1)},  # MB is written for both
    "kB": (1000.0, 1024.0),
}
_PLAIN: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?(?:e[-+]?\d{1,3})?"
_COUNTED: Final = r"(?:requests?|reqs?|rows?|queries|errors?|calls?|transactions?|messages?|connections?|pages?|ops)"
_FIGURE: Final = re.compile(
    r"(?P<sign>[−+±]\s?)?(?<![\w.:/\\,-])"
    rf"(?P<number>{_NUMBER})"
    r"(?:\s?(?P<percent>%|percent\b|per cent\b)"
    rf"|\s?(?P<bytes>{'|'.join(sorted(_BYTES, key=len, reverse=True))})(?P<bytes_rate>/s\b|ps\b"
    rf"| per second\b)?(?![\w/])"
    rf"|[\s-]?(?P<time>{'|'.join(sorted(_TIME_S, key=len, reverse=True))})(?P<time_rate>/s\b| per second\b)?(?![\w/])"
    rf"|\s?(?P<scale>[kKMG]\b)?\s?(?:(?P<noun>{_COUNTED})\b)?\s?(?P<rate>/s(?:ec)?\b|per second\b|rps\b|qps\b"
    rf"|/min\b|per minute\b)"
    r"|\s(?P<scaled>[kKMG])(?![\w/])"
    r"|(?![\w%:/]|\.\d|-\w))",
)
_AND_MORE: Final = re.compile(r"\s?(?:,|and)?\s?")
_RANGE: Final = re.compile(r"\s*(?:to|and|–|-)\s*")
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|circa|ca\.|roughly|nearly|almost|some)\s|[~≈]\s?)$", re.IGNORECASE
)
_OVER: Final = re.compile(
    r"(?:\b(?:over|more than|above|at least|beyond|exceed(?:ed|ing|s)?)\s"
    r"|[>≥]=?\s?)$",
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

    def meets(self, low: float, high: float | None = None) -> bool:
        """Whether it can mean `low`, or something from `low` to `high`."""
        return self.low <= (low if high is None else high) and low <= self.high


def read_figures(text: str, *, but: tuple[tuple[int, int], ...] = ()) -> tuple[Figure, ...]:
    """The figures in `text`, in order; none that touches one of the places in `but` (times, versions).

    >>> [(f.text, f.value) for f in read_figures("from 3 ms to 1,200 ms, 98 % of it, 1 h 31 min")]
    [('3 ms', 0.003), ('1,200 ms', 1.2), ('98 %', 0.98), ('1 h 31 min', 5460.0)]
    """
    found: list[Figure] = []
    for match in _FIGURE.finditer(text):
        begin = match.start("number")
        if any(start < match.end() and begin < end for start, end in but):
            continue
        figure, unit_s = _read(match, text)
        last = found[-1] if found else None
        if last is not None and unit_s and _unit_s(last.text) > unit_s and _AND_MORE.fullmatch(text[last.end : begin]):
            found[-1] = _joined(last, figure, text, unit_s)
        else:
            if (
                last is not None
                and last.kind == "bare"
                and _RANGE.fullmatch(text[last.end : begin])
                and not figure.signed
            ):
                found[-1] = _with_unit(last, figure)
            found.append(figure)
    return tuple(found)


def _with_unit(first: Figure, second: Figure) -> Figure:
    """`30 to 70 %`: the unit stands once and is both's."""
    number = re.match(_NUMBER, second.text)
    written = float(number[0].replace(",", "")) if number else 0.0
    if second.kind == "bare" or not written:
        return first
    by = second.value / written
    return replace(first, kind=second.kind, value=first.value * by, low=first.low * by, high=first.high * by)


def _read(match: re.Match[str], text: str) -> tuple[Figure, float]:
    """The figure, and its unit in seconds where it is a length of time."""
    number = float(match["number"].replace(",", ""))
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
    )
    return figure, least if kind == "seconds" else 0.0


def _bounds(number: float, half: float, *, before: str) -> tuple[float, float]:
    share = ABOUT if _ABOUT.search(before) else TOLERANCE
    low, high = number - max(half, share * number), number + max(half, share * number)
    if _OVER.search(before):
        return low, math.inf
    return (-math.inf, high) if _UNDER.search(before) else (low, high)


def _decimals(number: str) -> int:
    return len(number.partition("e")[0].partition(".")[2])


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
        return unit not in ("seconds", "bytes")
    if figure.kind == "ratio":
        return unit in ("ratio", "percent", "seconds per second")
    if figure.kind == "per second":
        return unit.endswith("per second") and unit not in ("bytes per second", "seconds per second")
    return unit == figure.kind


def scale(figure: Figure, unit: str) -> float:
    """What a value in `unit` is multiplied with to compare it with the figure's bounds."""
    return 0.01 if figure.kind == "ratio" and unit == "percent" else 1.0
