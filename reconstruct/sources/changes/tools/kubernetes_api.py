"""The Kubernetes API, plain HTTP: ReplicaSets, ControllerRevisions, Events, Jobs, and Helm's records of releases.

`kubernetes:` with nothing behind it reads from inside the cluster (the pod's service account), `kubernetes:URL` with a
token from outside; `kubectl proxy` needs none. The least right is to list these kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reconstruct.config import ReadTime
from reconstruct.errors import SourceError, UsageError
from reconstruct.http import NotAllowedError, Session
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.paged import RateLimitedError, get_json, open_source
from reconstruct.sources.changes.payload import Item, PayloadReading, begin, items_at, labels, text
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools import helm, kubernetes
from reconstruct.sources.result import SourceRequest, SourceResult

IN_CLUSTER_URL: Final = "https://kubernetes.default.svc"
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PAGE_SIZE: Final = 500
MAX_PAGES: Final = 100
_KINDS: Final = (
    ("apis/apps/v1", "replicasets", "ReplicaSet"),
    ("apis/apps/v1", "deployments", "Deployment"),
    ("apis/apps/v1", "controllerrevisions", "ControllerRevision"),
    ("apis/batch/v1", "jobs", "Job"),
    ("api/v1", "events", "Event"),
)
_HELM: Final = ("api/v1", "secrets", "Secret")


def fetch_objects(ask: SourceRequest) -> SourceResult:
    """What the cluster at `ask.argument` (its URL; "in-cluster" = the one that we run in) remembers of changes.

    Options: `token`, `namespace`, `helm` (`true` also lists Helm's secrets, by their labels alone).
    """
    inside = ask.argument in ("in-cluster", "")
    token = ask.options.get("token", "")
    if inside:
        if not (SERVICE_ACCOUNT / "token").is_file():
            raise UsageError(
                "there is no service account here", hint="give kubernetes:URL, e.g. that of `kubectl proxy`"
            )
        token = (SERVICE_ACCOUNT / "token").read_text(encoding="ascii").strip()
    url = IN_CLUSTER_URL if inside else ask.argument
    more = {"ca_file": str(SERVICE_ACCOUNT / "ca.crt")} if inside and "ca_file" not in ask.options else {}
    asked = SourceRequest(url, ask.window, tz=ask.tz, authors=ask.authors, options={**ask.options, **more})
    found: list[Item] = []
    gaps: list[Gap] = []
    told: list[Event] = []
    with open_source(asked, name="Kubernetes", url=url, token=token) as session:
        kinds = [*_KINDS, *([_HELM] if ask.options.get("helm") == "true" else [])]
        for place, (group, resource, kind) in enumerate(kinds):
            try:
                items = list(_listed(session, group, resource, namespace=ask.options.get("namespace", "")))
            except (SourceError, NotAllowedError) as error:
                if place == 0 and not isinstance(error, NotAllowedError):
                    raise
                gaps.append(Gap("", "kubernetes", resource, f"{error.message}; {error.hint}"))
                if isinstance(error, RateLimitedError):
                    break
                continue
            if kind == "Secret":
                told += _releases(items, gaps)
            else:
                found += [
                    {"apiVersion": group.removeprefix("apis/").removeprefix("api/"), **one, "kind": kind}
                    for one in items
                ]
    if len(gaps) == len(kinds):
        raise SourceError("Kubernetes: nothing can be listed", hint=gaps[0].cause)
    read = kubernetes.FORMATS[0].parse(found, PayloadReading("kubernetes", ask))
    events = tuple(e for e in (*read.events, *told) if ask.covers(e.time))
    return SourceResult(events=events, gaps=(*gaps, *read.gaps))


def _listed(session: Session, group: str, resource: str, *, namespace: str) -> Iterator[Item]:
    """Every object of a kind, page by page; of secrets only Helm's, and only their metadata is kept."""
    path = f"/{group}/namespaces/{namespace}/{resource}" if namespace else f"/{group}/{resource}"
    params: dict[str, object] = {"limit": PAGE_SIZE}
    if resource == "secrets":
        params |= {"labelSelector": "owner=helm", "fieldSelector": "type=helm.sh/release.v1"}
    for _ in range(MAX_PAGES):
        whole = get_json(session, path, params=params)
        yield from items_at(whole, "items")
        after = text(whole, "metadata.continue")
        if not after:
            return
        params["continue"] = after
    raise SourceError(f"Kubernetes has more than {MAX_PAGES * PAGE_SIZE} {resource}", hint="give the option namespace")


def _releases(items: list[Item], gaps: list[Gap]) -> Iterator[Event]:
    """Helm's revisions by the labels of its secrets: what they hold is not looked at."""
    for item in items:
        name, revision = text(item, "metadata.labels.name"), text(item, "metadata.labels.version")
        status = text(item, "metadata.labels.status")
        try:
            made = begin(item, "metadata.labels.modifiedAt", "metadata.creationTimestamp")
            created = begin(item, "metadata.creationTimestamp")
        except UsageError as error:
            gaps.append(Gap("", "kubernetes", f"Helm's revision {revision} of {name}", error.message))
            continue
        yield event(
            time=ReadTime(created.time, 0.0, zone_told=True),
            end=made.time,
            kind="deploy",
            service=Service(name, text(item, "metadata.namespace")),
            title=f"Helm revision {revision} of {name}",
            source="kubernetes",
            source_id=f"{name}/{revision}",
            labels=labels(revision=revision, helm_status=status),
            state=helm.STATES.get(status, status),
        )
