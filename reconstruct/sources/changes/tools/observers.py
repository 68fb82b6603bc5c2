"""What observability and paging tools keep: deployment markers, problems, incidents of people on call, log lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, at, begin, each, end, has, text
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceResult

_DYNATRACE: Final[Mapping[str, EventKind]] = {"CUSTOM_DEPLOYMENT": "deploy", "CUSTOM_CONFIGURATION": "config"}


def _property(name: str) -> str:
    return f"_properties.{name.replace('.', '/')}"


def _dynatrace(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Dynatrace keeps properties as a list of keys and values: they become fields first."""
    flat = [
        {**item, "_properties": {text(one, "key").replace(".", "/"): at(one, "value") for one in _list(item)}}
        for item in items
    ]
    return _DYNATRACE_EVENTS.format().parse(flat, reading)


def _list(item: Item) -> list[object]:
    found = item.get("properties")
    return found if isinstance(found, list) else []


_DYNATRACE_EVENTS: Final = Described(
    name="events of Dynatrace", has=("eventType", "startTime", "title"), time=("startTime",), end=("endTime",),
    kind=lambda item: _DYNATRACE.get(text(item, "eventType"), "note"), id=("eventId",),
    service=(_property("dt.event.deployment.name"), "entityId.name"), title=("title",),
    version=(_property("dt.event.deployment.version"),), labels={"type": ("eventType",)},
)  # fmt: skip


def _log_lines(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A stream of Loki: labels, and lines with their time in nanoseconds."""
    values = item.get("values")
    service = Service(reading.service or text(item, "stream.service", "stream.service_name", "stream.app"))
    for pair in values if isinstance(values, list) else []:
        time, line = str(pair[0]), str(pair[1])
        yield event(
            time=begin({"time": time}, "time"),
            kind="note",
            service=service,
            title=line[:MAX_LINE],
            source=reading.source,
            source_id=time,
        )


def _zabbix(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Problems and recoveries of Zabbix: a recovery ends the problem of the same trigger before it."""
    ordered = sorted(items, key=lambda item: text(item, "clock"))
    made: list[Item] = []
    for place, item in enumerate(ordered):
        if text(item, "value") == "0":
            continue
        over = next((later for later in ordered[place + 1 :] if _recovers(later, item)), None)
        made.append({**item, "_over": text(over, "clock") if over is not None else ""})
    return each(_problem)(made, reading)


def _recovers(later: Item, problem: Item) -> bool:
    return text(later, "value") == "0" and text(later, "objectid") == text(problem, "objectid")


def _problem(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=begin(item, "clock"),
        end=end(item, "_over"),
        kind="alert",
        service=Service(text(item, "hosts.0.name", "hosts.0.host")),
        title=text(item, "name"),
        source=reading.source,
        source_id=text(item, "eventid"),
    )


MAX_LINE: Final = 300
_DESCRIBED: Final = (
    Described(
        name="deploys of Rollbar", has=("revision", "environment", "start_time", "project_id"), time=("start_time",),
        end=("finish_time",), kind="deploy", title=("comment",), version=("revision",), state=("status",),
        environment=("environment",),
    ),
    Described(
        name="markers of Honeycomb", has=("start_time", "message", "type", "color"), time=("start_time",),
        end=("end_time",), kind=lambda item: kind_of_pipeline(text(item, "type"), otherwise="note"),
        title=("message",), url=("url",),
    ),
    Described(
        name="markers of AppSignal", has=("revision", "live_for", "created_at"), time=("created_at",), kind="deploy",
        version=("revision",),
    ),
    Described(
        name="releases of Instana", has=("start", "name", "services", "applications"), time=("start",), kind="deploy",
        service=("services.0.name", "applications.0.name"), title=("name",),
    ),
    Described(
        name="problems of Dynatrace", has=("problemId", "severityLevel", "startTime"), time=("startTime",),
        end=("endTime",), kind="alert", service=("affectedEntities.0.name",), title=("title",), id=("displayId",),
    ),
    Described(
        name="incidents of Splunk On-Call", has=("incidentNumber", "startTime", "currentPhase"), time=("startTime",),
        kind="alert", service=("service",), title=("entityDisplayName", "entityId"), id=("incidentNumber",),
    ),
    Described(
        name="incidents of incident.io", has=("incident_status", "reference", "created_at"), time=("created_at",),
        kind="alert", title=("reference", "name"), id=("reference",),
    ),
    Described(
        name="alert groups of Grafana OnCall", has=("integration_id", "alerts_count", "created_at"),
        time=("created_at",), end=("resolved_at",), kind="alert", title=("title",), url=("permalinks.web",),
    ),
    Described(
        name="incidents of Better Stack", has=("attributes.cause", "attributes.started_at"),
        time=("attributes.started_at",), end=("attributes.resolved_at",), kind="alert", service=("attributes.name",),
        title=("attributes.name", "attributes.cause"),
    ),
    Described(
        name="events of Sensu", has=("check.output", "check.status", "timestamp"), time=("timestamp",),
        kind=lambda item: "note" if text(item, "check.status") == "0" else "alert", service=("entity.metadata.name",),
        title=("check.metadata.name", "check.output"),
    ),
    Described(
        name="incidents of Google Cloud Monitoring", has=("incident_id", "policy_name", "started_at"),
        time=("started_at",), end=("ended_at",), kind="alert", title=("policy_name", "summary"), id=("incident_id",),
        service=("resource.labels.service_name", "resource.labels.instance_id"), url=("url",),
    ),
    Described(
        name="alerts of Azure Monitor", has=("essentials.firedDateTime", "essentials.alertRule"),
        time=("essentials.firedDateTime",), end=("essentials.resolvedDateTime",), kind="alert",
        service=("essentials.configurationItems.0",), title=("essentials.alertRule", "essentials.description"),
        id=("essentials.alertId",),
    ),
    Described(
        name="issues of Sentry", has=("event_id", "level", "title", "datetime"), time=("datetime",), kind="note",
        title=("title",), id=("event_id",), environment=("environment",), labels={"release": ("release",)},
    ),
)  # fmt: skip
FORMATS: Final = (
    *(one.format() for one in _DESCRIBED),
    Format(
        "events of Dynatrace",
        lambda item: has(item, "eventType", "startTime", "title", "properties") and has(item, "eventId"),
        _dynatrace,
    ),
    Format("streams of Loki", lambda item: has(item, "stream", "values"), each(_log_lines)),
    Format("events of Zabbix", lambda item: has(item, "eventid", "clock", "value", "objectid"), _zabbix),
)
