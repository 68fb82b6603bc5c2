"""Signals for the metrics that no pack knows, made from their kind, their labels and the conventions for names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconstruct import promql
from reconstruct.model import Signal
from reconstruct.packs.catalogue import Conventions, Part, Split
from reconstruct.packs.classify import Meaning, classify, floor_of
from reconstruct.packs.survey import Seen, selector

SIGNALS_MOST: Final = 300
"""Queries for metrics that no pack knows: at four at once and 0.1 s each some ten seconds. A guess."""
SERIES_A_SIGNAL: Final = 50
"""More lines than this of one metric nobody compares: its own labels are summed away until fewer are left."""
SERIES_MOST: Final = 5000
"""Of all generic signals together."""
QUANTILE: Final = 0.95
"""Far enough out to see the slow requests, with 20 of them near enough in to be no single one."""
_CALLS: Final = re.compile(r"(?P<stem>\w+)_(?:calls|executions|invocations)(?:_total)?")
_NAMESPACES: Final = ("namespace", "kubernetes_namespace", "k8s_namespace_name")
_NEAR: Final = ("instance", "node", "host", "hostname", "pod", "container")
_ORDER: Final = (
    "errors",
    "latency",
    "availability",
    "restarts",
    "locks",
    "saturation",
    "utilisation",
    "work",
    "traffic",
)
"""What is asked first when not everything can be."""


@dataclass(frozen=True, slots=True)
class Generic:
    """The signals, and what the reader must know of how they were chosen."""

    signals: tuple[Signal, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Context:
    conventions: Conventions
    rate_interval_s: Callable[[Sequence[str]], float]
    scope: str
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One signal to be, with what it costs."""

    signal: Signal
    metric: str
    series: int


def generic(
    seen: Mapping[str, Seen],
    *,
    taken: Collection[str],
    conventions: Conventions,
    rate_interval_s: Callable[[Sequence[str]], float],
    scope: str = "",
    services: Sequence[str] = (),
    signals_most: int = SIGNALS_MOST,
    series_most: int = SERIES_MOST,
) -> Generic:
    """Signals for every metric of `seen` that is not `taken` by a pack.

    Histograms and summaries give a quantile, the mean and the rate; counters their rate; gauges their value; infos,
    limits, moments in time and what never moved nothing. With `services`, only metrics of these and of what shares
    a namespace, an instance or a host with them. What is most telling is asked first, until `signals_most` signals
    or `series_most` series are reached; the notes say how much was looked at and how much left out.
    """
    free = {name: one for name, one in seen.items() if name not in taken}
    near = _near(free, services=services) if services else dict.fromkeys(free, 0)
    namespaces = _namespaces(free, services=services) if services else ()
    context = _Context(conventions, rate_interval_s, scope, namespaces)
    asked = [one for one in _all(free, context=context) if one.metric in near]
    asked.sort(key=lambda one: (near[one.metric], _ORDER.index(one.signal.aspect), one.signal.id))
    kept: list[_Asked] = []
    series = 0
    for one in asked:
        if len(kept) < signals_most and series + one.series <= series_most:
            kept.append(one)
            series += one.series
    kept.sort(key=lambda one: one.signal.id)
    return Generic(
        tuple(one.signal for one in kept),
        tuple(_notes(free, near=near, asked=asked, kept=kept, series=series, services=services)),
    )


def _notes(
    free: Mapping[str, Seen],
    *,
    near: Mapping[str, int],
    asked: Sequence[_Asked],
    kept: Sequence[_Asked],
    series: int,
    services: Sequence[str],
) -> Iterator[str]:
    if not free:
        return
    total = sum(one.count for one in free.values())
    yield (
        f"metrics that no pack knows: {len(free)} with {total} series looked at, asked as {len(kept)} signals"
        f" with {series} series, read by their names"
    )
    if services and len(near) < len(free):
        yield (
            f"{len(free) - len(near)} of them left out: they share no namespace, instance or host with "
            f"{', '.join(services)}"
        )
    if len(kept) < len(asked):
        yield f"{len(asked) - len(kept)} signals of such metrics left out: the limit is reached (--scope narrows it)"


def _all(free: Mapping[str, Seen], *, context: _Context) -> Iterator[_Asked]:
    done: set[str] = set()
    for base in sorted(_distributions(free)):
        done.update({base, f"{base}_bucket", f"{base}_sum", f"{base}_count"})
        yield from _distribution(base, free=free, context=context)
    for calls, measured in _per_call(free, done=done):
        done.add(measured)
        yield from _ratio(measured, calls, seen=free[measured], context=context)
    for name, one in free.items():
        if name not in done and one.kind in ("counter", "gauge"):
            yield from _single(name, seen=one, context=context)


