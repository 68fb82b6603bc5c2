"""Google Cloud's audit log: LogEntries with an AuditLog inside, as `gcloud logging read --format=json` gives them.

A long operation is two entries, its first and its last: one event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

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
from reconstruct.sources.changes.tools import kubernetes_audit
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://logging.googleapis.com"
PAGE_SIZE: Final = 1000
MAX_PAGES: Final = 20
_READS: Final = re.compile(r"(?:^|\.)(?:get|list|aggregated|search|query|test|watch|batchget|read)\w*$", re.IGNORECASE)
_KINDS: Final[tuple[tuple[re.Pattern[str], EventKind], ...]] = (
    (re.compile(r"(?:reset|restart|stop|start|failover|reboot)\w*$", re.IGNORECASE), "restart"),
    (re.compile(r"(?:resize|setsize|autoscal\w*|nodepool\w*)$", re.IGNORECASE), "scale"),
    (
        re.compile(
            r"(?:ReplaceService|CreateService|UpdateService|CreateRevision|UpdateFunction|CreateFunction|Rollout|CreateVersion|deployments?\.\w+|services\.(?:patch|replace\w*))$",
            re.IGNORECASE,
        ),
        "deploy",
    ),
)
_LABELS: Final = ("service_name", "function_name", "module_id", "database_id", "cluster_name")
"""Labels of a resource that name it; `instance_id` is a number."""


def fetch_entries(ask: SourceRequest) -> SourceResult:
    """The audit log of admin activity of the project `ask.argument` in the window.

    Options: `token` (as `gcloud auth print-access-token` gives it), `url`.

    Raises
    ------
    UsageError
        If the argument is no project's id.
    SourceError
        If Google Cloud does not answer or refuses.
    """
    if not re.fullmatch(r"[a-z0-9.:-]+", ask.argument):
        raise UsageError(f"{ask.argument!r} is no project", hint="write google:PROJECT-ID")
    since, until = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (ask.window.baseline_start, ask.window.end))
    body: dict[str, object] = {
        "resourceNames": [f"projects/{ask.argument}"],
        "filter": f'log_id("cloudaudit.googleapis.com/activity") AND timestamp>="{since}" AND timestamp<"{until}"',
        "orderBy": "timestamp desc",
        "pageSize": PAGE_SIZE,
    }
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    url, token = ask.options.get("url", API_URL), ask.options.get("token", "")
    with open_source(ask, name="Google Cloud", url=url, token=token) as session:
        for _ in range(MAX_PAGES):
            whole = get_json(session, "/v2/entries:list", body=body)
            # An answer without entries leaves the field out; one page may be empty and more follow.
            if not isinstance(whole, dict) or not whole.keys() <= {"nextPageToken"}:
                found += listed(whole, "entries", source="Google Cloud")
            after = text(whole, "nextPageToken")
            if not after:
                break
            body["pageToken"] = after
        else:
            cause = f"only the newest {MAX_PAGES * PAGE_SIZE:,} were read"
            gaps = (Gap("", "google", "older entries", cause, ask.window.baseline_start, ask.window.end),)
    return SourceResult(gaps=gaps) + _parse(found, PayloadReading("google", ask))


def _parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    groups: dict[str, list[Item]] = {}
    for number, item in enumerate(items):
        groups.setdefault(text(item, "operation.id") or f"entry {number}", []).append(item)
    return each(_entry)([_of_group(group) for group in groups.values()], reading)


def _of_group(group: Sequence[Item]) -> Item:
    ordered = sorted(group, key=lambda item: text(item, "timestamp"))
    over = text(ordered[-1], "timestamp") if len(ordered) > 1 else ""
    failed = next((item for item in ordered if text(item, "protoPayload.status.code") not in ("", "0")), None)
    return {
        **ordered[0],
        "_end": over,
        "_error": text(failed, "protoPayload.status.message") or ("failed" if failed else ""),
    }


def _entry(item: Item, reading: PayloadReading) -> Iterator[Told]:
    method = text(item, "protoPayload.methodName")
    if _READS.search(method):
        yield f"{reading.source}: a call that only reads is passed over"
        return
    if text(item, "protoPayload.serviceName") == "k8s.io":
        yield from _of_cluster(item, reading)
        return
    name = text(item, "protoPayload.resourceName").rstrip("/").rpartition("/")[2]
    service = text(item, *(f"resource.labels.{label}" for label in _LABELS)) or name
    error = text(item, "_error")
    yield event(
        time=begin(item, "timestamp", "receiveTimestamp"),
        end=end(item, "_end"),
        kind=next((kind for pattern, kind in _KINDS if pattern.search(method)), "config"),
        service=Service(reading.service or service),
        title=f"{method.rpartition('.')[2]} {name or service}" + (f": {error}" if error else ""),
        source=reading.source,
        source_id=text(item, "insertId"),
        labels=labels(
            method=method,
            project=text(item, "resource.labels.project_id"),
            location=text(item, "resource.labels.location"),
        ),
        state="failed" if error else "done",
    )


def _of_cluster(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A call of GKE's API server, told as Kubernetes' own audit log tells it."""
    match = _OBJECT.fullmatch(text(item, "protoPayload.resourceName"))
    verb = text(item, "protoPayload.methodName").rpartition(".")[2]
    found = match.groupdict(default="") if match else {}
    code = text(item, "protoPayload.status.code")
    call = {
        "auditID": text(item, "insertId"),
        "verb": verb,
        "objectRef": {
            "resource": found.get("resource", ""),
            "name": found.get("name", ""),
            "namespace": found.get("namespace", ""),
            "subresource": found.get("part", ""),
        },
        "responseStatus": {"code": "403" if code not in ("", "0") else "200"},
        "requestReceivedTimestamp": text(item, "timestamp"),
    }
    told = kubernetes_audit.FORMATS[0].parse([call], reading)
    cluster = text(item, "resource.labels.cluster_name")
    yield from (replace(e, service=e.service._replace(cluster=cluster)) for e in told.events)
    yield from told.notes


