"""Alerts as one kind of thing, whether Prometheus kept their history or a file tells of them as events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from reconstruct.model import Alert, Anomaly, Event, Evidence, Service, Signal, Window
from reconstruct.model.alerting import is_heartbeat

METRIC_LABELS = ("metric", "signal", "metric_name")
"""Columns in which an alert that comes as an event names what it watches."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert, from the moment its condition held to the moment it resolved."""

    id: str
    name: str
    service: Service
    watches: str
    """Metric or rule that it is about; "" = not told."""
    began: pd.Timestamp
    """When the condition first held, where that is known; else when it fired."""
    fired: pd.Timestamp
    resolved: pd.Timestamp | None
    """None = still firing, not told, or ended because its data ended."""
    resolution_s: float
    severity: str = ""
    """As the alert's labels say, in lower case; "" = not told."""


SEVERITY_LABELS = ("severity", "priority", "level", "urgency")
NOBODY_IS_CALLED = frozenset({"none", "info", "informational", "information", "debug", "notice", "ok", "low", "p5"})
"""Severities of what is only shown: kube-prometheus's `none`, `info`, syslog's words, the lowest of on-call tools."""


def calls_somebody(firing: Firing, window: Window) -> bool:
    """Whether somebody would be called for it: it fired within the window, is no heartbeat and no mere information."""
    return (
        window.start <= firing.fired < window.end
        and firing.severity not in NOBODY_IS_CALLED
        and not is_heartbeat(firing.name)
    )


def firings(evidence: Evidence) -> tuple[Firing, ...]:
    """All alerts of the window in order of time."""
    found = [_of_alert(a) for a in evidence.alerts]
    found += [_of_event(e) for e in evidence.events if e.kind == "alert"]
    return tuple(sorted(found, key=lambda f: (f.fired, f.id)))


def watched(firing: Firing, anomalies: Iterable[Anomaly]) -> tuple[Anomaly, ...]:
    """The anomalies of the very series that the alert watches: by its rule, or by the metric that it names."""
    return tuple(
        a
        for a in anomalies
        if watches(firing, a.signal)
        and (not firing.service.name or not a.service.name or firing.service.may_be(a.service))
    )


def watches(firing: Firing, signal: Signal) -> bool:
    """Whether the alert is about this signal."""
    names = (signal.id, signal.id.rpartition("/")[2], signal.title, signal.promql)
    return bool(firing.watches) and firing.watches in names


def _of_alert(alert: Alert) -> Firing:
    return Firing(
        id=alert.id,
        name=alert.rule,
        service=alert.service,
        watches=alert.rule,
        began=alert.pending_at if alert.pending_at is not None else alert.firing_at,
        fired=alert.firing_at,
        resolved=None if alert.ended_in_gap else alert.resolved_at,
        resolution_s=alert.resolution_s,
        severity=_severity(alert.labels),
    )


def _of_event(event: Event) -> Firing:
    return Firing(
        id=event.id,
        name=event.title,
        service=event.service,
        watches=next((event.labels[k] for k in METRIC_LABELS if event.labels.get(k)), ""),
        began=event.time,
        fired=event.time,
        resolved=event.end,
        resolution_s=event.resolution_s,
        severity=_severity(event.labels),
    )


def _severity(labels: Mapping[str, str]) -> str:
    return next((labels[name].lower() for name in SEVERITY_LABELS if labels.get(name)), "")
