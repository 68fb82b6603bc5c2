"""What a server's own series are asked about the past: every question with one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reconstruct.model import Query, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.alerts import alert_history
from reconstruct.sources.prometheus.history.kube_state_metrics import kube_changes
from reconstruct.sources.prometheus.history.restarts import restarts
from reconstruct.sources.prometheus.history.retention import history_edges
from reconstruct.sources.prometheus.history.scrapes import targets_down
from reconstruct.sources.prometheus.history.version_changes import version_changes
from reconstruct.sources.result import SourceResult

History = Callable[[Prometheus, Window, str, Mapping[str, float]], tuple[SourceResult, tuple[Query, ...]]]
"""`(server, window, scope, seconds between two scrapes of each job)`."""


def _alerts(
    server: Prometheus, window: Window, scope: str, _: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    alerts, queries, gaps = alert_history(server, window, scope=scope)
    return SourceResult(alerts=alerts, gaps=gaps), queries


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
    "targets that were down": _down,
    "how far back the data go": _edges,
}
"""By what it is called in a gap."""
