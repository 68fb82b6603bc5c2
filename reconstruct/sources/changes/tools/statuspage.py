"""Statuspage: incidents and maintenance as a company told them in public, `GET /api/v2/incidents.json`.

People set these times afterwards, so they are notes: what was said in public, not what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.errors import SourceError
from reconstruct.http import NotAllowedError
from reconstruct.model import Gap, Service
from reconstruct.sources.changes.paged import get_json, open_source
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
    listed,
    text,
    when,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult


def fetch_incidents(ask: SourceRequest) -> SourceResult:
    """The newest incidents and maintenance of the page at `ask.argument` (its URL); no token is needed."""
    told = SourceResult()
    with open_source(ask, name="Statuspage", url=ask.argument) as session:
        for name, known in (("incidents", INCIDENTS), ("scheduled-maintenances", MAINTENANCE)):
            try:
                whole = get_json(session, f"/api/v2/{name}.json")
                items = listed(whole, name.replace("-", "_"), source="Statuspage")
            except (SourceError, NotAllowedError) as error:
                if name == "incidents":
                    raise
                told += SourceResult(gaps=(Gap("", "statuspage", name, error.message),))
                continue
            told += known.parse(items, PayloadReading("statuspage", ask))
    return told.within(ask)


def _incident(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=_first_shown(item),
        end=end(item, "resolved_at") or _last_shown(item),
        kind="note",
        service=Service(reading.service),
        title=f"status page: {text(item, 'name')}",
        source=reading.source,
        source_id=text(item, "id"),
        url=text(item, "shortlink"),
        labels=labels(
            impact=text(item, "impact"),
            components=", ".join(text(one, "name") for one in items_at(item, "components")),
            told_at=text(item, "created_at"),
        ),
    )


def _first_shown(item: Item) -> ReadTime:
    """When it began as the page tells: of an incident written down later the updates carry the time they stand for."""
    shown = [read for one in items_at(item, "incident_updates") if (read := when(one, "display_at")) is not None]
    began = when(item, "started_at")
    return began or min([begin(item, "created_at"), *shown], key=lambda read: read.time)


def _last_shown(item: Item) -> pd.Timestamp | None:
    over = [end(one, "display_at") for one in items_at(item, "incident_updates") if text(one, "status") == "resolved"]
    return max(filter(None, over), default=None) if text(item, "status") in ("resolved", "postmortem") else None


def _maintenance(item: Item, reading: PayloadReading) -> Iterator[Told]:
    status = text(item, "status")
    yield event(
        time=begin(item, "scheduled_for"),
        end=end(item, "resolved_at", "scheduled_until"),
        kind="note",
        service=Service(reading.service),
        title=f"maintenance: {text(item, 'name')}",
        source=reading.source,
        source_id=text(item, "id"),
        url=text(item, "shortlink"),
        labels=labels(impact=text(item, "impact")),
        state={"scheduled": "requested", "in_progress": "running", "verifying": "running"}.get(status, "done"),
    )


MAINTENANCE: Final = Format(
    "Statuspage maintenance",
    lambda item: has(item, "incident_updates") and bool(text(item, "scheduled_for")),
    each(_maintenance),
)
INCIDENTS: Final = Format(
    "Statuspage incidents", lambda item: has(item, "incident_updates", "impact", "name"), each(_incident)
)
FORMATS: Final = (MAINTENANCE, INCIDENTS)
