"""What services keep of their own changes: flags, edges, managed databases, configuration management, resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.kinds import kind_of_pipeline
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
    text,
)
from reconstruct.sources.changes.record import event

_DATABASE: Final[tuple[tuple[tuple[str, ...], EventKind], ...]] = (
    (("RESTART", "FAILOVER", "MAINTENANCE"), "restart"),
    (("BACKUP", "EXPORT", "IMPORT"), "job"),
)


def _database_kind(item: Item) -> EventKind:
    operation = text(item, "operationType")
    return next((kind for words, kind in _DATABASE if operation.startswith(words)), "config")


def _resource_change(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A change of Azure's Resource Graph: the resource's name is the last part of its id."""
    name = text(item, "properties.targetResourceId").rpartition("/")[2]
    operation = text(item, "properties.changeAttributes.operation", "properties.changeType")
    yield event(
        time=begin(item, "properties.changeAttributes.timestamp"),
        kind="config",
        service=Service(reading.service or name),
        title=f"{operation} {name}",
        source=reading.source,
        source_id=text(item, "name"),
        labels={"type": text(item, "properties.targetResourceType")},
    )


def _play_book(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """The plays of one run of Ansible; how it ended is told for all of them together."""
    stats = item.get("stats")
    counts = list(stats.values()) if isinstance(stats, dict) else []
    failed = any(text(one, count) not in ("", "0") for one in counts for count in ("failures", "unreachable"))
    for one in items_at(item, "plays"):
        name = text(one, "play.name")
        yield event(
            time=begin(one, "play.duration.start"),
            end=end(one, "play.duration.end"),
            kind=kind_of_pipeline(name, otherwise="config"),
            service=Service(reading.service),
            title=name,
            source=reading.source,
            source_id=text(one, "play.id"),
            state="failed" if failed else "done",
        )


def _outages(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """What a monitor of UptimeRobot logged: of its types 1 is down, with how many seconds."""
    name = text(item, "friendly_name")
    for one in items_at(item, "logs"):
        if text(one, "type") != "1":
            continue
        time, lasted = begin(one, "datetime"), text(one, "duration")
        yield event(
            time=time,
            end=time.time + pd.Timedelta(seconds=int(lasted)) if lasted.isdecimal() else None,
            kind="alert",
            service=Service(reading.service or name),
            title=f"{name} is down: {text(one, 'reason.detail', 'reason.code')}",
            source=reading.source,
            source_id=text(one, "id", "datetime"),
        )


def _downtime(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A downtime of Icinga: planned work, asked for like an appointment."""
    yield event(
        time=begin(item, "attrs.start_time"),
        end=end(item, "attrs.end_time"),
        kind="note",
        service=Service(reading.service or text(item, "attrs.service_name", "attrs.host_name")),
        title=f"downtime: {text(item, 'attrs.comment')}",
        source=reading.source,
        source_id=text(item, "name"),
        state="requested",
    )


_DESCRIBED: Final = (
    Described(
        name="webhooks of Flagsmith", has=("event_type", "data.timestamp", "data.new_state.feature"),
        time=("data.timestamp",), kind="flag", title=("data.new_state.feature.name",),
        environment=("data.new_state.environment.name",), labels={"action": ("event_type",)},
    ),
    Described(
        name="PostHog's activity log", has=("activity", "scope", "detail", "created_at"), time=("created_at",),
        kind=lambda item: "flag" if text(item, "scope") == "FeatureFlag" else "note",
        title=("scope", "detail.name", "activity"),
    ),
    Described(
        name="webhooks of GrowthBook", has=("type", "timestamp", "api_version", "data.object"), time=("timestamp",),
        kind=lambda item: "flag" if text(item, "type").startswith("feature.") else "note",
        title=("data.object.id", "type"), environment=("environments.0",),
    ),
    Described(
        name="webhooks of Statsig", has=("eventName", "timestamp", "metadata.name"), time=("timestamp",), kind="flag",
        title=("metadata.name", "metadata.description"), environment=("metadata.environments",),
        known=lambda item: "config_change" in text(item, "eventName"),
    ),
    Described(
        name="Cloudflare's audit log", has=("action.type", "action.result", "when", "resource.type"), time=("when",),
        kind="config", service=("metadata.zone_name",), title=("action.type", "metadata.name", "resource.type"),
        state=("action.result",),
        passed=lambda item: "a login" if text(item, "action.type") in ("login", "logout") else "",
    ),
    Described(
        name="events of Fastly", has=("attributes.event_type", "attributes.description", "attributes.created_at"),
        time=("attributes.created_at",), title=("attributes.description",), service=("attributes.service_id",),
        kind=lambda item: "config" if text(item, "attributes.event_type").endswith(".activate") else "note",
    ),
    Described(
        name="operations of Cloud SQL", has=("operationType", "status", "targetId", "insertTime"),
        time=("startTime", "insertTime"), end=("endTime",), kind=_database_kind, service=("targetId",),
        title=("operationType", "targetId"), state=("status",), id=("name",),
    ),
    Described(
        name="events of MongoDB Atlas", has=("eventTypeName", "created", "groupId"), time=("created",),
        kind=lambda item: "config" if text(item, "eventTypeName").startswith("CLUSTER_") else "note",
        service=("clusterName",), title=("eventTypeName", "clusterName"), state=("eventTypeName",),
    ),
    Described(
        name="jobs of AWS Amplify", has=("jobArn", "jobId", "jobType"), time=("startTime",), end=("endTime",),
        kind="deploy", title=("jobType", "commitMessage"), version=("commitId",), state=("status",), id=("jobId",),
    ),
    Described(
        name="updates of incidents of incident.io", has=("incident_id", "message", "new_incident_status"),
        time=("created_at",), kind="note", title=("message",),
    ),
    Described(
        name="reports of PuppetDB", has=("certname", "noop", "status", "start_time"), time=("start_time",),
        end=("end_time",), kind="config", service=("certname",), title=("certname",), state=("status",),
        states={"changed": "done"}, instead=lambda item: "draft" if item.get("noop") is True else "",
        environment=("environment",), id=("hash",),
        passed=lambda item: "a run of Puppet that changed nothing" if text(item, "status") == "unchanged" else "",
    ),
)  # fmt: skip
FORMATS: Final = (
    *(one.format() for one in _DESCRIBED),
    Format(
        "changes of Azure's resources",
        lambda item: has(item, "properties.targetResourceId", "properties.changeAttributes.timestamp"),
        each(_resource_change),
    ),
    Format("runs of Ansible", lambda item: has(item, "plays", "stats"), each(_play_book)),
    Format("logs of UptimeRobot", lambda item: has(item, "friendly_name", "logs"), each(_outages)),
    Format("downtimes of Icinga", lambda item: has(item, "attrs.start_time", "attrs.host_name"), each(_downtime)),
)
