"""Kubernetes objects, as `kubectl get ... -o json|yaml` and the API give them: what a cluster remembers of changes.

Events are notes: what the cluster did or saw, with how often and until when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.config import ReadTime
from reconstruct.model import Service
from reconstruct.sources.changes.environments import placed_by_namespace
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    Passed,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    items_at,
    labels,
    newest,
    text,
    when,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools import argo, flux
from reconstruct.sources.changes.tools.kubernetes_rollouts import (
    has_replica_sets,
    read_controller_revision,
    read_deployment,
    read_replica_set,
    replica_sets,
    tag,
    taken_again,
)
from reconstruct.sources.result import SourceResult

_POD: Final = re.compile(r"(?P<name>.+?)-(?:[0-9a-z]{8,10}-[0-9a-z]{5}|[0-9a-z]{5}-\d+|\d+|[0-9a-z]{5})")
_REPLICA_SET: Final = re.compile(r"(?P<name>.+?)-[0-9a-z]{5,10}")
_CHANGES: Final[Mapping[str, str]] = {"SuccessfulRescale": "scale", "DeploymentRollback": "rollback"}
"""Reasons of events that are changes; a Deployment's own scaling of its ReplicaSets is part of its rollout."""
_INITIATOR: Final = re.compile(r"^\S+ (?=initiated\b)")
"""Argo CD's events begin with who asked for a sync."""


def _parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    previous = replica_sets(items)
    complete = {
        (text(item, "metadata.namespace"), text(item, "metadata.name")): item
        for item in items
        if item.get("kind") == "Deployment"
    }
    passed = Passed()

    def read(item: Item, how: PayloadReading) -> Iterator[Told]:
        match item.get("kind"):
            case "ReplicaSet":
                yield from read_replica_set(item, how, before=previous, deployments=complete)
            case "ControllerRevision":
                yield from read_controller_revision(item, how)
            case "Event":
                yield from _event(item, how)
            case "Job":
                yield from _job(item, how)
            case "Pod":
                yield from _pod(item, how)
            case "Deployment" if not has_replica_sets(item, items):
                yield from read_deployment(item, how)
            case "HorizontalPodAutoscaler":
                yield from _autoscaler(item, how)
            case "ConfigMap":
                yield from _config_map(item, how)
            case "Node":
                yield from _node(item, how)
            case "CronJob":
                yield from _cron_job(item, how)
            case "Revision":
                yield from _knative_revision(item, how)
            case "PipelineRun":
                yield from _pipeline_run(item, how)
            case "Application":
                yield from argo.read_application(item, how)
            case kind if kind in flux.KINDS:
                yield from flux.read_object(item, how)
            case kind:
                passed.add(str(kind))

    told = each(read)(items, reading)
    if not reading.ask.options.get("namespace"):  # one that was asked for by name is where the incident is
        told = replace(told, events=tuple(map(placed_by_namespace, told.events)))
    return told + SourceResult(
        gaps=tuple(taken_again(told.events, source=reading.source)), notes=passed.note(reading.source)
    )


