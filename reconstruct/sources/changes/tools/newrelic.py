"""New Relic: deployments and other changes that were marked (REST, NerdGraph, NRQL), and issues of its alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.described import Described
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
    plain_version,
    short_sha,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceResult

_RESULTS: Final = "data.actor.entity.deploymentSearch.results"


def _deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A row of `deploymentSearch`, or of NRQL's `FROM Deployment`, whose columns have dots in their names."""
    entity = str(item.get("entity.name") or "") or text(item, "entity.name", "entityName")
    shadow = text(item, "deploymentType") == "SHADOW"
    yield event(
        time=begin(item, "timestamp"),
        kind="deploy",
        service=Service(reading.service or entity),
        title=text(item, "description"),
        source=reading.source,
        source_id=text(item, "deploymentId"),
        version=short_sha(plain_version(text(item, "version"))),
        url=text(item, "deepLink"),
        labels=labels(type=text(item, "deploymentType"), commit=short_sha(text(item, "commit"))),
        production=False if shadow else None,  # a shadow answers nobody
    )


def _of_entity(answers: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """An entity's deployments, which name it once for all of them."""
    rows = [
        {"entityName": text(whole, "data.actor.entity.name"), **row}
        for whole in answers
        for row in items_at(whole, _RESULTS)
    ]
    return each(_deployment)(rows, reading)


def _change(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A change event: its category is ours with other words, and a flag names itself."""
    category = text(item, "category")
    yield event(
        time=begin(item, "timestamp"),
        kind={"Deployment Lifecycle": "note", "Operational": "config"}.get(category, category),
        service=Service(reading.service or text(item, "entity.name")),
        title=text(item, "shortDescription", "description", "featureFlag.featureFlagId"),
        source=reading.source,
        source_id=text(item, "changeTrackingId"),
        version=short_sha(plain_version(text(item, "deployment.version"))),
        labels=labels(category=category, type=text(item, "type")),
    )


def _issue(item: Item, reading: PayloadReading) -> Iterator[Told]:
    entities = at(item, "impactedEntities") or at(item, "entityNames")
    title = at(item, "title")
    over = text(item, "state") == "CLOSED"
    yield event(
        time=begin(item, "activatedAt", "createdAt"),
        end=end(item, "closedAt", "updatedAt") if over else None,
        kind="alert",
        service=Service(reading.service or (str(entities[0]) if isinstance(entities, list) and entities else "")),
        title=str(title[0]) if isinstance(title, list) and title else text(item, "title"),
        source=reading.source,
        source_id=text(item, "issueId", "id"),
        url=text(item, "issueUrl"),
        labels=labels(priority=text(item, "priority"), state=text(item, "state")),
    )


_MARKERS: Final = Described(
    name="deployments of New Relic",
    has=("revision", "changelog", "timestamp"),
    time=("timestamp",),
    kind="deploy",
    title=("description",),
    version=("revision",),
)
FORMATS: Final = (
    Format("deployments of an entity of New Relic", lambda item: has(item, _RESULTS), _of_entity),
    _MARKERS.format(),
    Format(
        "deployments of New Relic",
        lambda item: has(item, "deploymentId", "deploymentType", "timestamp"),
        each(_deployment),
    ),
    Format("changes of New Relic", lambda item: has(item, "changeTrackingId", "category", "timestamp"), each(_change)),
    Format(
        "issues of New Relic",
        lambda item: (
            has(item, "priority", "state", "createdAt") and (has(item, "impactedEntities") or has(item, "entityNames"))
        ),
        each(_issue),
    ),
)
