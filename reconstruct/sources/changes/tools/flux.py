"""Flux: what HelmReleases and Kustomizations deployed, from the objects themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
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
    history = items_at(item, "status.history") if item.get("kind") == "HelmRelease" else []
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
        )
    if not history:
        yield from _ready(item, reading, service=service)


def _ready(item: Item, reading: PayloadReading, *, service: Service) -> Iterator[Told]:
    ready = next(
        (one for one in items_at(item, "status.conditions") if text(one, "type") in ("Ready", "Released")), None
    )
    applied, tried = text(item, "status.lastAppliedRevision"), text(item, "status.lastAttemptedRevision")
    if ready is None or when(ready, "lastTransitionTime") is None or not (applied or tried):
        return
    status = text(ready, "status")
    yield event(
        time=begin(ready, "lastTransitionTime"),
        kind="deploy",
        service=service,
        title=f"{service.name} {applied if status == 'True' else tried}: {text(ready, 'message')}",
        source=reading.source,
        source_id=f"{service.name}/{applied or tried}",
        version=(applied if status == "True" else tried).rpartition(":")[2][:12],
        labels=labels(reason=text(ready, "reason")),
        state={"True": "done", "False": "failed"}.get(status, "running"),
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
