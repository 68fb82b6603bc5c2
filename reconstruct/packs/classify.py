"""What a metric's name says: layer, aspect, unit, which way is worse. A convention, trusted less than a pack."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from reconstruct.model import Aspect, Layer, PackTag, Worse
from reconstruct.packs.catalogue import Conventions, Part, Rule, UnitSuffix
from reconstruct.packs.words import begins, ends, stands_in, words_of

_WORSE_BY_ASPECT: Final[dict[Aspect, Worse]] = {"availability": "down", "traffic": "both", "work": "both"}
"""Any other aspect is worse when it rises."""
_KIND_WORDS: Final = frozenset({"total", "bucket", "sum", "count"})
"""OpenMetrics suffixes: they say the kind, not the meaning."""
_STATISTICS: Final = frozenset(
    [
        "avg",
        "average",
        "mean",
        "max",
        "min",
        "median",
        "p50",
        "p75",
        "p90",
        "p95",
        "p98",
        "p99",
        "p999",
        "current",
        "last",
    ]
)
"""Words that may stand behind a unit (`latency_ms_p99`)."""
_AT_END_ONLY: Final = frozenset({"s", "us", "ns", "ops", "day", "hour", "minute", "share", "percentage"})
"""Units that in the middle of a name are more often another word."""
_PER_SECOND: Final = " per second"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was understood of a name."""

    layer: Layer
    aspect: Aspect
    worse: Worse
    unit: str
    factor: float
    """`value in unit = factor * value as exported` (0.001 for milliseconds)."""
    min_effect: float
    tags: tuple[PackTag, ...] = ()
    ignored: bool = False
    """The name says that it is no measurement: build info, a limit, a moment in time."""
    countdown: bool = False
    """The value runs down to zero as time goes by, and only what is past zero is news: asked as max(0, -value)."""


def classify(
    name: str,
    *,
    conventions: Conventions,
    kind: str = "unknown",
    unit: str = "",
    label_names: Collection[str] = (),
    part: Part | None = None,
) -> Meaning:
    """Read a metric's name by the conventions; the first rule that says something of a field decides it.

    `kind` is counter, gauge, histogram, summary or unknown; the meaning of a counter is that of its rate. `unit` is
    what the server's metadata says, "" = nothing. Label names are asked for a layer only where the name tells none.
    `part` is a share of the metric (`code=~"5.."`); what it says wins.
    """
    words = _bare(words_of(name))
    suffix, rest = unit_of(words, conventions=conventions, said=unit)
    measured = suffix.unit
    if kind == "counter":
        measured = _rate_of(measured)
    rules = [r for r in conventions.rules if _matches(r, words=words, rest=rest, kind=kind, unit=measured)]
    rules += _rules_of_labels(label_names, conventions=conventions) if all(r.layer is None for r in rules) else []
    says: list[Rule | Part] = [*([part] if part else []), *rules]
    aspect: Aspect = next((one.aspect for one in says if one.aspect), "work")
    worse = next((one.worse for one in says if one.worse and one.aspect in (aspect, None)), None)
    if part is not None and part.share:
        measured = "ratio"
    elif not measured:
        measured = _unit_without_suffix(words, kind=kind, aspect=aspect)
    return Meaning(
        layer=next((one.layer for one in says if one.layer), "app"),
        aspect=aspect,
        worse=worse or _WORSE_BY_ASPECT.get(aspect, "up"),
        unit=measured,
        factor=suffix.factor,
        min_effect=min_effect_of(measured, aspect=aspect, conventions=conventions),
        tags=tuple(dict.fromkeys(tag for one in says for tag in one.tags)),
        ignored=any(rule.ignore for rule in rules),
        countdown=any(rule.countdown for rule in rules),
    )


def unit_of(words: tuple[str, ...], *, conventions: Conventions, said: str = "") -> tuple[UnitSuffix, tuple[str, ...]]:
    """The unit that a name's words say, and the words before it.

    The longest unit at the end counts, behind statistics (`ms_p99`); failing that, one in the middle
    (`seconds_until_expiry`); failing that, what metadata said; failing that, none (unit "").
    """
    by_words = conventions.suffixes
    longest = max((len(key) for key in by_words), default=0)
    before_statistics = len(words)
    while before_statistics > 1 and words[before_statistics - 1] in _STATISTICS:
        before_statistics -= 1
    for end in (len(words), *range(before_statistics, 0, -1)):
        for first in range(max(0, end - longest), end):
            found = by_words.get(words[first:end])
            at_end = end >= before_statistics
            if found is not None and (at_end or not _AT_END_ONLY.intersection(words[first:end])):
                return found, words[:first] if at_end else words
    told = by_words.get(words_of(said)) if said else None
    return told or UnitSuffix(""), words


def min_effect_of(unit: str, *, aspect: str, conventions: Conventions) -> float:
    """The smallest change worth telling in `unit`; 0 where the conventions name none."""
    return conventions.min_effects.get((unit, aspect), conventions.min_effects.get((unit, ""), 0.0))


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    while len(words) > 1 and words[-1] in _KIND_WORDS:
        words = words[:-1]
    return words


def _rate_of(unit: str) -> str:
    if unit.endswith("per second"):
        return unit
    return f"{unit}{_PER_SECOND}" if unit in ("seconds", "bytes") else _PER_SECOND.strip()


def _unit_without_suffix(words: tuple[str, ...], *, kind: str, aspect: Aspect) -> str:
    if kind == "counter":
        return "per second"
    if "rate" in words:
        # An error rate that is a gauge is a share in nearly all dashboards; any other rate is per second.
        return "ratio" if aspect in ("errors", "availability") else "per second"
    return "count"


def _matches(rule: Rule, *, words: tuple[str, ...], rest: tuple[str, ...], kind: str, unit: str) -> bool:
    return (
        (not rule.kinds or kind in rule.kinds)
        and (not rule.units or unit in rule.units)
        and (not rule.words or stands_in(rule.words, words=words))
        and (not rule.also or stands_in(rule.also, words=words))
        and (not rule.first or begins(rule.first, words=words))
        and (not rule.last or ends(rule.last, words=rest))
        and not stands_in(rule.without, words=words)
    )


def _rules_of_labels(label_names: Collection[str], *, conventions: Conventions) -> list[Rule]:
    """The rules about a layer that a label's name alone satisfies; labels that every metric has say nothing."""
    known = {*conventions.identity, *conventions.instance, *conventions.passing}
    words = tuple(_words(sorted(set(label_names) - known)))
    return [
        rule
        for rule in conventions.rules
        if rule.layer and rule.words and not (rule.also or rule.kinds or rule.units or rule.first or rule.last)
        if not rule.aspect and stands_in(rule.words, words=words) and not stands_in(rule.without, words=words)
    ]


def _words(names: Collection[str]) -> Iterator[str]:
    for name in names:
        yield from words_of(name)
