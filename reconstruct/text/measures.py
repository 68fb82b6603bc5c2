"""What a signal measures and how it moved, in words: the same in every line, summary and chart title."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.model import Anomaly, Fact, Quantity, Signal
from reconstruct.text.units import human

_RAW_NAME: Final = re.compile(r"\b[A-Za-z][A-Za-z0-9]*(?:[_:][A-Za-z0-9]+)+\b")
_PERCENTILE: Final = re.compile(r"^(.+), (?:p(?=\d)|)(\d+)(?:th percentile|st percentile|)$")
_UNIT_WORDS: Final = re.compile(r" (?:seconds|milliseconds|bytes|total|ratio|percent|count|sum|bucket|hist)\b")
"""Words that a metric's name carries for its unit or kind: the figure says the unit."""


def measure_of(signal: Signal) -> str:
    """A signal's title inside a sentence, a metric's raw name read as words.

    >>> measure_of(Signal("g/x", "db_query_duration_seconds, mean", "", "seconds", "database", "latency"))
    'mean db query duration'
    >>> measure_of(Signal("http/p95", "Latency, 95th percentile (http_server_request_duration_seconds)", "", "s", "app",
    ...     "latency"))
    'p95 latency'
    """
    return measure_title(signal.title)


def measure_title(title: str) -> str:
    """A title as `measure_of` reads it; a name in brackets behind it says whose it is and is left out.

    >>> measure_title("Latency, 95th percentile (ingress-nginx)")
    'p95 latency'
    """
    title = re.sub(rf" \({_RAW_NAME.pattern}\)| \([a-z]+-[a-z][\w-]*\)$", "", title)
    shown = _RAW_NAME.sub(lambda m: _UNIT_WORDS.sub("", re.sub("[_:]", " ", m[0])), title)
    shown = _PERCENTILE.sub(lambda m: f"p{m[2]} {m[1][:1].lower()}{m[1][1:]}", shown)
    shown = re.sub(r"^(.+), mean$", lambda m: f"mean {m[1][:1].lower()}{m[1][1:]}", shown)
    word = shown.partition(" ")[0]
    return shown[:1].lower() + shown[1:] if word[1:].islower() or len(word) == 1 else shown


def measure(anomaly: Anomaly) -> str:
    """What an anomaly's series measures; an alert's condition is called one, for its name is no quantity."""
    if anomaly.signal.threshold is not None:
        return f"condition of {anomaly.signal.title}"
    return measure_of(anomaly.signal)


def moved_text(anomaly: Anomaly, *, whose: bool = True) -> str:
    """What moved, and which way: `latency, 95th percentile of shop rose`."""
    if anomaly.signal.threshold is not None:
        return f"{measure(anomaly)} met"
    way = {"up": "rose", "down": "fell", "both": "varied more"}[anomaly.direction]
    where = anomaly.service.name
    return f"{measure(anomaly)}{f' of {where}' if whose and where else ''} {way}"


def level_text(fact: Fact) -> str:
    """A quantity with its unit."""
    return human(fact.value, fact.unit) if isinstance(fact, Quantity) else str(fact)


def span_text(anomaly: Anomaly) -> str:
    """From its baseline to its median: `3 % before, median 62 %`."""
    unit = anomaly.signal.unit
    before, during = human(anomaly.baseline, unit), human(anomaly.level, unit)
    if before == during:
        return f"{before} before, peak {human(anomaly.peak, unit)}"
    return f"{before} before, median {during}"
