"""What the series mean: which thing each belongs to, what it measures there, who calls whom.

`read_system` makes a `System` of the metrics as exported (`Evidence.raw`). It is pure, and known names decide as
little as can be: which label names a service, what is a total and what its parts, who is called, comes from the data,
by conventions of public exporters, of OpenTelemetry, HTTP, gRPC and messaging.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.backlogs import read_backlog
from reconstruct.meaning.consumers import consumers_by_rate
from reconstruct.meaning.flows import Flows, joined_flows, read_flow
from reconstruct.meaning.machines import finish_cluster, finish_nodes, read_cluster, read_node
from reconstruct.meaning.names import Names, family_of, instance_of, read_names
from reconstruct.meaning.pools import Pools, is_pool, joined_pools, read_pool
from reconstruct.meaning.processes import read_process
from reconstruct.meaning.readings import Readings, Source, joined_readings
from reconstruct.meaning.rows import Row, rows_of
from reconstruct.meaning.stand_ins import stand_ins
from reconstruct.meaning.stores import consumer_of, read_dns, read_probe, read_store
from reconstruct.model import Evidence
from reconstruct.model.system import Flow, Series, System, plain_name

__all__ = ["read_system", "telling_metrics"]

_READ_ELSEWHERE: Final = frozenset({"up"})


def read_system(evidence: Evidence, *, calls: Collection[tuple[str, str]] = ()) -> System:
    """The system that the evidence's raw series show; without any, an empty one.

    Parameters
    ----------
    evidence : Evidence
        `raw`, and the names that events and alerts use.
    calls : collection of (caller, callee)
        As configured: they overrule what is inferred of these callers.

    Returns
    -------
    System
        Pure and deterministic.
    """
    rows = rows_of(evidence)
    found = _collected(rows, evidence, calls=calls)
    names, flows, pools, readings = found.names, found.flows, found.pools, found.readings
    finish_cluster(readings, found.of_cluster)
    finish_nodes(readings, names)
    for row in rows.get("up", ()):
        readings.add(names.thing(row), "up", row.values, Source(row.query, "up", instance_of(row.labels)), rank=1)
    _hosts(rows, names, found.hosts)
    return _system(names, flows, pools, readings, hosts=found.hosts, rows=rows, evidence=evidence, calls=calls)


def telling_metrics(seen: Mapping[str, tuple[str, Sequence[Mapping[str, str]]]]) -> frozenset[str]:
    """The metrics that a meaning is known for, before any of their samples is asked for.

    Exporters of a few programs have two thousand names, and most tell how the program was built. Which are worth
    asking is found by reading stand-ins for their series; one whose labels are not known may be any.

    Parameters
    ----------
    seen : mapping of str to (kind, labels of its series)
        Kinds as `packs.survey` tells them: counter, gauge, histogram, summary, info.
    """
    telling = {name for name, (kind, labels) in seen.items() if kind == "info" or not labels}
    telling |= _READ_ELSEWHERE & set(seen)
    for all_count in (False, True):  # what stood still when it was looked at may be either
        unknown = {name: one for name, one in seen.items() if name in telling or not all_count or one[0] != "counter"}
        evidence = stand_ins(unknown, all_count=all_count)
        found = _collected(rows_of(evidence), evidence, calls=())
        telling |= {metric for _, metric in chain.from_iterable(found.pools.behind.values())}
        telling |= {
            metric for ranks in found.readings.parts.values() for part in ranks.values() for _, metric in part.behind
        }
        for flows in (found.flows.served, found.flows.called, found.flows.handled, found.flows.delayed):
            telling |= set(chain.from_iterable(flows.values()))
    return frozenset(name for name in seen if name in telling or f"{name}_count" in telling)


@dataclass(slots=True)
class _Collected:
    """What the series were read as, metric by metric."""

    names: Names
    flows: Flows = field(default_factory=Flows)
    pools: Pools = field(default_factory=Pools)
    readings: Readings = field(default_factory=Readings)
    hosts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    of_cluster: dict[tuple[str, str], list[Series]] = field(default_factory=lambda: defaultdict(list))


def _collected(
    rows: Mapping[str, Sequence[Row]], evidence: Evidence, *, calls: Collection[tuple[str, str]]
) -> _Collected:
    given = {event.service.name for event in evidence.events} | {alert.service.name for alert in evidence.alerts}
    given |= {name for pair in (*calls, *evidence.calls) for name in pair}
    names = read_names(rows, given=given - {""})
    found = _Collected(names)
    flows, pools, readings = found.flows, found.pools, found.readings
    times_s = evidence.window.index.as_unit("ns").asi8 / 1e9
    for name in sorted(rows, key=lambda n: (_order(n, rows[n], names), n)):
        series = rows[name]
        families = {names.families.get(row.target, "app") for row in series}
        family = family_of(series[0].words)
        if name in _READ_ELSEWHERE:
            continue
        if family == "cluster":
            read_cluster(name, series, names=names, found=readings, hosts=found.hosts, parts=found.of_cluster)
        elif family == "host" and "host" in families:
            read_node(name, series, names=names, found=readings)
        elif family in ("database", "cache", "queue") and family in families:
            read_store(
                family, name, [r for r in series if names.families.get(r.target) == family], names=names, found=readings
            )
            for row in series:
                pair = consumer_of(row, names) if family == "queue" else None
                if pair:
                    flows.consumers.setdefault(*pair)
        elif family == "probe":
            read_probe(name, series, times_s=times_s, names=names, found=readings)
        elif family == "dns":
            read_dns(name, series, names=names, found=readings)
        else:
            _read_process(name, series, family=family, times_s=times_s, names=names, found=(flows, pools, readings))
    for kind in ("database", "cache"):
        _join_alone(kind, names, flows, pools, given={plain_name(name) for name in given})
    return found


def _join_alone(kind: str, names: Names, flows: Flows, pools: Pools, *, given: Collection[str]) -> None:
    """A store that callers only know by a name of their own is the one that is measured, where there is just one.

    Not where calls name that one too, or changes name the other: then they are two. A pool that names nothing is taken
    to lead to the one that is measured, and says nothing of this.
    """
    measured = {thing for target, thing in names.things.items() if names.families.get(target) == kind}
    called = {callee for _, callee in flows.called}
    named = {callee for callee in (*called, *(other for _, other in pools.parts)) if names.kinds.get(callee) == kind}
    if len(measured) != 1 or called & measured:
        return
    named -= measured
    (thing,) = measured
    for other in sorted(named - set(given)):
        names.kinds.pop(other)
        names.alias[other] = thing
        names.spelled[thing].add(other)
        for parts in (flows.called, pools.parts):
            for caller, callee in [pair for pair in parts if pair[1] == other]:
                moved = parts.pop((caller, callee))
                for key, series in moved.items():
                    parts[caller, thing].setdefault(key, series)  # type: ignore[arg-type]
        for caller, callee in [pair for pair in pools.behind if pair[1] == other]:
            pools.behind[caller, thing] += pools.behind.pop((caller, callee))


def _order(name: str, series: Sequence[Row], names: Names) -> int:
    """Stores and the cluster first: they make names known that callers use."""
    family = family_of(series[0].words)
    del name, names
    return (
        ("database", "cache", "queue", "host", "cluster", "dns", "edge").index(family)
        if family not in ("app", "probe", "self")
        else 9
    )


def _read_process(
    name: str,
    series: Sequence[Row],
    *,
    family: str,
    times_s: Series,
    names: Names,
    found: tuple[Flows, Pools, Readings],
) -> None:
    flows, pools, readings = found
    labels = frozenset(label for row in series[:20] for label in row.own)
    if family == "app" and read_backlog(name, series, names=names, found=readings):
        return
    if family != "edge" and is_pool(series[0].words, labels):
        read_pool(name, series, names=names, found=pools)
    elif not read_process(name, series, family=family, times_s=times_s, names=names, found=readings):
        read_flow(name, series, names=names, found=flows)


def _hosts(rows: Mapping[str, Sequence[Row]], names: Names, hosts: dict[str, Counter[str]]) -> None:
    """Which machines a thing runs on: by the node's label, or by the address it shares with a machine."""
    seen: set[tuple[str, str]] = set()
    for series in rows.values():
        for row in series:
            if row.target in seen:
                continue
            seen.add(row.target)
            thing = names.things.get(row.target, "")
            if names.kinds.get(thing) in ("host", None):
                continue
            node = next((row.labels[k] for k in words_for.NODE_LABELS if row.labels.get(k) in names.kinds), None)
            node = node or names.addresses.get(re.sub(r":\d+$", "", row.labels.get("instance", "")))
            server = row.own.get("server", "")
            node = node or names.addresses.get(re.sub(r":\d+$", "", server))
            if node and node != thing:
                hosts[thing][node] += 1


