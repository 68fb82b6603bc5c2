"""Rollouts from objects saved with `kubectl get replicasets,applications -A -o json`: what a cluster remembers.

A ReplicaSet is made when a Deployment's pod template is new: its creation is the rollout's beginning. A rollback takes
an old ReplicaSet again and keeps its creation time. That it happened shows in its annotations; when, only in so far as
the revisions before and after it are dated: a Gap. An Argo CD Application lists its deployments with beginning and end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from reconstruct.config import ReadTime, read_time
from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceResult

KINDS: Final = frozenset({"ReplicaSet", "Application"})
REVISION: Final = "deployment.kubernetes.io/revision"
REVISIONS_BEFORE: Final = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE: Final = "kubernetes.io/change-cause"


def is_objects(whole: object) -> bool:
    """Whether a JSON value is a Kubernetes object, or a list of them, of a kind that tells of rollouts."""
    return any(item.get("kind") in KINDS and "metadata" in item for item in _items(whole))


def parse_objects(whole: object, *, source: str, authors: bool = False) -> SourceResult:
    """The rollouts that ReplicaSets and Argo CD Applications tell; other kinds are passed over."""
    events: list[Event] = []
    gaps: list[Gap] = []
    for number, item in enumerate(_items(whole), start=1):
        try:
            if item.get("kind") == "ReplicaSet":
                told = _replica_set(item, source=source)
                events += [told] if told else []
            elif item.get("kind") == "Application":
                events += _application(item, source=source, authors=authors)
        except (UsageError, KeyError, TypeError, AttributeError, IndexError) as error:
            gaps.append(Gap("", source, f"object {number}", f"cannot be read: {error}"))
    gaps += _taken_again(events, source=source)
    return SourceResult(events=tuple(sorted(events, key=lambda e: (e.time, e.source_id))), gaps=tuple(gaps))


def _replica_set(item: Mapping[str, Any], *, source: str) -> Event | None:
    service = _owner(item)
    if service is None:
        return None
    meta = item["metadata"]
    notes = meta.get("annotations") or {}
    image = str(item["spec"]["template"]["spec"]["containers"][0]["image"])
    revisions = [*str(notes.get(REVISIONS_BEFORE, "")).split(","), str(notes.get(REVISION, ""))]
    return event(
        time=ReadTime(_time(meta["creationTimestamp"]), 0.0, zone_told=True),
        kind="deploy",
        service=service,
        title=str(notes.get(CHANGE_CAUSE, "")),
        source=source,
        source_id=f"{meta['name']}",
        version=_tag(image),
        labels={"image": image, "revisions": ", ".join(filter(None, revisions))},
    )


def _taken_again(events: Sequence[Event], *, source: str) -> Iterator[Gap]:
    """A Gap for each revision that took an old ReplicaSet: after the one before was made, before the one after."""
    made: dict[Service, dict[int, Event]] = {}
    for told in events:
        for text in told.labels.get("revisions", "").split(", "):
            if text.isdigit():
                made.setdefault(told.service, {})[int(text)] = told
    for service, by_revision in made.items():
        for revision, told in by_revision.items():
            if str(revision) == told.labels["revisions"].split(", ")[0]:
                continue
            earlier = [one.time for number, one in by_revision.items() if number < revision]
            later = [one.time for number, one in by_revision.items() if number > revision and one.time > told.time]
            missing = f"when {service.name} went back to {told.source_id} as revision {revision}"
            cause = "Kubernetes does not keep the time of a rollback"
            yield Gap("", source, missing, cause, start=max(earlier), end=min(later, default=None))


def _application(item: Mapping[str, Any], *, source: str, authors: bool) -> Iterator[Event]:
    meta, spec = item["metadata"], item.get("spec") or {}
    service = Service(str(meta["name"]), str((spec.get("destination") or {}).get("namespace") or ""))
    for entry in (item.get("status") or {}).get("history") or []:
        over = _time(entry["deployedAt"])
        began = _time(entry["deployStartedAt"]) if entry.get("deployStartedAt") else over
        revision = str(entry.get("revision") or ",".join(map(str, entry.get("revisions") or [])))
        who = str((entry.get("initiatedBy") or {}).get("username") or "")
        yield event(
            time=ReadTime(began, 0.0, zone_told=True),
            end=over if over > began else None,
            kind="deploy",
            service=service,
            title="",
            source=source,
            source_id=f"{meta['name']}/{entry['id']}",
            version=revision[:12] if len(revision) == 40 else revision,
            labels={"author": who} if authors and who else {},
        )


def _owner(item: Mapping[str, Any]) -> Service | None:
    meta = item["metadata"]
    owners: Sequence[Mapping[str, Any]] = meta.get("ownerReferences") or []
    name = next((str(owner["name"]) for owner in owners if owner.get("kind") in {"Deployment", "Rollout"}), None)
    return None if name is None else Service(name, str(meta.get("namespace", "")))


def _tag(image: str) -> str:
    """The version in an image's name: `registry:5000/shop:2.15@sha256:...` -> `2.15`."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest.removeprefix("sha256:")[:12]


def _items(whole: object) -> list[Mapping[str, Any]]:
    if isinstance(whole, dict):
        listed = whole.get("items") if str(whole.get("kind", "")).endswith("List") else [whole]
    else:
        listed = whole
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _time(text: object) -> pd.Timestamp:
    return read_time(str(text), tz="UTC").time
