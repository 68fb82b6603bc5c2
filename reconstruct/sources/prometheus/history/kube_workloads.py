"""What kube-state-metrics tells of workloads and nodes beside ReplicaSets: new StatefulSets' and DaemonSets' templates,
scaling, jobs, evictions, nodes under pressure, not ready or gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from reconstruct import promql as pq
from reconstruct.model import Event, EventKind, Query, Window
from reconstruct.model.instants import instant
from reconstruct.sources.prometheus.client import Answer, Prometheus
from reconstruct.sources.prometheus.history.restarts import coarser
from reconstruct.sources.service_labels import service_of

MAX_POINTS: Final = 2_000
MAX_TOLD: Final = 50
"""Events of one sort: with more of them the cluster is always doing it (jobs every minute), and none is news."""
INTERVAL_IF_UNKNOWN_S: Final = 60.0


class _Sort(NamedTuple):
    """A sort of event: which expression has a value when it happens, and how it is told."""

    name: str
    kind: EventKind
    label: str
    """What names the thing that it happened to."""
    promql: str
    """`{}` is a selector's braces with the scope, `<<`...`>>` hold further matchers; `STEP` is the grid's step."""
    title: str
    """With the labels of the series, `{what}` and `{value}`."""
    is_time: bool = False
    """The value is the moment itself, in Unix seconds."""


def _changed(metric: str, by: str) -> str:
    now = f"max by (cluster, namespace, {by}) ({metric}{{}})"
    before = f"max by (cluster, namespace, {by}) ({metric}{{}} offset STEP)"
    return f"({now} != {before}) and {before}"  # MetricsQL also finds unequal what was not there before


_CONDITIONS: Final = "max by (cluster, node, condition) (kube_node_status_condition<<{matching}>>{offset})"


def _begins(matching: str, *, healthy: int) -> str:
    now = _CONDITIONS.format(matching=matching, offset="")
    before = _CONDITIONS.format(matching=matching, offset=" offset STEP")
    return f"({now} == {1 - healthy}) and ({before} == {healthy})"


SORTS: Final = (
    _Sort(
        "statefulset",
        "deploy",
        "statefulset",
        f"({_changed('kube_statefulset_metadata_generation', 'statefulset')})"
        f" unless on (cluster, namespace, statefulset) ({_changed('kube_statefulset_replicas', 'statefulset')})",
        "stateful set {what} has a new template or settings (generation {value})",
    ),
    _Sort(
        "daemonset",
        "deploy",
        "daemonset",
        _changed("kube_daemonset_metadata_generation", "daemonset"),
        "daemon set {what} has a new template or settings (generation {value})",
    ),
    _Sort(
        "scaled",
        "scale",
        "deployment",
        _changed("kube_deployment_spec_replicas", "deployment"),
        "{what} scaled to {value} replicas",
    ),
    _Sort(
        "scaled-statefulset",
        "scale",
        "statefulset",
        _changed("kube_statefulset_replicas", "statefulset"),
        "{what} scaled to {value} replicas",
    ),
    _Sort(
        "jobs",
        "job",
        "job_name",
        "max by (cluster, namespace, job_name) (kube_job_status_start_time{}) >= START",
        "job {what} started",
        is_time=True,
    ),
    _Sort(
        "evicted",
        "restart",
        "pod",
        'max by (cluster, namespace, pod) (kube_pod_status_reason<<reason="Evicted">>) > 0'
        ' unless max by (cluster, namespace, pod) (kube_pod_status_reason<<reason="Evicted">> offset STEP) > 0',
        "pod {what} was evicted",
    ),
    _Sort(
        "pressure",
        "note",
        "node",
        _begins('condition=~"MemoryPressure|DiskPressure|PIDPressure",status="true"', healthy=0),
        "node {what}: {condition} began",
    ),
    _Sort(
        "not-ready",
        "note",
        "node",
        _begins('condition="Ready",status="true"', healthy=1),
        "node {what} was no longer ready",
    ),
    _Sort(
        "node-gone",
        "note",
        "node",
        "max by (cluster, node) (kube_node_info{} offset STEP) unless max by (cluster, node) (kube_node_info{})",
        "node {what} left the cluster",
    ),
)


def workload_changes(
    server: Prometheus, window: Window, *, scope: str = "", intervals: Mapping[str, float] | None = None
) -> tuple[tuple[Event, ...], tuple[Query, ...]]:
    """Events of workloads and nodes by time; nothing, for one question, where there is no kube-state-metrics."""
    there = ",".join(part for part in ('__name__=~"kube_node_info|kube_deployment_spec_replicas"', scope) if part)
    if not server.instant(f"count({{{there}}})", at=min(window.end, server.now())):
        return (), ()
    late_s = max((s for job, s in (intervals or {}).items() if "state-metrics" in job), default=INTERVAL_IF_UNKNOWN_S)
    grid = coarser(window, most_points=MAX_POINTS)
    events: list[Event] = []
    queries: list[Query] = []
    for sort in SORTS:
        asked = _filled(sort.promql, grid, scope=scope)
        answer = server.range(asked, grid)
        found = list(_events(sort, answer, grid, late_s=late_s))
        events += found if len(found) <= MAX_TOLD else []
        queries.append(
            Query(
                f"workloads/{sort.name}",
                "kubernetes",
                asked,
                grid.baseline_start,
                grid.end,
                grid.step_s,
                len(answer.labels),
            )
        )
    return tuple(sorted(events, key=lambda event: (event.time, event.service, event.title))), tuple(queries)


def _filled(promql: str, grid: Window, *, scope: str) -> str:
    comma = f",{scope}" if scope else ""
    promql = promql.replace("<<", "{").replace(">>", f"{comma}}}").replace("{}", f"{{{scope}}}" if scope else "")
    return promql.replace("STEP", pq.duration(grid.step_s)).replace("START", f"{grid.baseline_start.timestamp():.0f}")


def _events(sort: _Sort, answer: Answer, grid: Window, *, late_s: float) -> Iterator[Event]:
    unsure_s = grid.step_s + late_s
    for labels, values in zip(answer.labels, answer.values.T, strict=True):
        what = labels.get(sort.label, "")
        service = service_of({"service": what, **{k: v for k, v in labels.items() if k not in ("job", "service")}})
        rows = np.flatnonzero(~np.isnan(values))
        # What holds for several rows on end happened once.
        for row in rows[np.diff(rows, prepend=-2) > 1].tolist():
            value = float(values[row])
            time = grid.index[row] - pd.Timedelta(seconds=unsure_s)
            if sort.is_time:
                told = instant(value)
                if told is None or not grid.baseline_start <= told < grid.end:
                    continue
                time = told.round("s")
            yield Event(
                id="",
                time=time,
                kind=sort.kind,
                service=service,
                title=sort.title.format_map({**labels, "what": what, "value": f"{value:g}"}),
                resolution_s=1.0 if sort.is_time else unsure_s,
                source="prometheus",
                source_id=f"kubernetes/{sort.name}:{service.namespace}/{what}:{time.timestamp():.0f}",
                labels={k: v for k, v in labels.items() if k in ("node", "pod", "condition")},
            )
