"""One metric that no pack knows -> the queries it is worth, made from its kind, its labels and its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct import promql
from reconstruct.packs.catalogue import Part, Split
from reconstruct.packs.classify import Meaning, classify
from reconstruct.packs.generic_parts import (
    Context,
    Request,
    aggregate,
    asked,
    meaning_of,
    of_rate,
    past_zero,
    scaler,
    select,
)
from reconstruct.packs.kept_labels import SERIES_A_SIGNAL, kept_labels
from reconstruct.packs.loader import recorded_window_s
from reconstruct.packs.survey import Seen

QUANTILE: Final = 0.95
"""Far enough out to see the slow requests, with 20 of them near enough in to be no single one."""
QUANTILE_FLOORS: Final = 2.0
"""A tail moves further by chance than a mean: this many times the min_effect of what it measures."""
_CALLS: Final = re.compile(r"(?P<stem>\w+)_(?:calls|executions|invocations)(?:_total)?")


def signals_for(seen: Mapping[str, Seen], *, context: Context) -> Iterator[Request]:
    """Every signal that the metrics make.

    Histograms and summaries give a quantile, the mean and the rate; counters their rate, and the share of failures
    where a label tells them; what is counted beside its calls, the amount a call; gauges their value.
    """
    done: set[str] = set()
    for base in sorted(_distributions(seen)):
        done.update({base, f"{base}_bucket", f"{base}_sum", f"{base}_count"})
        stands_for_it = next(name for name in (f"{base}_count", base, f"{base}_bucket") if name in seen)
        yield from (
            replace(signal, metric=stands_for_it) for signal in _distribution(base, metrics=seen, context=context)
        )
    for calls, measured in _per_call(seen, done=done):
        done.add(measured)
        yield from _ratio(measured, calls, seen=seen[measured], context=context)
    for name, one in seen.items():
        if name not in done and one.kind in ("counter", "gauge"):
            yield from _single(name, seen=one, context=context)


def _distributions(metrics: Mapping[str, Seen]) -> set[str]:
    """Base names of histograms and summaries: what has a sum and a count, or is a native histogram."""
    sums = {name.removesuffix("_sum") for name in metrics if name.endswith("_sum")}
    counts = {name.removesuffix("_count") for name in metrics if name.endswith("_count")}
    return (sums & counts) | {name for name, one in metrics.items() if one.kind == "histogram"}


def _distribution(base: str, *, metrics: Mapping[str, Seen], context: Context) -> Iterator[Request]:
    classic, counted = metrics.get(f"{base}_bucket"), metrics.get(f"{base}_count")
    quantiles = metrics.get(base)
    native = quantiles is not None and quantiles.kind == "histogram" and counted is None
    one = counted or quantiles or classic
    if one is None:
        return
    meaning = meaning_of(base, seen=one, kind="histogram", context=context)
    if meaning.ignored:
        return
    keep, series = kept_labels(one, conventions=context.conventions, drop=("le", "quantile"))
    by, interval_s = promql.labels_list(keep), context.rate_interval_s((f"{base}_count",))
    window = promql.duration(interval_s)

    def rate(metric: str) -> str:
        return f"sum by ({by}) (rate({select(metric, seen=one, context=context)}[{window}]))"

    scaled = scaler(meaning)
    tail = replace(meaning, min_effect=QUANTILE_FLOORS * meaning.min_effect)
    if classic is not None:
        le = promql.labels_list(("le", *keep))
        of_buckets = select(f"{base}_bucket", seen=one, context=context)
        buckets = f"sum by ({le}) (rate({of_buckets}[{window}]))"
        yield asked(base, "p95", scaled(f"histogram_quantile({QUANTILE:g}, {buckets})"), tail, interval_s, series)
    elif native:
        yield asked(base, "p95", scaled(f"histogram_quantile({QUANTILE:g}, {rate(base)})"), tail, interval_s, series)
        mean = f"histogram_sum({rate(base)}) / histogram_count({rate(base)})"
        yield asked(base, "mean", scaled(mean), meaning, interval_s, series)
        yield asked(base, "rate", f"histogram_count({rate(base)})", of_rate(meaning, context), interval_s, series)
        return
    elif quantiles is not None and "quantile" in quantiles.label_names:
        yield from _summary(base, seen=quantiles, meaning=tail, keep=keep, series=series, context=context)
    if counted is not None:
        mean = f"{rate(f'{base}_sum')} / ({rate(f'{base}_count')} > 0)"
        yield asked(base, "mean", scaled(mean), meaning, interval_s, series)
        yield asked(base, "rate", rate(f"{base}_count"), of_rate(meaning, context), interval_s, series)
        yield from _shares(
            f"{base}_count", base, seen=counted, kind="counter", keep=keep, series=series, context=context
        )


def _summary(
    base: str, *, seen: Seen, meaning: Meaning, keep: Sequence[str], series: int, context: Context
) -> Iterator[Request]:
    told = sorted({one.get("quantile", "") for one in seen.labels} - {"", "1", "1.0"}, key=_number)
    if told:
        of = select(base, seen=seen, context=context, matchers=[f"quantile={promql.quote_label(told[-1])}"])
        expression = f"max by ({promql.labels_list(keep)}) ({of})"
        yield asked(base, f"q{told[-1]}", scaler(meaning)(expression), meaning, 0.0, series)


def _per_call(metrics: Mapping[str, Seen], *, done: Collection[str]) -> Iterator[tuple[str, str]]:
    """(counter of calls, counter of what they took): `x_calls_total` beside `x_seconds_total`, `x_rows_total`, ..."""
    counters = [name for name, one in metrics.items() if one.kind == "counter" and name not in done]
    for calls in counters:
        found = _CALLS.fullmatch(calls)
        if found is None:
            continue
        for measured in counters:
            if (
                measured != calls
                and measured.startswith(found["stem"] + "_")
                and _same_labels(metrics[calls], metrics[measured])
            ):
                yield calls, measured


def _ratio(measured: str, calls: str, *, seen: Seen, context: Context) -> Iterator[Request]:
    meaning = classify(measured, conventions=context.conventions, kind="histogram", label_names=seen.label_names)
    if meaning.ignored:
        return
    if meaning.aspect not in ("latency", "errors"):
        meaning = replace(meaning, aspect="work", worse="up")
    keep, series = kept_labels(seen, conventions=context.conventions)
    interval_s = context.rate_interval_s((measured, calls))
    window, by = promql.duration(interval_s), promql.labels_list(keep)
    top, bottom = (
        f"sum by ({by}) (rate({select(name, seen=seen, context=context)}[{window}]))" for name in (measured, calls)
    )
    yield asked(measured, "per-call", scaler(meaning)(f"{top} / ({bottom} > 0)"), meaning, interval_s, series)


def _single(name: str, *, seen: Seen, context: Context) -> Iterator[Request]:
    split = _split(seen, context=context)
    if split is not None and split[1].instead:
        label, parts = split[0], split[1].parts
        keep, series = kept_labels(seen, conventions=context.conventions, drop=(label,))
        for part in parts:
            if _any_match(seen, label=label, part=part):
                matcher = f"{promql.label(label)}=~{promql.quote_label(part.matches)}"
                yield from _value(
                    name, seen=seen, keep=keep, series=series, context=context, part=part, matcher=matcher
                )
        return
    keep, series = kept_labels(seen, conventions=context.conventions)
    if seen.kind == "counter" and not seen.throughout and _targets(seen):
        yield from _since_nothing(name, seen=seen, context=context)
    else:
        yield from _value(name, seen=seen, keep=keep, series=series, context=context)
    if seen.kind == "counter":
        yield from _shares(name, name, seen=seen, kind="counter", keep=keep, series=series, context=context)


def _since_nothing(name: str, *, seen: Seen, context: Context) -> Iterator[Request]:
    """A counter of which series begin or end within the window, as a total for each target.

    Client libraries make a labelled counter's series with its first event: before it there is no sample, and no
    event either. So where the target answered (`up`) and has no series yet, nothing was counted: 0, not a gap.
    """
    meaning = meaning_of(name, seen=seen, kind="counter", context=context)
    if meaning.ignored:
        return
    own = seen.label_names - {*context.conventions.identity, *context.conventions.instance}
    keep, series = kept_labels(seen, conventions=context.conventions, drop=own)
    interval_s = context.rate_interval_s((name,))
    by = promql.labels_list(keep)
    counted = f"sum by ({by}) (rate({select(name, seen=seen, context=context)}[{promql.duration(interval_s)}]))"
    expression = (
        f"{counted} or 0 * sum by ({by}) ({promql.selector('up', scope=context.scope, matchers=_targets(seen))})"
    )
    yield asked(name, "", scaler(meaning)(expression), meaning, interval_s, series)


def _targets(seen: Seen) -> list[str]:
    """Matchers for `up` of the targets that the metric comes from; none where it does not tell, or they are many."""
    found = {name: sorted({one.get(name, "") for one in seen.labels}) for name in ("job", "instance")}
    if not all(values and all(values) and len(values) <= SERIES_A_SIGNAL for values in found.values()):
        return []
    return [f"{promql.label(name)}=~{promql.one_of(values)}" for name, values in found.items()]


def _value(
    name: str,
    *,
    seen: Seen,
    keep: Sequence[str],
    series: int,
    context: Context,
    part: Part | None = None,
    matcher: str = "",
) -> Iterator[Request]:
    meaning = meaning_of(name, seen=seen, kind=seen.kind, context=context, part=part)
    if meaning.ignored:
        return
    of = select(name, seen=seen, context=context, matchers=[matcher] if matcher else [])
    interval_s = recorded_window_s(name)  # the user's own rule looked back so far, whatever we ask
    if seen.kind == "counter":
        interval_s = context.rate_interval_s((name,))
        of = f"rate({of}[{promql.duration(interval_s)}])"
    whole = not matcher and set(keep) >= seen.label_names and seen.labels
    expression = of if whole else f"{aggregate(meaning, kind=seen.kind)} by ({promql.labels_list(keep)}) ({of})"
    if meaning.countdown:
        expression = past_zero(name, expression)
    suffix = part.name if part else ""
    yield asked(name, suffix, scaler(meaning)(expression), meaning, interval_s, series)


def _shares(
    name: str, base: str, *, seen: Seen, kind: str, keep: Sequence[str], series: int, context: Context
) -> Iterator[Request]:
    split = _split(seen, context=context)
    if split is None or split[1].instead:
        return
    label, parts = split[0], split[1].parts
    by, interval_s = promql.labels_list(one for one in keep if one != label), context.rate_interval_s((name,))
    window = promql.duration(interval_s)
    for part in parts:
        if not (part.share and _any_match(seen, label=label, part=part)):
            continue
        meaning = meaning_of(base, seen=seen, kind=kind, context=context, part=part)
        matching = select(
            name, seen=seen, context=context, matchers=[f"{promql.label(label)}=~{promql.quote_label(part.matches)}"]
        )
        whole = f"sum by ({by}) (rate({select(name, seen=seen, context=context)}[{window}]))"
        expression = f"(sum by ({by}) (rate({matching}[{window}])) or 0 * {whole}) / ({whole} > 0)"
        yield asked(base, part.name, expression, replace(meaning, factor=1.0), interval_s, series)


def _split(seen: Seen, *, context: Context) -> tuple[str, Split] | None:
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
