"""How much users met, from onset to recovery: failed and slow requests, counted over the very set that the share is of.

All rows speak of one interval, so that a count, its share and the milestones agree. What the outermost hop counts comes
first; the services behind it and its routes say where of it the failures were, never more of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.explain.context import Case
from reconstruct.explain.user_impact import CLEAR_FAILED, CLEAR_LATE_S, CLEAR_SLOWER
from reconstruct.meaning.user_signals import USERS, weight_of
from reconstruct.model import Anomaly, Impact, Metric, Service
from reconstruct.model.system import Flow, System

MAX_INNER: Final = 3
"""Services behind the outermost hop that are told, those that failed the largest share first."""
MAX_ROUTES: Final = 5
"""Routes that are told, those with most failures first."""
ORDER: Final = ("errors", "availability", "latency")

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """From onset to recovery, as rows of the grid."""

    start: pd.Timestamp
    end: pd.Timestamp
    rows: Rows
    before: Rows
    """Rows that were normal: before the onset."""
    step_s: float


def impact_of_users(case: Case, system: System | None) -> tuple[Impact, ...]:
    """One row a hop and kind of harm, then where of it: services behind, and routes."""
    grid, window = case.evidence.window.index, case.evidence.window
    start, end = case.onset.time, case.recovered.time if case.recovered else window.end
    during = np.asarray((grid >= start) & (grid < end))
    inside = Interval(start, end, during, np.asarray(grid < case.onset.earliest), window.step_s)
    mine = [s.anomaly for s in case.bout.symptoms if s.anomaly.signal.has_tag(USERS)]
    ordered = sorted(mine, key=lambda a: (ORDER.index(a.signal.aspect), a.id))
    rows = [
        _row([a for a in mine if a.signal.id == signal_id], case, inside)
        for signal_id in dict.fromkeys(a.signal.id for a in ordered)
    ]
    hops = {row.service.name for row in rows if row.what == "failed requests"}
    if system is None or not hops:
        return tuple(rows)
    return (*rows, *_where(hops, system, case, inside))


def _row(parts: Sequence[Anomaly], case: Case, inside: Interval) -> Impact:
    metric = case.metrics[parts[0].query]
    behind = weight_of(metric, case.evidence.metrics)
    figures = metric.values.to_numpy(dtype=float)[inside.rows]
    weight = behind.values.to_numpy(dtype=float)[inside.rows] if behind is not None else np.ones(figures.shape)
    first = max(parts, key=lambda a: (a.score, a.id))
    evidence = (metric.query, *((behind.query,) if behind is not None else ()), *(a.id for a in parts))

    def row(what: str, part: float, whole: float | None) -> Impact:
        share = part / whole if whole else None
        return Impact(first.service, what, part, "count", share, inside.start, inside.end, evidence)

    if first.signal.aspect == "errors":
        return row("failed requests", _count(figures * weight, inside), _count(weight, inside))
    if first.signal.aspect == "availability":
        return row("failed probes", float(np.nansum(1.0 - figures)), float(np.isfinite(figures).sum()))
    slow = _slow(figures, metric, parts)
    if first.signal.layer == "queue":
        return row("late messages", _count(np.where(slow, weight, 0.0), inside), _count(weight, inside))
    return row("slow requests", _count(np.where(slow, weight, 0.0), inside), _count(weight, inside))


def _count(rates: Values, inside: Interval) -> float:
    return float(np.nansum(rates)) * inside.step_s


def _slow(figures: Values, metric: Metric, parts: Sequence[Anomaly]) -> Rows:
    """Samples of the routes that were slow in which their mean was beyond what anybody would notice."""
    slow = np.zeros(figures.shape, dtype=bool)
    for a in parts:
        late = metric.signal.layer == "queue"
        least = CLEAR_LATE_S if late else max((CLEAR_SLOWER[0] - 1) * a.baseline, CLEAR_SLOWER[1])
        with np.errstate(invalid="ignore"):
            slow[:, a.column] = figures[:, a.column] >= a.baseline + least
    return slow


def _where(hops: set[str], system: System, case: Case, inside: Interval) -> Iterator[Impact]:
    """Services behind the outermost hop that failed, and the failing routes of the hop, else of the first of them."""
    behind = {*system.served, *(callee for caller, callee in system.called if caller in hops)} - hops
    inner = [
        (thing, *max(counted, key=lambda one: one[1]))
        for thing in sorted(behind)
        if (counted := list(_counts(thing, hops, system, inside)))
    ]
    inner.sort(key=lambda one: (-one[2], one[0]))
    for thing, flow, share in inner[:MAX_INNER]:
        yield _part(thing, "", flow, share, case, inside)
    with_routes = [
        thing
        for thing in (*sorted(hops), *(one[0] for one in inner))
        if thing in system.served and len(system.served[thing].routes) > 1
    ]
    for thing in with_routes[:1]:
        told = [
            (route, part, more)
            for route, part in sorted(system.served[thing].routes.items())
            if route and (more := _failed_more(part, inside)) is not None
        ]
        told.sort(key=lambda one: (-_failed(one[1], inside), one[0]))
        for route, flow, share in told[:MAX_ROUTES]:
            yield _part(thing, route, flow, share, case, inside)


def _counts(thing: str, hops: set[str], system: System, inside: Interval) -> Iterator[tuple[Flow, float]]:
    """Requests to a service that failed, as itself counts them and as the outermost hop does, where clearly more did.

    What the hop gave up on, or could not connect for, failed for its users though the service never counted it.
    """
    flows = [system.served.get(thing), *(system.called.get((hop, thing)) for hop in sorted(hops))]
    for flow in flows:
        more = _failed_more(flow, inside) if flow is not None else None
        if flow is not None and more is not None:
            yield flow, more


def _part(thing: str, route: str, flow: Flow, share: float, case: Case, inside: Interval) -> Impact:
    named = (s for m in case.evidence.metrics for s in m.services if s.name == thing)
    return Impact(
        next(named, Service(thing)),
        "failed requests",
        _failed(flow, inside),
        "count",
        share,
        inside.start,
        inside.end,
        flow.queries,
        route=route,
        inner=True,
    )


def _failed(flow: Flow, inside: Interval) -> float:
    return _count(flow.failed[inside.rows], inside) if flow.failed is not None else 0.0


def _failed_more(flow: Flow, inside: Interval) -> float | None:
    """Share of its requests that failed; None where that is not clearly more than before."""
    if flow.failed is None or not flow.queries:
        return None
    during, before = (_share(flow, rows) for rows in (inside.rows, inside.before))
    return during if during - before >= CLEAR_FAILED else None


def _share(flow: Flow, rows: Rows) -> float:
    known = np.isfinite(flow.total[rows])
    total = float(flow.total[rows][known].sum())
    failed = flow.failed[rows][known] if flow.failed is not None else np.zeros(0)
    return float(np.nansum(failed)) / total if total > 0 else 0.0
