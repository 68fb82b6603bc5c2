"""Which signals of the packs this server can answer, with their macros filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconstruct import promql
from reconstruct.model import Signal
from reconstruct.packs.catalogue import Catalogue, Conventions, MetricInfo, Pack, Template, Variant
from reconstruct.packs.expression import macros, substitute
from reconstruct.packs.loader import needs_of, recorded_window_s

RateInterval = Callable[[Sequence[str]], float]
"""From metric names to the range window in seconds that holds at least two of their samples."""


def choose(
    catalogue: Catalogue, available: Mapping[str, MetricInfo], *, rate_interval_s: RateInterval, scope: str
) -> tuple[Signal, ...]:
    """The signals whose metrics exist, filled in, in the order of pack and file.

    Of a signal's variants the first one whose metrics all exist is asked. A signal that is asked for `each` metric of
    a family is one signal a metric, and carries the metric's name in its id where there are several.
    """
    return tuple(
        signal_of(template, variant, conventions=catalogue.conventions, rate_interval_s=rate_interval_s, scope=scope)
        for pack in catalogue.packs
        if applies(pack, available)
        for template, variant in answerable(pack, available)
    )


def applies(pack: Pack, available: Mapping[str, MetricInfo]) -> bool:
    """Whether the server has any of the metrics that show that the pack applies."""
    return any(pattern.fullmatch(name) for pattern in pack.applies for name in available)


def taken(catalogue: Catalogue, available: Mapping[str, MetricInfo]) -> frozenset[str]:
    """The metrics that applying packs ask for, or know and leave alone: not for the generic signals."""
    found: set[str] = set()
    for pack in catalogue.packs:
        if not applies(pack, available):
            continue
        found.update(name for name in available if any(pattern.fullmatch(name) for pattern in pack.covers))
        for _, variant in answerable(pack, available):
            found.update(variant.needs)
    # A histogram that is read is read as a whole: its buckets by themselves are no counter of anything.
    whole = {name.removesuffix("_count") for name in found if name.endswith("_count")}
    found.update(name for base in whole for name in (f"{base}_bucket", f"{base}_sum") if name in available)
    return frozenset(found)


def answerable(pack: Pack, available: Mapping[str, MetricInfo]) -> Iterator[tuple[Template, Variant]]:
    """Each signal of the pack whose metrics exist, in the variant to ask."""
    for template in pack.templates:
        if template.unless is not None and any(template.unless.fullmatch(name) for name in available):
            continue
        instances = list(instances_of(template, available))
        for name, variants in instances:
            variant = next((one for one in variants if all(need in available for need in one.needs)), None)
            if variant is not None:
                yield named(template, name if len(instances) > 1 else ""), variant


def instances_of(template: Template, available: Mapping[str, MetricInfo]) -> Iterator[tuple[str, tuple[Variant, ...]]]:
    """A template's variants; for a template of a family, those of each metric that matches, with its base name."""
    if template.each is None:
        yield "", template.variants
        return
    for name in sorted(available):
        found = template.each.fullmatch(name)
        if found:
            groups = {group: value or "" for group, value in found.groupdict().items()}
            yield groups.get("base", name), tuple(fill_groups(one, groups=groups) for one in template.variants)


def signal_of(
    template: Template, variant: Variant, *, conventions: Conventions, rate_interval_s: RateInterval, scope: str
) -> Signal:
    """The signal that a template and one of its variants make."""
    interval_s = rate_interval_s(variant.needs)
    expression = with_labels(variant.promql, conventions=conventions)
    asked = promql.fill(expression, rate_interval_s=interval_s, scope=scope)
    # Beside the rate interval, other ranges choose series (`topk(... [1h] @ end())`) and delay nothing.
    range_s = interval_s if "__rate_interval" in macros(expression) else promql.range_window_s(asked)
    return Signal(
        id=template.id,
        title=template.title,
        promql=asked,
        unit=template.unit,
        layer=template.layer,
        aspect=template.aspect,
        worse=template.worse,
        min_effect=template.min_effect,
        service_label=template.service_label,
        service=template.service,
        range_s=max(variant.range_s, range_s),
        tags=template.tags,
    )


def with_labels(expression: str, *, conventions: Conventions) -> str:
    """Fill `$by` and `$by_instance`: the labels that a pack's aggregations keep."""
    by = promql.labels_list(conventions.identity)
    by_instance = promql.labels_list((*conventions.identity, *conventions.instance))
    return substitute(expression, values={"by": by, "by_instance": by_instance})


def named(template: Template, name: str) -> Template:
    """The template with a metric's name in its id and title; unchanged for ""."""
    if not name:
        return template
    suffix = name.replace("_", "-").replace(":", "-").lower()
    return replace(template, id=f"{template.id}-{suffix}", title=f"{template.title} ({name})")


def fill_groups(variant: Variant, *, groups: Mapping[str, str]) -> Variant:
    """The variant for one metric of a family: the named groups of its name are filled in."""
    expression = substitute(variant.promql, values=groups)
    needs = tuple(substitute(need, values=groups) for need in variant.needs) or needs_of(expression)
    return replace(variant, promql=expression, needs=needs, range_s=max(variant.range_s, recorded_window_s(expression)))
