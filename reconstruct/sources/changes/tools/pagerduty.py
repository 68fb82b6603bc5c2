"""PagerDuty: incidents, log entries, change events; from the REST API and from webhooks (v3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

from reconstruct.errors import SourceError
from reconstruct.http import NotAllowedError
from reconstruct.model import Gap, Service
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
    end,
    has,
    items_at,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://api.pagerduty.com"
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 50
"""Beyond an offset of 10,000 PagerDuty refuses."""


def fetch_all(ask: SourceRequest) -> SourceResult:
    """Incidents and change events of the window; `ask.argument` is a service's id, or `*`.

    Options: `token` (a REST API key, read-only), `url`.
    """
    token = ask.options.get("token", "")
    headers = {"Accept": "application/vnd.pagerduty+json;version=2"}
    headers |= {"Authorization": f"Token token={token}"} if token else {}
    span = {"since": f"{ask.window.baseline_start:%Y-%m-%dT%H:%M:%SZ}", "until": f"{ask.window.end:%Y-%m-%dT%H:%M:%SZ}"}
    told = SourceResult()
    with open_source(ask, name="PagerDuty", url=ask.options.get("url", API_URL), headers=headers) as session:
        for name, known in (("incidents", INCIDENTS), ("change_events", CHANGE_EVENTS)):
            found: list[Item] = []
            params: dict[str, object] = {**span, "limit": PAGE_SIZE}
            if ask.argument != "*":
                params["service_ids[]"] = ask.argument
            if name == "change_events":
                params = {**span, "limit": PAGE_SIZE}
            try:
                for page in range(MAX_PAGES):
                    whole = get_json(session, f"/{name}", params={**params, "offset": page * PAGE_SIZE})
                    found += listed(whole, name, source="PagerDuty")
                    if at(whole, "more") is not True:
                        break
                else:
                    told += _gap(ask, f"more {name.replace('_', ' ')}", f"only {MAX_PAGES * PAGE_SIZE} were read")
            except (SourceError, NotAllowedError) as error:
                if name == "incidents":
                    raise
                told += _gap(ask, "change events", error.message)
            told += known.parse(found, PayloadReading("pagerduty", ask))
    return told


def _gap(ask: SourceRequest, missing: str, cause: str) -> SourceResult:
    return SourceResult(gaps=(Gap("", "pagerduty", missing, cause, ask.window.start, ask.window.end),))


def _incident(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=begin(item, "created_at"),
        end=end(item, "resolved_at")
        or (end(item, "last_status_change_at") if text(item, "status") == "resolved" else None),
        kind="alert",
        service=Service(text(item, "service.summary", "service.name") or reading.service),
        title=text(item, "title", "summary"),
        source=reading.source,
        source_id=text(item, "id"),
        url=text(item, "html_url"),
        labels=labels(
            urgency=text(item, "urgency"), number=text(item, "incident_number", "number"), status=text(item, "status")
        ),
    )


def _log_entry(item: Item, reading: PayloadReading) -> Iterator[Told]:
    what = text(item, "type").removesuffix("_reference").removesuffix("_log_entry").replace("_", " ")
    incident = text(item, "incident.summary")
    yield event(
        time=begin(item, "created_at"),
        kind="note",
        service=Service(text(item, "service.summary") or reading.service),
        title=f"{what}: {incident or text(item, 'channel.summary')}",
        source=reading.source,
        source_id=text(item, "id"),
        url=text(item, "html_url"),
    )


def _change(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A change event of the REST API, or as a tool sends it (`payload` inside)."""
    inner = cast("Item", item["payload"]) if isinstance(item.get("payload"), dict) else item
    summary = text(inner, "summary")
    services = [text(one, "summary") for one in items_at(item, "services")]
    yield event(
        time=begin(inner, "timestamp"),
        kind=kind_of_pipeline(summary, otherwise="config"),
        service=Service(services[0] if len(services) == 1 else reading.service),
        title=summary,
        source=reading.source,
        source_id=text(item, "id"),
        version=text(inner, "custom_details.version"),
        url=text(item, "links.0.href"),
        labels=labels(origin=text(inner, "source"), services=", ".join(services) if len(services) > 1 else ""),
        environment=text(inner, "custom_details.environment"),
    )


def _parse_webhooks(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """`incident.triggered`, `incident.resolved`, ...: each incident once, as its last message tells it."""
    latest: dict[str, Item] = {}
    for item in sorted(items, key=lambda one: text(one, "event.occurred_at")):
        data = at(item, "event.data")
        if text(item, "event.event_type").startswith("incident.") and isinstance(data, dict) and "created_at" in data:
            over = (
                {"resolved_at": at(item, "event.occurred_at")}
                if text(item, "event.event_type").endswith("resolved")
                else {}
            )
            latest[text(data, "id")] = {**data, **over}
    return INCIDENTS.parse(list(latest.values()), reading)


def _parse_messages(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Webhooks of version 2: each incident once, as its last message tells it."""
    latest: dict[str, Item] = {}
    for item in sorted(items, key=lambda one: text(one, "created_on")):
        over = {"resolved_at": item.get("created_on")} if text(item, "event").endswith("resolve") else {}
        latest[text(item, "incident.id")] = {**cast("Item", item["incident"]), **over}
    return INCIDENTS.parse(list(latest.values()), reading)


def _parse_alert_events(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Alert events as a tool sends them (Events API v2): what has one `dedup_key` is one, from trigger to resolve."""
    resolved = {text(item, "dedup_key"): item for item in items if item.get("event_action") == "resolve"}
    first: dict[str, Item] = {}
    for number, item in enumerate(items):
        if item.get("event_action") == "trigger":
            key = text(item, "dedup_key") or str(number)
            first.setdefault(key, {**item, "_over": text(resolved.get(key), "payload.timestamp")})
    return each(_alert_event)(list(first.values()), reading)


def _alert_event(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=begin(item, "payload.timestamp"),
        end=end(item, "_over"),
        kind="alert",
        service=Service(text(item, "payload.component", "payload.group") or reading.service),
        title=text(item, "payload.summary"),
        source=reading.source,
        source_id=text(item, "dedup_key"),
        labels=labels(origin=text(item, "payload.source"), severity=text(item, "payload.severity")),
    )


INCIDENTS: Final = Format(
    "PagerDuty incidents", lambda item: has(item, "incident_number", "created_at", "status"), each(_incident)
)
CHANGE_EVENTS: Final = Format(
    "PagerDuty change events",
    lambda item: (
        item.get("type") in ("change_event", "change_event_reference")
        or (
            has(item, "payload.timestamp", "payload.summary")
            and not has(item, "event_action")
            and has(item, "routing_key")
        )
    ),
    each(_change),
)
FORMATS: Final = (
    INCIDENTS,
    Format("PagerDuty alert events", lambda item: has(item, "event_action", "payload.timestamp"), _parse_alert_events),
    CHANGE_EVENTS,
    Format(
        "PagerDuty log entries",
        lambda item: "_log_entry" in text(item, "type") and "created_at" in item,
        each(_log_entry),
    ),
    Format(
        "PagerDuty webhooks (version 2)",
        lambda item: text(item, "event").startswith("incident.") and has(item, "incident.created_at"),
        _parse_messages,
    ),
    Format(
        "PagerDuty webhooks",
        lambda item: has(item, "event.event_type", "event.occurred_at", "event.data"),
        _parse_webhooks,
    ),
)
