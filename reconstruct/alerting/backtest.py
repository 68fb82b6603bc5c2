"""A rule's alerts over history in figures: firings, share of the time, and what known incidents it caught."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pandas as pd

from reconstruct.alerting.rules import AlertingRule
from reconstruct.alerting.states import AlertInstance, Labels
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
MAX_ALERTS_LISTED: Final = 2_000
"""Of a rule: one that flaps at every evaluation makes 100,000 in a month, which nobody reads one by one."""
_NEVER_MS: Final = 1 << 62


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
    fired: list[AlertInstance] = []
    pending: list[AlertInstance] = []
    for one in instances:
        (pending if one.fired_ms is None else fired).append(one)
    firing = _firing(fired, start_ms=round(start.timestamp() * 1000))
    lasted_s = sum(((end if span.end is None else span.end) - span.start).total_seconds() for span in firing)
    length_s = (end - start).total_seconds()
    share = lasted_s / length_s if length_s > 0 else 0.0
    always = share >= ALWAYS_FIRING
    known = [one for one in incidents if one.span.overlaps(TimeSpan(start, end))]
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
        alerts=tuple(_listed((*fired, *pending)[:MAX_ALERTS_LISTED])),
        fired=len(fired),
        only_pending=len(pending),
        firing=firing,
        firing_share=share,
        always=always,
        overlaps=() if always or outcome != "judged" else tuple(_overlap(one, firing) for one in known),
        outside=None
        if not known or outcome != "judged"
        else sum(not any(span.overlaps(one.span) for one in known) for span in firing),
        notes=tuple(notes),
    )


def _firing(fired: Sequence[AlertInstance], *, start_ms: int) -> tuple[TimeSpan, ...]:
    """When at least one alert fired, from the start on."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted((max(one.fired_ms or 0, start_ms), one.ended_ms or _NEVER_MS) for one in fired):
        if end <= start_ms:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(TimeSpan(_time(begin), None if end == _NEVER_MS else _time(end)) for begin, end in found)


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


def _listed(instances: Iterable[AlertInstance]) -> Iterator[AlertPeriod]:
    """Alerts of one label set share it."""
    known: dict[Labels, dict[str, str]] = {}
    for one in sorted(instances, key=lambda one: (one.active_ms, one.labels)):
        yield AlertPeriod(
            labels=known.setdefault(one.labels, dict(one.labels)),
            pending_at=_time(one.active_ms),
            firing_at=None if one.fired_ms is None else _time(one.fired_ms),
            resolved_at=None if one.ended_ms is None else _time(one.ended_ms),
        )


def _overlap(incident: PastIncident, firing: Sequence[TimeSpan]) -> IncidentOverlap:
    fired = next((span.start for span in firing if span.overlaps(incident.span)), None)
    return IncidentOverlap(incident.source, incident.start, fired)


def _time(ms: int) -> pd.Timestamp:
    return pd.Timestamp(ms, unit="ms", tz="UTC")
