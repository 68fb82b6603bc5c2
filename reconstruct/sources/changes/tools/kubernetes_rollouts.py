"""Rollouts as a cluster remembers them: ReplicaSets, ControllerRevisions, and Deployments that stand alone.

A ReplicaSet is made when a Deployment's pod template is new: its creation is the rollout's beginning. A rollback takes
an old ReplicaSet again and keeps its creation time. That it happened shows in its annotations; when, only in so far as
the revisions before and after it are dated: a Gap. ControllerRevisions are the same for StatefulSets and DaemonSets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.payload import (
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    end,
    items_at,
    labels,
    text,
    when,
)
from reconstruct.sources.changes.record import event

REVISION: Final = "deployment.kubernetes.io/revision"
REVISIONS_BEFORE: Final = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE: Final = "kubernetes.io/change-cause"
_OWNERS: Final = frozenset({"Deployment", "Rollout", "StatefulSet", "DaemonSet"})
_SIDECARS: Final = re.compile(
    r"istio|envoy|linkerd|proxy|sidecar|vault-agent|cloudsql|fluent|filebeat|vector|promtail|jaeger|otel|opentelemetry"
    r"|datadog|dd-agent|newrelic|dapr|consul|exporter|statsd|oauth2|agent\b|init\b"
)
"""Names of containers that stand beside the one that the Deployment is about."""


def replica_sets(items: Sequence[Item]) -> Mapping[tuple[Service, int], Item]:
    """ReplicaSets by their Deployment and revision."""
    found: dict[tuple[Service, int], Item] = {}
    for item in items:
        revision = text(at(item, "metadata.annotations"), REVISION) or str(_annotation(item, REVISION))
        if item.get("kind") == "ReplicaSet" and (service := _owner(item)) and revision.isdecimal():
            found[service, int(revision)] = item
    return found


def read_replica_set(
    item: Item,
    reading: PayloadReading,
    *,
    before: Mapping[tuple[Service, int], Item],
    deployments: Mapping[tuple[str, str], Item],
) -> Iterator[Told]:
    """The rollout of a revision, with the Deployment's word on how it went; `before` as `replica_sets` gives it."""
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
        version=tag(image),
        previous=tag(old[container]) if old.get(container) and old[container] != image else "",
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


def _main(images: Mapping[str, str], *, service: Service, old: Mapping[str, str]) -> str:
    """The container that a workload is about: named like it, else not a known sidecar, else the first that changed."""
    if service.name in images:
        return service.name
    own = [name for name in images if not _SIDECARS.search(name)] or list(images)
    return next((name for name in own if old and images[name] != old.get(name)), own[0])


def read_controller_revision(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """The rollout of a StatefulSet or a DaemonSet."""
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
        version=tag(images[_main(images, service=service, old={})]) if images else "",
        labels=labels(revision=revision),
    )


def has_replica_sets(item: Item, items: Sequence[Item]) -> bool:
    """Whether ReplicaSets of a Deployment are there too: they tell its rollouts better."""
    service = Service(text(item, "metadata.name"), text(item, "metadata.namespace"))
    return any(one.get("kind") == "ReplicaSet" and _owner(one) == service for one in items)


def read_deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
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
        version=tag(images[_main(images, service=service, old={})]),
        labels=labels(revision=_annotation(item, REVISION), progress=text(over, "reason")),
        state="done" if complete else "running",
    )


def taken_again(events: Sequence[Event], *, source: str) -> Iterator[Gap]:
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


def _annotation(item: Item, name: str) -> str:
    """An annotation; its name has dots in it, so it is no path."""
    notes = at(item, "metadata.annotations")
    return str(notes.get(name) or "") if isinstance(notes, Mapping) else ""


def _images(item: Item) -> dict[str, str]:
    return {text(one, "name"): text(one, "image") for one in items_at(item, "spec.template.spec.containers")}


def _owner(item: Item) -> Service | None:
    owners = items_at(item, "metadata.ownerReferences")
    name = next((text(owner, "name") for owner in owners if text(owner, "kind") in _OWNERS), None)
    return None if name is None else Service(name, text(item, "metadata.namespace"))


def tag(image: str) -> str:
    """The version in an image's name: `registry:5000/shop:2.15@sha256:...` -> `2.15`."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest.removeprefix("sha256:")[:12]
