"""What users meet, as signals: failed requests, mean time by route at the outermost hops, and how late queued work is.

They are made of series as exported, so that errors and total are one set and no range window delays them. Their promql
is what one would ask for the same figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from reconstruct.meaning.consumers import alike, rate_of
from reconstruct.model import Aspect, Evidence, Layer, Metric, Query, Service, Signal
from reconstruct.model.system import Flow, Series, System, quotient, smooth

USERS: Final = "users"
"""Tag of these signals."""
WEIGHT: Final = "users-weight"
"""Tag of how many requests are behind them."""
What = Literal["failed", "slow", "late", "unreachable"]
PACE_S: Final = 120.0
"""The pace at which a queue is emptied is the mean of so long."""
TELLING_ROUTE: Final = 0.03
"""Of a hop's requests: a route with less says little of what users meet, and that with much noise."""
LEAST_RATE: Final = 0.2
"""Of its usual pace: work that all but stands is not infinitely late."""


@dataclass(frozen=True, slots=True, eq=False)
class UserSeries:
    """One figure of what users meet."""

    what: What
    thing: str
    route: str
    values: Series
    weight: Series
    """Requests, answers or messages per second behind it."""
    queries: tuple[str, ...]
    metrics: tuple[str, ...]


def with_user_signals(evidence: Evidence, system: System, *, services: Sequence[str] = ()) -> Evidence:
    """The evidence with what users meet as further metrics, and a query each."""
    found = user_series(system, step_s=evidence.window.step_s, services=services)
    metrics, queries = user_metrics(found, evidence)
    return replace(evidence, metrics=(*evidence.metrics, *metrics), queries=(*evidence.queries, *queries))


def user_series(system: System, *, step_s: float, services: Sequence[str] = ()) -> tuple[UserSeries, ...]:
    """Figures of what users meet at every outermost hop; and of work that waits in queues.

    A hop that does not time its answers is timed at the hop behind it. Where the user says what the incident is about
    (`services`), these are the hops.
    """
    found: list[UserSeries] = []
    named = [thing for name in services if (thing := system.thing(name)) in system.served and thing]
    hops = tuple(dict.fromkeys(named)) or outermost_hops(system)
    for hop in hops:
        flow = system.served[hop]
        found += _failed(hop, flow)
        timed = (
            [hop] if flow.busy is not None else [b for a, b in sorted(system.called) if a == hop and b in system.served]
        )
        for thing in timed:
            found += _slow(thing, system.served[thing])
        average = system.readings.get((hop, "round_trip"))
        if not any(one.what == "slow" and one.thing in timed for one in found) and average is not None:
            found.append(UserSeries("slow", hop, "", average.values, flow.total, average.queries, average.metrics))
    if not any(system.kinds.get(hop) == "edge" for hop in hops):
        found += _unreachable(system)
    found += _late(system, step_s=step_s)
    return tuple(found)


def _unreachable(system: System) -> Iterator[UserSeries]:
    """Probes from outside, where no edge is measured: they meet what users meet."""
    for (thing, role), reading in sorted(system.readings.items()):
        if role == "probe_ok" and system.kinds.get(thing) == "probe":
            there = np.where(np.isfinite(reading.values), 1.0, np.nan)
            yield UserSeries("unreachable", thing, "", reading.values, there, reading.queries, reading.metrics)


def outermost_hops(system: System) -> tuple[str, ...]:
    """Edges that nobody calls, where there are any; else every service with requests that nobody calls.

    A service that serves no more than its queue gives it has messages, not users.
    """
    if system.outermost is None:
        return ()
    callees = {callee for caller, callee in system.calls if caller != callee}
    busy = [s for s, flow in system.served.items() if np.nansum(flow.total) > 0]
    free = [s for s in busy if s not in callees] or [system.outermost]
    edges = [s for s in free if system.kinds.get(s) == "edge"]
    return tuple(sorted(edges or [s for s in free if not _only_takes(s, system)] or free))


def _only_takes(thing: str, system: System) -> bool:
    """Whether a service of which a queue is known serves about as much as that queue gives."""
    given = system.readings.get((system.consumers.get(thing, ""), "consumed"))
    return given is not None and alike(rate_of(given.values), rate_of(system.served[thing].total))


def _failed(hop: str, flow: Flow) -> Iterator[UserSeries]:
    if flow.failed is not None:
        yield UserSeries("failed", hop, "", flow.share(), flow.total, flow.queries, flow.metrics)


def _slow(thing: str, flow: Flow) -> Iterator[UserSeries]:
    if flow.busy is None or flow.timed is None:
        return
    whole = float(np.nansum(flow.timed))
    routes = {route: part for route, part in flow.routes.items() if part.busy is not None and part.timed is not None}
    for route, part in (routes or {"": flow}).items():
        if part.busy is None or part.timed is None or np.nansum(part.timed) < TELLING_ROUTE * whole:
            continue
        mean = quotient(part.busy, part.timed)
        yield UserSeries("slow", thing, route, mean, part.timed, flow.queries, flow.metrics)


