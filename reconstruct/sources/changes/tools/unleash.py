"""Unleash: its events, `GET /api/admin/events`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    begin,
    cut_short,
    each,
    has,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

_LIMIT: Final = 1000
_OF_FLAGS: Final = ("feature-", "segment-", "strategy-", "release-plan-", "milestone-")
_ON_PAPER: Final = re.compile(
    r"-(?:created|tagged|untagged|favorited|unfavorited|metadata-updated|type-updated|completed|uncompleted|import"
    r"|project-change|(?:potentially-)?stale-o(?:n|ff)|link-\w+)$"
)
"""What changes what people read of a flag, and not what it answers: a new one is off."""
_STATES: Final = {"feature-environment-enabled": "on", "feature-environment-disabled": "off"}


def fetch_events(ask: SourceRequest) -> SourceResult:
    """The changes of flags that the Unleash at `ask.argument` (its URL) remembers. Options: `token` (an admin's)."""
    token = ask.options.get("token", "")
    headers = {"Authorization": token} if token else {}
    with open_source(ask, name="Unleash", url=ask.argument, headers=headers) as session:
        whole = get_json(session, "/api/admin/events", params={"limit": _LIMIT})
    found = listed(whole, "events", source="Unleash")
    told = EVENTS.parse(found, PayloadReading("unleash", ask))
    gaps = cut_short(found, "createdAt", limit=_LIMIT, source="unleash", ask=ask)
    return (SourceResult(gaps=tuple(gaps)) + told).within(ask)


def _event(item: Item, reading: PayloadReading) -> Iterator[Told]:
    kind = text(item, "type")
    name = text(item, "featureName") or text(item, "data.name", "preData.name")
    if not name or not kind.startswith(_OF_FLAGS) or _ON_PAPER.search(kind):
        yield f"{reading.source}: an event of Unleash that changes no flag is passed over"
        return
    done = _STATES.get(kind) or kind.removeprefix("feature-").replace("-", " ")
    yield event(
        time=begin(item, "createdAt"),
        kind="flag",
        service=Service(reading.service),
        title=f"{'flag' if text(item, 'featureName') else 'segment'} {name} {done.removeprefix('segment ')}",
        source=reading.source,
        source_id=text(item, "id"),
        labels=labels(project=text(item, "project"), action=kind),
        environment=text(item, "environment"),
    )


EVENTS: Final = Format(
    "Unleash events", lambda item: has(item, "type", "createdAt", "createdBy", "featureName"), each(_event)
)
FORMATS: Final = (EVENTS,)
