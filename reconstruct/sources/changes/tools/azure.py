"""Azure's activity log, as `az monitor activity-log list` and the portal's JSON give it.

One operation is told several times (started, accepted, succeeded): it is one event, from its start to its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.model import Gap, Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described
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
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://management.azure.com"
API_VERSION: Final = "2015-04-01"
MAX_PAGES: Final = 50
_TIMES: Final = ("eventTimestamp", "time")
_STATES: Final = {
    "Started": "running",
    "Accepted": "running",
    "Start": "running",
    "Success": "done",
    "Failure": "failed",
}


def fetch_activity(ask: SourceRequest) -> SourceResult:
    """The activity log of the subscription `ask.argument` in the window: what was written, deleted or acted on.

    Options: `token` (as `az account get-access-token` gives it), `url` (of another cloud), `group` (a resource group).

    Raises
    ------
    UsageError
        If the argument is no subscription's id.
    SourceError
        If Azure does not answer or refuses.
    """
    if not re.fullmatch(r"[\w-]+", ask.argument):
        raise UsageError(f"{ask.argument!r} is no subscription", hint="write azure:SUBSCRIPTION-ID")
    since, until = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (ask.window.baseline_start, ask.window.end))
    wanted = f"eventTimestamp ge '{since}' and eventTimestamp le '{until}'"
    if group := ask.options.get("group"):
        wanted += f" and resourceGroupName eq '{group}'"
    path = f"/subscriptions/{ask.argument}/providers/Microsoft.Insights/eventtypes/management/values"
    params: dict[str, object] = {"api-version": API_VERSION, "$filter": wanted}
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    url, token = ask.options.get("url", API_URL), ask.options.get("token", "")
    with open_source(ask, name="Azure", url=url, token=token) as session:
        for _ in range(MAX_PAGES):
            whole = get_json(session, path, params=params)
            found += listed(whole, "value", source="Azure")
            after = text(whole, "nextLink")
            if not after:
                break
            # Of the link only its parameters are taken: our token goes to no address that an answer names.
            params = {**params, **dict(parse_qsl(urlsplit(after).query))}
        else:
            cause = f"only the newest {len(found):,} were read; give the option group"
            gaps = (Gap("", "azure", "older entries", cause, ask.window.baseline_start, ask.window.end),)
    told = _parse(found, PayloadReading("azure", ask))
    return SourceResult(gaps=gaps) + told


def _parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    groups: dict[tuple[str, str, str], list[Item]] = {}
    for number, item in enumerate(items):
        operation = text(item, "correlationId", "operationId") or str(number)
        groups.setdefault((operation, _operation(item), text(item, "resourceId").lower()), []).append(item)
    merged = [_of_group(group) for group in groups.values()]
    return each(_operation_event)(merged, reading)


def _of_group(group: Sequence[Item]) -> Item:
    ordered = sorted(group, key=lambda item: text(item, *_TIMES))
    return {
        **ordered[-1],
        "_begin": text(ordered[0], *_TIMES),
        "_end": text(ordered[-1], *_TIMES) if len(ordered) > 1 else "",
    }


def _operation(item: Item) -> str:
    return text(item, "operationName.value", "operationName")


def _operation_event(item: Item, reading: PayloadReading) -> Iterator[Told]:
    operation, status = _operation(item), text(item, "status.value", "status", "resultType")
    judged = text(item, "category.value", "category") == "Policy"  # a policy's opinion of a resource
    if judged or not operation.lower().endswith(("/write", "/delete", "/action")):
        yield f"{reading.source}: an entry that changes nothing is passed over"
        return
    resource = text(item, "resourceId").rstrip("/").rpartition("/")[2]
    thing = resource or text(item, "resourceGroupName", "resourceGroup")
    words = text(item, "operationName.localizedValue") or operation
    yield event(
        time=begin(item, "_begin"),
        end=end(item, "_end"),
        kind=_kind(operation.lower()),
        service=Service(reading.service or thing),
        title=f"{words}: {thing}",
        source=reading.source,
        source_id=text(item, "eventDataId", "correlationId", "id"),
        labels=labels(operation=operation, group=text(item, "resourceGroupName")),
        state=_STATES.get(status, status),
    )


def _kind(operation: str) -> EventKind:
    if "restart" in operation or "/start/" in operation or "/poweroff/" in operation:
        return "restart"
    if any(
        word in operation
        for word in ("sites/write", "deployments/write", "containerapps/write", "publish", "slotsswap")
    ):
        return "deploy"
    return "scale" if "autoscale" in operation or "serverfarms" in operation else "config"


_DESCRIBED: Final = (
    Described(
        name="deployments of Azure Resource Manager", has=("properties.provisioningState", "properties.timestamp"),
        time=("_begin",), end=("properties.timestamp",), kind="config", service=("resourceGroup",), title=("name",),
        state=("properties.provisioningState",), id=("properties.correlationId",),
    ),
    Described(
        name="revisions of Azure Container Apps", has=("properties.createdTime", "properties.trafficWeight"),
        time=("properties.createdTime",), kind="deploy", service=("properties.template.containers.0.name",),
        title=("name",), state=("properties.provisioningState",), id=("name",),
        labels={"image": ("properties.template.containers.0.image",)},
    ),
)  # fmt: skip


def _deployments(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Deployments of templates: told are when each was last heard of, and how long it took."""
    dated = []
    for item in items:
        told, took = text(item, "properties.timestamp"), text(item, "properties.duration")
        over = end(item, "properties.timestamp")
        began = over - pd.Timedelta(took) if over is not None and took.startswith("PT") else over
        dated.append({**item, "_begin": f"{began.isoformat()}" if began is not None else told})
    return _DESCRIBED[0].format().parse(dated, reading)


FORMATS: Final = (
    _DESCRIBED[0].format()._replace(parse=_deployments),
    _DESCRIBED[1].format(),
    Format(
        "Azure's activity log",
        lambda item: (
            has(item, "eventTimestamp", "operationName") or has(item, "time", "operationName", "resourceId", "category")
        ),
        _parse,
    ),
)
