"""GitLab: deployments, releases and pipelines; from the API and from webhooks alike.

A deployment's time is when its job began; one that was called off before that is none. The environment's `tier` is
GitLab's own word for production.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, cast
from urllib.parse import quote

from reconstruct.errors import SourceError, UsageError
from reconstruct.http import NotAllowedError, Session
from reconstruct.model import Gap, Service
from reconstruct.sources.changes.kinds import kind_of_pipeline, state_of
from reconstruct.sources.changes.paged import RateLimitedError, open_source, pages
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
    labels,
    newest,
    plain_version,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://gitlab.com/api/v4"
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 50

_PROJECT: Final = re.compile(r"\d+|\w[\w.-]*(?:/\w[\w.-]*)+")
_TIERS: Final = {"production": True, "staging": False, "testing": False, "development": False}


def fetch_changes(ask: SourceRequest) -> SourceResult:
    """Deployments, releases and pipelines of a project (`group/project` or its number) that touch the window.

    Options: `token`, `url` (of a GitLab of your own, with /api/v4), `environment`, `service`.

    Raises
    ------
    UsageError
        If the argument is not a project.
    SourceError
        If GitLab does not answer, refuses the token, or knows no such project.
    """
    if not _PROJECT.fullmatch(ask.argument):
        raise UsageError(f"{ask.argument!r} is not a GitLab project", hint="write gitlab:group/project, or its number")
    service = ask.options.get("service") or ask.argument.rpartition("/")[2]
    reading = PayloadReading(f"gitlab:{ask.argument}", ask, service=service)
    since = f"{ask.window.baseline_start:%Y-%m-%dT%H:%M:%SZ}"
    updated = {"order_by": "updated_at", "sort": "desc", "updated_after": since}
    place = {"environment": ask.options["environment"]} if ask.options.get("environment") else {}
    token = ask.options.get("token", "")
    headers = {"PRIVATE-TOKEN": token} if token else {}
    with open_source(ask, name="GitLab", url=ask.options.get("url", API_URL), headers=headers) as session:
        told = _read(session, "deployments", {**updated, **place}, DEPLOYMENTS, reading)
        asked: tuple[tuple[str, dict[str, str], Format], ...] = (
            ("releases", {"order_by": "released_at", "sort": "desc"}, RELEASES),
            ("pipelines", updated, PIPELINES),
        )
        for what, params, known in asked:
            try:
                told += _read(session, what, params, known, replace(reading, source=f"{reading.source} {what}"))
            except (SourceError, NotAllowedError) as error:  # a token may see one and not the other
                told += SourceResult(gaps=(_gap(reading, what, f"{error.message}; {error.hint}"),))
                if isinstance(error, RateLimitedError):
                    break
    return told.within(ask)


def _read(session: Session, what: str, params: dict[str, str], known: Format, reading: PayloadReading) -> SourceResult:
    path = f"/projects/{quote(reading.ask.argument, safe='')}/{what}"
    found: list[Item] = []
    gaps: list[Gap] = []
    size = str(PAGE_SIZE)
    for page in pages(session, path, params={"per_page": size, **params}, page_size=PAGE_SIZE, max_pages=MAX_PAGES):
        if page is None:
            gaps.append(_gap(reading, f"more {what}", f"only the {MAX_PAGES * PAGE_SIZE} latest updated were read"))
        else:
            found += page
            latest = newest(page, "released_at") if what == "releases" else None
            if latest is not None and latest < reading.ask.window.baseline_start:
                break
    return SourceResult(gaps=tuple(gaps)) + known.parse(found, reading)


def _gap(reading: PayloadReading, missing: str, cause: str) -> Gap:
    window = reading.ask.window
    return Gap("", reading.source, missing, cause, window.baseline_start, window.end)


def _deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    status = text(item, "status", "deployable.status")
    if state_of(status) == "cancelled" and not text(item, "deployable.started_at"):
        yield f"{reading.source}: a deployment that was called off before it began is passed over"
        return
    service, ref, sha = _service(item, reading), text(item, "ref"), text(item, "sha")
    version = plain_version(ref) if at(item, "deployable.tag") is True else sha[:8]
    title = text(item, "deployable.commit.title")
    yield event(
        time=begin(item, "deployable.started_at", "created_at"),
        end=end(item, "deployable.finished_at"),
        kind="deploy",
        service=Service(service),
        title=f"{service} {version}: {title}" if title else "",
        source=reading.source,
        source_id=text(item, "id"),
        version=version,
        url=text(item, "deployable.web_url"),
        labels=labels(sha=sha[:12], ref=ref, author=text(item, "user.username") if reading.ask.authors else ""),
        state=status,
        environment=text(item, "environment.name"),
        production=_TIERS.get(text(item, "environment.tier")),
    )


def _environment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """An environment tells its last deployment: which of the earlier ones are in the window, nobody knows from it."""
    last = item.get("last_deployment")
    if not isinstance(last, dict):
        yield f"{reading.source}: an environment that nothing was deployed to is passed over"
        return
    yield f"{reading.source}: an environment tells its last deployment only; give the deployments too"
    yield from _deployment({**last, "environment": {"name": item.get("name"), "tier": item.get("tier")}}, reading)


def _release(item: Item, reading: PayloadReading) -> Iterator[Told]:
    if at(item, "upcoming_release") is True:
        yield f"{reading.source}: an upcoming release is passed over"
        return
    tag, name, service = text(item, "tag_name", "tag"), text(item, "name"), _service(item, reading)
    version = plain_version(tag)
    yield event(
        time=begin(item, "released_at", "created_at"),
        kind="deploy",
        service=Service(service),
        title=" ".join(filter(None, (service, version)))
        + (f": {name}" if name and plain_version(name) != version else ""),
        source=reading.source,
        source_id=tag,
        version=version,
        url=text(item, "_links.self", "url"),
        labels=labels(event="release"),
    )


def _pipeline(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A pipeline builds and tests, and may deploy: what it deployed is a deployment of its own, so this is a note."""
    ref, status = text(item, "ref"), text(item, "status")
    yield event(
        time=begin(item, "started_at", "created_at"),
        end=end(item, "finished_at", "updated_at") if state_of(status) in ("done", "failed", "cancelled") else None,
        kind="note",
        service=Service(_service(item, reading)),
        title=f"pipeline {text(item, 'id')} of {ref}: {status}",
        source=reading.source,
        source_id=f"pipeline {text(item, 'id')}",
        version=text(item, "sha")[:8],
        url=text(item, "web_url"),
        labels=labels(ref=ref, event=text(item, "source")),
        state=status,
    )


