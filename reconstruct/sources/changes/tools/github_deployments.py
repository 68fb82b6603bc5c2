"""GitHub's deployments with their statuses: as REST, GraphQL and saved answers tell them.

A deployment that was asked for is not one that began: the first `in_progress` status is its time, the first `success`
after it its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from reconstruct.config import ReadTime
from reconstruct.model import Service
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    has,
    plain_version,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools.github_fields import kept_labels, repository_of
from reconstruct.sources.result import SourceResult

BEGAN: Final = frozenset({"in_progress"})
ENDED: Final = frozenset({"success", "failure", "error"})


def _deployment(item: Item, statuses: Sequence[Item], reading: PayloadReading) -> Iterator[Told]:
    payload = at(item, "payload")
    told = sorted(
        ((begin(status, "created_at", "createdAt").time, text(status, "state").lower(), status) for status in statuses),
        key=lambda status: status[:2],  # `in_progress` sorts before `success` where both came in one second
    )
    began = next((time for time, state, _ in told if state in BEGAN), None)
    asked = begin(item, "created_at", "createdAt")
    over = next(((time, state) for time, state, _ in told if state in ENDED and time >= (began or asked.time)), None)
    state = over[1] if over else (told[-1][1] if told else text(item, "state"))
    if not state or (state == "inactive" and not over):
        state = "success" if not told or state == "inactive" else state
    task = text(item, "task")
    yield event(
        time=ReadTime(began, 0.0, zone_told=True) if began is not None else asked,
        end=over[0] if over else None,
        kind=text(payload, "kind") or ("migration" if "migrat" in task else task.partition(":")[0] or "deploy"),
        service=Service(text(payload, "service") or reading.service or repository_of(item)),
        title=text(item, "description") or text(payload, "title"),
        source=reading.source,
        source_id=text(item, "id"),
        version=text(payload, "version") or _version(item),
        previous=text(payload, "previous"),
        url=_link(item, [status for _, _, status in told]),
        labels=kept_labels(item, reading, sha=text(item, "sha")[:12]),
        state=state,
        environment=text(item, "environment"),
        production=_production(item),
    )


def _production(item: Item) -> bool | None:
    if at(item, "transient_environment") is True:
        return False
    flag = at(item, "production_environment")
    return flag if isinstance(flag, bool) else None


def parse_deployments(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Deployments, with their statuses by id in `reading.beside`."""
    by_id = cast("Mapping[str, object]", reading.beside) if isinstance(reading.beside, dict) else {}

    def read(item: Item, how: PayloadReading) -> Iterable[Told]:
        listed = by_id.get(text(item, "id"), ())
        statuses = [one for one in cast("Sequence[object]", listed) if isinstance(one, dict) and "created_at" in one]
        return _deployment(item, statuses, how)

    return each(read)(items, reading)


def _parse_statuses(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """A deployment's statuses alone: they tell its times and place; of what is deployed only the repository."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(text(item, "deployment_url"), []).append(item)
    made = [
        {
            "id": url.rpartition("/")[2],
            "url": url,
            "repository_url": text(group[0], "repository_url"),
            "environment": text(group[0], "environment"),
            "created_at": min(text(status, "created_at") for status in group),
        }
        for url, group in groups.items()
    ]
    beside = {url.rpartition("/")[2]: group for url, group in groups.items()}
    note = f"{reading.source} holds deployment statuses alone: versions are in the deployments themselves"
    told = parse_deployments(made, PayloadReading(reading.source, reading.ask, reading.service, beside))
    return told + SourceResult(notes=(note,))


def _version(deployment: Item) -> str:
    """The tag without its `v`; a branch says nothing about what was deployed, its commit does."""
    ref, sha = text(deployment, "ref"), text(deployment, "sha")
    looks_like_version = re.fullmatch(r"(?:refs/tags/)?v?\d+(?:\.\d+)+\S*|(?:refs/tags/)?v\d+|[0-9a-f]{7,40}", ref)
    if looks_like_version or (any(letter.isdigit() for letter in ref) and "/" not in ref.removeprefix("refs/tags/")):
        return plain_version(ref)
    return sha[:7] or ref


def _link(deployment: Item, statuses: Sequence[Item]) -> str:
    """Where a person can look: the run's log, the environment, and only then the API."""
    for name in ("log_url", "target_url", "environment_url"):
        for status in statuses:
            if link := text(status, name):
                return link
    return text(deployment, "url")


def is_statuses_by_id(whole: object) -> bool:
    """Whether a JSON value is deployment statuses by deployment id, as they are kept beside the deployments."""
    return (
        isinstance(whole, dict)
        and bool(whole)
        and all(key.isdigit() and isinstance(value, list) for key, value in whole.items())
    )


def _knows_deployment(item: Item) -> bool:
    return has(item, "sha", "ref", "environment", "created_at") and isinstance(item["environment"], str)


def _parse_graphql(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Deployments as GraphQL gives them: states in capitals, statuses inside."""
    made: list[Item] = []
    beside: dict[str, list[object]] = {}
    for item in items:
        number = text(item, "databaseId", "id")
        made.append(
            {
                "id": number,
                "sha": text(item, "commitOid"),
                "ref": text(item, "ref.name"),
                "environment": text(item, "environment", "latestEnvironment"),
                "created_at": text(item, "createdAt"),
                "state": {"ACTIVE": "success", "DESTROYED": "inactive"}.get(text(item, "state"), text(item, "state")),
                "description": text(item, "description"),
                "task": text(item, "task"),
                "repository_url": text(item, "repository.url"),
            }
        )
        nodes = at(item, "statuses.nodes")
        beside[number] = [
            {"state": text(one, "state").lower(), "created_at": text(one, "createdAt")}
            for one in (nodes if isinstance(nodes, list) else [])
            if isinstance(one, dict)
        ]
    return parse_deployments(made, PayloadReading(reading.source, reading.ask, reading.service, beside))


DEPLOYMENTS: Final = Format("GitHub deployments", _knows_deployment, parse_deployments)
FORMATS: Final = (
    Format(
        "GitHub deployments (GraphQL)", lambda item: has(item, "commitOid", "createdAt", "environment"), _parse_graphql
    ),
    DEPLOYMENTS,
    Format(
        "GitHub deployment statuses", lambda item: has(item, "state", "deployment_url", "created_at"), _parse_statuses
    ),
)
