"""What GitHub tells of workflow runs, their jobs, and releases: from the API, `gh --json` and webhooks alike.

A release's time is when it was published, a draft is none. A job begins when a runner takes it, not when it is queued.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.environments import place_in
from reconstruct.sources.changes.kinds import kind_of_pipeline
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
    plain_version,
    short_sha,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools.github_fields import kept_labels, repository_of


def _release(item: Item, reading: PayloadReading) -> Iterator[Told]:
    if at(item, "draft") is True or at(item, "isDraft") is True:
        yield f"{reading.source}: a draft of a release is passed over"
        return
    tag = text(item, "tag_name", "tagName")
    repository = text(item, "repository.name") or repository_of(item)
    version = plain_version(tag)
    name = text(item, "name")
    yield event(
        time=begin(item, "published_at", "publishedAt", "created_at", "createdAt"),
        kind="deploy",
        service=Service(reading.service or repository),
        title=f"{repository} {version}: {name}" if name and plain_version(name) != version else "",
        source=reading.source,
        source_id=text(item, "id", "databaseId") or tag,
        version=version,
        url=text(item, "html_url", "url"),
        labels=kept_labels(item, reading, event="release", prerelease="true" if at(item, "prerelease") is True else ""),
    )


def _run(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name = text(item, "workflowName", "name")
    began = begin(item, "run_started_at", "startedAt", "created_at", "createdAt")
    status, conclusion = text(item, "status"), text(item, "conclusion")
    kind = kind_of_pipeline(name, text(item, "path"), otherwise="note")
    repository = text(item, "repository.name", "head_repository.name") or repository_of(item)
    yield event(
        time=began,
        end=end(item, "updated_at", "updatedAt") if status == "completed" else None,
        kind=kind,
        service=Service(reading.service or repository),
        title=": ".join(dict.fromkeys(filter(None, (name, text(item, "display_title", "displayTitle"))))),
        source=reading.source,
        source_id=text(item, "id", "databaseId"),
        version=short_sha(text(item, "head_sha", "headSha")),
        url=text(item, "html_url", "url"),
        labels=kept_labels(
            item,
            reading,
            event=text(item, "event"),
            branch=text(item, "head_branch", "headBranch"),
            conclusion=conclusion,
        ),
        state=conclusion or status,
        environment=place_in(name) if kind != "note" else "",
    )


def _job(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name, workflow = text(item, "name"), text(item, "workflow_name")
    status = text(item, "conclusion") or text(item, "status")
    kind = kind_of_pipeline(name, workflow, otherwise="note")
    waits = status in ("queued", "waiting", "pending", "requested")
    yield event(
        time=begin(item, "created_at" if waits else "started_at", "started_at"),
        end=end(item, "completed_at"),
        kind=kind,
        service=Service(reading.service or text(item, "repository.name") or repository_of(item)),
        title=": ".join(dict.fromkeys(filter(None, (workflow, name)))),
        source=reading.source,
        source_id=text(item, "id"),
        version=short_sha(text(item, "head_sha")),
        url=text(item, "html_url"),
        labels=kept_labels(item, reading, branch=text(item, "head_branch"), conclusion=text(item, "conclusion")),
        state=status,
        environment=(place_in(name) or place_in(workflow)) if kind != "note" else "",
    )


RELEASES: Final = Format(
    "GitHub releases",
    lambda item: has(item, "tag_name", "published_at") or has(item, "tagName", "publishedAt"),
    each(_release),
)
RUNS: Final = Format(
    "GitHub workflow runs",
    lambda item: (
        (has(item, "head_sha", "run_number") or has(item, "head_branch", "conclusion", "html_url"))
        or (
            has(item, "conclusion")
            and (has(item, "createdAt") or has(item, "startedAt"))
            and any(has(item, name) for name in ("databaseId", "headSha", "workflowName", "displayTitle"))
        )
    ),
    each(_run),
)
JOBS: Final = Format("jobs of GitHub workflow runs", lambda item: has(item, "run_id", "steps", "head_sha"), each(_job))
FORMATS: Final = (JOBS, RELEASES, RUNS)