def _late(system: System, *, step_s: float) -> Iterator[UserSeries]:
    """Seconds that a message waits, by queue: as consumers tell, else what waits over what is taken."""
    told = set()
    for worker, flow in sorted(system.delayed.items()):
        if flow.busy is not None and flow.timed is not None:
            queue = system.consumers.get(worker, worker)
            told.add(queue)
            mean = quotient(flow.busy, flow.timed)
            yield UserSeries("late", queue, "", mean, flow.timed, flow.queries, flow.metrics)
    for (queue, role), depth in sorted(system.readings.items()):
        if role != "depth" or queue in told or system.kinds.get(queue) != "queue":
            continue
        taken = system.readings.get((queue, "consumed"))
        rate = taken.values if taken is not None else None
        if rate is None:
            rate = next((_done(f) for w, f in sorted(system.handled.items()) if system.consumers.get(w) == queue), None)
        if rate is None and (queue, "published") in system.readings:
            rate = system.readings[queue, "published"].values
        if rate is None or not np.nanmax(rate, initial=0.0) > 0:
            continue
        samples = max(1, int(PACE_S / step_s))
        usual = float(np.nanmedian(rate[np.isfinite(rate)]))
        pace = np.maximum(smooth(rate, samples), max(LEAST_RATE * usual, 1e-3))
        queries = (*depth.queries, *(taken.queries if taken is not None else ()))
        yield UserSeries("late", queue, "", depth.values / pace, rate, queries, depth.metrics)


def _done(flow: Flow) -> Series:
    """Messages handled well: one that fails comes back, and is as far from done as before."""
    return flow.total if flow.failed is None else flow.total - np.nan_to_num(flow.failed)


# ---------------------------------------------------------------- as signals


def user_metrics(found: Sequence[UserSeries], evidence: Evidence) -> tuple[tuple[Metric, ...], tuple[Query, ...]]:
    """The figures as metrics with a query each, so that drafts can chart and cite them."""
    window = evidence.window
    asked = {query.id: query for query in evidence.queries}
    number = max((int(q.id[1:]) for q in evidence.queries if q.id[1:].isdecimal()), default=0)
    spacings = {metric.query: metric.spacing_s for metric in evidence.raw}
    namespaces = _identity(evidence)
    metrics, queries = [], []
    for what, thing in dict.fromkeys((one.what, one.thing) for one in found):
        mine = [one for one in found if (one.what, one.thing) == (what, thing)]
        service = namespaces.get(thing, Service(thing))
        spacing_s = max([window.step_s, *(spacings.get(query, 0.0) for query in mine[0].queries)])
        labels = tuple({"service": thing, **({"route": one.route} if one.route else {})} for one in mine)
        of_users = _signal(what, thing, mine[0], asked=asked)
        for signal, columns in (
            (of_users, [one.values for one in mine]),
            (_weight(of_users, what, thing, mine[0], asked=asked), [one.weight for one in mine]),
        ):
            number += 1
            query = Query(
                f"q{number}", signal.id, signal.promql, window.baseline_start, window.end, window.step_s, len(mine)
            )
            values = pd.DataFrame(np.column_stack(columns), index=window.index)
            queries.append(query)
            metrics.append(Metric(signal, values, labels, tuple(service for _ in mine), query.id, spacing_s))
    return tuple(metrics), tuple(queries)


def weight_of(metric: Metric, metrics: Sequence[Metric]) -> Metric | None:
    """The requests, answers or messages per second behind a figure of users; a column each."""
    wanted = f"{metric.signal.id}-weight"
    return next((one for one in metrics if one.signal.id == wanted), None)


_SAYS: Final[Mapping[What, tuple[str, str, Aspect, Layer, float]]] = {
    "failed": ("Failed requests", "ratio", "errors", "edge", 0.01),
    "slow": ("Mean latency", "seconds", "latency", "edge", 0.005),
    "late": ("Time that work waits", "seconds", "latency", "queue", 10.0),
    "unreachable": ("Answers to probes", "ratio", "availability", "edge", 0.05),
}


def _signal(what: What, thing: str, one: UserSeries, *, asked: Mapping[str, Query]) -> Signal:
    title, unit, aspect, layer, least = _SAYS[what]
    behind = [asked[query].query for query in one.queries if query in asked]
    return Signal(
        id=f"users/{what}-{thing}",
        title=title,
        promql=_promql(what, one.metrics, behind),
        unit=unit,
        layer=layer,
        aspect=aspect,
        worse="down" if what == "unreachable" else "up",
        min_effect=least,
        service=thing,
        tags=(USERS, "share") if unit == "ratio" else (USERS, "mean"),
    )


def _weight(of: Signal, what: What, thing: str, one: UserSeries, *, asked: Mapping[str, Query]) -> Signal:
    behind = [asked[query].query for query in one.queries if query in asked]
    counted = next((s for s in behind if "_count" in s or "_total" in s), behind[0] if behind else thing)
    unit = "requests per second" if what != "late" else "messages per second"
    return replace(
        of,
        id=f"{of.id}-weight",
        title="Requests" if what != "late" else "Messages",
        promql=f"sum(rate({counted}[5m]))",
        unit=unit,
        aspect="traffic",
        worse="both",
        min_effect=1.0,
        tags=(WEIGHT,),
    )


def _promql(what: What, metrics: Sequence[str], behind: Sequence[str]) -> str:
    """What one would ask for the same figure; selectors as they were sent."""
    selectors = list(dict.fromkeys(behind)) or list(metrics)
    if not selectors:
        return ""
    if what == "slow" and len(selectors) > 1:
        total = next((s for s in selectors if "_sum" in s), selectors[0])
        count = next((s for s in selectors if "_count" in s), selectors[-1])
        return f"sum(rate({total}[5m])) / sum(rate({count}[5m]))"
    return f"sum(rate({selectors[0]}[5m]))" if what == "failed" else " / ".join(selectors[:2])


def _identity(evidence: Evidence) -> dict[str, Service]:
    """Service nouns of evidence by name: with namespace and cluster, where exactly one has that name."""
    found: dict[str, set[Service]] = {}
    for metric in evidence.metrics:
        for service in metric.services:
            found.setdefault(service.name, set()).add(service)
    return {name: next(iter(services)) for name, services in found.items() if len(services) == 1 and name}
