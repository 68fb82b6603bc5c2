"""Deploys and rollbacks as the metrics show them: a version label of `*_build_info` or `target_info` changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import pandas as pd

from reconstruct import promql as pq
from reconstruct.model import Event, Gap, Query, Service, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.restarts import coarser
from reconstruct.sources.prometheus.history.version_rollouts import (
    VERSION_LABELS,
    Change,
    changes_in,
    instance_in,
    version_of,
)
from reconstruct.sources.service_labels import IDENTITY_LABELS, service_of

BUILD_INFO: Final = ".+_build_info|target_info"
"""Client libraries' and exporters' own, and OpenTelemetry's resource with its `service.version`."""
MAX_CARRIERS: Final = 3
"""Metrics read for the versions in their labels."""
ROLLOUT: Final = pd.Timedelta("1h")
"""Instances that take a version up later than this after the one before are no longer that rollout: autoscaling."""
OVERVIEW_POINTS: Final = 500
DETAIL_POINTS: Final = 11_000
LOOK_BACK: Final = 2.0
"""In scrapes: an instance that changed its version would be seen with both for five minutes otherwise."""
INTERVAL_IF_UNKNOWN_S: Final = 60.0


class _Asked(NamedTuple):
    """One build_info of one job, and how it is read."""

    name: str
    job: str
    selector: str
    grid: Window
    spacing_s: float
    look_s: float


