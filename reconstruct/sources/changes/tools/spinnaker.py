"""Spinnaker: pipeline executions, `GET /applications/{application}/pipelines`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    begin,
    cut_short,
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

_LIMIT: Final = 200


def fetch_pipelines(ask: SourceRequest) -> SourceResult:
    """The newest executions; `ask.argument` is Gate's URL with `/applications/NAME`. Options: `token`."""
    with open_source(ask, name="Spinnaker", url=ask.argument, token=ask.options.get("token", "")) as session:
        whole = get_json(session, "/pipelines", params={"limit": _LIMIT, "expand": "false"})
    found = listed(whole, "", source="Spinnaker")
    told = EXECUTIONS.parse(found, PayloadReading("spinnaker", ask))
    gaps = cut_short(found, "startTime", "buildTime", limit=_LIMIT, source="spinnaker", ask=ask)
    return (SourceResult(gaps=tuple(gaps)) + told).within(ask)


def _execution(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name, status = text(item, "name"), text(item, "status")
    version = text(item, "trigger.tag", "trigger.artifacts.0.version", "trigger.parameters.version")
    yield event(
        time=begin(item, "startTime", "buildTime"),
        end=end(item, "endTime"),
        kind=kind_of_pipeline(name, *(text(stage, "type") for stage in items_at(item, "stages")), otherwise="note"),
        service=Service(text(item, "application")),
        title=f"{name}: {status.lower()}",
        source=reading.source,
        source_id=text(item, "id"),
        version=version,
        labels=labels(trigger=text(item, "trigger.type"), status=status),
        state={"TERMINAL": "failed", "STOPPED": "cancelled", "FAILED_CONTINUE": "done"}.get(status, status),
    )


EXECUTIONS: Final = Format(
    "Spinnaker executions",
    lambda item: (
        has(item, "application", "status")
        and (has(item, "buildTime") or has(item, "startTime"))
        and (has(item, "trigger") or has(item, "stages"))
    ),
    each(_execution),
)
FORMATS: Final = (EXECUTIONS,)
