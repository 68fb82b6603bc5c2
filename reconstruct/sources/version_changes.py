"""Deploys and rollbacks as the metrics show them: the version label of `*_build_info` changes.

Judged instance by instance: a version that is seen again after a failed scrape is no rollback, and a rollout over
several instances is one event with an end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct import promql as pq
from reconstruct.model import Event, EventKind, Gap, Query, Service, Window
from reconstruct.sources.identity import IDENTITY_LABELS, service_of
from reconstruct.sources.prometheus import Answer, Prometheus
from reconstruct.sources.restarts import coarser, instance_of

BUILD_INFO: Final = ".+_build_info"
VERSION_LABELS: Final = ("version", "app_version", "release", "tag", "revision", "commit", "git_commit", "sha")
"""First one present is the version."""
INSTANCE_LABELS: Final = ("instance", "pod", "host", "node", "container")
ROLLOUT: Final = pd.Timedelta("1h")
"""Instances that take a version up later than this after the one before are no longer that rollout: autoscaling."""
OVERVIEW_POINTS: Final = 500
DETAIL_POINTS: Final = 11_000
WITHDRAWN_ROWS: Final = 5
"""A version has to be gone for this many samples before it counts as given up."""
LOOK_BACK: Final = 2.0
"""In scrapes: an instance that changed its version would be seen with both for five minutes otherwise."""
INTERVAL_IF_UNKNOWN_S: Final = 60.0


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


def version_changes(
    server: Prometheus, window: Window, *, scope: str = "", intervals: Mapping[str, float] | None = None
) -> tuple[tuple[Event, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Every version taken up between the beginning of the baseline and the end of the window.

    `time` is the last moment at which the first instance was seen without the version, and `resolution_s` reaches to
    the first with it; `end` is when the last instance was seen with it. A version that came back is a `rollback`.

    Parameters
    ----------
    intervals : mapping
        Job -> seconds between scrapes, from `discovery.scrape_intervals`.
    """
    overview_grid, grid = coarser(window, most_points=OVERVIEW_POINTS), coarser(window, most_points=DETAIL_POINTS)
    selector = "{" + ",".join(part for part in (f'__name__=~"{BUILD_INFO}"', scope) if part) + "}"
    by = ", ".join(("__name__", *IDENTITY_LABELS, *VERSION_LABELS))
    overview = server.range(f"count by ({by}) ({selector})", overview_grid)
    events: list[Event] = []
    queries: list[Query] = []
    for name, job in several_versions(overview.labels):
        matching = [f"__name__={pq.quote_label(name)}", *([f"job={pq.quote_label(job)}"] if job else [])]
        spacing_s = (intervals or {}).get(job, INTERVAL_IF_UNKNOWN_S)
        look_s = max(LOOK_BACK * spacing_s, grid.step_s)
        asked = f"last_over_time({{{','.join([*matching, *([scope] if scope else [])])}}}[{pq.duration(look_s)}])"
        answer = server.range(asked, grid)
        label = f"versions/{name}/{job}"
        queries.append(
            Query(label, "versions", asked, window.baseline_start, window.end, grid.step_s, len(answer.labels))
        )
        patience = int(ROLLOUT / grid.step)
        for service, changes in changes_in(answer, patience=patience).items():
            if (
                changes
                and changes[-1].withdrawn
                and _still_targets(server, changes[-1].withdrawn, window, look_s=look_s)
            ):
                changes = changes[:-1]  # it is down, not withdrawn
            events += _events(changes, service, name=name, job=job, index=grid.index)
    return tuple(sorted(events, key=lambda event: (event.time, event.service, event.version))), tuple(queries), ()


def several_versions(labels: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """The (metric, job) pairs whose series tell more than one version for one service."""
    versions: dict[tuple[str, str, Service], set[str]] = {}
    for each in labels:
        key = (each.get("__name__", ""), each.get("job", ""), service_of(each))
        versions.setdefault(key, set()).add(version_of(each))
    return sorted({(name, job) for (name, job, _), told in versions.items() if len(told) > 1})


def version_of(labels: Mapping[str, str]) -> str:
    """The version that labels tell; "" where they tell none."""
    return next((labels[name] for name in VERSION_LABELS if labels.get(name)), "")


def changes_in(answer: Answer, *, patience: int) -> dict[Service, list[Change]]:
    """What each service took up, oldest first, from one build_info's series (one an instance and version).

    `patience` is in rows: how long a rollout may pause between two instances.
    """
    by_service: dict[Service, list[int]] = {}
    for column, labels in enumerate(answer.labels):
        by_service.setdefault(service_of(labels), []).append(column)
    return {
        service: _changes(
            present=~np.isnan(answer.values[:, columns]),
            versions=[version_of(answer.labels[column]) for column in columns],
            instances=[_instance(answer.labels[column]) for column in columns],
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


def _still_targets(server: Prometheus, instances: Sequence[str], window: Window, *, look_s: float) -> bool:
    """Whether any of these instances is still scraped at the window's end, with success or without."""
    names = pq.one_of([each.split("/")[0] for each in instances])
    asked = f"last_over_time(up{{instance=~{names}}}[{pq.duration(look_s)}])"
    return bool(server.instant(asked, at=min(window.end, server.now())))


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


def _events(
    changes: Sequence[Change], service: Service, *, name: str, job: str, index: pd.DatetimeIndex
) -> list[Event]:
    events: list[Event] = []
    times_seen: dict[str, int] = {}
    for change in changes:
        number = times_seen[change.version] = times_seen.get(change.version, 0) + 1
        first, last = change.sightings[0], max(change.sightings, key=lambda each: each.row)
        begun = index[first.after]
        what = service.name or name
        verb = "rolled back to" if change.kind == "rollback" else "deployed:"
        events.append(
            Event(
                id="",
                time=begun,
                kind=change.kind,
                service=service,
                title=f"{what} {verb} {change.version}" + (f" (was {change.previous})" if change.previous else ""),
                end=index[last.row] if last.row > first.row else None,
                resolution_s=(index[first.row] - begun).total_seconds(),
                version=change.version,
                previous=change.previous,
                source="prometheus",
                source_id=f"{name}:{job}:{change.version}" + (f"#{number}" if number > 1 else ""),
                labels={
                    "instances": ", ".join(
                        change.withdrawn or dict.fromkeys(each.instance for each in change.sightings)
                    )
                },
            )
        )
    return events


def _instance(labels: Mapping[str, str]) -> str:
    told = [labels[name] for name in INSTANCE_LABELS if labels.get(name)]
    return "/".join(told) or instance_of(labels)


def _natural(version: str) -> tuple[tuple[int, str], ...]:
    """Order of versions as people count: 2.9 before 2.10."""
    return tuple((int(digits or 0), word) for digits, word in re.findall(r"(\d+)|([^\d.]+)", version))