# ------------------------------------------------------------------------------------------- kinds of metrics


def _distributions(free: Mapping[str, Seen]) -> set[str]:
    """Base names of histograms and summaries: what has a sum and a count, or is a native histogram."""
    sums = {name.removesuffix("_sum") for name in free if name.endswith("_sum")}
    counts = {name.removesuffix("_count") for name in free if name.endswith("_count")}
    return (sums & counts) | {name for name, one in free.items() if one.kind == "histogram"}


def _distribution(base: str, *, free: Mapping[str, Seen], context: _Context) -> Iterator[_Asked]:
    classic, counted = free.get(f"{base}_bucket"), free.get(f"{base}_count")
    quantiles = free.get(base)
    native = quantiles is not None and quantiles.kind == "histogram" and counted is None
    one = counted or quantiles or classic
    if one is None:
        return
    meaning = _meaning(base, seen=one, kind="histogram", context=context)
    if meaning.ignored:
        return
    keep, series = _kept_labels(one, context=context, drop=("le", "quantile"))
    by, interval_s = ", ".join(keep), context.rate_interval_s((f"{base}_count",))
    window = promql.duration(interval_s)

    def rate(metric: str) -> str:
        return f"sum by ({by}) (rate({_select(metric, seen=one, context=context)}[{window}]))"

    scaled = _scaler(meaning)
    if classic is not None:
        buckets = f"sum by (le, {by}) (rate({_select(f'{base}_bucket', seen=one, context=context)}[{window}]))"
        yield _asked(base, "p95", scaled(f"histogram_quantile({QUANTILE:g}, {buckets})"), meaning, interval_s, series)
    elif native:
        yield _asked(
            base, "p95", scaled(f"histogram_quantile({QUANTILE:g}, {rate(base)})"), meaning, interval_s, series
        )
        mean = f"histogram_sum({rate(base)}) / histogram_count({rate(base)})"
        yield _asked(base, "mean", scaled(mean), meaning, interval_s, series)
        yield _asked(base, "rate", f"histogram_count({rate(base)})", _of_rate(meaning, context), interval_s, series)
        return
    elif quantiles is not None and quantiles.kind == "summary":
        yield from _summary(base, seen=quantiles, meaning=meaning, keep=keep, series=series, context=context)
    if counted is not None:
        mean = f"{rate(f'{base}_sum')} / ({rate(f'{base}_count')} > 0)"
        yield _asked(base, "mean", scaled(mean), meaning, interval_s, series)
        yield _asked(base, "rate", rate(f"{base}_count"), _of_rate(meaning, context), interval_s, series)
        yield from _shares(
            f"{base}_count", base, seen=counted, kind="counter", keep=keep, series=series, context=context
        )


def _summary(
    base: str, *, seen: Seen, meaning: Meaning, keep: Sequence[str], series: int, context: _Context
) -> Iterator[_Asked]:
    told = sorted({one.get("quantile", "") for one in seen.labels} - {"", "1", "1.0"}, key=_number)
    if told:
        of = _select(base, seen=seen, context=context, matchers=[f"quantile={promql.quote_label(told[-1])}"])
        expression = f"max by ({', '.join(keep)}) ({of})"
        yield _asked(base, f"q{told[-1]}", _scaler(meaning)(expression), meaning, 0.0, series)


def _per_call(free: Mapping[str, Seen], *, done: Collection[str]) -> Iterator[tuple[str, str]]:
    """(counter of calls, counter of what they took): `x_calls_total` beside `x_seconds_total`, `x_rows_total`, ..."""
    counters = [name for name, one in free.items() if one.kind == "counter" and name not in done]
    for calls in counters:
        found = _CALLS.fullmatch(calls)
        if found is None:
            continue
        for measured in counters:
            if (
                measured != calls
                and measured.startswith(found["stem"] + "_")
                and _same_labels(free[calls], free[measured])
            ):
                yield calls, measured


def _ratio(measured: str, calls: str, *, seen: Seen, context: _Context) -> Iterator[_Asked]:
    meaning = classify(measured, conventions=context.conventions, kind="histogram", label_names=seen.label_names)
    if meaning.ignored:
        return
    if meaning.aspect not in ("latency", "errors"):
        meaning = replace(meaning, aspect="work", worse="up")
    keep, series = _kept_labels(seen, context=context)
    interval_s = context.rate_interval_s((measured, calls))
    window, by = promql.duration(interval_s), ", ".join(keep)
    top, bottom = (
        f"sum by ({by}) (rate({_select(name, seen=seen, context=context)}[{window}]))" for name in (measured, calls)
    )
    yield _asked(measured, "per-call", _scaler(meaning)(f"{top} / ({bottom} > 0)"), meaning, interval_s, series)


