"""What a server's own series are asked about the past: every question with one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from reconstruct import promql as pq
from reconstruct.errors import ReconstructError
from reconstruct.model import Alert, Gap, Query, Window
from reconstruct.model.alerting import is_heartbeat
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.alerts import alert_history
from reconstruct.sources.prometheus.history.kube_state_metrics import kube_changes
from reconstruct.sources.prometheus.history.kube_workloads import workload_changes
from reconstruct.sources.prometheus.history.one_rollout import one_rollout
from reconstruct.sources.prometheus.history.restarts import restarts
from reconstruct.sources.prometheus.history.retention import BEFORE_FIRST, history_edges
from reconstruct.sources.prometheus.history.scrapes import targets_down
from reconstruct.sources.prometheus.history.version_changes import version_changes
from reconstruct.sources.result import SourceResult

History = Callable[[Prometheus, Window, str, Mapping[str, float]], tuple[SourceResult, tuple[Query, ...]]]
"""`(server, window, scope, seconds between two scrapes of each job)`."""


def _alerts(
    server: Prometheus, window: Window, scope: str, _: Mapping[str, float]
) -> tuple[SourceResult, tuple[Query, ...]]:
    alerts, queries, gaps = alert_history(server, window, scope=scope)
    return SourceResult(alerts=tuple(each for each in alerts if not _fires_always(each)), gaps=gaps), queries


def _fires_always(alert: Alert) -> bool:
    """Whether it is meant to fire all the time, to show that alerting works: its condition reads no metric."""
    return is_heartbeat(alert.rule) or bool(alert.condition and not pq.metric_names(alert.condition))


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


def history(
    server: Prometheus,
    window: Window,
    *,
    scope: str,
    intervals: Mapping[str, float],
    strict: bool = False,
    baseline_chosen_here: bool = False,
    on_question: Callable[[str], None] | None = None,
) -> tuple[SourceResult, tuple[Query, ...]]:
    """Every question asked, one rollout told once; one that is not answered is a gap, or an error under `strict`.

    `baseline_chosen_here`: that the data begin later than the baseline is no gap then; it is said with the choice.
    """
    found = SourceResult()
    asked: tuple[Query, ...] = ()
    for wanted, question in HISTORY.items():
        if on_question is not None:
            on_question(wanted)
        try:
            told, queries = question(server, window, scope, intervals)
        except ReconstructError as error:  # also where this server does not understand the query
            if strict:
                raise
            cause = f"{error.message}; {error.hint}"
            told = SourceResult(gaps=(Gap("", "prometheus", wanted, cause, window.baseline_start, window.end),))
            queries = ()
        if baseline_chosen_here:
            gaps = (g for g in told.gaps if g.missing != BEFORE_FIRST or g.end is None or g.end > window.start)
            told = replace(told, gaps=tuple(gaps))
        found += told
        asked += tuple(replace(query, query=server.written(query.query)) for query in queries)
    return replace(found, events=one_rollout(found.events)), asked
