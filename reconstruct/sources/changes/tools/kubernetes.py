"""Kubernetes objects, as `kubectl get ... -o json|yaml` and the API give them: what a cluster remembers of changes.

A ReplicaSet is made when a Deployment's pod template is new: its creation is the rollout's beginning. A rollback takes
an old ReplicaSet again and keeps its creation time. That it happened shows in its annotations; when, only in so far as
the revisions before and after it are dated: a Gap. ControllerRevisions are the same for StatefulSets and DaemonSets.
Events are notes: what the cluster did or saw, with how often and until when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.config import ReadTime
from reconstruct.model import Event, Gap, Service
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
from reconstruct.sources.result import SourceResult

REVISION: Final = "deployment.kubernetes.io/revision"
REVISIONS_BEFORE: Final = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE: Final = "kubernetes.io/change-cause"
_OWNERS: Final = frozenset({"Deployment", "Rollout", "StatefulSet", "DaemonSet"})
_SIDECARS: Final = re.compile(
    r"istio|envoy|linkerd|proxy|sidecar|vault-agent|cloudsql|fluent|filebeat|vector|promtail|jaeger|otel|opentelemetry"
    r"|datadog|dd-agent|newrelic|dapr|consul|exporter|statsd|oauth2|agent\b|init\b"
)
"""Names of containers that stand beside the one that the Deployment is about."""
_POD: Final = re.compile(r"(?P<name>.+?)-(?:[0-9a-z]{8,10}-[0-9a-z]{5}|[0-9a-z]{5}-\d+|\d+|[0-9a-z]{5})")
_REPLICA_SET: Final = re.compile(r"(?P<name>.+?)-[0-9a-z]{5,10}")
_CHANGES: Final[Mapping[str, str]] = {"SuccessfulRescale": "scale", "DeploymentRollback": "rollback"}
"""Reasons of events that are changes; a Deployment's own scaling of its ReplicaSets is part of its rollout."""
_INITIATOR: Final = re.compile(r"^\S+ (?=initiated\b)")
"""Argo CD's events begin with who asked for a sync."""


def _parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    previous = _replica_sets(items)
    complete = {
        (text(item, "metadata.namespace"), text(item, "metadata.name")): item
        for item in items
        if item.get("kind") == "Deployment"
    }
    passed = Passed()

    def read(item: Item, how: PayloadReading) -> Iterator[Told]:
        match item.get("kind"):
            case "ReplicaSet":
                yield from _replica_set(item, how, before=previous, deployments=complete)
            case "ControllerRevision":
                yield from _controller_revision(item, how)
            case "Event":
                yield from _event(item, how)
            case "Job":
                yield from _job(item, how)
            case "Pod":
                yield from _pod(item, how)
            case "Deployment" if not _of_deployment(item, items):
                yield from _deployment(item, how)
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
        gaps=tuple(_taken_again(told.events, source=reading.source)), notes=passed.note(reading.source)
    )


def _replica_sets(items: Sequence[Item]) -> Mapping[tuple[Service, int], Item]:
    """ReplicaSets by their Deployment and revision."""
    found: dict[tuple[Service, int], Item] = {}
    for item in items:
        revision = text(at(item, "metadata.annotations"), REVISION) or str(_annotation(item, REVISION))
        if item.get("kind") == "ReplicaSet" and (service := _owner(item)) and revision.isdecimal():
            found[service, int(revision)] = item
    return found


def _annotation(item: Item, name: str) -> str:
    """An annotation; its name has dots in it, so it is no path."""
    notes = at(item, "metadata.annotations")
    return str(notes.get(name) or "") if isinstance(notes, Mapping) else ""


def _replica_set(
    item: Item,
    reading: PayloadReading,
    *,
    before: Mapping[tuple[Service, int], Item],
    deployments: Mapping[tuple[str, str], Item],
) -> Iterator[Told]:
    service = _owner(item)
    if service is None:
        return
    revision = _annotation(item, REVISION)
    earlier = [
        number for owner, number in before if owner == service and revision.isdecimal() and number < int(revision)
    ]
    old = _images(before[service, max(earlier)]) if earlier else {}
    images = _images(item)
    container = _main(images, service=service, old=old)
    image = images[container]
    changed = [name for name in images if old and images[name] != old.get(name)]
    revisions = [*_annotation(item, REVISIONS_BEFORE).split(","), revision]
    began = begin(item, "metadata.creationTimestamp")
    over = _progress(deployments.get((service.namespace, service.name)), revision=revision)
    failed = over is not None and text(over, "reason") == "ProgressDeadlineExceeded"
    yield event(
        time=began,
        end=end(over, "lastUpdateTime") if over is not None and not failed else None,
        kind="deploy",
        service=service,
        title=_annotation(item, CHANGE_CAUSE),
        source=reading.source,
        source_id=text(item, "metadata.name"),
        version=_tag(image),
        previous=_tag(old[container]) if old.get(container) and old[container] != image else "",
        labels=labels(
            image=image,
            revisions=", ".join(filter(None, revisions)),
            changed_containers=", ".join(changed) if changed and changed != [container] else "",
            progress=text(over, "reason") if failed else "",
        ),
        state="running" if failed else "done",
    )


