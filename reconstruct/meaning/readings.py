"""Figures of things by their role, gathered part by part, with the bound that each part has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np

from reconstruct.meaning.names import total_of
from reconstruct.model.system import Reading, Role, Series

How = Literal["sum", "max", "min", "mean"]
ROLE: Final[dict[Role, tuple[How, str]]] = {
    "up": ("min", "ratio"),
    "restarts": ("sum", "count"),
    "oom_kills": ("sum", "count"),
    "ready": ("sum", "count"),
    "cpu": ("sum", "cores"),
    "cpu_pressure": ("max", "ratio"),
    "throttled": ("max", "ratio"),
    "memory": ("max", "bytes"),
    "threads": ("sum", "count"),
    "in_flight": ("sum", "count"),
    "retries": ("sum", "per second"),
    "disk_free": ("min", "bytes"),
    "disk_busy": ("max", "ratio"),
    "connections": ("sum", "count"),
    "active": ("sum", "count"),
    "slow_queries": ("sum", "per second"),
    "lock_waits": ("sum", "count"),
    "lock_time": ("sum", "seconds per second"),
    "deadlocks": ("sum", "per second"),
    "oldest_transaction": ("max", "seconds"),
    "statements": ("sum", "per second"),
    "statement_time": ("sum", "seconds per second"),
    "rows": ("sum", "per second"),
    "operations": ("sum", "per second"),
    "operation_time": ("sum", "seconds per second"),
    "aborted": ("sum", "per second"),
    "hits": ("sum", "per second"),
    "misses": ("sum", "per second"),
    "evictions": ("sum", "per second"),
    "depth": ("sum", "count"),
    "unacked": ("sum", "count"),
    "consumers": ("sum", "count"),
    "published": ("sum", "per second"),
    "consumed": ("sum", "per second"),
    "redelivered": ("sum", "per second"),
    "queue_wait": ("max", "seconds"),
    "backends": ("sum", "count"),
    "backend_errors": ("sum", "per second"),
    "certificate_left": ("min", "seconds"),
    "probe_ok": ("min", "ratio"),
    "round_trip": ("max", "seconds"),
    "reachable": ("min", "ratio"),
    "retransmits": ("sum", "per second"),
    "dns_queries": ("sum", "per second"),
    "dns_failures": ("sum", "per second"),
}
"""How the parts of a figure are put together: amounts add up, of what is a quality of each the worst counts."""


class Source(NamedTuple):
    """Where a part of a figure comes from: query id, metric, and of which instance, mount point or partition."""

    query: str
    metric: str
    instance: str = ""


@dataclass(slots=True)
class _Parts:
    values: dict[str, list[Series]] = field(default_factory=lambda: defaultdict(list))
    bounds: dict[str, list[Series]] = field(default_factory=lambda: defaultdict(list))
    behind: dict[tuple[str, str], None] = field(default_factory=dict)


@dataclass(slots=True)
class Readings:
    """What was met so far: (thing, role) -> rank of the source -> instance -> series."""

    parts: dict[tuple[str, Role], dict[int, _Parts]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(_Parts))
    )

    def add(self, thing: str, role: Role, values: Series, source: Source, *, rank: int = 0) -> None:
        """A part of a figure; of several sources the one of the lowest rank is believed."""
        parts = self.parts[thing, role][rank]
        parts.values[source.instance].append(values)
        parts.behind[source.query, source.metric] = None

    def bound(self, thing: str, role: Role, values: Series, source: Source, *, rank: int = 0) -> None:
        """What a part can be at most (for what is free: the whole)."""
        parts = self.parts[thing, role][rank]
        parts.bounds[source.instance].append(values)
        parts.behind[source.query, source.metric] = None


def joined_readings(found: Readings) -> dict[tuple[str, Role], Reading]:
    """Each figure put together; one without values (a bound alone) is none."""
    readings = {}
    for (thing, role), ranks in found.parts.items():
        told = [rank for rank in sorted(ranks) if ranks[rank].values]
        if not told:
            continue
        parts = ranks[told[0]]
        bounds_of = parts if parts.bounds else next((ranks[r] for r in sorted(ranks) if ranks[r].bounds), parts)
        how, unit = ROLE[role]
        put = _PUT[how]
        instances = {key: put(series) for key, series in sorted(parts.values.items())}
        bounds = {key: _PUT["max"](series) for key, series in sorted(bounds_of.bounds.items())}
        whole = None
        if bounds:
            same = [bounds[key] for key in instances if key in bounds]
            whole = put(same) if same else _PUT["max"](list(bounds.values()))
        readings[thing, role] = Reading(
            values=put(list(instances.values())),
            unit=unit,
            bound=whole,
            instances=instances,
            instance_bounds=bounds,
            queries=tuple(query for query, _ in parts.behind if query),
            metrics=tuple(dict.fromkeys(metric for _, metric in parts.behind if metric)),
        )
    return readings


def _over(function: Callable[..., Series]) -> Callable[[list[Series]], Series]:
    def put(series: list[Series]) -> Series:
        if len(series) == 1:
            return series[0]
        together = np.array(series)
        there = np.isfinite(together).any(axis=0)
        found = np.full(together.shape[1], np.nan)
        if there.any():
            found[there] = function(together[:, there], axis=0)
        return found

    return put


_PUT: Final[dict[How, Callable[[list[Series]], Series]]] = {
    "sum": total_of,
    "max": _over(np.nanmax),
    "min": _over(np.nanmin),
    "mean": _over(np.nanmean),
}