def _single(name: str, *, seen: Seen, context: _Context) -> Iterator[_Asked]:
    split = _split(seen, context=context)
    if split is not None and split[1].instead:
        label, parts = split[0], split[1].parts
        keep, series = _kept_labels(seen, context=context, drop=(label,))
        for part in parts:
            if _any_match(seen, label=label, part=part):
                matcher = f"{label}=~{promql.quote_label(part.matches)}"
                yield from _value(
                    name, seen=seen, keep=keep, series=series, context=context, part=part, matcher=matcher
                )
        return
    keep, series = _kept_labels(seen, context=context)
    yield from _value(name, seen=seen, keep=keep, series=series, context=context)
    if seen.kind == "counter":
        yield from _shares(name, name, seen=seen, kind="counter", keep=keep, series=series, context=context)


def _value(
    name: str,
    *,
    seen: Seen,
    keep: Sequence[str],
    series: int,
    context: _Context,
    part: Part | None = None,
    matcher: str = "",
) -> Iterator[_Asked]:
    meaning = _meaning(name, seen=seen, kind=seen.kind, context=context, part=part)
    if meaning.ignored:
        return
    of = _select(name, seen=seen, context=context, matchers=[matcher] if matcher else [])
    interval_s = 0.0
    if seen.kind == "counter":
        interval_s = context.rate_interval_s((name,))
        of = f"rate({of}[{promql.duration(interval_s)}])"
    whole = not matcher and set(keep) >= seen.label_names and seen.labels
    expression = of if whole else f"{_aggregate(meaning, kind=seen.kind)} by ({', '.join(keep)}) ({of})"
    if meaning.countdown:
        expression = _past_zero(name, expression)
    suffix = part.name if part else ""
    yield _asked(name, suffix, _scaler(meaning)(expression), meaning, interval_s, series)


def _shares(
    name: str, base: str, *, seen: Seen, kind: str, keep: Sequence[str], series: int, context: _Context
) -> Iterator[_Asked]:
    split = _split(seen, context=context)
    if split is None or split[1].instead:
        return
    label, parts = split[0], split[1].parts
    by, interval_s = ", ".join(one for one in keep if one != label), context.rate_interval_s((name,))
    window = promql.duration(interval_s)
    for part in parts:
        if not (part.share and _any_match(seen, label=label, part=part)):
            continue
        meaning = _meaning(base, seen=seen, kind=kind, context=context, part=part)
        matching = _select(name, seen=seen, context=context, matchers=[f"{label}=~{promql.quote_label(part.matches)}"])
        whole = f"sum by ({by}) (rate({_select(name, seen=seen, context=context)}[{window}]))"
        expression = f"(sum by ({by}) (rate({matching}[{window}])) or 0 * {whole}) / ({whole} > 0)"
        yield _asked(base, part.name, expression, replace(meaning, factor=1.0), interval_s, series)


# ------------------------------------------------------------------------------------------- pieces of signals


def _asked(name: str, suffix: str, expression: str, meaning: Meaning, interval_s: float, series: int) -> _Asked:
    signal = Signal(
        id=f"generic/{name}-{suffix}" if suffix else f"generic/{name}",
        title=f"{name}, {suffix.replace('-', ' ')}" if suffix else name,
        promql=expression,
        unit=meaning.unit,
        layer=meaning.layer,
        aspect=meaning.aspect,
        worse=meaning.worse,
        floor=meaning.floor,
        smear_s=interval_s,
        known=False,
        tags=meaning.tags,
    )
    return _Asked(signal, name, series)


def _meaning(name: str, *, seen: Seen, kind: str, context: _Context, part: Part | None = None) -> Meaning:
    return classify(name, conventions=context.conventions, kind=kind, label_names=seen.label_names, part=part)


def _of_rate(meaning: Meaning, context: _Context) -> Meaning:
    """How often a distribution was observed, by what is known of what it measures."""
    floor = floor_of("per second", aspect="traffic", conventions=context.conventions)
    return replace(meaning, aspect="traffic", worse="both", unit="per second", factor=1.0, floor=floor)


def _scaler(meaning: Meaning) -> Callable[[str], str]:
    factor = meaning.factor
    if factor == 1.0:
        return lambda expression: expression
    if factor < 1.0:
        return lambda expression: f"({expression}) / {1 / factor:.15g}"
    return lambda expression: f"({expression}) * {factor:.15g}"


