"""Statistics of one signal (`statistic=p95`, `agg=avg`) are ways to look at it: one is read, beside a quantile a mean.

Only means add up over calls: 5 ms of a callee account for 5 ms of its caller, a 95th percentile for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reconstruct.sources.metric_files.names import is_view
from reconstruct.sources.metric_files.series import RawSeries

_BEST: Final = (95.0, 99.0, 90.0, 98.0, 99.9, 97.5, 75.0, 80.0)
"""Quantiles as SLOs are written with, the most frequent first; the median says little of a tail."""
_QUANTILE: Final = re.compile(r"^[pq]?[\s_-]?(?P<number>\d*\.?\d+)(?:%|th.*)?$", re.IGNORECASE)
_MEANS: Final = frozenset({"avg", "average", "mean"})
_EXTREMES: Final = frozenset({"max", "maximum"})
_MIDDLE: Final = frozenset({"p50", "50", "0.5", "median", "50%"})
_COUNTS: Final = frozenset({"count", "samplecount", "n"})


def one_view(series: Sequence[RawSeries]) -> tuple[tuple[RawSeries, ...], tuple[str, ...]]:
    """The series with one view of each signal, and what was left out; a count of samples is a signal of its own.

    The most telling view: a high quantile, else the mean, the maximum, whatever there is. Where it is a quantile, the
    mean of `x` is a signal of its own too, `x_mean`.
    """
    values: dict[str, set[str]] = {}
    for one in series:
        for name, value in one.labels.items():
            values.setdefault(name, set()).add(value)
    label = next((name for name, found in sorted(values.items()) if is_view(name, found)), "")
    if not label:
        return tuple(series), ()
    kept: list[RawSeries] = []
    notes: list[str] = []
    by_name: dict[str, list[RawSeries]] = {}
    for one in series:
        by_name.setdefault(one.name, []).append(one)
    for name, group in by_name.items():
        views = sorted({one.labels.get(label, "") for one in group})
        counts = [one for one in group if one.labels.get(label, "").lower() in _COUNTS and len(views) > 1]
        told = [one for one in group if not any(one is count for count in counts)]
        best = min({one.labels.get(label, "") for one in told}, key=_rank)
        means = [one for one in told if _is_mean(one.labels.get(label, ""))] if _is_quantile(best) else []
        beside = {one.labels.get(label, "") for one in means}
        left = [view for view in views if view != best and view not in beside and view.lower() not in _COUNTS]
        kept += [
            replace(one, labels=_without(one, label), view=best) for one in told if one.labels.get(label, "") == best
        ]
        # A series that lacks the best view is not thereby healthy: its own best one stands for it.
        have = {tuple(sorted(_without(one, label).items())) for one in told if one.labels.get(label, "") == best}
        others: dict[tuple[tuple[str, str], ...], RawSeries] = {}
        for one in sorted(told, key=lambda one: _rank(one.labels.get(label, ""))):
            others.setdefault(tuple(sorted(_without(one, label).items())), one)
        kept += [
            replace(one, labels=_without(one, label), view=one.labels.get(label, ""))
            for key, one in others.items()
            if key not in have
        ]
        kept += [replace(one, name=f"{name}_mean", labels=_without(one, label)) for one in means]
        kept += [replace(one, name=f"{name}_count", labels=_without(one, label), unit=None) for one in counts]
        if left:
            notes.append(f"of {name} the {label} {best} is read; {', '.join(left)} are other views of it")
    return tuple(sorted(kept, key=lambda one: (one.name, sorted(one.labels.items())))), tuple(notes)


def _without(one: RawSeries, label: str) -> dict[str, str]:
    return {name: value for name, value in one.labels.items() if name != label}


def _is_mean(view: str) -> bool:
    return view.strip().lower() in _MEANS


def _is_quantile(view: str) -> bool:
    return _rank(view)[0] == _rank("p95")[0]


def _rank(view: str) -> tuple[int, float]:
    word = view.strip().lower()
    if not word:
        return (0, 0.0)  # the signal itself
    found = _QUANTILE.match(word)
    if found and word not in _MIDDLE:
        number = float(found["number"])
        percentile = number * 100 if number <= 1 else number
        return (1, float(_BEST.index(percentile)) if percentile in _BEST else len(_BEST) + abs(percentile - 95.0))
    if _is_mean(view):
        return (2, 0.0)
    if word in _EXTREMES:
        return (3, 0.0)
    return (4, 0.0) if word in _MIDDLE else (5, 0.0)
