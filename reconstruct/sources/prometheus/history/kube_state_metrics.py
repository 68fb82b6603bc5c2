"""What kube-state-metrics tells of changes: new and returned ReplicaSets, containers that began again.

A Deployment gets a new ReplicaSet exactly when its pod template changes (an image, a variable, a limit), and the
creation time is told to the second. Undoing it scales the older ReplicaSet up again: nothing is created then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from reconstruct import promql as pq
from reconstruct.model import Event, Gap, Query, Service, Window
from reconstruct.model.instants import instant
from reconstruct.sources.prometheus.client import Answer, Prometheus
from reconstruct.sources.prometheus.history.restarts import coarser
from reconstruct.sources.service_labels import service_of

MAX_POINTS: Final = 2_000
YOUNG: Final = pd.Timedelta("15min")
"""A ReplicaSet this young that gets its first replicas is the new one; kube-state-metrics is scraped late at times."""
INTERVAL_IF_UNKNOWN_S: Final = 60.0
"""Between scrapes of kube-state-metrics: its chart's and the Prometheus operator's default is half of that."""
PLACE: Final = "cluster, namespace, replicaset"
"""What names a ReplicaSet; a label that is not there matches another that is not there."""


class _ReplicaSet(NamedTuple):
    name: str
    service: Service
    created: pd.Timestamp


def kube_changes(
    server: Prometheus, window: Window, *, scope: str = "", intervals: Mapping[str, float] | None = None
) -> tuple[tuple[Event, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Rollouts, rollbacks and container restarts of a Kubernetes cluster, by time; nothing where it is not one.

    `intervals` (job -> seconds between scrapes) tells how late a change may have been seen.
    """
    late_s = max((s for job, s in (intervals or {}).items() if "state-metrics" in job), default=INTERVAL_IF_UNKNOWN_S)
    grid = coarser(window, most_points=MAX_POINTS)
    step = pq.duration(grid.step_s)
    braces = f"{{{scope}}}" if scope else ""
    created = f"max by ({PLACE}) (kube_replicaset_created{braces})"
    owners = ",".join(part for part in ('owner_kind="Deployment"', scope) if part)
    owned = f"max by ({PLACE}, owner_name) (kube_replicaset_owner{{{owners}}})"
    joined = f"group_left (owner_name) {owned}"
    missing = f"max by ({PLACE}) (kube_replicaset_spec_replicas{braces})"
    restarts = f"kube_pod_container_status_restarts_total{braces}"
    asked = {
        "kubernetes/created": f"({created} >= {grid.baseline_start.timestamp():.0f}) * on ({PLACE}) {joined}",
        "kubernetes/scaled": f"({missing} > 0) and on ({PLACE}) "
        f"(max by ({PLACE}) (kube_replicaset_spec_replicas{braces} offset {step}) == 0)",
        "kubernetes/restarted": f"({restarts} - {restarts} offset {step}) > 0",
    }
    answers = {name: server.range(promql, grid) for name, promql in asked.items()}
    queries = [
        Query(name, "kubernetes", promql, grid.baseline_start, grid.end, grid.step_s, len(answers[name].labels))
        for name, promql in asked.items()
    ]
    events = [_rollout(each) for each in _told(answers["kubernetes/created"], grid)]
    scaled = answers["kubernetes/scaled"]
    if scaled.labels:
        namespaces = pq.one_of(sorted({labels.get("namespace", "") for labels in scaled.labels}))
        all_of_them = f"max by ({PLACE}) (kube_replicaset_created{{namespace=~{namespaces}}}) * on ({PLACE}) {joined}"
        sets = _told(server.range(all_of_them, coarser(window, most_points=50)), None)
        events += _rollbacks(scaled, sets, grid, late_s=late_s)
    events += _container_restarts(answers["kubernetes/restarted"], grid, late_s=late_s)
    return tuple(sorted(events, key=lambda event: (event.time, event.service, event.title))), tuple(queries), ()


def _told(answer: Answer, within: Window | None) -> list[_ReplicaSet]:
    """The ReplicaSets of an answer whose values are creation times."""
    found: list[_ReplicaSet] = []
    for labels, values in zip(answer.labels, answer.values.T, strict=True):
        created = instant(float(np.fmax.reduce(values)))
        if created is not None and (within is None or within.baseline_start <= created < within.end):
            found.append(_ReplicaSet(labels.get("replicaset", ""), _owner(labels), created))
    return found


def _owner(labels: Mapping[str, str]) -> Service:
    return service_of({"service": labels.get("owner_name", ""), **{k: v for k, v in labels.items() if k != "job"}})


def _rollout(made: _ReplicaSet) -> Event:
    return Event(
        id="",
        time=made.created,
        kind="deploy",
        service=made.service,
        title=f"{made.service.name} rolled out as {made.name}",
        resolution_s=1.0,
        source="prometheus",
        source_id=f"kube_replicaset_created:{made.service.namespace}/{made.name}",
        labels={"replicaset": made.name},
    )


def _rollbacks(scaled: Answer, sets: Sequence[_ReplicaSet], grid: Window, *, late_s: float) -> list[Event]:
    """Where an older ReplicaSet gets replicas again although its Deployment has a newer one."""
    unsure_s = grid.step_s + late_s
    by_name = {(each.service.cluster, each.service.namespace, each.name): each for each in sets}
    found: list[Event] = []
    for labels, values in zip(scaled.labels, scaled.values.T, strict=True):
        place = _owner(labels)
        mine = by_name.get((place.cluster, place.namespace, labels.get("replicaset", "")))
        if mine is None:
            continue  # no Deployment's
        for row in np.flatnonzero(~np.isnan(values)).tolist():
            time = grid.index[row]
            newer = [each for each in sets if each.service == mine.service and mine.created < each.created <= time]
            if not newer or time - mine.created <= YOUNG:
                continue  # a rollout, or a workload that scales from zero
            last = max(newer, key=lambda each: each.created)
            found.append(
                Event(
                    id="",
                    time=time - pd.Timedelta(seconds=unsure_s),
                    kind="rollback",
                    service=mine.service,
                    title=f"{mine.service.name} is back at {mine.name} (was {last.name})",
                    resolution_s=unsure_s,
                    source="prometheus",
                    source_id=f"kube_replicaset_spec_replicas:{place.namespace}/{mine.name}:{time.timestamp():.0f}",
                    labels={"replicaset": mine.name, "previous_replicaset": last.name},
                )
            )
    return found


def _container_restarts(answer: Answer, grid: Window, *, late_s: float) -> list[Event]:
    """One event for each row in which containers of one service began again."""
    unsure_s = grid.step_s + late_s
    at: dict[tuple[pd.Timestamp, Service], list[str]] = {}
    for labels, values in zip(answer.labels, answer.values.T, strict=True):
        told = {name: value for name, value in labels.items() if name not in ("job", "service", "app")}
        service = service_of({"service": labels.get("container", ""), **told})
        for row in np.flatnonzero(~np.isnan(values)).tolist():
            at.setdefault((grid.index[row], service), []).append(labels.get("pod", ""))
    return [
        Event(
            id="",
            time=time - pd.Timedelta(seconds=unsure_s),
            kind="restart",
            service=service,
            title=f"container {service.name} of {pods[0]} restarted"
            if len(pods) == 1
            else f"container {service.name} of {len(pods)} pods restarted",
            resolution_s=unsure_s,
            source="prometheus",
            source_id=f"kube_pod_container_status_restarts_total:{service.namespace}/{service.name}:{time.timestamp():.0f}",
            labels={"pods": ", ".join(sorted(pods))},
        )
        for (time, service), pods in sorted(at.items())
    ]
