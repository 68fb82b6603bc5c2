"""Terraform Cloud and Enterprise: runs of a workspace, `GET /workspaces/{id}/runs` (JSON:API)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Gap, Service
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.environments import place_in
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
    newest,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://app.terraform.io/api/v2"
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 20
_STATES: Final = {
    **dict.fromkeys(("applied", "planned_and_finished", "planned_and_saved"), "done"),
    **dict.fromkeys(("applying",), "running"),
    **dict.fromkeys(("errored", "policy_soft_failed"), "failed"),
    **dict.fromkeys(("discarded", "canceled", "force_canceled"), "cancelled"),
}
_AT: Final = "attributes.status-timestamps"
_ONLY_PLANNED: Final = "a run that only planned is passed over"


def fetch_runs(ask: SourceRequest) -> SourceResult:
    """The runs of the workspace `ask.argument` (`ws-...`) in the window. Options: `token`, `url`, `service`."""
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    source = f"terraform:{ask.argument}"
    url, token = ask.options.get("url", API_URL), ask.options.get("token", "")
    with open_source(ask, name="Terraform", url=url, token=token) as session:
        for page in range(1, MAX_PAGES + 1):
            params = {"page[number]": page, "page[size]": PAGE_SIZE, "include": "workspace"}
            whole = get_json(session, f"/workspaces/{ask.argument}/runs", params=params)
            items = _with_names(listed(whole, "data", source="Terraform"), whole)
            found += items
            latest = newest(items, "attributes.created-at")
            if at(whole, "meta.pagination.next-page") is None or (
                latest is not None and latest < ask.window.baseline_start
            ):
                break
        else:
            gaps = (Gap("", source, "older runs", f"only the newest {MAX_PAGES * PAGE_SIZE} were read"),)
    told = RUNS.parse(found, PayloadReading(source, ask, service=ask.options.get("service", "")))
    return (SourceResult(gaps=tuple(gaps)) + told).within(ask)


def _run(item: Item, reading: PayloadReading) -> Iterator[Told]:
    status = text(item, "attributes.status")
    if status.startswith("planned_and") or at(item, "attributes.plan-only") is True:
        yield f"{reading.source}: {_ONLY_PLANNED}"
        return
    if at(item, "attributes.refresh-only") is True:
        yield f"{reading.source}: a run that only refreshed its state is passed over"
        return
    workspace = text(item, "workspace_name", "relationships.workspace.data.id")
    message = text(item, "attributes.message")
    yield event(
        time=begin(item, f"{_AT}.applying-at", f"{_AT}.apply-queued-at", f"{_AT}.errored-at", "attributes.created-at"),
        end=end(item, f"{_AT}.applied-at"),
        kind="config",
        service=Service(reading.service or text(item, "workspace_name")),
        title=f"terraform {'destroy' if at(item, 'attributes.is-destroy') is True else 'apply'}: {message or status}",
        source=reading.source,
        source_id=text(item, "id"),
        labels=labels(status=status, workspace=workspace),
        state=_STATES.get(status, "requested"),
        environment=workspace if place_in(workspace) else "",
    )


def _with_names(items: Sequence[Item], whole: object) -> list[Item]:
    """Runs with the names of their workspaces, where an answer includes those."""
    names = {text(one, "id"): text(one, "attributes.name") for one in items_at(whole, "included")}
    return [{**item, "workspace_name": names.get(text(item, "relationships.workspace.data.id"), "")} for item in items]


def _with_included(answers: Sequence[Item], reading: PayloadReading) -> SourceResult:
    told = SourceResult()
    for whole in answers:
        data = whole["data"]
        runs = items_at({"data": data if isinstance(data, list) else [data]}, "data")
        told += RUNS.parse(_with_names(runs, whole), reading)
    return told


RUNS: Final = Format(
    "Terraform runs", lambda item: item.get("type") == "runs" and has(item, "attributes.status"), each(_run)
)


def _told_by_hook(item: Item) -> str:
    """Why a notification tells no change; "" = it tells one."""
    if text(item, "notifications.0.trigger") == "verification":
        return "a notification that only tries the address"
    return "a run that only planned" if text(item, "notifications.0.run_status").startswith("planned_and") else ""


WEBHOOKS: Final = Described(
    name="notifications of Terraform",
    has=("run_id", "notifications", "workspace_name"),
    time=("notifications.0.run_updated_at", "run_created_at"),
    kind="config",
    service=("workspace_name",),
    title=("run_message",),
    state=("notifications.0.run_status",),
    states=dict(_STATES),
    id=("run_id",),
    url=("run_url",),
    environment=("workspace_name",),
    passed=lambda item: _told_by_hook(item),
)
_INCLUDED: Final = Format(
    "Terraform runs with what they belong to",
    lambda item: has(item, "included") and "runs" in (text(item, "data.type"), text(item, "data.0.type")),
    _with_included,
)
FORMATS: Final = (_INCLUDED, RUNS, WEBHOOKS.format())
