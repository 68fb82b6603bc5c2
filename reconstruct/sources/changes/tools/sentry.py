"""Sentry: releases with their last deploy, `GET /api/0/organizations/{org}/releases/`, and a release's deploys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.errors import SourceError
from reconstruct.http import NotAllowedError
from reconstruct.model import Gap, Service
from reconstruct.sources.changes.paged import RateLimitedError, get_json, linked_pages, open_source
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
    newest,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://sentry.io"
MAX_PAGES: Final = 20


def fetch_releases(ask: SourceRequest) -> SourceResult:
    """The releases of the organisation `ask.argument` that were made or deployed in the window, newest first.

    Options: `token` (scope project:releases), `url`, `project`.
    """
    reading = PayloadReading(f"sentry:{ask.argument}", ask, service=ask.options.get("service", ""))
    path = f"/api/0/organizations/{ask.argument}/releases/"
    params = {"per_page": "100", **({"project": p} if (p := ask.options.get("project")) else {})}
    found: list[Item] = []
    gaps: list[Gap] = []
    url, token = ask.options.get("url", API_URL), ask.options.get("token", "")
    with open_source(ask, name="Sentry", url=url, token=token) as session:
        for page in linked_pages(session, path, params=params, max_pages=MAX_PAGES):
            if page is None:
                gaps.append(Gap("", reading.source, "older releases", f"only {MAX_PAGES} pages were read"))
                break
            found += page
            latest = newest(page, "dateCreated")
            if latest is not None and latest < ask.window.baseline_start:
                break
        deploys: list[Item] = []
        for item in [one for one in found if text(one, "deployCount") not in ("", "0", "1")]:
            version = text(item, "version")
            try:
                listed = get_json(session, f"{path}{version}/deploys/")
            except RateLimitedError as error:
                gaps.append(Gap("", reading.source, "earlier deploys of releases", error.message))
                break
            except (SourceError, NotAllowedError) as error:
                gaps.append(Gap("", reading.source, f"earlier deploys of {version}", error.message))
                continue
            last = text(item, "lastDeploy.id")
            deploys += [
                {**item, "lastDeploy": deploy}
                for deploy in items_at({"all": listed}, "all")
                if text(deploy, "id") != last
            ]
    told = RELEASES.parse([*found, *deploys], reading)
    return (SourceResult(gaps=tuple(gaps)) + told).within(ask)


def _release(item: Item, reading: PayloadReading) -> Iterator[Told]:
    full = text(item, "version")
    project, _, version = full.rpartition("@")
    service = reading.service or project or text(item, "projects.0.slug", "projects.0.name")
    deployed = text(item, "lastDeploy.dateStarted", "lastDeploy.dateFinished")
    yield event(
        time=begin(item, "lastDeploy.dateStarted", "lastDeploy.dateFinished", "dateReleased", "dateCreated"),
        end=end(item, "lastDeploy.dateFinished"),
        kind="deploy" if deployed or text(item, "dateReleased") else "note",
        service=Service(service),
        title=f"{service} {version}" if deployed else f"release {version} of {service} was made",
        source=reading.source,
        source_id=f"{full}/{text(item, 'lastDeploy.id')}".rstrip("/"),
        version=version,
        url=text(item, "lastDeploy.url"),
        labels=labels(ref=text(item, "ref")[:12], event="" if deployed else "release"),
        environment=text(item, "lastDeploy.environment"),
    )


def _deploy(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=begin(item, "dateStarted", "dateFinished"),
        end=end(item, "dateFinished"),
        kind="deploy",
        service=Service(reading.service),
        title=text(item, "name"),
        source=reading.source,
        source_id=text(item, "id"),
        url=text(item, "url"),
        environment=text(item, "environment"),
    )


def _metric_alert(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """It is detected later than what it is about began: people heard of it then."""
    yield event(
        time=begin(item, "date_detected", "date_started", "date_created"),
        end=end(item, "date_closed"),
        kind="alert",
        service=Service(reading.service or text(item, "projects.0")),
        title=text(item, "title", "alert_rule.name"),
        source=reading.source,
        source_id=text(item, "id"),
        labels=labels(rule=text(item, "alert_rule.name"), began=text(item, "date_started")),
        environment=text(item, "alert_rule.environment"),
    )


def _issue(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A kind of error, when it was first seen: a note, and no deploy, whatever its state."""
    yield event(
        time=begin(item, "firstSeen"),
        kind="note",
        service=Service(reading.service or text(item, "project.slug", "project.name")),
        title=text(item, "title"),
        source=reading.source,
        source_id=text(item, "shortId", "id"),
        url=text(item, "permalink"),
        labels=labels(level=text(item, "level"), status=text(item, "status"), last_seen=text(item, "lastSeen")),
    )


RELEASES: Final = Format(
    "Sentry releases", lambda item: has(item, "version", "dateCreated", "dateReleased"), each(_release)
)
FORMATS: Final = (
    RELEASES,
    Format("Sentry deploys", lambda item: has(item, "environment", "dateStarted", "dateFinished"), each(_deploy)),
    Format("Sentry's metric alerts", lambda item: has(item, "alert_rule", "date_detected"), each(_metric_alert)),
    Format("Sentry issues", lambda item: has(item, "shortId", "firstSeen", "title"), each(_issue)),
)