def _aggregate(meaning: Meaning, *, kind: str) -> str:
    """How instances are put together: amounts add up; of what is a quality of each, the worst one counts."""
    if kind == "counter" or meaning.unit not in ("ratio", "percent", "seconds", "celsius", "volts", "hertz"):
        return "sum"
    return {"up": "max", "down": "min", "both": "avg"}[meaning.worse]


def _past_zero(name: str, expression: str) -> str:
    if any(word in name for word in ("timestamp", "not_after", "notafter")):
        return f"clamp_min(time() - {expression}, 0)"
    return f"clamp_min(-({expression}), 0)"


def _select(name: str, *, seen: Seen, context: _Context, matchers: Sequence[str] = ()) -> str:
    label = next((one for one in _NAMESPACES if one in seen.label_names), "")
    mine = [f"{label}=~{promql.one_of(context.namespaces)}"] if label and context.namespaces else []
    return selector(name, scope=context.scope, matchers=[*matchers, *mine])


def _kept_labels(seen: Seen, *, context: _Context, drop: Collection[str] = ()) -> tuple[tuple[str, ...], int]:
    """Labels to keep, and how many series they leave.

    Who it is about stays; what a rollout renames goes, with the instance; the metric's own labels stay as long as
    there are few series, the one with the most values goes first.
    """
    conventions = context.conventions
    identity = [name for name in conventions.identity if not seen.labels or name in seen.label_names]
    passing = {*conventions.passing, *drop}
    rolls = bool(seen.label_names & set(conventions.passing))
    instances = [name for name in conventions.instance if name not in passing and not (rolls and name == "instance")]
    own = sorted(seen.label_names - passing - set(identity) - set(conventions.instance))
    keep = [*identity, *(name for name in instances if name in seen.label_names), *own]
    for name in sorted(own, key=lambda one: (-_distinct(seen, [one]), one)):
        if _distinct(seen, keep) > SERIES_A_SIGNAL:
            keep.remove(name)
    for name in [one for one in instances if one in keep]:
        if _distinct(seen, keep) > SERIES_A_SIGNAL:
            keep.remove(name)
    return tuple(keep), _distinct(seen, keep) if seen.labels else min(seen.count, SERIES_A_SIGNAL)


def _distinct(seen: Seen, names: Sequence[str]) -> int:
    return len({tuple(one.get(name, "") for name in names) for one in seen.labels})


def _split(seen: Seen, *, context: _Context) -> tuple[str, Split] | None:
    for split in context.conventions.splits:
        for label in split.labels:
            if label in seen.label_names:
                return label, split
    return None


def _any_match(seen: Seen, *, label: str, part: Part) -> bool:
    return any(re.fullmatch(part.matches, one.get(label, "")) for one in seen.labels)


def _same_labels(one: Seen, other: Seen) -> bool:
    return one.label_names == other.label_names


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


# ------------------------------------------------------------------------------------------- what is near a service


def _near(free: Mapping[str, Seen], *, services: Sequence[str]) -> dict[str, int]:
    """Metrics by nearness: 0 = of one of the services, 1 = shares a namespace, an instance or a host with one."""
    mine = [labels for one in free.values() for labels in one.labels if _is_about(labels, services=services)]
    pairs = {(name, labels[name]) for labels in mine for name in (*_NAMESPACES, *_NEAR) if name in labels}
    # Where nothing has a namespace there is but one: everything shares it.
    nameless = any(not any(name in labels for name in _NAMESPACES) for labels in mine) or not mine
    found: dict[str, int] = {}
    for metric, one in free.items():
        if any(_is_about(labels, services=services) for labels in one.labels):
            found[metric] = 0
        elif not one.labels or any(_is_near(labels, pairs=pairs, nameless=nameless) for labels in one.labels):
            found[metric] = 1
    return found


def _is_near(labels: Mapping[str, str], *, pairs: Collection[tuple[str, str]], nameless: bool) -> bool:
    if any((name, labels[name]) in pairs for name in (*_NAMESPACES, *_NEAR) if name in labels):
        return True
    return nameless and not any(name in labels for name in _NAMESPACES)


def _is_about(labels: Mapping[str, str], *, services: Iterable[str]) -> bool:
    wanted = set(services)
    return any(value in wanted or value.rpartition("/")[2] in wanted for value in labels.values())


def _namespaces(free: Mapping[str, Seen], *, services: Sequence[str]) -> tuple[str, ...]:
    mine = (labels for one in free.values() for labels in one.labels if _is_about(labels, services=services))
    return tuple(sorted({labels[name] for labels in mine for name in _NAMESPACES if name in labels}))
