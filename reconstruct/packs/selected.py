"""Signals for `scan`: every metric that a selector finds, series by series, read by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconstruct import promql
from reconstruct.model import Signal
from reconstruct.packs.catalogue import Conventions
from reconstruct.packs.classify import classify
from reconstruct.packs.survey import Seen

SKIPPED_ENDINGS = ("_bucket", "_created", "_info")
"""Buckets are no series of their own, and the others are no measurements."""


def selected_signals(
    matchers: str,
    seen: Mapping[str, Seen],
    *,
    conventions: Conventions,
    rate_interval_s: Callable[[Sequence[str]], float],
) -> tuple[Signal, ...]:
    """One signal a metric: a counter's rate, a gauge's value, with all labels that its series have.

    `matchers` is what stands in the selector's braces: `job="shop"`.
    """
    found = []
    for name, one in sorted(seen.items()):
        if name.endswith(SKIPPED_ENDINGS) or one.kind not in ("counter", "gauge"):
            continue
        meaning = classify(name, conventions=conventions, kind=one.kind, label_names=one.label_names)
        of = promql.selector(name, scope=matchers)
        interval_s = rate_interval_s((name,)) if one.kind == "counter" else 0.0
        found.append(
            Signal(
                id=f"scan/{name}",
                title=name,
                promql=f"rate({of}[{promql.duration(interval_s)}])" if interval_s else of,
                unit=meaning.unit if meaning.factor == 1.0 else "count",
                layer=meaning.layer,
                aspect=meaning.aspect,
                worse="both",
                min_effect=meaning.min_effect / meaning.factor,
                range_s=interval_s,
                inferred=True,
                tags=meaning.tags,
            )
        )
    return tuple(found)
