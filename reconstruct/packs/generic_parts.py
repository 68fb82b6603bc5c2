"""The parts that signals for unknown metrics are put together from: selectors, units, aggregations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconstruct import promql
from reconstruct.model import Signal
from reconstruct.packs.catalogue import Conventions, Part
from reconstruct.packs.choose import RateInterval
from reconstruct.packs.classify import Meaning, classify, min_effect_of
from reconstruct.packs.survey import Seen

NAMESPACES: Final = ("namespace", "kubernetes_namespace", "k8s_namespace_name")


@dataclass(frozen=True, slots=True)
class Context:
    """What every signal is made with."""

    conventions: Conventions
    rate_interval_s: RateInterval
    scope: str
    """Matchers for every selector; "" = none."""
    namespaces: tuple[str, ...]
    """Where metrics have a namespace, it is one of these; () = any."""


@dataclass(frozen=True, slots=True)
class Request:
    """One signal to be, with what it costs."""

    signal: Signal
    metric: str
    """The metric of `seen` that stands for it."""
    series: int


def asked(name: str, suffix: str, expression: str, meaning: Meaning, interval_s: float, series: int) -> Request:
    """A signal `generic/<name>-<suffix>`, asked over a window of `interval_s` (0 = at an instant)."""
    signal = Signal(
        id=f"generic/{name}-{suffix}" if suffix else f"generic/{name}",
        title=f"{name}, {suffix.replace('-', ' ')}" if suffix else name,
        promql=expression,
        unit=meaning.unit,
        layer=meaning.layer,
        aspect=meaning.aspect,
        worse=meaning.worse,
        min_effect=meaning.min_effect,
        range_s=interval_s,
        inferred=True,
        tags=meaning.tags,
    )
    return Request(signal, name, series)


def meaning_of(name: str, *, seen: Seen, kind: str, context: Context, part: Part | None = None) -> Meaning:
    """What the name, or a part of its series, says."""
    return classify(
        name, conventions=context.conventions, kind=kind, unit=seen.unit, label_names=seen.label_names, part=part
    )


def of_rate(meaning: Meaning, context: Context) -> Meaning:
    """How often a distribution was observed, by what is known of what it measures."""
    min_effect = min_effect_of("per second", aspect="traffic", conventions=context.conventions)
    return replace(meaning, aspect="traffic", worse="both", unit="per second", factor=1.0, min_effect=min_effect)


def scaler(meaning: Meaning) -> Callable[[str], str]:
    """Turns an expression of exported values into one in the base unit."""
    factor = meaning.factor
    if factor == 1.0:
        return lambda expression: expression
    if factor < 1.0:
        return lambda expression: f"({expression}) / {1 / factor:.15g}"
    return lambda expression: f"({expression}) * {factor:.15g}"


def aggregate(meaning: Meaning, *, kind: str) -> str:
    """How instances are put together: amounts add up; of what is a quality of each, the worst one counts."""
    if kind == "counter" or meaning.unit not in ("ratio", "percent", "seconds", "celsius", "volts", "hertz"):
        return "sum"
    return {"up": "max", "down": "min", "both": "avg"}[meaning.worse]


def past_zero(name: str, expression: str) -> str:
    """Of a countdown only what is past its end: from a remainder, or from the moment of the end."""
    if any(word in name for word in ("timestamp", "not_after", "notafter")):
        return f"clamp_min(time() - {expression}, 0)"
    return f"clamp_min(-({expression}), 0)"


def select(name: str, *, seen: Seen, context: Context, matchers: Sequence[str] = ()) -> str:
    """A selector with the scope and, where the metric has a namespace, the services' own."""
    label = next((one for one in NAMESPACES if one in seen.label_names), "")
    mine = [f"{promql.label(label)}=~{promql.one_of(context.namespaces)}"] if label and context.namespaces else []
    return promql.selector(name, scope=context.scope, matchers=[*matchers, *mine])