_OBJECT: Final = re.compile(
    r".*?(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[a-z]+)/(?P<name>[^/]+)(?:/(?P<part>[a-z]+))?"
)
_DESCRIBED: Final = (
    Described(
        name="rollouts of Google Cloud Deploy", has=("targetId", "createTime", "state", "name"),
        time=("deployStartTime", "enqueueTime", "createTime"), end=("deployEndTime",), kind="deploy",
        service=("_pipeline",), title=("_rollout",), version=("_release",), state=("state",), environment=("targetId",),
        id=("uid",),
    ),
    Described(
        name="operations of Google's clusters", has=("operationType", "targetLink", "startTime"), time=("startTime",),
        end=("endTime",), kind=lambda item: "scale" if "SIZE" in text(item, "operationType") else "config",
        title=("operationType",), state=("status",), id=("name",), labels={"target": ("targetLink",)},
    ),
    Described(
        name="versions of App Engine", has=("last_deployed_time", "service", "version.createTime"),
        time=("version.createTime",), kind="deploy", service=("service",), version=("id",),
    ),
)  # fmt: skip
_ROLLOUT: Final = re.compile(
    r".*/deliveryPipelines/(?P<pipeline>[^/]+)/releases/(?P<release>[^/]+)/rollouts/(?P<name>[^/]+)"
)


def _rollouts(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Rollouts of Cloud Deploy: what is deployed stands in their name alone."""
    named = [(item, _ROLLOUT.fullmatch(text(item, "name"))) for item in items]
    told = [
        {**item, "_pipeline": name["pipeline"], "_release": name["release"], "_rollout": name["name"]} if name else item
        for item, name in named
    ]
    return _DESCRIBED[0].format().parse(told, reading)


AUDIT_LOG: Final = Format(
    "Google Cloud's audit log", lambda item: has(item, "protoPayload.methodName", "timestamp"), _parse
)
FORMATS: Final = (
    _DESCRIBED[0].format()._replace(parse=_rollouts),
    *(one.format() for one in _DESCRIBED[1:]),
    AUDIT_LOG,
)
