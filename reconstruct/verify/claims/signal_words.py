"""How people call signals: "error rate", "database CPU", "p95", and names and titles of the evidence's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from reconstruct.model import Signal
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

_FAILED: Final = AnyCase(
    r"\b(?:of )?(?:all |the |our |user |http |incoming ){0,4}(?:requests?|calls?|traffic|responses?|queries|logins?"
    r"|orders?|checkouts?)\b(?: (?:to|of|at|behind|through)(?: (?:the|our))? [\w-]+)?"
    r"(?: \w+){0,2}? (?:fail\w*|error\w*|lost|dropped|rejected"
    r"|(?:returned|answered|got|with|were|ended|met)(?: \w+){0,3} (?:5xx|50\d|errors?))\b"
    r"|\b(?:failed|failing|failure of) (?:requests?|calls?|responses?)\b"
    r"|\b(?:error rates?|error ratio|failure rates?|5xx(?: rates?| responses| errors)?|errors)\b"
)


@lru_cache(maxsize=4096)
def signal_words(signal: Signal) -> frozenset[str]:
    """The words of a signal's title and id."""
    return frozenset(phrase(f"{signal.title} {signal.id}"))


def _cpu(signal: Signal) -> bool:
    return signal.aspect == "utilisation" and (signal.has_tag("cpu") or "cpu" in signal_words(signal))


@dataclass(frozen=True, slots=True)
class Way:
    """How people call signals, and which they may mean."""

    pattern: AnyCase
    fits: Callable[[Signal], bool]
    exact: bool = False
    """The words leave no doubt on what is measured."""
    complement: Callable[[Signal], bool] | None = None
    """Signals of what is left over: memory in use is one minus what is available."""


def _w(pattern: str) -> AnyCase:
    return AnyCase(rf"\b(?:{pattern})\b")


WAYS: Final[tuple[Way, ...]] = (
    Way(
        _w(
            r"(?:database|db|query|queries|statement|sql)(?: \w+){0,2} (?:latency|latencies|times?|durations?)"
            r"|(?:query|queries|statements?)(?: \w+){0,2} (?:took|takes|taking|needed)(?=.*\b(?:average|mean"
            r"|median)\b)"
        ),
        lambda s: s.aspect in ("latency", "saturation") and s.layer == "database",
    ),
    Way(
        _w(r"(?:cpu|processor) pressure"),
        lambda s: signal_words(s) >= {"pressure", "cpu"},
        exact=True,
    ),
    Way(_w(r"memory pressure"), lambda s: signal_words(s) >= {"pressure", "memory"}, exact=True),
    Way(
        _w(
            r"(?:database|db|postgres\w*|mysql)(?:['’]s)?(?: server)? (?:cpu|processor)(?: usage"
            r"| utili[sz]ation| load| time)?"
            r"|(?:database|db|postgres\w*|mysql)(?: server)? (?:was|ran|sat|stood|is) at (?:about |around |~)?"
            r"\d+(?:\.\d+)? ?% (?:of )?cpu"
        ),
        lambda s: _cpu(s) and s.layer == "database",
        exact=True,
    ),
    Way(
        _w(r"(?:host|machine|node|server) (?:cpu|processor)(?: usage| utili[sz]ation)?"),
        lambda s: _cpu(s) and s.layer == "host",
        exact=True,
    ),
    Way(_w(r"cpu(?: usage| utili[sz]ation| load)?"), _cpu),
    Way(
        _w(r"(?:available|free) memory|memory (?:available|free)"),
        lambda s: s.layer == "host" and "available" in signal_words(s) and "memory" in signal_words(s),
        exact=True,
    ),
    Way(
        _w(r"(?:host|node|machine)(?:['’]s)? memory(?: usage| utili[sz]ation| use)?"),
        lambda s: s.layer == "host" and "memory" in signal_words(s) and "used" in signal_words(s),
        exact=True,
        complement=lambda s: s.layer == "host" and "available" in signal_words(s) and "memory" in signal_words(s),
    ),
    Way(_FAILED, lambda s: s.aspect == "errors" and s.layer in ("edge", "app") and s.unit in ("ratio", "percent")),
    Way(
        _w(r"latency|latencies|response times?|p\d{2}|\d{2}th percentile"),
        lambda s: s.aspect == "latency" and s.layer in ("edge", "app"),
    ),
    Way(
        _w(r"request rate|throughput|requests? per second|rps"),
        lambda s: s.aspect == "traffic" and s.layer in ("edge", "app"),
    ),
)


@lru_cache(maxsize=16)
def last_named(statement: Statement) -> int:
    """Where a statement names for the last time what is measured; -1 where it names nothing."""
    text, start, end = statement.passage.text, statement.start, statement.end
    return max((match.start() for way in WAYS for match in way.pattern.finditer(text, start, end)), default=-1)


@lru_cache(maxsize=16)
def titled(statement: Statement, record: Record) -> tuple[tuple[int, int, str], ...]:
    """Of every signal's name in a statement: where it stands first, of how many words it is, and the signal's id."""
    vocabulary = statement.vocabulary
    found = []
    for all_, words, one in record.title_words:
        if all_ <= vocabulary and (place := next(statement.places(words), None)) is not None:
            found.append((place[0], len(words), one))
    return tuple(found)
