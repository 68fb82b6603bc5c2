"""Which versions the instances of a service take up, and when: the judgement behind `version_changes`.

Judged instance by instance: a version that is seen again after a failed scrape is no rollback, and a rollout over
several instances is one change with an end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from reconstruct.model import EventKind, Service
from reconstruct.sources.prometheus.client import Answer
from reconstruct.sources.prometheus.history.restarts import instance_of
from reconstruct.sources.service_labels import service_of

VERSION_LABELS: Final = (
    "version",
    "service_version",
    "app_version",
    "release",
    "tag",
    "revision",
    "commit",
    "git_commit",
    "sha",
)
"""First one present is the version."""
INSTANCE_LABELS: Final = ("instance", "service_instance_id", "pod", "k8s_pod_name", "host", "node", "container")
WITHDRAWN_ROWS: Final = 5
"""A version has to be gone for this many samples before it counts as given up."""


class Sighting(NamedTuple):
    """An instance is seen with a version that it did not have when it was seen last."""

    row: int
    after: int
    """Last row at which it was not: it changed between the two."""
    instance: str
    version: str
    previous: str
    """What this instance ran before; "" for an instance that had not been seen."""


class Change(NamedTuple):
    """A version taken up by the instances of one service, one after the other."""

    kind: EventKind
    version: str
    previous: str
    sightings: tuple[Sighting, ...]
    withdrawn: tuple[str, ...] = ()
    """Instances that went with the version they had tried: nobody took the older one up, it was still there."""


def version_of(labels: Mapping[str, str]) -> str:
    """The version that labels tell; "" where they tell none."""
    return next((labels[name] for name in VERSION_LABELS if labels.get(name)), "")


def changes_in(answer: Answer, *, patience: int, own: Collection[str] = ()) -> dict[Service, list[Change]]:
    """What each service took up, oldest first, from one build_info's series (one an instance and version).

    `patience` is in rows: how long a rollout may pause between two instances. `own` labels name a service first.
    """
    by_service: dict[Service, list[int]] = {}
    for column, labels in enumerate(answer.labels):
        by_service.setdefault(service_of(labels, own=own), []).append(column)
    return {
        service: _changes(
            present=~np.isnan(answer.values[:, columns]),
            versions=[version_of(answer.labels[column]) for column in columns],
            instances=[instance_in(answer.labels[column]) for column in columns],
            patience=patience,
        )
        for service, columns in by_service.items()
    }


def _changes(
    *, present: npt.NDArray[np.bool_], versions: Sequence[str], instances: Sequence[str], patience: int
) -> list[Change]:
    if len(set(versions)) < 2 or not present.any():
        return []
    born = {version: _first_row(present, versions, version) for version in set(versions)}
    begin = min(born.values())
    at_first = [version for column, version in enumerate(versions) if present[begin : begin + 2, column].any()]
    target = max(sorted(set(at_first)), key=at_first.count)
    found: list[Change] = []
    for sighting in _sightings(present, versions, instances, begin=begin + 1):
        version, last = sighting.version, found[-1].sightings[-1] if found else None
        if found and last and version == found[-1].version == target and sighting.row - last.row <= patience:
            found[-1] = found[-1]._replace(sightings=(*found[-1].sightings, sighting))
            continue
        if version == target:
            continue  # an instance that came late, or autoscaling
        previous = sighting.previous or target
        older = (born[version], _natural(version)) < (born[previous], _natural(previous))
        stays = bool(present[-1, [each == target for each in versions]].any())
        if not sighting.previous and older and stays:
            continue  # a new instance of the older version beside the newer one: a fleet that runs both
        found.append(Change("rollback" if older else "deploy", version, previous, (sighting,)))
        target = version
    if found and (withdrawn := _withdrawn(found[-1], present, versions)):
        found.append(withdrawn)
    return found


def _withdrawn(last: Change, present: npt.NDArray[np.bool_], versions: Sequence[str]) -> Change | None:
    """The end of a trial: the newest version went with its instances, and an older one, never replaced, is left."""
    of_last = present[:, [each == last.version for each in versions]].any(axis=1)
    gone = int(np.flatnonzero(of_last)[-1]) + 1
    left = {version for column, version in enumerate(versions) if present[gone:, column].any()}
    if len(present) - gone < WITHDRAWN_ROWS or last.kind == "rollback" or not left:
        return None
    back = max(left, key=_natural)
    instances = tuple(dict.fromkeys(each.instance for each in last.sightings))
    return Change("rollback", back, last.version, (Sighting(gone, gone - 1, "", back, last.version),), instances)


def _sightings(
    present: npt.NDArray[np.bool_], versions: Sequence[str], instances: Sequence[str], *, begin: int
) -> list[Sighting]:
    """Where an instance is first seen with another version than before, or is first seen at all, behind row `begin`."""
    found: list[Sighting] = []
    for instance in sorted(set(instances)):
        mine = [column for column, each in enumerate(instances) if each == instance]
        starts = np.argwhere(present[:, mine] & ~np.vstack((np.zeros(len(mine), bool), present[:-1, mine])))
        current = ""
        for row, column in starts.tolist():  # by row: a version that lingers is not seen beginning again
            version = versions[mine[column]]
            if version == current:
                continue
            if row > begin:
                seen = np.flatnonzero(present[:row, mine].any(axis=1))
                after = int(seen[-1]) if current and seen.size else row - 1
                found.append(Sighting(row, min(after, row - 1), instance, version, current))
            current = version
    return sorted(found)


def _first_row(present: npt.NDArray[np.bool_], versions: Sequence[str], version: str) -> int:
    seen = present[:, [each == version for each in versions]].any(axis=1)
    return int(np.argmax(seen)) if seen.any() else len(present)


def instance_in(labels: Mapping[str, str]) -> str:
    """What tells this instance from others, whatever version it runs."""
    told = [labels[name] for name in INSTANCE_LABELS if labels.get(name)]
    return "/".join(told) or instance_of(labels)


def _natural(version: str) -> tuple[tuple[int, str], ...]:
    """Order of versions as people count: 2.9 before 2.10."""
    return tuple((int(digits or 0), word) for digits, word in re.findall(r"(\d+)|([^\d.]+)", version))
