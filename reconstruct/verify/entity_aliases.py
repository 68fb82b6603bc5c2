"""How people call signals: "error rate", "p99 latency", "CPU". Each stands for every signal it may mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from reconstruct.model import Signal
from reconstruct.verify.vocabulary import phrase

_USERS: Final = ("edge", "app")


def _words(signal: Signal) -> frozenset[str]:
    return frozenset(phrase(f"{signal.title} {signal.id}"))


def _latency(signal: Signal) -> bool:
    return signal.aspect == "latency" and signal.layer in _USERS


def _errors(signal: Signal) -> bool:
    return signal.aspect == "errors" and signal.layer in _USERS


def _database_latency(signal: Signal) -> bool:
    return signal.aspect in ("latency", "saturation") and signal.layer == "database"


def _cpu(signal: Signal) -> bool:
    return signal.aspect == "utilisation" and ("cpu" in signal.tags or "cpu" in _words(signal))


def _memory(signal: Signal) -> bool:
    return "memory" in signal.tags or "memory" in _words(signal)


def _traffic(signal: Signal) -> bool:
    return signal.aspect == "traffic" and signal.layer in _USERS


_SPOKEN: Final[tuple[tuple[re.Pattern[str], Callable[[Signal], bool]], ...]] = (
    (
        re.compile(
            r"\b(?:database|db|query|queries|statement)\b(?: \w+){0,2} (?:latency|times?"
            r"|durations?)\b",
            re.IGNORECASE,
        ),
        _database_latency,
    ),
    (re.compile(r"\b(?:database|db) cpu\b", re.IGNORECASE), lambda s: _cpu(s) and s.layer == "database"),
    (re.compile(r"\b(?:host|machine|node) cpu\b", re.IGNORECASE), lambda s: _cpu(s) and s.layer == "host"),
    (re.compile(r"\bcpu\b", re.IGNORECASE), _cpu),
    (re.compile(r"\b(?:error (?:rate|ratio|share)|errors|5xx(?: rate| responses)?)\b", re.IGNORECASE), _errors),
    (re.compile(r"\b(?:latency|latencies|response times?)\b", re.IGNORECASE), _latency),
    (re.compile(r"\bmemory\b", re.IGNORECASE), _memory),
    (re.compile(r"\b(?:request rate|traffic|throughput)\b", re.IGNORECASE), _traffic),
)
_PERCENTILE: Final = re.compile(r"\b(?:p(\d{2})\d?|(\d{2})th percentile)\b", re.IGNORECASE)


class Spoken(NamedTuple):
    """A way of speaking in a text, and which signals it may mean."""

    start: int
    end: int
    fits: Callable[[Signal], bool]
    percentile: str
    """`p95` where one is told: then only signals of that percentile are meant."""


def spoken_signals(text: str, start: int) -> Iterator[Spoken]:
    """Where a clause names signals as people call them."""
    percentile = _PERCENTILE.search(text)
    wanted = f"p{percentile[1] or percentile[2]}" if percentile else ""
    taken: list[tuple[int, int]] = []
    for pattern, fits in _SPOKEN:
        for match in pattern.finditer(text):
            if any(match.start() < end and begin < match.end() for begin, end in taken):
                continue
            taken.append(match.span())
            yield Spoken(start + match.start(), start + match.end(), _narrowed(fits, wanted), wanted)


def _narrowed(fits: Callable[[Signal], bool], percentile: str) -> Callable[[Signal], bool]:
    return lambda signal: fits(signal) and (not percentile or percentile in _words(signal))