def _system(
    names: Names,
    flows: Flows,
    pools: Pools,
    readings: Readings,
    *,
    hosts: Mapping[str, Counter[str]],
    rows: Mapping[str, Sequence[Row]],
    evidence: Evidence,
    calls: Collection[tuple[str, str]],
) -> System:
    alone = set(flows.served)
    met = {callee for caller, callee in flows.called if caller != callee} | {callee for _, callee in flows.callers}
    for proxy in flows.passers - alone - met:
        names.kinds[proxy] = "edge"
    for (caller, _), metrics in list(flows.called.items()):  # a proxy that only tells what it passes on
        if names.kinds.get(caller) == "edge" and caller not in alone:
            for name, pieces in metrics.items():
                flows.served[caller][name] += pieces
    served = joined_flows(dict(flows.served))
    called = joined_flows({k: v for k, v in flows.called.items() if k[0] != k[1]})
    worked = joined_flows(dict(flows.handled))
    # A library exports its counters in every process: who never handled a message is no worker.
    handled = {worker: flow for worker, flow in worked.items() if np.nanmax(np.nan_to_num(flow.total), initial=0.0) > 0}
    for thing in (*served, *handled):
        names.kinds.setdefault(thing, "app")
    _beside(called, flows.callers, names)
    _behind(served, called, names)
    consumers = {worker: names.known(queue) or queue for worker, queue in flows.consumers.items()}
    read = joined_readings(readings)
    consumers |= consumers_by_rate(handled, read, consumers)
    joined_with = joined_pools(pools)
    seen = {*called, *flows.callers, *joined_with, *((worker, queue) for worker, queue in consumers.items())}
    configured = {
        (names.known(a) or plain_name(a), names.known(b) or plain_name(b)) for a, b in (*calls, *evidence.calls)
    }
    overruled = {caller for caller, _ in configured}
    inferred = frozenset(pair for pair in seen if pair[0] not in overruled and "?" not in pair)
    return System(
        kinds=dict(sorted(names.kinds.items())),
        names=dict(sorted(names.alias.items())),
        joined={k: tuple(sorted(v - {k})) for k, v in sorted(names.spelled.items()) if v - {k}},
        served=served,
        handled=handled,
        delayed=joined_flows(dict(flows.delayed)),
        called=called,
        calls=frozenset(configured) | inferred,
        inferred=inferred,
        pools=joined_with,
        readings=read,
        hosts={thing: tuple(n for n, _ in counted.most_common()) for thing, counted in sorted(hosts.items())},
        consumers=consumers,
        outermost=outermost(served, called, names),
        versions=_versions(rows, names),
    )


