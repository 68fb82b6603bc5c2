"""Octopus Deploy: deployments, as its dashboard (`GET /api/{space}/dashboard`) and its own list tell them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    begin,
    each,
    end,
    has,
    items_at,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult


def fetch_deployments(ask: SourceRequest) -> SourceResult:
    """The deployments on the dashboard of the Octopus at `ask.argument` (its URL, with the space). Options: `token`."""
    token = ask.options.get("token", "")
    headers = {"X-Octopus-ApiKey": token} if token else {}
    with open_source(ask, name="Octopus", url=ask.argument, headers=headers) as session:
        whole = get_json(session, "/dashboard", params={"highestLatestVersionPerProjectAndEnvironment": "false"})
    names = {
        text(one, "Id"): text(one, "Name") for part in ("Projects", "Environments") for one in items_at(whole, part)
    }
    items = [
        {**item, "Names": names}
        for item in [*listed(whole, "Items", source="Octopus"), *items_at(whole, "PreviousItems")]
    ]
    told = DEPLOYMENTS.parse(items, PayloadReading("octopus", ask))
    return told.within(ask)


def _deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    project, environment = text(item, "ProjectId"), text(item, "EnvironmentId")
    names = item.get("Names")
    known = names if isinstance(names, dict) else {}
    version = text(item, "ReleaseVersion")
    yield event(
        time=begin(item, "StartTime", "Created", "QueueTime"),
        end=end(item, "CompletedTime"),
        kind="deploy",
        service=Service(reading.service or str(known.get(project) or text(item, "ProjectName") or project)),
        title=text(item, "Name") if not version else "",
        source=reading.source,
        source_id=text(item, "DeploymentId", "Id"),
        version=version,
        labels=labels(release=text(item, "ReleaseId"), task=text(item, "TaskId")),
        state=text(item, "State"),
        environment=str(known.get(environment) or text(item, "EnvironmentName") or environment),
    )


DEPLOYMENTS: Final = Format(
    "Octopus deployments",
    lambda item: (
        has(item, "ProjectId", "EnvironmentId", "ReleaseId") and (has(item, "TaskId") or has(item, "DeploymentId"))
    ),
    each(_deployment),
)
_TASKS: Final = Described(
    name="tasks of Octopus",
    has=("QueueTime", "Name", "Description", "State"),
    time=("StartTime", "QueueTime"),
    end=("CompletedTime",),
    kind=lambda item: "deploy" if text(item, "Name") == "Deploy" else "job",
    title=("Description",),
    state=("State",),
    id=("Id",),
)
_EVENTS: Final = Described(
    name="events of Octopus",
    has=("Category", "Occurred", "Message"),
    time=("Occurred",),
    kind="note",
    title=("Message",),
    id=("Id",),
    labels={"category": ("Category",)},
)
FORMATS: Final = (DEPLOYMENTS, _TASKS.format(), _EVENTS.format())
