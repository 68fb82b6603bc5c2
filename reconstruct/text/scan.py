"""What a scan found, in sentences: when most of it began, what it has in common, which metrics."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.model import CommonLabel, Family
from reconstruct.text.times import clock
from reconstruct.text.units import human_duration


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
    within = human_duration((last - first).total_seconds())
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


def families_text(families: Sequence[Family], *, most: int = 8) -> str:
    """Metrics with changed series.

    >>> families_text([Family("load", 250, 12), Family("depth", 4, 1)])
    'load: 12 of 250, depth: 1 of 4'
    """
    told = [f"{one.metric}: {one.changed:,} of {one.series:,}" for one in families[:most]]
    return ", ".join([*told, *([f"{len(families) - most:,} more metrics"] if len(families) > most else [])])