def version_changes(
    server: Prometheus, window: Window, *, scope: str = "", intervals: Mapping[str, float] | None = None
) -> tuple[tuple[Event, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Every version taken up between the beginning of the baseline and the end of the window.

    `time` is the last scrape that saw the first instance without the version, and `resolution_s` reaches to the first
    scrape with it; `end` is when the last instance was seen with it. A version that came back is a `rollback`.

    Parameters
    ----------
    intervals : mapping
        Job -> seconds between scrapes, from `discovery.scrape_intervals`.
    """
    overview_grid, grid = coarser(window, most_points=OVERVIEW_POINTS), coarser(window, most_points=DETAIL_POINTS)
    names = "|".join((BUILD_INFO, *map(pq.escaped, _carriers(server, window, scope=scope))))
    everything = _braces(f"__name__=~{pq.quote_label(names)}", scope)
    by = pq.labels_list(("__name__", *dict.fromkeys((*server.service_labels, *IDENTITY_LABELS)), *VERSION_LABELS))
    overview = server.range(
        f"count by ({by}) (last_over_time({everything}[{pq.duration(overview_grid.step_s)}]))", overview_grid
    )
    patience = int(ROLLOUT / grid.step)
    events: list[Event] = []
    queries: list[Query] = []
    for name, job in several_versions(overview.labels, own=server.service_labels):
        selector = _braces(f"__name__={pq.quote_label(name)}", f"job={pq.quote_label(job)}" if job else "", scope)
        spacing_s = (intervals or {}).get(job, INTERVAL_IF_UNKNOWN_S)
        asked = _Asked(name, job, selector, grid, spacing_s, max(LOOK_BACK * spacing_s, grid.step_s))
        promql = f"last_over_time({selector}[{pq.duration(asked.look_s)}])"
        answer = server.range(promql, grid)
        queries.append(
            Query(
                id=f"versions/{name}/{job}",
                signal="versions",
                query=promql,
                start=grid.baseline_start,
                end=grid.end,
                step_s=grid.step_s,
                series=len(answer.labels),
            )
        )
        for service, changes in changes_in(answer, patience=patience, own=server.service_labels).items():
            if changes and changes[-1].withdrawn and _still_targets(server, changes[-1].withdrawn, asked):
                changes = changes[:-1]  # it is down, not withdrawn
            events += _events(server, changes, service, asked)
    return tuple(sorted(events, key=lambda event: (event.time, event.service, event.version))), tuple(queries), ()


def _carriers(server: Prometheus, window: Window, *, scope: str) -> tuple[str, ...]:
    """Metrics whose labels tell the `service.version`, where there is no `target_info`: as few as name all services.

    VictoriaMetrics puts OpenTelemetry's resource on every series. Of several that do as well, that with fewest series.
    """
    at = min(window.end, server.now())
    told = _braces('service_version!=""', scope)
    if not any(sample.value for sample in server.instant(f"count({told})", at=at)):
        return ()
    if server.instant(_braces('__name__="target_info"', scope).join(("count(", ")")), at=at):
        return ()
    by = pq.labels_list(("__name__", *dict.fromkeys((*server.service_labels, *IDENTITY_LABELS))))
    services: dict[str, set[Service]] = {}
    series: dict[str, float] = {}
    for sample in server.instant(f"count by ({by}) ({told})", at=at):
        name = sample.labels.get("__name__", "")
        services.setdefault(name, set()).add(service_of(sample.labels, own=server.service_labels))
        series[name] = series.get(name, 0.0) + sample.value
    chosen: list[str] = []
    covered: set[Service] = set()
    while len(chosen) < MAX_CARRIERS:
        best = max(services, key=lambda name: (len(services[name] - covered), -series[name], name), default="")
        if not best or not services[best] - covered:
            break
        chosen.append(best)
        covered |= services[best]
    return tuple(chosen)


def several_versions(labels: Sequence[Mapping[str, str]], *, own: Collection[str] = ()) -> list[tuple[str, str]]:
    """The (metric, job) pairs whose series tell more than one version for one service."""
    versions: dict[tuple[str, str, Service], set[str]] = {}
    for each in labels:
        key = (each.get("__name__", ""), each.get("job", ""), service_of(each, own=own))
        versions.setdefault(key, set()).add(version_of(each))
    return sorted({(name, job) for (name, job, _), told in versions.items() if len(told) > 1})


def _events(server: Prometheus, changes: Sequence[Change], service: Service, asked: _Asked) -> list[Event]:
    events: list[Event] = []
    times_seen: dict[str, int] = {}
    for change in changes:
        number = times_seen[change.version] = times_seen.get(change.version, 0) + 1
        first, last = change.sightings[0], max(change.sightings, key=lambda each: each.row)
        earliest, latest = _bounds(server, change, asked)
        verb = "rolled back to" if change.kind == "rollback" else "deployed:"
        was = f" (was {change.previous})" if change.previous else ""
        instances = change.withdrawn or tuple(dict.fromkeys(each.instance for each in change.sightings))
        events.append(
            Event(
                id="",
                time=earliest,
                kind=change.kind,
                service=service,
                title=f"{service.name or asked.name} {verb} {change.version}{was}",
                end=asked.grid.index[last.row] if last.row > first.row else None,
                resolution_s=(latest - earliest).total_seconds(),
                version=change.version,
                previous=change.previous,
                source="prometheus",
                source_id=f"{asked.name}:{asked.job}:{change.version}" + (f"#{number}" if number > 1 else ""),
                labels={"instances": ", ".join(instances)},
            )
        )
    return events


def _bounds(server: Prometheus, change: Change, asked: _Asked) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The scrapes between which the first instance changed, read from the raw samples around the grid's rows."""
    first, index, spacing = change.sightings[0], asked.grid.index, pd.Timedelta(seconds=asked.spacing_s)
    look = pd.Timedelta(seconds=asked.look_s) + pd.Timedelta("1ms")
    without: list[float] = []
    having: list[float] = []
    for series in server.raw(asked.selector, start=index[first.after] - look, end=index[first.row]):
        mine = instance_in(series.labels) in (change.withdrawn or (first.instance,))
        if mine and version_of(series.labels) == (change.previous if change.withdrawn else change.version):
            having += series.times_s.tolist()
        elif mine:
            without += series.times_s.tolist()
    if change.withdrawn and having:
        return _time(max(having)), _time(max(having)) + spacing
    having = [time for time in having if time > max(without, default=0.0)]
    if not having:
        return index[first.after], index[first.row]
    return (_time(max(without)) if without else _time(min(having)) - spacing), _time(min(having))


def _still_targets(server: Prometheus, instances: Sequence[str], asked: _Asked) -> bool:
    """Whether any of these instances is still scraped at the window's end, with success or without."""
    names = pq.one_of([each.split("/")[0] for each in instances])
    up = f"last_over_time(up{{instance=~{names}}}[{pq.duration(asked.look_s)}])"
    return bool(server.instant(up, at=min(asked.grid.end, server.now())))


def _braces(*matchers: str) -> str:
    return "{" + ",".join(each for each in matchers if each) + "}"


def _time(seconds: float) -> pd.Timestamp:
    return pd.Timestamp(round(seconds * 1000), unit="ms", tz="UTC")
