"""What a system's readings say per unit of work: costs a request, rows a statement, shares of a bound.

Totals follow the traffic; what a request costs does not. So mechanisms are held against these figures: the CPU of a
request, the rows of a statement, the share of a pool that is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from reconstruct.explain.before_during import Move, Span, ratio, total
from reconstruct.model import Facts
from reconstruct.model.system import Flow, Pool, Reading, Role, Series, System, smooth

Place = Literal[
    "users", "service", "database", "cache", "pool", "host", "queue", "external", "path", "dns", "certificate"
]

RATED_OVER: Final = 3
"""Rows over which two rates are averaged before one is divided by the other."""
PROBES: Final = 8
"""Rows over which the share of lost probes is told: one in eight is the least that can be seen."""
FALLS: Final = 0.35
"""Memory that drops by this share of its median within a sample was given back by a process that ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One figure of one thing."""

    place: Place
    thing: str
    name: str
    values: Series
    unit: str
    queries: tuple[str, ...] = ()
    other: str = ""
    """Whom it leads to (a pool's database) or who sees it (the caller of what is outside)."""

    def facts(self, moved: Move) -> Facts:
        """The figure before and during."""
        told = {"thing": self.thing, "target": self.other, "figure": self.name, "unit": self.unit}
        return {**told, "before": moved.before, "during": moved.during}


Rollouts = Mapping[str, npt.NDArray[np.bool_]]
"""Rows in which a thing was being rolled out: restarts there are the rollout's own."""


def figures(system: System, span: Span, *, rollouts: Rollouts) -> tuple[Figure, ...]:
    """Every figure that the system's readings make."""
    makers = (_databases, _caches, _pools, _hosts, _queues, _external, _paths)
    found = [*_users(system, span), *_services(system, span, rollouts), *(f for make in makers for f in make(system))]
    return tuple(f for f in found if np.isfinite(f.values).any())


def _of(
    place: Place,
    thing: str,
    name: str,
    values: Series | None,
    unit: str,
    *by: Reading | Flow | Pool | None,
    other: str = "",
) -> Iterator[Figure]:
    if values is not None:
        queries = tuple(dict.fromkeys(q for one in by if one is not None for q in one.queries))
        yield Figure(place, thing, name, values, unit, queries, other)


def _kind(system: System, *kinds: str) -> list[str]:
    return sorted(thing for thing, kind in system.kinds.items() if kind in kinds)


def _users(system: System, span: Span) -> Iterator[Figure]:
    flow = system.served.get(system.outermost or "")
    if flow is None or system.outermost is None:
        return
    yield from _of("users", system.outermost, "requests", flow.total, "per second", flow)
    whole = float(np.nanmean(flow.total[span.rows])) if np.isfinite(flow.total[span.rows]).any() else 0.0
    for route, part in sorted(flow.routes.items()):
        if np.isfinite(part.total[span.rows]).any() and float(np.nanmean(part.total[span.rows])) > 0.15 * whole:
            yield from _of(
                "users", system.outermost, "requests-of-a-route", part.total, "per second", flow, other=route
            )


def _services(system: System, span: Span, rollouts: Rollouts) -> Iterator[Figure]:
    r = system.readings
    for thing in sorted({t for t, _ in r} | set(system.served)):
        if system.kinds.get(thing) in ("database", "cache", "queue", "host", "external", "path", "dns", "probe"):
            continue
        flow = system.served.get(thing) or system.handled.get(thing)
        cpu = r.get((thing, "cpu"))
        if cpu is not None:
            yield from _of("service", thing, "cpu", cpu.values, cpu.unit, cpu)
            yield from _of(
                "service",
                thing,
                "cpu-limit",
                _middle(cpu.instance_bounds.values()) if cpu.instance_bounds else cpu.bound,
                cpu.unit,
                cpu,
            )
            if flow is not None and cpu.unit != "ratio":
                yield from _of(
                    "service", thing, "cpu-per-request", ratio(cpu.values, flow.total, RATED_OVER), "seconds", cpu, flow
                )
        if flow is not None:
            yield from _statements_of_requests(system, thing, flow)
        throttled = r.get((thing, "throttled"))
        if throttled is not None:
            yield from _of("service", thing, "throttled", throttled.values, throttled.unit, throttled)
        memory = r.get((thing, "memory"))
        if memory is not None:
            yield from _of("service", thing, "memory", _worst(memory), memory.unit, memory)
            yield from _of("service", thing, "memory-share", _share_of_bound(memory), "ratio", memory)
        restarts = r.get((thing, "restarts"))
        ended = [
            e for e in (restarts.values if restarts else None, _falls(memory) if memory else None) if e is not None
        ]
        if ended:
            away = span.led_up & ~rollouts.get(thing, np.zeros(len(span.base), dtype=bool))
            counted = [np.cumsum(np.where(away, np.nan_to_num(e), 0.0)) for e in ended]
            yield from _of("service", thing, "ended", np.max(np.array(counted), axis=0), "count", restarts, memory)
        yield from _as_read(system, "service", thing)
        threads = r.get((thing, "threads"))
        if threads is not None and threads.bound is not None:
            yield from _of("service", thing, "threads-taken", ratio(threads.values, threads.bound, 1), "ratio", threads)


def _statements_of_requests(system: System, thing: str, flow: Flow) -> Iterator[Figure]:
    """What a request of a service asks of each database, and how long it waits there, as the service counts it."""
    for (caller, callee), call in sorted(system.called.items()):
        if caller != thing or system.kinds.get(callee) != "database":
            continue
        calls, time = ratio(call.total, flow.total, RATED_OVER), ratio(call.busy, flow.total, RATED_OVER)
        yield from _of("service", thing, "calls-per-request", calls, "count", call, flow, other=callee)
        yield from _of("service", thing, "call-time-per-request", time, "seconds", call, flow, other=callee)


def _call_time(system: System, callee: str) -> tuple[Series | None, list[Flow]]:
    """Mean seconds of a call to a thing, over all callers that time it."""
    timed = [f for (_, to), f in sorted(system.called.items()) if to == callee and f.busy is not None]
    busy = total([f.busy for f in timed if f.busy is not None])
    calls = total([f.timed for f in timed if f.timed is not None])
    return ratio(busy, calls, RATED_OVER), timed


def _databases(system: System) -> Iterator[Figure]:
    r, edge = system.readings, system.served.get(system.outermost or "")
    for db in _kind(system, "database"):
        yield from _as_read(system, "database", db)
        call_time, callers = _call_time(system, db)
        yield from _of("database", db, "call-time", call_time, "seconds", *callers)
        rows, work = r.get((db, "rows")), r.get((db, "operations")) or r.get((db, "statements"))
        if rows is not None and work is not None:
            yield from _of(
                "database", db, "rows-per-statement", ratio(rows.values, work.values, RATED_OVER), "rows", rows, work
            )
        if rows is not None:
            yield from _of("database", db, "rows", rows.values, "rows per second", rows)
        time, calls = r.get((db, "statement_time")), r.get((db, "statements")) or r.get((db, "operations"))
        if time is not None and calls is not None:
            yield from _of(
                "database",
                db,
                "time-per-statement",
                ratio(time.values, calls.values, RATED_OVER),
                "seconds",
                time,
                calls,
            )
        active = r.get((db, "active"))
        if active is not None and work is not None:
            yield from _of(
                "database",
                db,
                "sessions-per-statement",
                ratio(active.values, work.values, 4),
                "count",
                active,
                work,
            )
        if work is not None:
            yield from _of("database", db, "statements", work.values, "per second", work)
            if edge is not None:
                yield from _of(
                    "database",
                    db,
                    "statements-per-request",
                    ratio(work.values, edge.total, RATED_OVER),
                    "count",
                    work,
                    edge,
                )
        connections = r.get((db, "connections"))
        if connections is not None:
            yield from _of("database", db, "connections-taken", _share_of_bound(connections), "ratio", connections)
        for host in _host_of(system, db, work):
            busy = r.get((host, "cpu"))
            if busy is not None:
                yield from _of("database", db, "host-cpu", _busy(busy), "ratio", busy)


def _host_of(system: System, db: str, work: Reading | None) -> tuple[str, ...]:
    """The machine of a database; of several that may be it, the one that works when it is asked."""
    hosts = hosts_of(system, db)
    if len(hosts) < 2 or work is None:
        return hosts[:1]
    alike = []
    for host in hosts:
        busy = system.readings.get((host, "cpu"))
        both = np.isfinite(busy.values) & np.isfinite(work.values) if busy is not None else np.zeros(0, dtype=bool)
        if (
            busy is not None
            and both.sum() >= TOGETHER
            and np.ptp(busy.values[both]) > 0
            and np.ptp(work.values[both]) > 0
        ):
            alike.append((float(np.corrcoef(busy.values[both], work.values[both])[0, 1]), host))
    return (max(alike)[1],) if alike else hosts[:1]


TOGETHER: Final = 30
"""Samples that two series need to be said to go together."""
_AS_READ: Final[Mapping[Place, Mapping[Role, str]]] = {
    "service": {"oom_kills": "oom-kills", "up": "answers", "ready": "ready"},
    "database": {
        "lock_waits": "lock-waits",
        "slow_queries": "slow-queries",
        "active": "active-sessions",
        "up": "answers",
        "deadlocks": "deadlocks",
    },
    "cache": {"evictions": "evictions", "up": "answers"},
    "host": {"cpu_pressure": "cpu-pressure", "disk_busy": "disk-busy", "up": "answers", "retransmits": "retransmits"},
    "queue": {
        "depth": "depth",
        "consumers": "consumers",
        "published": "published",
        "unacked": "unacknowledged",
    },
}
"""Readings that tell by themselves, by the kind of thing."""


def _as_read(system: System, place: Place, thing: str) -> Iterator[Figure]:
    for role, name in _AS_READ[place].items():
        one = system.readings.get((thing, role))
        if one is not None:
            yield from _of(place, thing, name, one.values, one.unit, one)


STORE_WORDS: Final = frozenset(
    {"db", "database", "sql", "pg", "postgres", "postgresql", "mysql", "mariadb", "mongo", "data"}
)
"""Words in the name of a machine, or of what a change is of, that say a database."""


def says_database(name: str) -> bool:
    """Whether a name says that it is of a database.

    >>> says_database("db-node-1"), says_database("orders-db"), says_database("dbus")
    (True, True, False)
    """
    return bool(STORE_WORDS & set(re.split(r"[-_.\d]+", name.lower())))


def hosts_of(system: System, thing: str) -> tuple[str, ...]:
    """The machines that a thing runs on; of a database that nothing places, those whose names say so."""
    told = system.hosts.get(thing, ())
    if told or system.kinds.get(thing) != "database":
        return told
    taken = {host for hosts in system.hosts.values() for host in hosts}
    return tuple(host for host in _kind(system, "host") if says_database(host) and host not in taken)


def _caches(system: System) -> Iterator[Figure]:
    for cache in sorted({thing for thing, role in system.readings if role == "hits"}):
        if system.kinds.get(cache) == "database":
            continue
        hits, misses = system.readings.get((cache, "hits")), system.readings.get((cache, "misses"))
        if hits is None or misses is None:
            continue
        lookups = total([hits.values, misses.values])
        yield from _of("cache", cache, "hit-ratio", ratio(hits.values, lookups, 2), "ratio", hits, misses)
        asked = total([flow.total for thing, flow in system.served.items() if system.kinds.get(thing) != "edge"])
        yield from _of("cache", cache, "lookups-per-request", ratio(lookups, asked, RATED_OVER), "count", hits, misses)
        if system.kinds.get(cache) == "cache":
            yield from _as_read(system, "cache", cache)


def _pools(system: System) -> Iterator[Figure]:
    for (owner, leads_to), pool in sorted(system.pools.items()):
        per_instance = [one["size"] for one in pool.instances.values() if "size" in one]
        size = _middle(per_instance) if per_instance else pool.size
        taken = ratio(pool.used, pool.size, 1)
        if taken is None and pool.idle is not None and pool.size is not None:
            idle = ratio(pool.idle, pool.size, 1)
            taken = 1.0 - idle if idle is not None else None
        waiting = [one for one in (pool.pending, pool.timeouts, pool.waits) if one is not None]
        yield from _of("pool", owner, "taken", taken, "ratio", pool, other=leads_to)
        yield from _of("pool", owner, "size", size, "count", pool, other=leads_to)
        for one in waiting:
            yield from _of("pool", owner, "waiting", one, "count", pool, other=leads_to)
        yield from _of("pool", owner, "wait-time", pool.wait_s, "seconds per second", pool, other=leads_to)
        yield from _of(
            "pool", owner, "held-time", ratio(pool.held_s, pool.held, RATED_OVER), "seconds", pool, other=leads_to
        )


def _hosts(system: System) -> Iterator[Figure]:
    for host in _kind(system, "host"):
        cpu = system.readings.get((host, "cpu"))
        if cpu is not None:
            yield from _of("host", host, "cpu", _busy(cpu), "ratio", cpu)
        yield from _as_read(system, "host", host)
        free = system.readings.get((host, "disk_free"))
        if free is not None:
            yield from _of("host", host, "disk-left", _share_of_bound(free, lowest=True), "ratio", free)


def _queues(system: System) -> Iterator[Figure]:
    for queue in _kind(system, "queue"):
        yield from _as_read(system, "queue", queue)
        for worker in sorted(w for w, of in system.consumers.items() if of == queue):
            handled, delayed = system.handled.get(worker), system.delayed.get(worker)
            if handled is not None:
                yield from _of(
                    "queue", queue, "message-time", handled.mean(RATED_OVER), "seconds", handled, other=worker
                )
                if handled.failed is not None:
                    yield from _of(
                        "queue", queue, "message-failures", handled.share(RATED_OVER), "ratio", handled, other=worker
                    )
            if delayed is not None:
                yield from _of(
                    "queue", queue, "message-delay", delayed.mean(RATED_OVER), "seconds", delayed, other=worker
                )


def _external(system: System) -> Iterator[Figure]:
    for (caller, callee), flow in sorted(system.called.items()):
        if callee in system.served or system.kinds.get(callee) != "external":
            continue
        yield from _of("external", callee, "call-time", flow.mean(RATED_OVER), "seconds", flow, other=caller)
        if flow.failed is not None:
            yield from _of("external", callee, "call-failures", flow.share(RATED_OVER), "ratio", flow, other=caller)


def _paths(system: System) -> Iterator[Figure]:
    for (thing, role), one in sorted(system.readings.items()):
        if role in ("round_trip", "reachable") and system.kinds.get(thing) != "path":
            continue  # a probe of a service times its answers: a symptom, no wire
        if role == "round_trip":
            yield from _of("path", thing, "round-trip", one.values, "seconds", one)
        elif role == "reachable":
            yield from _of("path", thing, "loss", smooth(1.0 - one.values, PROBES), "ratio", one)
        elif role == "dns_failures":
            asked = system.readings.get((thing, "dns_queries"))
            if asked is not None:
                yield from _of(
                    "dns", thing, "unresolved", ratio(one.values, asked.values, RATED_OVER), "ratio", one, asked
                )
        elif role == "certificate_left":
            yield from _of("certificate", thing, "time-left", one.values, "seconds", one)


def _busy(cpu: Reading) -> Series | None:
    return cpu.values if cpu.unit == "ratio" or cpu.bound is None else ratio(cpu.values, cpu.bound, 1)


def _middle(parts: Iterable[Series]) -> Series | None:
    stacked = np.array(list(parts))
    if not stacked.size:
        return None
    out = np.full(stacked.shape[1], np.nan)
    some = np.isfinite(stacked).any(axis=0)
    out[some] = np.nanmedian(stacked[:, some], axis=0)
    return out


def _extreme(parts: Sequence[Series], *, lowest: bool = False) -> Series:
    stacked = np.array(parts)
    out = np.full(stacked.shape[1], np.nan)
    some = np.isfinite(stacked).any(axis=0)
    out[some] = np.nanmin(stacked[:, some], axis=0) if lowest else np.nanmax(stacked[:, some], axis=0)
    return out


def _worst(reading: Reading) -> Series:
    """The instance that has most of it; the whole where instances are not told."""
    return _extreme(list(reading.instances.values())) if reading.instances else reading.values


def _share_of_bound(reading: Reading, *, lowest: bool = False) -> Series | None:
    """Share of its bound, of the instance that is nearest to it."""
    shares = [
        share
        for name, values in reading.instances.items()
        if (bound := reading.instance_bounds.get(name, None)) is not None
        and (share := ratio(values, bound, 1)) is not None
    ]
    if shares:
        return _extreme(shares, lowest=lowest)
    if reading.bound is not None:
        return ratio(_worst(reading) if not lowest else reading.values, reading.bound, 1)
    return reading.values if reading.unit == "ratio" else None


def _falls(memory: Reading) -> Series | None:
    """How many instances gave back a good part of their memory from one sample to the next."""
    parts = []
    for values in memory.instances.values():
        known = values[np.isfinite(values)]
        if len(known):
            parts.append((np.diff(values, prepend=np.nan) < -FALLS * float(np.median(known))).astype(float))
    return total(parts)
