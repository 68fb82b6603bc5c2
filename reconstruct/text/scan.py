"""What a scan found, in sentences: when most of it began, what it has in common, which metrics."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.model import VERSION_LABELS, AffectedInstances, CommonLabel, Family, ScanResult
from reconstruct.text.times import clock
from reconstruct.text.units import lasted


def counted(*, series: int, judged: int, changed: int) -> str:
    """How much was looked at, and how much of it moved.

    >>> counted(series=100_000, judged=99_000, changed=104)
    '104 of 100,000 series changed. 1,000 had too little history to judge.'
    """
    left = series - judged
    few = f" {left:,} had too little history to judge." if left else ""
    return f"{changed:,} of {series:,} series changed.{few}"


def most_began(first: pd.Timestamp, last: pd.Timestamp, count: int, *, changed: int, dates: bool) -> str:
    """When most of what moved began.

    >>> t = pd.Timestamp("2026-11-17T13:55:45Z")
    >>> most_began(t, t + pd.Timedelta("45s"), 98, changed=104, dates=False)
    'Most of what moved (98 of 104) began between 13:55:45 and 13:56:30 UTC, within 45 s.'
    """
    if first == last:
        return f"Most of what moved ({count:,} of {changed:,}) began at {clock(first, dates=dates)} UTC."
    within = lasted((last - first).total_seconds())
    return (
        f"Most of what moved ({count:,} of {changed:,}) began between {clock(first, dates=dates)} and "
        f"{clock(last, dates=dates)} UTC, within {within}."
    )


def in_common(one: CommonLabel) -> str:
    """One condition, with its two-by-two table in words."""
    others = f"{one.others:,.0f}" if one.others else "none"
    return (
        f"{{{one.selector}}}: {one.changed:,} of the {one.of_changed:,} changed series, {others} of the "
        f"{one.of_others:,.0f} others ({one.lift:,.3g} times likelier to have changed)"
    )


def instances_text(one: AffectedInstances) -> str:
    """Which instances are affected, and what they have in common that the others have not.

    >>> both = CommonLabel((("version", "=", "2.20.0"),), 12, 12, 0.0, 38.0, 1e-10)
    >>> instances_text(AffectedInstances("pod", tuple("abcdefghijkl"), 38, (both,)))
    'All 12 affected pods run 2.20.0; none of the 38 others does.'
    >>> instances_text(AffectedInstances("instance", ("a", "b"), 3, ()))
    '2 of 5 instances are affected.'
    """
    affected, noun = len(one.affected), f"{one.label.removeprefix('k8s_').removesuffix('_name')}s"
    if not one.common:
        return f"{affected:,} of {affected + one.others:,} {noun} are affected."
    first = one.common[0]
    names = [name for name, _, _ in first.matchers]
    have = f"run {first.matchers[0][2]}" if set(names) <= set(VERSION_LABELS) else f"have {first.selector}"
    who = f"All {affected:,}" if first.changed == affected else f"{first.changed:,} of the {affected:,}"
    others = f"none of the {one.others:,} others does" if not first.others else (
        f"{first.others:,.0f} of the {one.others:,} others {'does' if first.others == 1 else 'do'}"
    )  # fmt: skip
    return f"{who} affected {noun} {have}; {others}."


def unknown_texts(result: ScanResult, *, dates: bool = False) -> tuple[str, ...]:
    """What a scan of the metrics that no pack knows adds to a draft, a sentence each."""
    told = [f"Of {result.series:,} series of metrics that no pack knows, {result.changed:,} changed."]
    if result.left_out:
        told.append(f"About {result.left_out:,} more were not asked for: the time was up.")
    if not result.changed:
        return tuple(told)
    if result.most_began is not None:
        first, last, count = result.most_began
        told.append(most_began(first, last, count, changed=result.changed, dates=dates))
    if result.instances is not None and result.instances.common:
        told.append(instances_text(result.instances))
    elif result.common:
        told.append(f"What they have in common: {in_common(result.common[0])}.")
    told.append(f"By metric: {families_text(result.families, most=3)}.")
    return tuple(told)


def families_text(families: Sequence[Family], *, most: int = 8) -> str:
    """Metrics with changed series.

    >>> families_text([Family("load", 250, 12), Family("depth", 4, 1)])
    'load: 12 of 250, depth: 1 of 4'
    """
    told = [f"{one.metric}: {one.changed:,} of {one.series:,}" for one in families[:most]]
    return ", ".join([*told, *([f"{len(families) - most:,} more metrics"] if len(families) > most else [])])
