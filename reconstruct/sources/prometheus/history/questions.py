"""What a server's own series are asked about the past: every question with one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reconstruct import promql as pq
from reconstruct.model import Alert, Query, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.alerts import alert_history
from reconstruct.sources.prometheus.history.kube_state_metrics import kube_changes
from reconstruct.sources.prometheus.history.kube_workloads import workload_changes
from reconstruct.sources.prometheus.history.restarts import restarts
from reconstruct.sources.prometheus.history.retention import history_edges
from reconstruct.sources.prometheus.history.scrapes import targets_down
from reconstruct.sources.prometheus.history.version_changes import version_changes
from reconstruct.sources.result import SourceResult

ALWAYS_FIRING: Final = frozenset({"Watchdog", "DeadMansSwitch"})
"""As kube-prometheus calls them, then and now; for servers that do not tell their rules."""

History = Callable[[Prometheus, Window, str, Mapping[str, float]], tuple[SourceResult, tuple[Query, ...]]]
"""`(server, window, scope, seconds between two scrapes of each job)`."""


def _alerts(
    server: Prometheus, window: Window, scope: str, _: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    alerts, queries, gaps = alert_history(server, window, scope=scope)
    return SourceResult(alerts=tuple(each for each in alerts if not _fires_always(each)), gaps=gaps), queries


def _fires_always(alert: Alert) -> bool:
    """Whether it is meant to fire all the time, to show that alerting works: its condition reads no metric."""
    return alert.rule in ALWAYS_FIRING or bool(alert.condition and not pq.metric_names(alert.condition))


def _restarts(
    server: Prometheus, window: Window, scope: str, _: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    events, queries, gaps = restarts(server, window, scope=scope)
    return SourceResult(events=events, gaps=gaps), queries


def _versions(
    server: Prometheus, window: Window, scope: str, intervals: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    events, queries, gaps = version_changes(server, window, scope=scope, intervals=intervals)
    return SourceResult(events=events, gaps=gaps), queries


def _rollouts(
    server: Prometheus, window: Window, scope: str, intervals: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    events, queries, gaps = kube_changes(server, window, scope=scope, intervals=intervals)
    return SourceResult(events=events, gaps=gaps), queries


def _workloads(
    server: Prometheus, window: Window, scope: str, intervals: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    events, queries = workload_changes(server, window, scope=scope, intervals=intervals)
    return SourceResult(events=events), queries


def _down(
    server: Prometheus, window: Window, scope: str, intervals: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    widest_s = max(intervals.values(), default=window.step_s)
    gaps, queries = targets_down(server, window, scope=scope, interval_s=widest_s)
    return SourceResult(gaps=gaps), queries


def _edges(
    server: Prometheus, window: Window, scope: str, _: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    return SourceResult(gaps=history_edges(server, window, scope=scope)), ()


HISTORY: Final[Mapping[str, History]] = {
    "the history of alerts": _alerts,
    "restarts": _restarts,
    "new versions": _versions,
    "rollouts in Kubernetes": _rollouts,
    "workloads and nodes of Kubernetes": _workloads,
    "targets that were down": _down,
    "how far back the data go": _edges,
}
"""By what it is called in a gap."""
