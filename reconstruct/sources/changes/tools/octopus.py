"""Octopus Deploy: deployments, as its dashboard (`GET /api/{space}/dashboard`) and its own list tell them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, cast

from reconstruct.model import Service
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.environments import place_in_title
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
    listed(whole, "Items", source="Octopus")
    return _dashboard([cast("Item", whole)], PayloadReading("octopus", ask)).within(ask)


def _dashboard(answers: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """The deployments on dashboards, with the names of their projects and environments."""
    told = SourceResult()
    for whole in answers:
        parts = [one for part in ("Projects", "Environments") for one in items_at(whole, part)]
        names = {text(one, "Id"): text(one, "Name") for one in parts}
        items = [*items_at(whole, "Items"), *items_at(whole, "PreviousItems")]
        told += DEPLOYMENTS.parse([{**item, "Names": names} for item in items], reading)
    return told


def _deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    project, environment = text(item, "ProjectId"), text(item, "EnvironmentId")
    names = item.get("Names")
    known = names if isinstance(names, dict) else {}
    version = text(item, "ReleaseVersion")
    if not has(item, "State"):
        yield (
            f"{reading.source}: a deployment of Octopus without its task's state is taken as asked for;"
            " the dashboard or the tasks tell how it ended"
        )
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
        state=text(item, "State") if has(item, "State") else "requested",
        environment=str(known.get(environment) or text(item, "EnvironmentName"))
        or place_in_title(text(item, "Name"))
        or environment,
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
_CATEGORIES: Final = {"Queued": "queued", "Started": "running", "Succeeded": "done", "Failed": "failed"}
_MESSAGE: Final = re.compile(r"\bfor (?P<project>.+?) release (?P<version>\S+?)(?: to (?P<place>.+?))?[.]?$")


def _told_by_events(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """The audit log's entries: those of one deployment are one event, from its start to its end."""
    by_deployment: dict[str, list[Item]] = {}
    others: list[Item] = []
    for item in items:
        about = _deployment_of(item)
        if about and text(item, "Category").removeprefix("Deployment") in _CATEGORIES:
            by_deployment.setdefault(about, []).append(item)
        else:
            others.append(item)
    told = each(_told_deployment)([{"Id": about, "Told": one} for about, one in by_deployment.items()], reading)
    return told + _EVENTS.format().parse(others, reading)


def _deployment_of(item: Item) -> str:
    about = item.get("RelatedDocumentIds")
    found = [str(one) for one in about] if isinstance(about, list) else []
    return next((one for one in found if one.startswith("Deployments-")), "")


def _told_deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    told = {text(one, "Category").removeprefix("Deployment"): one for one in items_at(item, "Told")}
    reached = next(word for word in reversed(_CATEGORIES) if word in told)
    over = told.get("Succeeded") or told.get("Failed")
    message = text(told[reached], "Message")
    named = _MESSAGE.search(message)
    yield event(
        time=begin(told.get("Started") or over or told["Queued"], "Occurred"),
        end=end(over, "Occurred") if over else None,
        kind="deploy",
        service=Service(reading.service or (named["project"] if named else "")),
        title=message,
        source=reading.source,
        source_id=text(item, "Id"),
        version=named["version"] if named else "",
        state=_CATEGORIES[reached],
        environment=(named["place"] or "" if named else "") or place_in_title(message),
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
FORMATS: Final = (
    Format("Octopus' dashboard", lambda item: has(item, "Projects", "Environments", "Items"), _dashboard),
    DEPLOYMENTS,
    _TASKS.format(),
    _EVENTS.format()._replace(parse=_told_by_events),
)
