"""Units as they are written behind a number or in a header: `20.1 ms`, `1.2 GiB`, `cpu %`, `Failures/s`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KILO: Final = 1e3
KIBI: Final = 1024.0
_SI: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_IEC: Final = {"Ki": KIBI, "Mi": KIBI**2, "Gi": KIBI**3, "Ti": KIBI**4, "Pi": KIBI**5}
_DURATIONS: Final = {
    1e-9: "ns nanosecond nanoseconds",
    1e-6: "µs μs us usec microsecond microseconds",
    1e-3: "ms msec millis millisecond milliseconds",
    1.0: "s sec secs second seconds",
    60.0: "min mins minute minutes",
    3600.0: "h hr hrs hour hours",
    86400.0: "d day days",
    604800.0: "week weeks",
}
_SHORT: Final = {"K": 1e3, "k": 1e3, "Mil": 1e6, "Bil": 1e9, "Tri": 1e12}
"""Grafana's short numbers. Its `M`, `B` alone are not among them: they can be million or mebi, billion or bytes."""
_COUNTED_TEXT: Final = (
    "req reqs request requests op ops io rd wr reads writes msg msgs messages events evt ev rec records "
    "rows cnt c counts p packets pps qry queries calls tx conn errors failures"
)
_COUNTED: Final = tuple(_COUNTED_TEXT.split())
"""Words before `/s` that say what is counted."""
_PER: Final = {"s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0}


@dataclass(frozen=True, slots=True)
class WrittenUnit:
    """What a unit means: `value in unit = factor * number as written`."""

    unit: str
    factor: float = 1.0


def _known() -> dict[str, WrittenUnit]:
    found = {"%": WrittenUnit("ratio", 0.01), "percent": WrittenUnit("ratio", 0.01), "pct": WrittenUnit("ratio", 0.01)}
    for factor, words in _DURATIONS.items():
        found |= {word: WrittenUnit("seconds", factor) for word in words.split()}
    for word in ("B", "byte", "bytes", "Bytes"):
        found[word] = WrittenUnit("bytes")
    for prefix, factor in (*_SI.items(), *_IEC.items()):
        found[f"{prefix}B"] = WrittenUnit("bytes", factor)
        for per in ("B/s", "Bps", "B/sec"):
            found[f"{prefix}{per}"] = WrittenUnit("bytes per second", factor)
        for per in ("b/s", "bps", "bit/s", "bits/s"):
            found[f"{prefix}{per}"] = WrittenUnit("bytes per second", factor / 8)
    for per in ("B/s", "Bps", "bytes/s", "bytes/sec"):
        found[per] = WrittenUnit("bytes per second")
    for per in ("b/s", "bps", "bit/s", "bits/s"):
        found[per] = WrittenUnit("bytes per second", 1 / 8)
    for word, factor in (("kilobytes", 1e3), ("megabytes", 1e6), ("gigabytes", 1e9)):
        found[word] = WrittenUnit("bytes", factor)
    for per, seconds in _PER.items():
        for counted in ("", *_COUNTED):
            found[f"{counted}/{per}"] = WrittenUnit("per second", 1 / seconds)
    found |= {word: WrittenUnit("per second") for word in ("rps", "qps", "tps", "ops", "iops", "cps", "reqps", "pps")}
    found |= {word: WrittenUnit("per second", 1 / 60) for word in ("rpm", "opm", "cpm")}
    found |= {"°C": WrittenUnit("celsius"), "Hz": WrittenUnit("hertz"), "W": WrittenUnit("watts")}
    found |= {"V": WrittenUnit("volts"), "J": WrittenUnit("joules")}
    return found


_KNOWN: Final[Mapping[str, WrittenUnit]] = _known()
_LOWER: Final[Mapping[str, WrittenUnit]] = {
    word.lower(): unit for word, unit in _KNOWN.items() if "b" not in word.lower() or "/" not in word
}
"""Without case, where case does not tell bits from bytes."""
_IN_BRACKETS: Final = re.compile(r"^(?P<name>.*?)\s*[(\[{]\s*(?P<unit>[^()\[\]{}]{1,16})\s*[)\]}]\s*$")
_BEHIND: Final = re.compile(r"^(?P<name>.*\S)(?:\s+in\s+|\s*,\s*|\s+)(?P<unit>\S{1,14})$")
_RATE: Final = re.compile(r"^(?P<name>.*[^\s/])\s*/\s*(?P<per>s|sec|second|min|minute|h|hour)$", re.IGNORECASE)
_PERCENT: Final = re.compile(r"^(?:%\s*(?P<behind>\S.*)|(?P<before>.*\S)\s*%)$")
_VENDOR_UNITS: Final[Mapping[str, WrittenUnit]] = {
    # Grafana's unit ids: packages/grafana-data/src/valueFormats/categories.ts
    "percent": WrittenUnit("ratio", 0.01),
    "percentunit": WrittenUnit("ratio"),
    "short": WrittenUnit(""),
    "none": WrittenUnit(""),
    "decbytes": WrittenUnit("bytes"),
    "kbytes": WrittenUnit("bytes", KIBI),
    "deckbytes": WrittenUnit("bytes", KILO),
    "mbytes": WrittenUnit("bytes", KIBI**2),
    "decmbytes": WrittenUnit("bytes", KILO**2),
    "gbytes": WrittenUnit("bytes", KIBI**3),
    "decgbytes": WrittenUnit("bytes", KILO**3),
    "bits": WrittenUnit("bytes", 1 / 8),
    "decbits": WrittenUnit("bytes", 1 / 8),
    "binbps": WrittenUnit("bytes per second"),
    "binBps": WrittenUnit("bytes per second"),
    "reqps": WrittenUnit("per second"),
    "reqpm": WrittenUnit("per second", 1 / 60),
    "wps": WrittenUnit("per second"),
    "mps": WrittenUnit("per second"),
    "dtdurations": WrittenUnit("seconds"),
    "dtdurationms": WrittenUnit("seconds", 1e-3),
    "clockms": WrittenUnit("seconds", 1e-3),
    "clocks": WrittenUnit("seconds"),
    "m": WrittenUnit("seconds", 60.0),
    # CloudWatch's and Azure's
    "count": WrittenUnit(""),
    "count/second": WrittenUnit("per second"),
    "countpersecond": WrittenUnit("per second"),
    "bytes/second": WrittenUnit("bytes per second"),
    "bytespersecond": WrittenUnit("bytes per second"),
    "unspecified": WrittenUnit(""),
    # Google's (UCUM)
    "1": WrittenUnit(""),
    "by": WrittenUnit("bytes"),
    "by/s": WrittenUnit("bytes per second"),
    "10^2.%": WrittenUnit("ratio"),
    # Datadog's
    "request": WrittenUnit(""),
    "fraction": WrittenUnit("ratio"),
}


def unit_written(text: str) -> WrittenUnit | None:
    """What a unit behind a number means; None where it is not known.

    >>> unit_written("ms"), unit_written("parsecs")
    (WrittenUnit(unit='seconds', factor=0.001), None)
    """
    text = " ".join(text.split())
    if text in _SHORT:
        return WrittenUnit("", _SHORT[text])
    found = _KNOWN.get(text) or _LOWER.get(text.lower())
    if found is not None:
        return found
    scale, _, rest = text.partition(" ")
    behind = _KNOWN.get(rest) if scale in _SHORT else None
    return None if behind is None else WrittenUnit(behind.unit, behind.factor * _SHORT[scale])


def unit_of_vendor(text: str | None) -> WrittenUnit | None:
    """What a unit in a vendor's field means (`percentunit`, `Bytes/Second`); None where it says nothing."""
    if not text:
        return None
    return _VENDOR_UNITS.get(text) or _VENDOR_UNITS.get(text.lower()) or unit_written(text)


def split_header(header: str) -> tuple[str, WrittenUnit | None]:
    """A header without its unit, and the unit.

    >>> split_header("Duration (ms)"), split_header("cpu %")
    (('Duration', WrittenUnit(unit='seconds', factor=0.001)), ('cpu', WrittenUnit(unit='ratio', factor=0.01)))
    >>> split_header("Failures/s"), split_header("queue depth")
    (('Failures', WrittenUnit(unit='per second', factor=1.0)), ('queue depth', None))
    """
    text = header.strip()
    bracketed = _IN_BRACKETS.match(text)
    if bracketed and bracketed["name"]:
        found = unit_written(bracketed["unit"])
        if found is not None:
            return bracketed["name"].strip(), found
    percent = _PERCENT.match(text)
    if percent:
        return (percent["behind"] or percent["before"]).strip(), WrittenUnit("ratio", 0.01)
    rate = _RATE.match(text)
    if rate:
        return rate["name"].strip(), WrittenUnit("per second", 1 / _PER[rate["per"].lower()])
    behind = _BEHIND.match(text)
    if behind and (" in " in text or "," in text or not behind["unit"].isalpha()):
        found = unit_written(behind["unit"])
        if found is not None:
            return behind["name"].strip(" ,"), found
    return text, None
