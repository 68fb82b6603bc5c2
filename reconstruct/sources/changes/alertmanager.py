"""Alertmanager's live alerts (API v2): `GET /api/v2/alerts`. It keeps no history; Prometheus' ALERTS series does.

Alertmanager holds an alert until `endsAt`. While Prometheus goes on sending it, `endsAt` lies after `updatedAt` and is
only a time-out; an `endsAt` that is not after `updatedAt` is the moment Prometheus called it resolved. A time-out that
passed inside the window says no more than that the alert was not heard of again: it ended in a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pandas as pd

from reconstruct.config import read_time
from reconstruct.errors import SourceError, UsageError
from reconstruct.http import redact
from reconstruct.model import Alert, Gap, Service
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.result import SourceRequest, SourceResult

SERVICE_LABELS = ("service", "app", "app_kubernetes_io_name", "workload", "deployment", "job")


def is_alerts(whole: object) -> bool:
    """Whether a JSON value looks like Alertmanager's answer: a list of objects with startsAt and labels."""
    return (
        isinstance(whole, list)
        and bool(whole)
        and all(
            isinstance(item, dict) and isinstance(item.get("labels"), dict) and "startsAt" in item for item in whole
        )
    )


def fetch_alerts(ask: SourceRequest) -> SourceResult:
    """The alerts that the Alertmanager at `ask.argument` (its URL) holds now and that overlap the window.

    Raises
    ------
    SourceError
        If it does not answer, or answers with something else.
    """
    token = ask.options.get("token", "")
    with open_source(ask, name="Alertmanager", url=ask.argument, token=token) as session:
        whole = get_json(session, "/api/v2/alerts", params={"silenced": "true", "inhibited": "true"})
    if not isinstance(whole, list):
        raise SourceError("Alertmanager's answer is not a list of alerts", hint="give its base URL, without /api/v2")
    return parse_alerts(whole, source="alertmanager", seen_until=ask.window.end)


def parse_alerts(whole: object, *, source: str, seen_until: pd.Timestamp) -> SourceResult:
    """Alerts of an API v2 answer that began before `seen_until`; those not over by then are still firing."""
    alerts: list[Alert] = []
    gaps: list[Gap] = []
    for number, item in enumerate(cast("list[object]", whole), start=1):
        try:
            alert = _alert(item, seen_until=seen_until)
        except (UsageError, KeyError, TypeError) as error:
            gaps.append(Gap(id="", source=source, missing=f"alert {number}", cause=f"cannot be read: {error}"))
            continue
        if alert.firing_at < seen_until:
            alerts.append(alert)
    return SourceResult(alerts=tuple(sorted(alerts, key=lambda alert: (alert.firing_at, alert.rule))), gaps=tuple(gaps))


def _alert(item: object, *, seen_until: pd.Timestamp) -> Alert:
    fields = cast("Mapping[str, object]", item)
    raw = cast("Mapping[str, str]", fields["labels"])
    labels = {str(name): redact(str(value)) for name, value in raw.items() if name != "alertname"}
    starts = read_time(str(fields["startsAt"]), tz="UTC").time
    updated = read_time(str(fields.get("updatedAt") or fields["startsAt"]), tz="UTC").time
    ends_text = str(fields.get("endsAt") or "")
    # Go's zero time, 0001-01-01, stands for "not told"
    ends = read_time(ends_text, tz="UTC").time if ends_text and not ends_text.startswith("0001-") else None
    timed_out = ends is not None and updated < ends <= seen_until
    return Alert(
        id="",
        rule=redact(str(raw.get("alertname", ""))),
        service=Service(
            next((labels[name] for name in SERVICE_LABELS if labels.get(name)), ""),
            labels.get("namespace", ""),
            labels.get("cluster", ""),
        ),
        labels=labels,
        condition="",
        pending_at=None,
        firing_at=starts,
        resolved_at=ends if ends is not None and (ends <= updated or timed_out) else None,
        ended_in_gap=timed_out,
        resolution_s=(ends - updated).total_seconds() if timed_out and ends is not None else 0.0,
    )
