"""Signals for the metrics that no pack knows: which to ask, when not everything can be, and what the reader is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconstruct.model import Signal
from reconstruct.packs.catalogue import Conventions
from reconstruct.packs.choose import RateInterval
from reconstruct.packs.generic_parts import NAMESPACES, Context, Request
from reconstruct.packs.generic_signals import signals_for
from reconstruct.packs.survey import Seen

MAX_SIGNALS: Final = 300
"""Queries for metrics that no pack knows: at four at once and 0.1 s each some ten seconds. A guess."""
MAX_SERIES: Final = 5000
"""Of all generic signals together: with more, the false alarms alone would fill the page. A guess."""
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
    takes_means: bool = False
    """Some series are summed with others, or not asked for: looking at each tells more."""


def generic(
    seen: Mapping[str, Seen],
    *,
    conventions: Conventions,
    rate_interval_s: RateInterval,
    scope: str = "",
    services: Sequence[str] = (),
    signals_most: int = MAX_SIGNALS,
    series_most: int = MAX_SERIES,
) -> Generic:
    """Signals for every metric of `seen`.

    Histograms and summaries give a quantile, the mean and the rate; counters their rate; gauges their value; infos,
    limits, moments in time and what never moved nothing. With `services`, only metrics of these and of what shares
    a namespace, an instance or a host with them. What is most telling is asked first, until `signals_most` signals
    or `series_most` series are reached; the notes say how much was looked at and how much left out.
    """
    near = _near(seen, services=services) if services else dict.fromkeys(seen, 0)
    namespaces = _namespaces(seen, services=services) if services else ()
    context = Context(conventions, rate_interval_s, scope, namespaces)
    asked = [one for one in signals_for(seen, context=context) if one.metric in near]
    asked.sort(key=lambda one: (near[one.metric], _ORDER.index(one.signal.aspect), one.signal.id))
    kept: list[Request] = []
    series = 0
    for one in asked:
        if len(kept) < signals_most and series + one.series <= series_most:
            kept.append(one)
            series += one.series
    kept.sort(key=lambda one: one.signal.id)
    return Generic(
        tuple(one.signal for one in kept),
        tuple(_notes(seen, near=near, asked=asked, kept=kept, series=series, services=services)),
        takes_means=len(kept) < len(asked) or any(seen[one.metric].count > one.series for one in kept),
    )


def _notes(
    seen: Mapping[str, Seen],
    *,
    near: Mapping[str, int],
    asked: Sequence[Request],
    kept: Sequence[Request],
    series: int,
    services: Sequence[str],
) -> Iterator[str]:
    if not seen:
        return
    total = sum(one.count for one in seen.values())
    yield (
        f"metrics that no pack knows: {len(seen)} with {total} series looked at, asked as {len(kept)} signals"
        f" with {series} series, read by their names"
    )
    if services and len(near) < len(seen):
        yield (
            f"{len(seen) - len(near)} of them left out: they share no namespace, instance or host with "
            f"{', '.join(services)}"
        )
    if len(kept) < len(asked):
        yield f"{len(asked) - len(kept)} signals of such metrics left out: the limit is reached (--scope narrows it)"


def _near(seen: Mapping[str, Seen], *, services: Sequence[str]) -> dict[str, int]:
    """Metrics by nearness: 0 = of one of the services, 1 = shares a namespace, an instance or a host with one."""
    mine = [labels for one in seen.values() for labels in one.labels if _is_about(labels, services=services)]
    pairs = {(name, labels[name]) for labels in mine for name in (*NAMESPACES, *_NEAR) if name in labels}
    # Where nothing has a namespace there is but one: everything shares it.
    nameless = any(not any(name in labels for name in NAMESPACES) for labels in mine) or not mine
    found: dict[str, int] = {}
    for metric, one in seen.items():
        if any(_is_about(labels, services=services) for labels in one.labels):
            found[metric] = 0
        elif not one.labels or any(_is_near(labels, pairs=pairs, nameless=nameless) for labels in one.labels):
            found[metric] = 1
    return found


def _is_near(labels: Mapping[str, str], *, pairs: Collection[tuple[str, str]], nameless: bool) -> bool:
    if any((name, labels[name]) in pairs for name in (*NAMESPACES, *_NEAR) if name in labels):
        return True
    return nameless and not any(name in labels for name in NAMESPACES)


def _is_about(labels: Mapping[str, str], *, services: Collection[str]) -> bool:
    wanted = set(services)
    return any(value in wanted or value.rpartition("/")[2] in wanted for value in labels.values())


def _namespaces(seen: Mapping[str, Seen], *, services: Sequence[str]) -> tuple[str, ...]:
    mine = (labels for one in seen.values() for labels in one.labels if _is_about(labels, services=services))
    return tuple(sorted({labels[name] for labels in mine for name in NAMESPACES if name in labels}))
