"""Alertmanager's live alerts, silences and webhooks, and Prometheus' own list of active alerts.

Alertmanager keeps no history; Prometheus' ALERTS series does. It holds an alert until `endsAt`. While Prometheus goes
on sending it, `endsAt` lies after `updatedAt` and is only a time-out; an `endsAt` that is not after `updatedAt` is the
moment Prometheus called it resolved. A time-out that passed inside the window says no more than that the alert was not
heard of again: it ended in a gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.errors import SourceError, UsageError
from reconstruct.http import NotAllowedError, redact
from reconstruct.model import Alert, Gap, Service
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    has,
    items_at,
    labels,
    text,
    when,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult
from reconstruct.sources.service_labels import SERVICE_LABELS, service_of


def fetch_alerts(ask: SourceRequest) -> SourceResult:
    """The alerts and silences that the Alertmanager at `ask.argument` (its URL) holds now and that overlap the window.

    Raises
    ------
    SourceError
        If it does not answer, or answers with something else.
    """
    token = ask.options.get("token", "")
    reading = PayloadReading("alertmanager", ask)
    with open_source(ask, name="Alertmanager", url=ask.argument, token=token) as session:
        whole = get_json(session, "/api/v2/alerts", params={"silenced": "true", "inhibited": "true"})
        if not isinstance(whole, list):
            raise SourceError(
                "Alertmanager's answer is not a list of alerts", hint="give its base URL, without /api/v2"
            )
        told = ALERTS.parse(whole, reading)
        try:
            silences = get_json(session, "/api/v2/silences")
        except (SourceError, NotAllowedError) as error:
            gap = Gap("", "alertmanager", "silences", f"{error.message}; {error.hint}")
            return told + SourceResult(gaps=(gap,))
    return told + SILENCES.parse(silences if isinstance(silences, list) else [], reading)


def _alert(item: Item, reading: PayloadReading) -> Iterator[Told]:
    seen_until = reading.ask.window.end
    starts = begin(item, "startsAt").time
    updated = end(item, "updatedAt") or starts
    ends = end(item, "endsAt")
    timed_out = ends is not None and updated < ends <= seen_until
    if starts >= seen_until:
        return
    yield alert_of_labels(
        item,
        firing_at=starts,
        resolved_at=ends if ends is not None and (ends <= updated or timed_out) else None,
        ended_in_gap=timed_out,
        resolution_s=(ends - updated).total_seconds() if timed_out and ends is not None else 0.0,
        own=reading.ask.service_labels,
    )


def alert_of_labels(
    item: Item,
    *,
    firing_at: pd.Timestamp,
    resolved_at: pd.Timestamp | None,
    ended_in_gap: bool = False,
    resolution_s: float = 0.0,
    pending_at: pd.Timestamp | None = None,
    own: Collection[str] = (),
) -> Alert:
    """The alert that an item with `labels` tells: by its labels, `alertname` among them; times are given.

    `own` labels name a service first.
    """
    raw = item["labels"]
    if not isinstance(raw, Mapping):
        raise UsageError("its labels are no object", hint="save the API's answer as it came")
    known = {str(name): redact(str(value)) for name, value in raw.items() if name != "alertname"}
    return Alert(
        id="",
        rule=redact(str(raw.get("alertname", ""))),
        service=service_of(known, own=own),
        labels=known,
        condition="",
        pending_at=pending_at,
        firing_at=firing_at,
        resolved_at=resolved_at,
        ended_in_gap=ended_in_gap,
        resolution_s=resolution_s,
    )


def _parse_webhooks(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Bodies that Alertmanager and Grafana post: the same alert firing, then resolved, is one."""

    def read(item: Item, how: PayloadReading) -> Iterator[Told]:
        del how
        resolved = end(item, "endsAt") if text(item, "status") == "resolved" else None
        yield alert_of_labels(
            item, firing_at=begin(item, "startsAt").time, resolved_at=resolved, own=reading.ask.service_labels
        )

    inner = [alert for item in items for alert in items_at(item, "alerts")]
    told = each(read)(inner, reading)
    latest: dict[tuple[str, str, pd.Timestamp], Alert] = {}
    for alert in told.alerts:
        key = (alert.rule, repr(sorted(alert.labels.items())), alert.firing_at)
        if key not in latest or latest[key].resolved_at is None:
            latest[key] = alert
    return replace(told, alerts=tuple(latest.values()))


def _active(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """An alert of Prometheus' `/api/v1/alerts`: it tells since when its condition holds, and not when it fired."""
    if text(item, "state") != "firing":
        yield f"{reading.source}: an alert that is only pending is passed over"
        return
    active = begin(item, "activeAt")
    alert = alert_of_labels(item, firing_at=active.time, resolved_at=None, own=reading.ask.service_labels)
    yield event(
        time=active,
        kind="note",
        service=alert.service,
        title=f"{alert.rule} pending: it was firing later",
        source=reading.source,
        source_id=f"{alert.rule} {active.time:%H:%M:%S}",
        labels={name: value for name, value in alert.labels.items() if name not in SERVICE_LABELS},
    )
    cause = (
        "/api/v1/alerts tells since when an alert is pending; save /api/v1/rules, which tells for how long it has to be"
    )
    yield Gap("", reading.source, f"when {alert.rule} fired", cause)


def _rule_group(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A group of Prometheus' `/api/v1/rules`: it tells each rule's `for`, and so when an alert fired."""
    for rule in items_at(item, "rules"):
        pending = pd.Timedelta(seconds=float(text(rule, "duration") or 0))
        for one in items_at(rule, "alerts"):
            if text(one, "state") == "firing":
                active = begin(one, "activeAt").time
                alert = alert_of_labels(
                    one,
                    firing_at=active + pending,
                    resolved_at=None,
                    pending_at=active,
                    own=reading.ask.service_labels,
                )
                yield replace(alert, condition=text(rule, "query"), rule=alert.rule or text(rule, "name"))


def _silence(item: Item, reading: PayloadReading) -> Iterator[Told]:
    matchers = ", ".join(
        f"{text(one, 'name')}{'=' if at(one, 'isEqual') is not False else '!'}"
        f"{'~' if at(one, 'isRegex') is True else ''}{text(one, 'value')}"
        for one in items_at(item, "matchers")
    )
    if (starts := when(item, "startsAt")) is None or text(item, "status.state") == "pending":
        return
    comment = text(item, "comment")
    yield event(
        time=starts,
        end=end(item, "endsAt"),
        kind="note",
        service=Service(""),
        title=f"silence for {matchers}" + (f": {comment}" if comment else ""),
        source=reading.source,
        source_id=text(item, "id"),
        labels=labels(author=text(item, "createdBy") if reading.ask.authors else ""),
    )


ALERTS: Final = Format(
    "Alertmanager alerts",
    lambda item: isinstance(item.get("labels"), Mapping) and "startsAt" in item and "matchers" not in item,
    each(_alert),
)
SILENCES: Final = Format(
    "Alertmanager silences", lambda item: has(item, "matchers", "startsAt", "endsAt"), each(_silence)
)
FORMATS: Final = (
    Format(
        "alert webhooks",
        lambda item: has(item, "receiver", "status") and any(has(one, "labels") for one in items_at(item, "alerts")),
        _parse_webhooks,
    ),
    SILENCES,
    ALERTS,
    Format("Prometheus rules", lambda item: has(item, "rules", "file", "interval"), each(_rule_group)),
    Format("Prometheus alerts", lambda item: has(item, "labels", "state", "activeAt"), each(_active)),
)