def _beside(called: Collection[tuple[str, str]], told: Collection[tuple[str, str]], names: Names) -> None:
    """A proxy that others call stands beside a service and speaks for it: its figures are the service's own."""
    for caller, callee in sorted({*called, *told}):
        if caller != callee and names.kinds.get(callee) == "edge":
            names.kinds[callee] = "app"


def _behind(served: Mapping[str, Flow], called: dict[tuple[str, str], Flow], names: Names) -> None:
    """A proxy that does not say where it sends: to the services that nobody else calls."""
    reached = {callee for _, callee in called}
    for edge in [s for s in served if names.kinds.get(s) == "edge"]:
        if any(caller == edge and not callee.startswith("behind ") for caller, callee in called):
            continue
        unnamed = called.pop((edge, f"behind {edge}"), None)
        free = [s for s in served if s not in reached and names.kinds.get(s) != "edge"]
        for thing in free:
            called[edge, thing] = unnamed if unnamed is not None and len(free) == 1 else served[thing]


def outermost(served: Mapping[str, Flow], called: Mapping[tuple[str, str], Flow], names: Names) -> str | None:
    """The hop that users meet: whom nobody calls; an edge where there is one; else the busiest of these."""
    callees = {callee for caller, callee in called if caller != callee}
    busy = {s: float(np.nanmedian(np.nan_to_num(flow.total))) for s, flow in served.items() if len(flow.total)}
    options = [s for s, rate in busy.items() if rate > 0]
    edges = [s for s in options if names.kinds.get(s) == "edge" and s not in callees]
    free = edges or [s for s in options if s not in callees] or options
    return max(sorted(free), key=lambda s: busy[s], default=None)


def _versions(rows: Mapping[str, Sequence[Row]], names: Names) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name, series in rows.items():
        if not name.endswith("_info") and not any(label in series[0].labels for label in words_for.VERSION_LABELS):
            continue
        if family_of(series[0].words) not in ("app", "self"):
            continue
        for row in series:
            version = next((row.labels[k] for k in words_for.VERSION_LABELS if row.labels.get(k)), "")
            if version:
                found[names.thing(row)][instance_of(row.labels)] = version
    return dict(found)
