"""CloudEvents envelopes, and CDEvents inside them or alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast
from urllib.parse import unquote

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.paged import get_json, open_source
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
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools import google
from reconstruct.sources.result import SourceRequest, SourceResult

_CD_TYPE: Final = re.compile(r"dev\.cdevents\.(?P<subject>\w+)\.(?P<predicate>\w+)(?:\.\d.*)?")
_ROLLOUTS: Final = ("deployment", "targetrollout")
"""Subjects of CDEvents 0.6 whose predicates tell how far a deployment got."""
_KINDS: Final[Mapping[str, EventKind]] = {
    "service.deployed": "deploy",
    "service.upgraded": "deploy",
    "service.rolledback": "rollback",
    "service.removed": "config",
    "environment.modified": "config",
    "incident.detected": "alert",
    **dict.fromkeys((f"{one}.{how}" for one in _ROLLOUTS for how in ("queued", "started", "finished")), "deploy"),
}
_STATES: Final = {"queued": "requested", "started": "running"}
"""What a predicate says of a rollout; `finished` says how in its outcome."""
_TAG: Final = re.compile(r"[?&]tag=([^&]+)")


def fetch_batch(ask: SourceRequest) -> SourceResult:
    """The CloudEvents that the address `ask.argument` gives as a batch (a list, or a list in `events` or `items`).

    There is no standard for asking an event store: the address is asked as it stands, with `from` and `to` as RFC 3339.
    Options: `token`, `service`.
    """
    window = ask.window
    params = {"from": f"{window.baseline_start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{window.end:%Y-%m-%dT%H:%M:%SZ}"}
    headers = {"Accept": "application/cloudevents-batch+json, application/json"}
    token = ask.options.get("token", "")
    with open_source(ask, name="CloudEvents", url=ask.argument, token=token, headers=headers) as session:
        whole = get_json(session, "", params=params)
    name = next((name for name in ("events", "items", "data") if has(whole, name)), "")
    found = listed(whole, name, source="CloudEvents")
    told = FORMATS[0].parse(found, PayloadReading("cloudevents", ask, service=ask.options.get("service", "")))
    return told.within(ask)


def _event(item: Item, reading: PayloadReading) -> Iterator[Told]:
    data = at(item, "data")
    if isinstance(data, Mapping) and has(data, "context.type", "subject"):
        item = cast("Item", data)
    elif isinstance(data, Mapping) and google.AUDIT_LOG.knows(cast("Item", data)):
        told = google.AUDIT_LOG.parse([cast("Item", data)], reading)  # what Eventarc hands on
        yield from told.events
        yield from told.gaps
        yield from told.notes
        return
    match = _CD_TYPE.match(text(item, "context.type", "type"))
    if match is not None and has(item, "context", "subject"):
        yield from _cd_event(item, reading, subject=match["subject"], predicate=match["predicate"])
        return
    kind = text(item, "type")
    title = text(data, "title", "message", "summary", "description") or kind
    yield event(
        time=begin(item, "time"),
        kind=kind_of_pipeline(kind, otherwise="note"),
        service=Service(text(data, "service", "app", "application") or reading.service),
        title=title,
        source=reading.source,
        source_id=text(item, "id"),
        version=text(data, "version"),
        labels=labels(type=kind, origin=text(item, "source"), subject=text(item, "subject")),
        environment=text(data, "environment"),
    )


def _cd_event(item: Item, reading: PayloadReading, *, subject: str, predicate: str) -> Iterator[Told]:
    artifact = unquote(text(item, "subject.content.artifactId", "subject.content.artifact.id"))
    tag = _TAG.search(artifact)
    version = tag[1] if tag else artifact.rpartition("@")[2].removeprefix("sha256:")[:12] if "@" in artifact else ""
    name = text(item, "subject.id").rpartition("/")[2]
    kind = _KINDS.get(f"{subject}.{predicate}", "note")
    about = text(item, "subject.content.service.id") if subject in ("incident", *_ROLLOUTS) else ""
    described = text(item, "subject.content.description")
    yield event(
        time=begin(item, "context.timestamp"),
        kind=kind,
        service=Service(name if subject == "service" else about or reading.service),
        title="" if kind in ("deploy", "rollback") else described or f"{subject} {name} {predicate}",
        source=reading.source,
        source_id=text(item, "context.id"),
        version=version if kind != "alert" else "",
        labels=labels(type=text(item, "context.type"), artifact=artifact, subject=name if subject != "service" else ""),
        state=(_STATES.get(predicate) or text(item, "subject.content.outcome")) if kind == "deploy" else "",
        environment=text(item, "subject.content.environment.id", "subject.content.environment.name"),
    )


FORMATS: Final = (
    Format(
        "CloudEvents",
        lambda item: (
            has(item, "specversion", "type", "source")
            or (has(item, "context.type", "context.timestamp") and has(item, "subject"))
        ),
        each(_event),
    ),
)
