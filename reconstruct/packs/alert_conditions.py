"""The user's own alert rules as signals: the left side of a condition, with its threshold.

Somebody chose that expression and that number as worth knowing, so it is asked for even where no pack would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from reconstruct import promql
from reconstruct.model import Aspect, Signal, Worse
from reconstruct.packs.catalogue import Catalogue, MetricInfo
from reconstruct.packs.choose import answerable
from reconstruct.packs.classify import classify
from reconstruct.packs.loader import recorded_window_s

FALLS: Final = frozenset(["<", "<="])
COUNTED_CHANGES: Final = frozenset(["changes", "resets"])
START_TIME: Final = "start_time"
"""What client libraries and kube-state-metrics call the moment that a process or a container began."""
QUANTILE_FUNCTIONS: Final = ("histogram_quantile", "quantile")


class AlertRule(Protocol):
    """As `/api/v1/rules` tells it."""

    @property
    def name(self) -> str:
        """As in `ALERTS`."""

    @property
    def condition(self) -> str:
        """Its expression."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Those that the rule itself adds."""


def alert_signals(
    rules: Iterable[AlertRule], available: Mapping[str, MetricInfo], *, catalogue: Catalogue, scope: str
) -> tuple[Signal, ...]:
    """One signal a rule whose condition compares something that exists with a number; `alert/<rule>`.

    A rule on a metric as it stands (`up == 0`) adds nothing where a pack asks for that metric, and reads it better.
    Layer and aspect are those of the pack's signal that reads the same metrics, else what the metrics' names say.
    """
    meanings = meanings_of_packs(available, catalogue=catalogue)
    asked = frozenset().union(*meanings)
    found: dict[str, Signal] = {}
    for rule in rules:
        condition = promql.split_condition(rule.condition)
        if condition is None:
            continue
        names = promql.metric_names(condition.left)
        if not names or not all(name in available for name in names):
            continue
        if _bare(condition.left) and names[0] in asked:
            continue
        signal = meanings.get(frozenset(names)) or meaning_of_names(names, available, catalogue=catalogue)
        if COUNTED_CHANGES & set(words_in(condition.left)):  # not how much, but how often it changed
            restarts: Aspect = "restarts" if any(START_TIME in name for name in names) else "work"
            signal = replace(signal, unit="count", aspect=restarts, min_effect=1.0, counts=True)
        worse: Worse = "down" if condition.comparator in FALLS else "up"
        if condition.comparator in ("==", "!="):  # `up == 0`: being at the number is what is bad
            worse = "down" if (condition.threshold <= 0) == (condition.comparator == "==") else "up"
        same = found.get(rule.name)
        identifier = f"alert/{rule.name}" if same is None else f"alert/{rule.name}-{sum(rule.name in i for i in found)}"
        found[identifier] = replace(
            signal,
            id=identifier,
            title=rule.name,
            promql=promql.add_matchers(condition.left, scope),
            unit=signal.unit if signal.aspect == "restarts" else unit_of_form(condition.left, signal.unit),
            worse=worse,
            service=rule.labels.get("service", ""),
            service_label="",
            range_s=promql.range_window_s(condition.left) + recorded_window_s(condition.left),
            threshold=condition.threshold,
            comparator=condition.comparator,
            inferred=True,
        )
    return tuple(found.values())


def meanings_of_packs(available: Mapping[str, MetricInfo], *, catalogue: Catalogue) -> dict[frozenset[str], Signal]:
    """What packs say of a set of metrics; the first signal that reads exactly these."""
    found: dict[frozenset[str], Signal] = {}
    for pack in catalogue.packs:
        for template, variant in answerable(pack, available):
            found.setdefault(
                frozenset(variant.needs),
                Signal(
                    id="",
                    title="",
                    promql="",
                    unit=template.unit,
                    layer=template.layer,
                    aspect=template.aspect,
                    min_effect=template.min_effect,
                    tags=template.tags,
                ),
            )
    return found


def meaning_of_names(names: Sequence[str], available: Mapping[str, MetricInfo], *, catalogue: Catalogue) -> Signal:
    """What the first of the names says; a signal without an id, a title and a query."""
    meaning = classify(
        names[0], conventions=catalogue.conventions, kind=available[names[0]].type, unit=available[names[0]].unit
    )
    return Signal(
        id="",
        title="",
        promql="",
        unit=meaning.unit,
        layer=meaning.layer,
        aspect=meaning.aspect,
        min_effect=meaning.min_effect,
        tags=meaning.tags,
    )


def unit_of_form(left: str, unit: str) -> str:
    """The unit of the condition's left side, as far as its form tells: a quantile and a mean are in the metric's own,
    a quotient of two rates of one kind is a ratio.

    >>> unit_of_form("histogram_quantile(0.9, sum by (le) (rate(a_seconds_bucket[5m])))", "seconds per second")
    'seconds'
    >>> unit_of_form("sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))", "per second")
    'ratio'
    >>> unit_of_form("sum(rate(a_seconds_sum[1m])) / sum(rate(a_seconds_count[1m]))", "seconds per second")
    'seconds'
    """
    plain = unit.removesuffix(" per second")
    words = words_in(left)
    if words and words[0] in QUANTILE_FUNCTIONS:
        return plain
    names = promql.metric_names(left)
    if _divides(words):
        means = len(names) == 2 and names[0].removesuffix("_sum") == names[1].removesuffix("_count")
        return plain if means else "ratio"
    return unit


def words_in(expression: str) -> list[str]:
    """The expression's words and signs, without blanks."""
    return [token.text for token in promql.tokens(expression) if not token.blank]


def _bare(left: str) -> bool:
    """Whether the expression is one vector selector and nothing else.

    >>> _bare('probe_success{job="a"}'), _bare("sum(up)"), _bare("a - b")
    (True, False, False)
    """
    return promql.selectors(left) == (left.strip(),)


def _divides(words: Sequence[str]) -> bool:
    """Whether the expression is a quotient at its top level."""
    return any(word == "/" and depth == 0 for word, depth in zip(words, _depths(words), strict=True))


def _depths(words: Sequence[str]) -> Iterator[int]:
    depth = 0
    for word in words:
        depth -= word in (")", "]", "}")
        yield depth
        depth += word in ("(", "[", "{")
