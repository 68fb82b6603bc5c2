"""Flux: what HelmReleases and Kustomizations deployed, from the objects themselves, and what Flux notifies of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.environments import place_of_object
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    begin,
    each,
    has,
    items_at,
    labels,
    text,
    when,
)
from reconstruct.sources.changes.record import event

KINDS: Final = ("HelmRelease", "Kustomization")
_STATES: Final = {"deployed": "done", "superseded": "done", "failed": "failed", "uninstalled": "done"}


def read_object(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """The deployments that one object tells: its history, or when it was last seen ready."""
    service = Service(text(item, "metadata.name"), text(item, "metadata.namespace"))
    history = items_at(item, "status.history")
    if item.get("kind") == "Kustomization":
        yield from _reconciled(item, history, reading, service=service)
        return
    for entry in history:
        status = text(entry, "status")
        version = text(entry, "appVersion", "chartVersion")
        yield event(
            time=begin(entry, "lastDeployed", "firstDeployed"),
            kind="deploy",
            service=service,
            title="",
            source=reading.source,
            source_id=f"{service.name}/{text(entry, 'version')}",
            version=version,
            labels=labels(chart=f"{text(entry, 'chartName')}-{text(entry, 'chartVersion')}", helm_status=status),
            state=_STATES.get(status, "running" if status.startswith("pending") else status),
            environment=place_of_object(service.namespace, service.name),
        )
    if not history:
        yield from _ready(item, reading, service=service)


def _reconciled(item: Item, history: list[Item], reading: PayloadReading, *, service: Service) -> Iterator[Told]:
    """Each set of manifests that a Kustomization applied, when it first was; the newest stands first.

    Flux keeps one entry for each set and outcome. One that is newest and was first applied before the entry behind it
    is a return to it, whose time lies after that entry's last: its Ready condition tells when it was done.
    """
    if not history:
        yield from _ready(item, reading, service=service)
    for place, entry in enumerate(history):
        outcome = text(entry, "lastReconciledStatus")
        version = text(entry, "metadata.revision").rpartition(":")[2][:12]
        yield event(
            time=begin(entry, "firstReconciled"),
            kind="deploy",
            service=service,
            title=f"{service.name} {version}: {outcome}",
            source=reading.source,
            source_id=f"{service.name}/{text(entry, 'digest')}/{outcome}",
            version=version,
            labels=labels(reason=outcome),
            state="done" if outcome.endswith("Succeeded") else "failed",
            environment=place_of_object(service.namespace, service.name),
        )
        if place == 0 and len(history) > 1:
            yield from _returned(item, entry, history[1], reading, service=service, version=version)


def _returned(
    item: Item, newest: Item, before: Item, reading: PayloadReading, *, service: Service, version: str
) -> Iterator[Told]:
    left = begin(before, "lastReconciled")
    if text(newest, "digest") == text(before, "digest") or begin(newest, "firstReconciled").time >= left.time:
        return
    ready = _condition(item)
    changed = when(ready, "lastTransitionTime") if ready is not None else None
    yield event(
        time=changed if changed is not None and changed.time > left.time else left,
        kind="rollback",
        service=service,
        title=f"{service.name} back to {version}",
        source=reading.source,
        source_id=f"{service.name}/{text(newest, 'digest')}/again",
        version=version,
        environment=place_of_object(service.namespace, service.name),
    )


def _condition(item: Item) -> Item | None:
    """The condition that tells whether the object is ready."""
    return next(
        (one for one in items_at(item, "status.conditions") if text(one, "type") in ("Ready", "Released")), None
    )


def _ready(item: Item, reading: PayloadReading, *, service: Service) -> Iterator[Told]:
    ready = _condition(item)
    applied, tried = text(item, "status.lastAppliedRevision"), text(item, "status.lastAttemptedRevision")
    if ready is None or when(ready, "lastTransitionTime") is None or not (applied or tried):
        return
    status = text(ready, "status")
    untried = status == "False" and applied == tried  # what it depends on is not ready: nothing new was begun
    yield event(
        time=begin(ready, "lastTransitionTime"),
        kind="note" if untried else "deploy",
        service=service,
        title=f"{service.name} {applied if status == 'True' else tried}: {text(ready, 'message')}",
        source=reading.source,
        source_id=f"{service.name}/{applied or tried}",
        version="" if untried else (applied if status == "True" else tried).rpartition(":")[2][:12],
        labels=labels(reason=text(ready, "reason")),
        state={"True": "done", "False": "failed"}.get(status, "running"),
        environment=place_of_object(service.namespace, service.name),
    )


def _notification(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """What Flux's notification controller posts: the end of a reconciliation, never its beginning."""
    name, reason = text(item, "involvedObject.name"), text(item, "reason")
    kind = next((kind for words, kind in _REASONS if words in reason), "note")
    yield event(
        time=begin(item, "timestamp"),
        kind=kind,
        service=Service(name, text(item, "involvedObject.namespace")),
        title=text(item, "message") or f"{name}: {reason}",
        source=reading.source,
        source_id=f"{name} {reason}",
        version=text(item, "metadata.revision").rpartition(":")[2][:12] if kind != "note" else "",
        labels=labels(reason=reason, object=text(item, "involvedObject.kind")),
        environment=place_of_object(text(item, "involvedObject.namespace"), name),
        state="failed" if text(item, "severity") == "error" else "done",
    )


_REASONS: Final[tuple[tuple[str, EventKind], ...]] = (
    ("Rollback", "rollback"),
    ("Upgrade", "deploy"),
    ("Install", "deploy"),
    ("ReconciliationSucceeded", "deploy"),
    ("ReconciliationFailed", "deploy"),
    ("HealthCheckFailed", "deploy"),
)
FORMATS: Final = (
    Format(
        "notifications of Flux",
        lambda item: has(item, "involvedObject", "severity", "reason", "timestamp"),
        each(_notification),
    ),
    Format("Flux objects", lambda item: item.get("kind") in KINDS and "metadata" in item, each(read_object)),
)
