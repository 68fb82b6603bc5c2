"""What began again: the start times that processes, containers, databases and hosts tell of themselves.

Each distinct value of a `*_start_time_seconds` is a restart, to the second, also behind a gap that `changes()` cannot
see across. Only values inside the window are asked for, so the answer is as small as the number of restarts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from reconstruct import promql as pq
from reconstruct.model import Event, Gap, Query, Service, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.replicas import REPLICA_LABELS
from reconstruct.sources.service_labels import service_of

START_TIMES: Final = ".+_(?:start|boot)_time_seconds"
"""process_, container_, pg_postmaster_, node_boot_, ...: all tell Unix seconds."""
JITTER_S: Final = 2.0
"""Start times are reckoned from the clock and a count of ticks, and waver by a second when the clock is corrected."""
TOGETHER: Final = pd.Timedelta("2min")
"""Restarts of one service closer than this are one event: a rollout, or a node that went with all that ran on it.
Both visit an instance once; what restarts again died, unless it is one instance that dies again and again."""
MAX_POINTS: Final = 2_000
"""Of the grid that is looked at; a value lasts until the next restart, so a coarse grid loses only crash loops."""


class _Start(NamedTuple):
    time: pd.Timestamp
    service: Service
    what: str
    """The instance, pod or host."""
    metric: str
    first_seen: bool
    """Whether this instance had not been there before."""


def restarts(
    server: Prometheus, window: Window, *, scope: str = ""
) -> tuple[tuple[Event, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Every start between the beginning of the baseline and the end of the window, those of one service together."""
    coarse = coarser(window, most_points=MAX_POINTS)
    since_s = window.baseline_start.timestamp()
    selector = "{" + ",".join(part for part in (f'__name__=~"{START_TIMES}"', scope) if part) + "}"
    asked = f"{selector} >= {since_s:.3f}"
    answer = server.range(asked, coarse)
    query = Query("restarts", "restarts", asked, window.baseline_start, window.end, coarse.step_s, len(answer.labels))
    if not answer.labels:
        return (), (query,), ()
    before = _known_before(server, window, answer.labels, scope=scope)
    starts = [
        _Start(
            time=time,
            service=service_of(labels, own=server.service_labels),
            what=instance_of(labels),
            metric=labels.get("__name__", ""),
            first_seen=number == 0 and _identity(labels) not in before,
        )
        for labels, values in zip(answer.labels, answer.values.T, strict=True)
        for number, time in enumerate(start_times(values, window=window))
    ]
    return grouped(starts), (query,), ()


def start_times(values: np.typing.NDArray[np.float64], *, window: Window) -> list[pd.Timestamp]:
    """The distinct start times in one series' values that lie in the window, oldest first.

    >>> t = pd.Timestamp("2026-01-01T00:00Z")
    >>> window = Window(t, t + pd.Timedelta("1h"), pd.Timedelta("15s"), t)
    >>> s = t.timestamp()
    >>> [str(time.time()) for time in start_times(np.array([s + 5, s + 5.8, np.nan, s + 900]), window=window)]
    ['00:00:05', '00:15:00']
    """
    low, high = window.baseline_start.timestamp(), window.end.timestamp()
    told: list[float] = []
    for value in np.unique(values[~np.isnan(values)]):
        if low <= value < high and (not told or value - told[-1] > JITTER_S):
            told.append(float(value))
    return [pd.Timestamp(round(value * 1000), unit="ms", tz="UTC") for value in told]


def grouped(starts: Sequence[_Start]) -> tuple[Event, ...]:
    """One event a service and metric for starts less than `TOGETHER` apart, with an end where there are several."""
    events: list[Event] = []
    by_service: dict[tuple[Service, str], list[_Start]] = {}
    for start in sorted(starts, key=lambda start: (start.time, start.what)):
        by_service.setdefault((start.service, start.metric), []).append(start)
    for (service, metric), mine in by_service.items():
        groups: list[list[_Start]] = []
        for start in mine:
            if groups and start.time - groups[-1][-1].time <= TOGETHER and _joins(start, groups[-1]):
                groups[-1].append(start)
            else:
                groups.append([start])
        events += [_event(service, metric, group) for group in groups]
    return tuple(sorted(events, key=lambda event: (event.time, event.service, event.title)))


def _joins(start: _Start, group: Sequence[_Start]) -> bool:
    """Whether a start belongs with others: of instances that were not among them, or of one and the same."""
    names = {each.what for each in group}
    return start.what not in names or names == {start.what}


def _event(service: Service, metric: str, group: Sequence[_Start]) -> Event:
    names = list(dict.fromkeys(start.what for start in group))
    subject = metric.removesuffix("_start_time_seconds").removesuffix("_boot_time_seconds")
    kind = {"process": "", "node": "host "}.get(subject, subject.replace("_", " ") + " ")
    new = {start.what for start in group if start.first_seen}
    again = set(names) - new
    if len(names) == 1:
        times = f" {len(group)} times" if len(group) > 1 else ""
        title = f"{kind}{names[0]} {'started' if new else 'restarted'}{times}"
    else:
        verb = "started" if not again else "restarted" if not new else f"began: {len(again)} again, {len(new)} new"
        title = f"{len(names)} {kind}instances of {service.name or 'unnamed'} {verb}"
    first, last = group[0].time, group[-1].time
    labels = {"instances": ", ".join(names), "metric": metric}
    return Event(
        id="",
        time=first,
        kind="restart",
        service=service,
        title=title,
        end=last if last > first else None,
        source="prometheus",
        source_id=f"{metric}:{service.name}:{first.timestamp():.0f}",
        labels=labels,
    )


def _known_before(
    server: Prometheus, window: Window, labels: Sequence[Mapping[str, str]], *, scope: str
) -> frozenset[tuple[tuple[str, str], ...]]:
    """Identities that told an older start time while we looked: they restarted, the others were new."""
    look = pq.duration((window.end - window.baseline_start).total_seconds())
    at = min(window.end, server.now())
    known: set[tuple[tuple[str, str], ...]] = set()
    # One question a metric: min_over_time drops the name, and one target may have several start times.
    for name in sorted({each.get("__name__", "") for each in labels}):
        selector = f"{name}{{{scope}}}" if scope else name
        oldest = f"min_over_time({selector}[{look}]) < {window.baseline_start.timestamp():.3f}"
        known |= {_identity({**sample.labels, "__name__": name}) for sample in server.instant(oldest, at=at)}
    return frozenset(known)


def _identity(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in labels.items() if k not in REPLICA_LABELS))


def instance_of(labels: Mapping[str, str]) -> str:
    """What one calls the instance that labels speak of."""
    names = ("pod", "container_name", "name", "instance", "host", "node")
    return next((labels[name] for name in names if labels.get(name)), "") or service_of(labels).name or "unnamed"


def coarser(window: Window, *, most_points: int) -> Window:
    """The same window with a step that gives at most so many points."""
    length = window.end - window.baseline_start
    times = -(-length // (window.step * most_points))
    return replace(window, step=window.step * max(1, times))
