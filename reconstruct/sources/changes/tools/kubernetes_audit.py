"""The audit log of a Kubernetes API server (`audit.k8s.io`): who asked what; here, which writes changed a workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, begin, each, has, labels, text
from reconstruct.sources.changes.record import event

_WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_RESOURCES: Final[Mapping[str, EventKind]] = {
    **dict.fromkeys(("deployments", "statefulsets", "daemonsets", "rollouts"), "deploy"),
    **dict.fromkeys(
        ("configmaps", "secrets", "ingresses", "networkpolicies", "services", "virtualservices", "httproutes"), "config"
    ),
    **dict.fromkeys(("horizontalpodautoscalers", "nodes"), "scale"),
}
"""Other resources (leases, endpoints, events, pods) are written all the time by controllers."""


def _call(item: Item, reading: PayloadReading) -> Iterator[Told]:
    verb, resource = text(item, "verb"), text(item, "objectRef.resource")
    part = text(item, "objectRef.subresource")
    kind = "scale" if part == "scale" else _RESOURCES.get(resource)
    if verb not in _WRITES or kind is None or part == "status" or text(item, "stage") not in ("ResponseComplete", ""):
        yield f"{reading.source}: a call that changes no workload is passed over"
        return
    code = text(item, "responseStatus.code")
    failed = code.isdecimal() and int(code) >= 400
    name = text(item, "objectRef.name")
    yield event(
        time=begin(item, "requestReceivedTimestamp", "stageTimestamp"),
        kind="config" if kind == "deploy" and verb.startswith("delete") else kind,
        service=Service(name, text(item, "objectRef.namespace")),
        title=f"{verb} {resource.removesuffix('s')} {name}" + (f": refused with {code}" if failed else ""),
        source=reading.source,
        source_id=text(item, "auditID"),
        labels=labels(code=code),
        state="failed" if failed else "done",
    )


FORMATS: Final = (
    Format("the audit log of Kubernetes", lambda item: has(item, "auditID", "verb", "requestURI"), each(_call)),
)
