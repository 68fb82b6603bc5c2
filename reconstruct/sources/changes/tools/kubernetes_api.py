"""The Kubernetes API, plain HTTP: ReplicaSets, ControllerRevisions, Events, Jobs, and Helm's records of releases.

`kubernetes:in-cluster` reads from inside the cluster (the pod's service account), `kubernetes:URL` with a token from
outside (`kubectl proxy` needs none), `kubernetes:context/NAME` as the kubeconfig says, for which the package kubernetes
finds address and credentials. The least right is to list these kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from reconstruct.config import ReadTime
from reconstruct.errors import SourceError, UsageError
from reconstruct.http import NotAllowedError, Session
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.paged import RateLimitedError, get_json, open_source
from reconstruct.sources.changes.payload import Item, PayloadReading, begin, labels, listed, text
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
_FLUX: Final = (
    ("apis/helm.toolkit.fluxcd.io/v2", "helmreleases", "HelmRelease"),
    ("apis/kustomize.toolkit.fluxcd.io/v1", "kustomizations", "Kustomization"),
)
_HELM: Final = ("api/v1", "secrets", "Secret")


def fetch_objects(ask: SourceRequest) -> SourceResult:
    """What the cluster at `ask.argument` (its URL; "in-cluster" = the one that we run in) remembers of changes.

    Options: `token`, `namespace`, `helm` (`true` also lists Helm's secrets, by their labels alone).
    """
    return _fetch(ask, kinds=[*_KINDS, *([_HELM] if ask.options.get("helm") == "true" else [])], name="kubernetes")


def fetch_flux(ask: SourceRequest) -> SourceResult:
    """What Flux deployed in the cluster at `ask.argument`, as for `kubernetes`: HelmReleases and Kustomizations.

    Options: `token`, `namespace`. A cluster that has only one of the two kinds is a gap, not an error.
    """
    return _fetch(ask, kinds=_FLUX, name="flux")


def _fetch(ask: SourceRequest, *, kinds: Sequence[tuple[str, str, str]], name: str) -> SourceResult:
    inside = ask.argument == "in-cluster"
    token, url = ask.options.get("token", ""), ask.argument
    more: dict[str, str] = {}
    if url.startswith("context/"):
        url, token, more = _of_kubeconfig(url.removeprefix("context/"))
    if inside:
        if not (SERVICE_ACCOUNT / "token").is_file():
            raise UsageError(
                "there is no service account here", hint="give kubernetes:URL, e.g. that of `kubectl proxy`"
            )
        token = (SERVICE_ACCOUNT / "token").read_text(encoding="ascii").strip()
        url, more = IN_CLUSTER_URL, {"ca_file": str(SERVICE_ACCOUNT / "ca.crt")}
    asked = replace(ask, argument=url, options={**more, **ask.options})
    found: list[Item] = []
    gaps: list[Gap] = []
    told: list[Event] = []
    refused: list[SourceError | NotAllowedError] = []
    with open_source(asked, name="Kubernetes", url=url, token=token) as session:
        for place, (group, resource, kind) in enumerate(kinds):
            try:
                items = list(_listed(session, group, resource, namespace=ask.options.get("namespace", "")))
            except (SourceError, NotAllowedError) as error:
                missing = name == "flux" and "answered 404" in error.message
                if place == 0 and not missing and not (isinstance(error, NotAllowedError) and "403" in error.message):
                    raise  # the address, the network or the token is wrong: the rest would say the same
                refused.append(error)
                gaps.append(Gap("", name, resource, f"{error.message}; {error.hint}"))
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
    if len(refused) == len(kinds):
        raise refused[0]
    read = kubernetes.FORMATS[0].parse(found, PayloadReading(name, ask))
    events = tuple(e for e in (*read.events, *told) if ask.covers(e.time))
    return SourceResult(events=events, gaps=(*gaps, *read.gaps))


def _of_kubeconfig(context: str) -> tuple[str, str, dict[str, str]]:
    """Address, token and files of a context ("" = the current one): exec plugins and client certificates included."""
    try:
        config: Any = import_module("kubernetes.config")
    except ImportError as error:
        hint = "pip install 'reconstruct[kubernetes]'"
        raise UsageError("a kubeconfig needs the package kubernetes", hint=hint) from error
    try:
        told = config.new_client_from_config(context=context or None).configuration
    except Exception as error:  # noqa: BLE001 - plugins and files raise whatever they like; none may show a secret
        raise UsageError(
            f"the kubeconfig's context {context or '(current)'} cannot be used: {type(error).__name__}",
            hint="does `kubectl --context NAME get replicasets` work?",
        ) from None
    token = str(told.api_key.get("authorization") or told.api_key.get("BearerToken") or "")
    files = {"ca_file": told.ssl_ca_cert, "client_cert": told.cert_file, "client_key": told.key_file}
    return told.host, token.removeprefix("Bearer "), {name: str(path) for name, path in files.items() if path}


def _listed(session: Session, group: str, resource: str, *, namespace: str) -> Iterator[Item]:
    """Every object of a kind, page by page; of secrets only Helm's, and only their metadata is kept."""
    path = f"/{group}/namespaces/{namespace}/{resource}" if namespace else f"/{group}/{resource}"
    params: dict[str, object] = {"limit": PAGE_SIZE}
    if resource == "secrets":
        params |= {"labelSelector": "owner=helm", "fieldSelector": "type=helm.sh/release.v1"}
    for _ in range(MAX_PAGES):
        whole = get_json(session, path, params=params)
        yield from listed(whole, "items", source="Kubernetes")
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
