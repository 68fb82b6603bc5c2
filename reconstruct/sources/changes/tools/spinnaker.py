"""Spinnaker: pipeline executions, `GET /applications/{application}/pipelines`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.environments import is_production, place_in
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
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
_STATES: Final = {"TERMINAL": "failed", "STOPPED": "cancelled", "FAILED_CONTINUE": "done"}


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
    stages = [stage for stage in items_at(item, "stages") if text(stage, "status") != "SKIPPED"]
    kind = kind_of_pipeline(name, *(text(stage, "type") for stage in stages), otherwise="note")
    dry_run = at(item, "trigger.dryRun") is True or text(item, "trigger.type").lower() == "dryrun"
    yield event(
        time=begin(item, "startTime", "buildTime"),
        end=end(item, "endTime"),
        kind=kind,
        service=Service(text(item, "application")),
        title=f"{name}: {status.lower()}",
        source=reading.source,
        source_id=text(item, "id"),
        version=version,
        labels=labels(trigger=text(item, "trigger.type"), status=status),
        state="draft" if dry_run else "waiting" if _is_held(stages) else _STATES.get(status, status),
        environment=_account(stages) or place_in(name),
    )


def _account(stages: Sequence[Item]) -> str:
    """The account that a pipeline deploys to, which names its environment; of several the one that users are in."""
    found = [text(one, "context.account", "context.credentials") for one in stages if _deploys(one)]
    told = [account for account in found if is_production(account) is not None]
    return next(filter(is_production, told), told[0] if told else "")


def _is_held(stages: Sequence[Item]) -> bool:
    """Whether somebody has to say yes before the first deployment of a pipeline that runs."""
    held = any(text(one, "type") == "manualJudgment" and text(one, "status") == "RUNNING" for one in stages)
    return held and not any(_deploys(one) and text(one, "startTime") for one in stages)


def _deploys(stage: Item) -> bool:
    return kind_of_pipeline(text(stage, "type"), otherwise="note") != "note"


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
