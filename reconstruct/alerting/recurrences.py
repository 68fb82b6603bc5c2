"""Has it happened before: earlier firings of this incident's alerts, and earlier incidents that were like it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from reconstruct.alerting.backtest import merged
from reconstruct.alerting.review import always_fires, concerns
from reconstruct.model import Alert, Anomaly, Event, Evidence, Explanation, PastIncident, Recurrence, TimeSpan

CHANGE_BEFORE: Final = pd.Timedelta("1h")
"""A change of the same kind so shortly before an earlier firing is told; whether it caused it is not judged."""
TOGETHER: Final = pd.Timedelta("15min")
"""Firings with shorter pauses are one time at which it happened."""
OPEN: Final = pd.Timedelta(days=1)
"""An earlier draft of an incident without an end is taken to be over after this."""
MAX_TOLD: Final = 20
"""The latest ones."""


def recurrences(
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    explanation: Explanation,
    *,
    history: Sequence[PastIncident] = (),
) -> tuple[Recurrence, ...]:
    """Earlier times at which it looked like this, the latest first.

    From the server: the rules that fired in this incident, when they fired before its onset. Of earlier incident files:
    those with the same mechanism, or with an affected service and a signal or an alert in common.
    """
    onset = explanation.onset
    if explanation.verdict != "incident" or onset is None:
        return ()
    by_rule: dict[str, list[Alert]] = {}
    for alert in evidence.alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    rules = {
        rule
        for rule, alerts in by_rule.items()
        if not always_fires(alerts, evidence)
        and any(a.firing_at >= onset.earliest and _about(a, explanation) for a in alerts)
    }
    spans = [
        (TimeSpan(a.firing_at, a.resolved_at), a.rule, a.resolution_s)
        for a in evidence.alerts
        if a.rule in rules and a.resolved_at is not None and a.resolved_at <= onset.earliest
    ]
    spans += [(TimeSpan(e.start, e.end), e.rule, e.resolution_s) for e in evidence.earlier_firings if e.rule in rules]
    trigger = next((e for e in evidence.events if explanation.hints and e.id == explanation.hints[0].trigger), None)
    found = []
    for whole in merged(
        TimeSpan(span.start, None if span.end is None else span.end + TOGETHER) for span, _, _ in spans
    ):
        inside = [(span, rule, s) for span, rule, s in spans if whole.start <= span.start and _within(span, whole)]
        if not inside:  # all of them end before they begin
            continue
        ends = [span.end for span, _, _ in inside if span.end is not None]
        found.append(
            Recurrence(
                start=whole.start,
                end=max(ends) if ends else None,
                alerts=tuple(sorted({rule for _, rule, _ in inside})),
                source="prometheus",
                resolution_s=max(s for _, _, s in inside),
                change=_change_before(whole.start, trigger, evidence.events),
            )
        )
    found += [one for past in history if (one := _alike(past, rules, anomalies, explanation))]
    return tuple(sorted(found, key=lambda one: one.start, reverse=True)[:MAX_TOLD])


def _about(alert: Alert, explanation: Explanation) -> bool:
    return not alert.service.name or concerns(alert.service, explanation)


def _within(span: TimeSpan, whole: TimeSpan) -> bool:
    return whole.end is None or span.start <= whole.end


def _change_before(start: pd.Timestamp, trigger: Event | None, events: Sequence[Event]) -> str:
    """A change of the trigger's kind and service shortly before."""
    if trigger is None:
        return ""
    before = [
        e
        for e in events
        if e.id != trigger.id
        and e.kind == trigger.kind
        and e.service.may_be(trigger.service)
        and start - CHANGE_BEFORE <= e.time <= start
    ]
    return before[-1].id if before else ""


def _alike(
    past: PastIncident, rules: set[str], anomalies: Sequence[Anomaly], explanation: Explanation
) -> Recurrence | None:
    onset = explanation.onset
    if onset is None or (past.end or past.start + OPEN) > onset.earliest:
        return None  # this incident itself, drafted before, or a later one
    hint = explanation.hints[0] if explanation.hints else None
    same = bool(hint and past.mechanism and past.mechanism == hint.mechanism and past.mechanism != "unknown")
    episode = next((one for one in explanation.episodes if one.id == explanation.worst), None)
    ids = set(episode.anomalies) if episode else set()
    now = {a.signal.id for a in anomalies if a.id in ids and a.worse}
    services = tuple(name for name in past.services if name in {one.name for one in explanation.affected})
    signals = tuple(signal for signal in past.signals if signal in now)
    alerts = tuple(sorted(rules & set(past.alerts)))
    if not (services and (same or signals or alerts)):
        return None
    return Recurrence(
        start=past.start,
        end=past.end,
        alerts=alerts,
        source=past.source,
        same_mechanism=same,
        services=services,
        signals=signals,
        mitigation=past.mitigation,
    )