_OVER: Final = frozenset({"success", "failed", "canceled"})


def _hook(
    read: Callable[[Item], Item], inner: Callable[[Item, PayloadReading], Iterator[Told]]
) -> Callable[[Item, PayloadReading], Iterator[Told]]:
    return lambda item, reading: inner(read(item), reading)


def _deployment_hooks(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Each deployment once, with all its states: `status_changed_at` is when it began in one body, ended in another."""
    bodies: dict[str, list[Item]] = {}
    for number, item in enumerate(items):
        bodies.setdefault(text(item, "deployment_id", "deployable_id") or f"item {number}", []).append(item)
    return each(_deployment)([_deployment_of(group) for group in bodies.values()], reading)


def _deployment_of(bodies: Sequence[Item]) -> Item:
    told = sorted(bodies, key=lambda body: begin(body, "status_changed_at").time)
    last = told[-1]
    began = next((body for body in told if text(body, "status") == "running"), last)
    over = last.get("status_changed_at") if last is not began and text(last, "status") in _OVER else None
    return {
        "id": last.get("deployment_id"),
        "status": last.get("status"),
        "created_at": told[0].get("status_changed_at"),
        "ref": last.get("ref"),
        "sha": text(last, "commit_url").rpartition("/")[2] or last.get("short_sha"),
        "project": last.get("project"),
        "environment": {"name": last.get("environment"), "tier": last.get("environment_tier")},
        "deployable": {
            "started_at": began.get("status_changed_at"),
            "finished_at": over,
            "web_url": last.get("deployable_url"),
            "commit": {"title": last.get("commit_title")},
        },
    }


def _job_hook(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A job's webhook (`build_*`); one that has not started was asked for."""
    name, stage = text(item, "build_name", "job_name"), text(item, "build_stage", "job_stage")
    kind = kind_of_pipeline(name, stage, otherwise="note")
    yield event(
        time=begin(item, "build_started_at", "build_created_at"),
        end=end(item, "build_finished_at"),
        kind=kind,
        service=Service(reading.service or text(item, "project_name").rpartition("/")[2].strip()),
        title=f"job {name} of {text(item, 'ref')}: {text(item, 'build_status', 'job_status')}",
        source=reading.source,
        source_id=text(item, "build_id", "job_id"),
        version=text(item, "sha")[:8],
        state=text(item, "build_status", "job_status"),
        environment=text(item, "environment.name"),
    )


def _pipeline_hook(item: Item) -> Item:
    return {**cast("Item", item["object_attributes"]), "project": item.get("project")}


def _service(item: Item, reading: PayloadReading) -> str:
    """The project: as the configuration names it, or as an address in the payload does."""
    if reading.service:
        return reading.service
    if path := text(item, "project.path_with_namespace", "project.name"):
        return path.rpartition("/")[2]
    for address in (
        "deployable.web_url",
        "web_url",
        "deployable.pipeline.web_url",
        "tag_path",
        "commit_path",
        "_links.self",
    ):
        if match := re.search(r"/([\w.-]+)/-/", text(item, address)):
            return match[1]
    host = re.match(r"https?://([\w-]+)\.", text(item, "environment.external_url"))
    return host[1] if host and host[1] != "www" else ""


DEPLOYMENTS: Final = Format(
    "GitLab deployments",
    lambda item: has(item, "iid", "status", "environment.name") or has(item, "deployable", "environment.name", "sha"),
    each(_deployment),
)
RELEASES: Final = Format("GitLab releases", lambda item: has(item, "tag_name", "released_at"), each(_release))
PIPELINES: Final = Format(
    "GitLab pipelines", lambda item: has(item, "iid", "sha", "ref", "status", "source", "project_id"), each(_pipeline)
)
FORMATS: Final = (
    DEPLOYMENTS,
    RELEASES,
    PIPELINES,
    Format(
        "GitLab deployment webhooks",
        lambda item: item.get("object_kind") == "deployment",
        _deployment_hooks,
    ),
    Format(
        "GitLab environments",
        lambda item: has(item, "slug", "state", "external_url") and has(item, "last_deployment"),
        each(_environment),
    ),
    Format("GitLab job webhooks", lambda item: item.get("object_kind") in ("build", "job"), each(_job_hook)),
    Format(
        "GitLab pipeline webhooks",
        lambda item: item.get("object_kind") == "pipeline" and has(item, "object_attributes.status"),
        each(_hook(_pipeline_hook, _pipeline)),
    ),
    Format("GitLab release webhooks", lambda item: item.get("object_kind") == "release", each(_release)),
)
