"""Bodies of GitHub's webhooks, and entries of a repository's activity: an envelope with the repository and the sender.

What a body is about is told by the part it holds. One that only asks (`workflow_dispatch`), checks (`check_run`) or
talks tells no change: it is passed over, since the only times in it are the repository's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
    labels,
    short_sha,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools.github_deployments import parse_deployments
from reconstruct.sources.changes.tools.github_runs import JOBS, RELEASES, RUNS
from reconstruct.sources.result import SourceResult

_PARTS: Final[Mapping[str, Format]] = {"workflow_job": JOBS, "workflow_run": RUNS, "release": RELEASES}
"""Bodies that hold an item as the API gives it; a job before the run and the deployment that stand beside it."""
_TAKEN_BACK: Final = frozenset({"deleted", "unpublished"})
_OTHERS: Final = ("pull_request", "issue")
"""Bodies that are read as what trackers tell."""


def _part_of(item: Item) -> str:
    """Which part a body is about; "" = none that tells a change."""
    if has(item, "deployment_status.state", "deployment.sha"):
        return "deployment"
    for name in _PARTS:
        if has(item, f"{name}.id"):
            return name
    if has(item, "deployment.sha", "deployment.id"):
        return "deployment"
    if has(item, "ref", "before", "after", "commits"):
        return "push"
    if has(item, "build.status", "build.commit"):
        return "build"
    return next((name for name in ("package", "registry_package") if has(item, f"{name}.package_type")), "")


def _parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    told = SourceResult()
    by_part: dict[str, list[Item]] = {}
    for item in items:
        by_part.setdefault(_part_of(item), []).append(item)
    for name, bodies in by_part.items():
        if name == "deployment":
            told += _deployments(bodies, reading)
        elif name in _PARTS:
            told += _last_told(name, bodies, reading)
        else:
            told += each(_READERS[name])(bodies, reading)
    return told


def _deployments(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Each deployment once, with all its statuses; one without a status was asked for: nobody says that it began."""
    deployments: dict[str, Item] = {}
    statuses: dict[str, list[object]] = {}
    for item in items:
        number = text(item, "deployment.id")
        deployments[number] = {**cast("Item", at(item, "deployment")), "state": "queued"}
        if has(item, "deployment_status.state"):
            statuses.setdefault(number, []).append(at(item, "deployment_status"))
    whole = PayloadReading(reading.source, reading.ask, service=reading.service, beside=statuses)
    return parse_deployments(list(deployments.values()), whole)


def _last_told(name: str, items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Each run, job or release once, as the last body tells it."""
    latest: dict[str, Item] = {}
    notes: tuple[str, ...] = ()
    for item in items:
        number = text(item, f"{name}.id")
        if name == "release" and text(item, "action") in _TAKEN_BACK:
            latest.pop(number, None)
            notes += (f"{reading.source}: a release that was taken back is passed over",)
        else:
            latest[number] = {"repository": item.get("repository"), **cast("Item", item[name])}
    return _PARTS[name].parse(list(latest.values()), reading) + SourceResult(notes=tuple(dict.fromkeys(notes)))


def _push(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A push is as old as its arrival, which the repository's `pushed_at` tells; a commit may be days older."""
    if not text(item, "head_commit.timestamp"):
        yield f"{reading.source}: a push without commits is passed over"
        return
    kind, _, name = text(item, "ref").removeprefix("refs/").partition("/")
    message = text(item, "head_commit.message").partition("\n")[0]
    yield event(
        time=_pushed(item) or begin(item, "head_commit.timestamp"),
        kind="note",
        service=Service(reading.service or text(item, "repository.name")),
        title=f"push of {'tag ' if kind == 'tags' else ''}{name}: {message}",
        source=reading.source,
        source_id=text(item, "after"),
        version=short_sha(text(item, "after")),
    )


def _pushed(item: Item) -> ReadTime | None:
    """When the push came: epoch seconds in the webhook of a push, and only there the time of this very push."""
    return begin(item, "repository.pushed_at") if re.fullmatch(r"\d{10}", text(item, "repository.pushed_at")) else None


def _build(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A build of GitHub Pages: `built` is published, `errored` is not."""
    yield event(
        time=begin(item, "build.created_at"),
        kind="deploy",
        service=Service(reading.service or text(item, "repository.name")),
        title=f"pages of {text(item, 'repository.name')}",
        source=reading.source,
        source_id=text(item, "id"),
        version=short_sha(text(item, "build.commit")),
        labels=labels(error=text(item, "build.error.message")),
        state={"built": "done"}.get(text(item, "build.status"), text(item, "build.status")),
        environment="github-pages",
        production=False,
    )


def _package(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A package that was published runs nowhere yet: a note."""
    package = at(item, "package") or at(item, "registry_package")
    yield event(
        time=begin(package, "package_version.created_at", "created_at"),
        kind="note",
        service=Service(reading.service or text(item, "repository.name")),
        title=f"package {text(package, 'name')} {text(package, 'package_version.version')} {text(item, 'action')}",
        source=reading.source,
        source_id=text(package, "package_version.id", "id"),
    )


def _passed(item: Item, reading: PayloadReading) -> Iterator[Told]:
    named = {"inputs": "workflow_dispatch", "commit": "the status of a commit", "ref_type": "a new or deleted ref"}
    parts = [name for name, value in item.items() if isinstance(value, Mapping) and name not in _ENVELOPE]
    about = next((told for name, told in named.items() if name in item), "") or (*parts, text(item, "action"))[0]
    yield f"{reading.source}: a webhook of GitHub about {about} tells no change that happened, and is passed over"


_ENVELOPE: Final = frozenset({"repository", "sender", "organization", "installation", "enterprise", "client_payload"})
_READERS: Final = {"push": _push, "build": _build, "package": _package, "registry_package": _package, "": _passed}


def _activity(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """An entry of a repository's activity (`/repos/{owner}/{repo}/events`)."""
    repository = text(item, "repo.name").rpartition("/")[2]
    what = text(item, "type")
    if what == "ReleaseEvent" and isinstance(release := at(item, "payload.release"), dict):
        told = RELEASES.parse([{"repository": {"name": repository}, **release}], reading)
        yield from told.events
        yield from told.gaps
        yield from told.notes
    elif what == "PushEvent":
        yield event(
            time=begin(item, "created_at"),
            kind="note",
            service=Service(reading.service or repository),
            title=f"push to {text(item, 'payload.ref').removeprefix('refs/heads/')}",
            source=reading.source,
            source_id=text(item, "id"),
            version=text(item, "payload.head")[:12],
        )
    else:
        yield f"{reading.source}: an entry that is no push and no release is passed over"


def _is_body(item: Item) -> bool:
    enveloped = has(item, "repository.full_name", "sender.login") or (
        has(item, "repository") and bool(_part_of(item)) and (has(item, "action") or _part_of(item) == "push")
    )
    return (enveloped or has(item, "deployment.sha", "deployment.id")) and not any(name in item for name in _OTHERS)


FORMATS: Final = (
    Format("GitHub's activity", lambda item: has(item, "type", "actor", "repo.name", "payload"), each(_activity)),
    Format("bodies of GitHub's webhooks", _is_body, _parse),
)