def _progress(deployment: Item | None, *, revision: str) -> Item | None:
    """The condition that tells how the rollout of a revision went; None = the Deployment is at another one."""
    if deployment is None or _annotation(deployment, REVISION) != revision:
        return None
    return next((one for one in items_at(deployment, "status.conditions") if text(one, "type") == "Progressing"), None)


def _images(item: Item) -> dict[str, str]:
    return {text(one, "name"): text(one, "image") for one in items_at(item, "spec.template.spec.containers")}


def _main(images: Mapping[str, str], *, service: Service, old: Mapping[str, str]) -> str:
    """The container that a workload is about: named like it, else not a known sidecar, else the first that changed."""
    if service.name in images:
        return service.name
    own = [name for name in images if not _SIDECARS.search(name)] or list(images)
    return next((name for name in own if old and images[name] != old.get(name)), own[0])


def _controller_revision(item: Item, reading: PayloadReading) -> Iterator[Told]:
    service = _owner(item)
    if service is None:
        return
    revision = text(item, "revision")
    images = {text(one, "name"): text(one, "image") for one in items_at(item, "data.spec.template.spec.containers")}
    yield event(
        time=begin(item, "metadata.creationTimestamp"),
        kind="deploy",
        service=service,
        title=_annotation(item, CHANGE_CAUSE) or f"{service.name} revision {revision}",
        source=reading.source,
        source_id=text(item, "metadata.name"),
        version=_tag(images[_main(images, service=service, old={})]) if images else "",
        labels=labels(revision=revision),
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


def _of_deployment(item: Item, items: Sequence[Item]) -> bool:
    """Whether ReplicaSets of a Deployment are there too: they tell its rollouts better."""
    service = Service(text(item, "metadata.name"), text(item, "metadata.namespace"))
    return any(one.get("kind") == "ReplicaSet" and _owner(one) == service for one in items)


def _deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A Deployment alone remembers only when its last rollout was complete."""
    over = _progress(item, revision=_annotation(item, REVISION))
    images, service = _images(item), Service(text(item, "metadata.name"), text(item, "metadata.namespace"))
    if over is None or when(over, "lastUpdateTime") is None or not images:
        return
    complete = text(over, "reason") == "NewReplicaSetAvailable"
    yield event(
        time=begin(over, "lastUpdateTime"),
        kind="deploy",
        service=service,
        title=_annotation(item, CHANGE_CAUSE) or f"rollout of {service.name} {'complete' if complete else 'under way'}",
        source=reading.source,
        source_id=f"{service.name}/{_annotation(item, REVISION)}",
        version=_tag(images[_main(images, service=service, old={})]),
        labels=labels(revision=_annotation(item, REVISION), progress=text(over, "reason")),
        state="done" if complete else "running",
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
        version=_tag(image),
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


def _taken_again(events: Sequence[Event], *, source: str) -> Iterator[Gap]:
    """A Gap for each revision that took an old ReplicaSet: after the one before was made, before the one after."""
    made: dict[Service, dict[int, Event]] = {}
    for told in events:
        for number in told.labels.get("revisions", "").split(", "):
            if number.isdecimal():
                made.setdefault(told.service, {})[int(number)] = told
    for service, by_revision in made.items():
        for revision, told in by_revision.items():
            if str(revision) == told.labels["revisions"].split(", ")[0]:
                continue
            earlier = [one.time for number, one in by_revision.items() if number < revision]
            later = [one.time for number, one in by_revision.items() if number > revision and one.time > told.time]
            missing = f"when {service.name} went back to {told.source_id} as revision {revision}"
            cause = "Kubernetes does not keep the time of a rollback"
            yield Gap("", source, missing, cause, start=max(earlier, default=None), end=min(later, default=None))


def _owner(item: Item) -> Service | None:
    owners = items_at(item, "metadata.ownerReferences")
    name = next((text(owner, "name") for owner in owners if text(owner, "kind") in _OWNERS), None)
    return None if name is None else Service(name, text(item, "metadata.namespace"))


def _of_object(kind: str, name: str, namespace: str) -> Service:
    """The workload that an object belongs to, as its name tells; a node is none."""
    if kind == "Node":
        return Service("")
    pattern = {"Pod": _POD, "ReplicaSet": _REPLICA_SET}.get(kind)
    match = pattern.fullmatch(name) if pattern else None
    return Service(match["name"] if match else name, namespace)


def _tag(image: str) -> str:
    """The version in an image's name: `registry:5000/shop:2.15@sha256:...` -> `2.15`."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest.removeprefix("sha256:")[:12]


def _knows(item: Item) -> bool:
    return (
        isinstance(item.get("kind"), str)
        and "apiVersion" in item
        and isinstance(item.get("metadata"), Mapping)
        and not str(item["kind"]).endswith("List")
    )


FORMATS: Final = (Format("Kubernetes objects", _knows, _parse),)
