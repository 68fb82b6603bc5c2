"""Argo CD: an application's deployments (`status.history`) and the sync that is under way or failed.

The API leaves out `kind`, so applications are known by their fields. A failed sync is a note about an attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.environments import place_of_object
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    has,
    items_at,
    labels,
    listed,
    short_sha,
    text,
    when,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult


def fetch_applications(ask: SourceRequest) -> SourceResult:
    """The deployments of every application of the Argo CD at `ask.argument` (its URL) that the token may see.

    Options: `token`, `project`, `selector` (labels of applications).
    """
    params = {
        k: v for k, v in {"projects": ask.options.get("project"), "selector": ask.options.get("selector")}.items() if v
    }
    with open_source(ask, name="Argo CD", url=ask.argument, token=ask.options.get("token", "")) as session:
        whole = get_json(session, "/api/v1/applications", params=params)
    told = APPLICATIONS.parse(listed(whole, "items", source="Argo CD"), PayloadReading("argocd", ask))
    return told.within(ask)


def read_application(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """The deployments of one application, and its last sync where that is none of them."""
    name = text(item, "metadata.name")
    service = Service(name, text(item, "spec.destination.namespace"))
    for entry in items_at(item, "status.history"):
        yield from _deployed(entry, reading, service=service)
    yield from _sync(item, reading, service=service)


def _deployed(entry: Item, reading: PayloadReading, *, service: Service) -> Iterator[Told]:
    who = text(entry, "initiatedBy.username")
    yield event(
        time=begin(entry, "deployStartedAt", "deployedAt"),
        end=end(entry, "deployedAt"),
        kind="deploy",
        service=service,
        title="",
        source=reading.source,
        source_id=f"{service.name}/{text(entry, 'id')}".lstrip("/"),
        version=_revision(entry),
        labels=labels(author=who) if reading.ask.authors else {},
        environment=place_of_object(service.namespace, service.name),
    )


def _sync(item: Item, reading: PayloadReading, *, service: Service) -> Iterator[Told]:
    """The last operation, where it is not one of the history's deployments."""
    operation = at(item, "status.operationState")
    phase = text(operation, "phase")
    if phase not in ("Running", "Failed", "Error", "Terminating") or when(operation, "startedAt") is None:
        return
    revision = _revision(at(operation, "syncResult")) or _revision(at(operation, "operation.sync"))
    running = phase == "Running"
    dry_run = at(operation, "operation.sync.dryRun") is True
    words = {"Running": "is under way", "Terminating": "is being stopped"}.get(phase, "failed")
    words = "is a dry run" if dry_run else words
    said = text(operation, "message")
    yield event(
        time=begin(operation, "startedAt"),
        end=end(operation, "finishedAt"),
        kind="deploy" if running else "note",
        service=service,
        title=f"sync of {service.name} to {revision or 'an unnamed revision'} {words}" + (f": {said}" if said else ""),
        source=reading.source,
        source_id=f"{service.name}/sync",
        version=revision if running else "",
        labels=labels(phase=phase),
        state="draft" if dry_run else "running" if running else "failed",
        environment=place_of_object(service.namespace, service.name),
    )


def _revision(item: object) -> str:
    several = at(item, "revisions")
    if found := text(item, "revision"):
        return short_sha(found)
    return ", ".join(short_sha(str(one)) for one in several) if isinstance(several, list) else ""


def _history(item: Item, reading: PayloadReading) -> Iterator[Told]:
    repository = text(item, "source.repoURL").rstrip("/").rpartition("/")[2].removesuffix(".git")
    yield from _deployed(item, reading, service=Service(reading.service or repository))


APPLICATIONS: Final = Format(
    "Argo CD applications",
    lambda item: (
        has(item, "metadata.name", "spec.destination")
        and (item.get("kind") in (None, "Application"))
        and (has(item, "spec.source") or has(item, "spec.sources") or has(item, "status.history"))
    ),
    each(read_application),
)
FORMATS: Final = (
    APPLICATIONS,
    Format("an Argo CD application's history", lambda item: has(item, "deployedAt", "id", "source"), each(_history)),
)
