"""Opsgenie alerts: `GET /v2/alerts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

import pandas as pd

from reconstruct.model import Gap, Service
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
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://api.opsgenie.com"
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 50


def fetch_alerts(ask: SourceRequest) -> SourceResult:
    """The alerts made in the window that the query `ask.argument` finds (`*` = all). Options: `token`, `url`."""
    token = ask.options.get("token", "")
    headers = {"Authorization": f"GenieKey {token}"} if token else {}
    span = f"createdAt >= {ask.window.baseline_start.value // 10**6} AND createdAt < {ask.window.end.value // 10**6}"
    query = span if ask.argument == "*" else f"({ask.argument}) AND {span}"
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    with open_source(ask, name="Opsgenie", url=ask.options.get("url", API_URL), headers=headers) as session:
        for page in range(MAX_PAGES):
            params = {
                "query": query,
                "limit": PAGE_SIZE,
                "offset": page * PAGE_SIZE,
                "sort": "createdAt",
                "order": "asc",
            }
            whole = get_json(session, "/v2/alerts", params=params)
            found += listed(whole, "data", source="Opsgenie")
            if not text(whole, "paging.next"):
                break
        else:
            cause = f"only {MAX_PAGES * PAGE_SIZE} were read"
            gaps = (Gap("", "opsgenie", "later alerts", cause, ask.window.start, ask.window.end),)
    return SourceResult(gaps=gaps) + ALERTS.parse(found, PayloadReading("opsgenie", ask))


def _alert(item: Item, reading: PayloadReading) -> Iterator[Told]:
    began = begin(item, "createdAt")
    after_ms = text(item, "report.closeTime")
    closed = text(item, "status") == "closed" and after_ms.isdecimal()
    listed = at(item, "tags")
    yield event(
        time=began,
        end=began.time + pd.Timedelta(milliseconds=int(after_ms)) if closed else None,
        kind="alert",
        service=Service(text(item, "entity") or reading.service),
        title=text(item, "message"),
        source=reading.source,
        source_id=text(item, "id", "tinyId"),
        labels=labels(
            priority=text(item, "priority"),
            tags=", ".join(map(str, listed)) if isinstance(listed, list) else "",
            origin=text(item, "source"),
            status=text(item, "status"),
        ),
    )


def _webhooks(bodies: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """What the webhook integration posts: a body for each thing done to an alert; Close says when it was over."""
    told: dict[str, Item] = {}
    for body in bodies:
        alert = cast("Item", body["alert"])
        known = told.get(text(alert, "alertId"), alert)
        over = text(alert, "updatedAt") if text(body, "action") == "Close" else text(known, "closed")
        told[text(alert, "alertId")] = {**known, "closed": over}
    return each(_told_by_webhook)(list(told.values()), reading)


def _told_by_webhook(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=begin(item, "createdAt"),
        end=end(item, "closed"),
        kind="alert",
        service=Service(text(item, "entity") or reading.service),
        title=text(item, "message"),
        source=reading.source,
        source_id=text(item, "alertId"),
        labels=labels(priority=text(item, "priority"), origin=text(item, "source")),
    )


ALERTS: Final = Format("Opsgenie alerts", lambda item: has(item, "tinyId", "message", "createdAt"), each(_alert))
FORMATS: Final = (
    ALERTS,
    Format("webhooks of Opsgenie", lambda item: has(item, "action", "alert.alertId", "alert.createdAt"), _webhooks),
)