def _event(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """An Event of v1 or of events.k8s.io: the names differ, the meaning does not."""
    about = at(item, "involvedObject") or at(item, "regarding")
    kind, name = text(about, "kind"), text(about, "name")
    reason = text(item, "reason")
    began = begin(item, "firstTimestamp", "deprecatedFirstTimestamp", "eventTime", "metadata.creationTimestamp")
    last = when(item, "lastTimestamp", "deprecatedLastTimestamp", "series.lastObservedTime")
    count = text(item, "count", "deprecatedCount", "series.count")
    times = f" ({count} times)" if count.isdecimal() and int(count) > 1 else ""
    said = text(item, "message", "note")
    if kind == "Application" and not reading.ask.authors:
        said = _INITIATOR.sub("", said)
    yield event(
        time=began,
        end=last.time if last is not None else None,
        kind=_CHANGES.get(reason, "note"),
        service=_of_object(kind, name, text(about, "namespace") or text(item, "metadata.namespace")),
        title=f"{reason} {kind} {name}: {said}{times}",
        source=reading.source,
        source_id=text(item, "metadata.uid") or f"{text(item, 'metadata.name')}/{reason}/{kind}/{name}",
        labels=labels(
            reason=reason, type=text(item, "type"), node=name if kind == "Node" else text(item, "source.host")
        ),
    )


def _job(item: Item, reading: PayloadReading) -> Iterator[Told]:
    began = when(item, "status.startTime")
    if began is None:
        return
    failed = any(
        text(c, "type") == "Failed" and text(c, "status") == "True" for c in items_at(item, "status.conditions")
    )
    over = end(item, "status.completionTime")
    owner = next((text(o, "name") for o in items_at(item, "metadata.ownerReferences")), "")
    yield event(
        time=began,
        end=over,
        kind="job",
        service=Service(owner or text(item, "metadata.name"), text(item, "metadata.namespace")),
        title=f"job {text(item, 'metadata.name')}",
        source=reading.source,
        source_id=text(item, "metadata.uid", "metadata.name"),
        labels=labels(result="failed" if failed else ""),
        state="done" if over else "running",
    )


def _pod(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """How a pod's containers ended last: the cluster remembers one end each."""
    name = text(item, "metadata.name")
    service = _of_object("Pod", name, text(item, "metadata.namespace"))
    for status in items_at(item, "status.containerStatuses"):
        ended = at(status, "lastState.terminated")
        if when(ended, "finishedAt") is None:
            continue
        reason, code = text(ended, "reason"), text(ended, "exitCode")
        yield event(
            time=begin(ended, "finishedAt"),
            kind="note",
            service=service,
            title=f"container {text(status, 'name')} of {name} ended: {reason} (exit code {code})",
            source=reading.source,
            source_id=f"{name}/{text(status, 'name')}/{text(status, 'restartCount')}",
            labels=labels(reason=reason, node=text(item, "spec.nodeName")),
        )


def _autoscaler(item: Item, reading: PayloadReading) -> Iterator[Told]:
    if when(item, "status.lastScaleTime") is None:
        return
    target = text(item, "spec.scaleTargetRef.name") or text(item, "metadata.name")
    yield event(
        time=begin(item, "status.lastScaleTime"),
        kind="scale",
        service=Service(target, text(item, "metadata.namespace")),
        title=f"{target} scaled to {text(item, 'status.desiredReplicas')} by its autoscaler",
        source=reading.source,
        source_id=text(item, "metadata.uid", "metadata.name"),
    )


def _config_map(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """When a ConfigMap was last written, by what its managers left; what it holds is not looked at."""
    written = newest(items_at(item, "metadata.managedFields"), "time")
    at_first = begin(item, "metadata.creationTimestamp")
    name = text(item, "metadata.name")
    yield event(
        time=at_first if written is None else ReadTime(written, 0.0, zone_told=True),
        kind="config",
        service=Service(text(at(item, "metadata.labels"), "app") or name, text(item, "metadata.namespace")),
        title=f"ConfigMap {name} {'made' if written is None else 'written'}",
        source=reading.source,
        source_id=text(item, "metadata.uid", "metadata.name"),
    )


def _node(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """Since when a node has been ready or not, and under which pressure."""
    name = text(item, "metadata.name")
    for one in items_at(item, "status.conditions"):
        kind, status = text(one, "type"), text(one, "status")
        if (kind != "Ready" and status != "True") or when(one, "lastTransitionTime") is None:
            continue
        yield event(
            time=begin(one, "lastTransitionTime"),
            kind="note",
            service=Service(""),
            title=f"node {name}: {kind} {status}: {text(one, 'message')}",
            source=reading.source,
            source_id=f"{name}/{kind}",
            labels=labels(node=name, reason=text(one, "reason")),
        )


def _cron_job(item: Item, reading: PayloadReading) -> Iterator[Told]:
    if when(item, "status.lastScheduleTime") is None:
        return
    name = text(item, "metadata.name")
    yield event(
        time=begin(item, "status.lastScheduleTime"),
        kind="job",
        service=Service(name, text(item, "metadata.namespace")),
        title=f"cron job {name}",
        source=reading.source,
        source_id=text(item, "metadata.uid", "metadata.name"),
    )


def _knative_revision(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A revision of Knative or Cloud Run: made when its service's template is new."""
    notes = at(item, "metadata.labels")
    service = notes.get("serving.knative.dev/service", "") if isinstance(notes, Mapping) else ""
    ready = next((one for one in items_at(item, "status.conditions") if text(one, "type") == "Ready"), {})
    image = text(item, "spec.containers.0.image")
    yield event(
        time=begin(item, "metadata.creationTimestamp"),
        end=end(ready, "lastTransitionTime") if text(ready, "status") == "True" else None,
        kind="deploy",
        service=Service(str(service)),
        title="",
        source=reading.source,
        source_id=text(item, "metadata.name"),
        version=tag(image),
        labels=labels(image=image),
        state="failed" if text(ready, "status") == "False" else "done",
    )


def _pipeline_run(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A run of Tekton."""
    pipeline = text(item, "spec.pipelineRef.name") or text(item, "metadata.name")
    done = next((one for one in items_at(item, "status.conditions") if text(one, "type") == "Succeeded"), {})
    yield event(
        time=begin(item, "status.startTime", "metadata.creationTimestamp"),
        end=end(item, "status.completionTime"),
        kind=kind_of_pipeline(pipeline, otherwise="note"),
        service=Service("", text(item, "metadata.namespace")),
        title=f"pipeline {pipeline}",
        source=reading.source,
        source_id=text(item, "metadata.name"),
        state={"True": "done", "False": "failed", "Unknown": "running"}.get(text(done, "status"), "requested"),
    )


def _of_object(kind: str, name: str, namespace: str) -> Service:
    """The workload that an object belongs to, as its name tells; a node is none."""
    if kind == "Node":
        return Service("")
    pattern = {"Pod": _POD, "ReplicaSet": _REPLICA_SET}.get(kind)
    match = pattern.fullmatch(name) if pattern else None
    return Service(match["name"] if match else name, namespace)


def _knows(item: Item) -> bool:
    return (
        isinstance(item.get("kind"), str)
        and "apiVersion" in item
        and isinstance(item.get("metadata"), Mapping)
        and not str(item["kind"]).endswith("List")
    )


FORMATS: Final = (Format("Kubernetes objects", _knows, _parse),)
