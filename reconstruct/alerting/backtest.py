"""A rule's alerts over history in figures: firings, share of the time, and what known incidents it caught."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from reconstruct.alerting.rules import AlertingRule
from reconstruct.alerting.states import AlertInstance
from reconstruct.model import (
    AlertPeriod,
    IncidentOverlap,
    PastIncident,
    RuleBacktest,
    RuleNote,
    RuleOutcome,
    TimeSpan,
)

ALWAYS_FIRING: Final = 0.95
"""Of the time: a rule that fires this much says that the alert path works, or is never looked at. The rest allows for
restarts and gaps in the data; the longest real incident in a month is well below."""


def summary(
    rule: AlertingRule,
    instances: Iterable[AlertInstance],
    *,
    group: str,
    interval_s: float,
    start: pd.Timestamp,
    end: pd.Timestamp,
    outcome: RuleOutcome = "judged",
    data_share: float = 1.0,
    incidents: Sequence[PastIncident] = (),
    notes: Sequence[RuleNote] = (),
) -> RuleBacktest:
    """What the rule did between `start` and `end`.

    Firings that touch are one: a rule with three hundred alerts that fires once has fired once.
    """
    alerts = tuple(_period(one) for one in instances)
    firing = merged(
        TimeSpan(max(one.firing_at, start), one.resolved_at)
        for one in alerts
        if one.firing_at is not None and (one.resolved_at is None or one.resolved_at > start)
    )
    lasted_s = sum(((end if span.end is None else span.end) - span.start).total_seconds() for span in firing)
    length_s = (end - start).total_seconds()
    share = lasted_s / length_s if length_s > 0 else 0.0
    always = share >= ALWAYS_FIRING
    known = [one for one in incidents if one.start < end and (one.end is None or one.end > start)]
    return RuleBacktest(
        rule=rule.name,
        group=group,
        place=f"{rule.file}:{rule.line}" if rule.file else "",
        expr=rule.expr,
        for_s=rule.for_s,
        keep_firing_for_s=rule.keep_firing_for_s,
        interval_s=interval_s,
        outcome=outcome,
        data_share=data_share,
        days=data_share * length_s / 86_400 if outcome == "judged" else 0.0,
        alerts=alerts,
        firing=firing,
        firing_share=share,
        always=always,
        overlaps=() if always or outcome != "judged" else tuple(_overlap(one, firing) for one in known),
        outside=None if not known or outcome != "judged" else sum(not _in_any(span, known) for span in firing),
        notes=tuple(notes),
    )


def merged(spans: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    """Spans that overlap or touch, as one each, in order of time.

    >>> t = [pd.Timestamp(f"2026-01-01T12:{m:02d}Z") for m in range(9)]
    >>> spans = [TimeSpan(t[5], t[6]), TimeSpan(t[0], t[2]), TimeSpan(t[2], t[3])]
    >>> [(span.start.minute, span.end.minute) for span in merged(spans)]
    [(0, 3), (5, 6)]
    """
    found: list[TimeSpan] = []
    for span in sorted(spans, key=lambda one: one.start):
        last = found[-1] if found else None
        if last is not None and (last.end is None or span.start <= last.end):
            ends = None if last.end is None or span.end is None else max(last.end, span.end)
            found[-1] = TimeSpan(last.start, ends)
        else:
            found.append(span)
    return tuple(found)


def most_at_once(instances: Iterable[AlertInstance]) -> int:
    """The most alerts that were pending or firing at one evaluation."""
    steps = sorted(step for one in instances for step in ((one.active_ms, 0, 1), (one.last_ms, 1, -1)))
    most = now = 0
    for _, _, change in steps:
        now += change
        most = max(most, now)
    return most


def _period(one: AlertInstance) -> AlertPeriod:
    return AlertPeriod(
        labels=dict(one.labels),
        pending_at=_time(one.active_ms),
        firing_at=None if one.fired_ms is None else _time(one.fired_ms),
        resolved_at=None if one.ended_ms is None else _time(one.ended_ms),
    )


def _overlap(incident: PastIncident, firing: Sequence[TimeSpan]) -> IncidentOverlap:
    fired = next((span.start for span in firing if _touches(span, incident)), None)
    return IncidentOverlap(incident.source, incident.start, fired)


def _in_any(span: TimeSpan, incidents: Sequence[PastIncident]) -> bool:
    return any(_touches(span, one) for one in incidents)


def _touches(span: TimeSpan, incident: PastIncident) -> bool:
    begins_before_end = incident.end is None or span.start < incident.end
    return begins_before_end and (span.end is None or span.end > incident.start)


def _time(ms: int) -> pd.Timestamp:
    return pd.Timestamp(ms, unit="ms", tz="UTC")
