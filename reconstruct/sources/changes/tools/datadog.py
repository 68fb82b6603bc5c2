"""Datadog events: `GET /api/v1/events`, and `GET /api/v2/events`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reconstruct.model import Gap, Service
from reconstruct.sources.changes.kinds import KINDS, kind_of, letters
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
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://api.datadoghq.com"
PAGE_SIZE: Final = 1000
MAX_PAGES: Final = 20
_MONITOR: Final = re.compile(r"\[(?P<state>Triggered|Recovered|Warn|No data|Re-Triggered)\b", re.IGNORECASE)
_VERSION: Final = re.compile(r"(?<![\w.])v?(\d+\.\d+(?:\.\d+)*(?:[-+][\w.]+)?)(?![\w.])")


def fetch_events(ask: SourceRequest) -> SourceResult:
    """The events of the window that the query `ask.argument` finds (`*` = all), oldest first.

    Options: `token` (the API key), `app_key`, `url` (of another site).
    """
    headers = {"DD-API-KEY": ask.options.get("token", ""), "DD-APPLICATION-KEY": ask.options.get("app_key", "")}
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    params: dict[str, object] = {
        "filter[query]": ask.argument,
        "filter[from]": f"{ask.window.baseline_start:%Y-%m-%dT%H:%M:%SZ}",
        "filter[to]": f"{ask.window.end:%Y-%m-%dT%H:%M:%SZ}",
        "page[limit]": PAGE_SIZE,
        "sort": "timestamp",
    }
    sent = {name: value for name, value in headers.items() if value}
    with open_source(ask, name="Datadog", url=ask.options.get("url", API_URL), headers=sent) as session:
        for _ in range(MAX_PAGES):
            whole = get_json(session, "/api/v2/events", params=params)
            found += listed(whole, "data", source="Datadog")
            cursor = text(whole, "meta.page.after")
            if not cursor:
                break
            params["page[cursor]"] = cursor
        else:
            cause = f"only {MAX_PAGES * PAGE_SIZE} were read; narrow the query"
            gaps = (Gap("", "datadog", "later events", cause, ask.window.start, ask.window.end),)
    return SourceResult(gaps=gaps) + V2.parse(found, PayloadReading("datadog", ask))


def _v1(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield from _told(
        item, reading, time="date_happened", title=text(item, "title"), body=text(item, "text"), tags=at(item, "tags"),
        number=text(item, "id_str", "id"), url=text(item, "url"), origin=text(item, "source"),
        failed=text(item, "alert_type") == "error",
    )  # fmt: skip


def _v2(item: Item, reading: PayloadReading) -> Iterator[Told]:
    inner = "attributes.attributes"
    yield from _told(
        item, reading,
        time="attributes.timestamp",
        title=text(item, f"{inner}.title", f"{inner}.evt.name", "attributes.message"),
        body=text(item, "attributes.message"),
        tags=at(item, "attributes.tags"),
        number=text(item, "id"),
        url="",
        changed=text(item, f"{inner}.changed_resource.type"),
        failed=text(item, f"{inner}.status") == "error",
        origin=text(item, f"{inner}.sourcecategory", f"{inner}.evt.source"),
    )  # fmt: skip


def _told(
    item: Item,
    reading: PayloadReading,
    *,
    time: str,
    title: str,
    body: str,
    tags: object,
    number: str,
    url: str,
    origin: str,
    failed: bool,
    changed: str = "",
) -> Iterator[Told]:
    listed = [str(tag) for tag in tags] if isinstance(tags, list) else []
    named: Mapping[str, str] = dict(tag.split(":", 1) for tag in listed if ":" in tag)
    plain = next((tag for tag in listed if letters(tag) in KINDS), "")
    monitor = _MONITOR.match(title)
    word = next((one for one in (changed, named.get("event_type", ""), plain) if letters(one) in KINDS), "")
    kind: str = "alert" if monitor else kind_of(word, title=title, version=named.get("version", ""))
    version = named.get("version") or (m[1] if kind in ("deploy", "rollback") and (m := _VERSION.search(title)) else "")
    if monitor and monitor["state"].lower() == "recovered":
        kind = "note"
    yield event(
        time=begin(item, time),
        kind=kind,
        service=Service(
            named.get("service", reading.service), named.get("kube_namespace", ""), named.get("kube_cluster_name", "")
        ),
        title=title or body,
        source=reading.source,
        source_id=number,
        version=version,
        url=f"https://app.datadoghq.com{url}" if url.startswith("/") else url,
        labels=labels(tags=", ".join(listed), origin=origin),
        state="failed" if failed and kind not in ("alert", "note") else "",
        environment=named.get("env", ""),
    )


V2: Final = Format("Datadog events (v2)", lambda item: has(item, "attributes.timestamp", "attributes.tags"), each(_v2))
FORMATS: Final = (V2, Format("Datadog events", lambda item: has(item, "date_happened", "title"), each(_v1)))
