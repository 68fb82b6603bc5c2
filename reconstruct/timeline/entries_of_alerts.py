"""Entries of alerts: pending, fired, resolved. Each rule is named once among the key entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pandas as pd

from reconstruct.model import Alert, Entry, EntryLevel, Evidence, Fact, Moment, Reference, Service
from reconstruct.timeline.leads import USER_ASPECTS, USER_LAYERS
from reconstruct.timeline.milestones import always_fires
from reconstruct.timeline.story import Story

MAX_FIRINGS_SHOWN = 3
"""An alert that fires more often than this in one window is told as one line: flapping would hide the rest."""
QUIET = frozenset({"info", "none", "debug"})
"""Severities that notify nobody (kube-prometheus's runbooks: `info` alerts are context for others)."""
MAX_USER_ALERTS = 3
"""So many moments at which alerts on user-facing signals fired are told one by one; the rest are one group."""
TOGETHER_EVALUATIONS = 2.0
"""Rules that fired within so many evaluations of each other fired together."""


def alert_pending(story: Story) -> Iterator[Entry]:
    """When an alert's condition first held: what a reader could have known before the page."""
    for _, firings in _by_rule(story.evidence.alerts):
        first = min((a for a in firings if a.pending_at is not None), key=lambda a: (a.pending_at, a.id), default=None)
        if first is None or first.pending_at is None or first.pending_at >= first.firing_at:
            continue
        yield Entry(
            "",
            _seen(first.pending_at, first.resolution_s),
            "threshold",
            "alert-pending",
            first.service,
            (first.id,),
            facts={"alert": Reference(first.id)},
        )


def alert_fired(story: Story) -> Iterator[Entry]:
    """Key: the first alert, those on user-facing signals, the others as a group. Detail: every further firing."""
    told = _told(story)
    detected = frozenset(stone.evidence if (stone := story.stones["detected"]) else ())
    first_of: dict[str, Alert] = {}
    for a in sorted(told, key=lambda a: (a.firing_at, a.id)):
        if not story.stones["onset"] or story.begin <= a.firing_at <= story.over or a.id in detected:
            first_of.setdefault(a.rule, a)
    firsts = _telling(list(first_of.values()))
    head = [a for a in firsts if a.id in detected]
    users = [a for a in firsts if a.id not in detected and on_users(story.evidence, a)]
    groups = [*([[a] for a in head]), *_together(users)[:MAX_USER_ALERTS]]
    used = {a.id for group in groups for a in group}
    rest = [a for a in firsts if a.id not in used]
    groups += [rest] if rest else []
    used |= {a.id for a in rest}
    by_rule = dict(_by_rule(told))
    for group in groups:
        yield _fired(group, by_rule, level="key")
    for rule, again in by_rule.items():
        more = [a for a in again if a.id not in used]
        if len(more) > MAX_FIRINGS_SHOWN:
            yield _fired([more[0]], {rule: more}, level="detail", flapping=len(again))
        else:
            for alert in more:
                yield _fired([alert], {rule: [alert]}, level="detail")


def _telling(firsts: list[Alert]) -> list[Alert]:
    """Those that are meant to tell somebody; where there are none, all."""
    return [a for a in firsts if a.labels.get("severity", "").lower() not in QUIET] or firsts


def alert_resolved(story: Story) -> Iterator[Entry]:
    """When a rule's firings ended, and whether one only ended because its data did."""
    for _, firings in _by_rule(_told(story)):
        ended = [a for a in firings if a.resolved_at is not None]
        for alert in ended[-1:] if len(firings) > MAX_FIRINGS_SHOWN else ended:
            if alert.resolved_at is not None:
                yield Entry(
                    "",
                    _seen(alert.resolved_at, alert.resolution_s),
                    "alert",
                    "alert-resolved",
                    alert.service,
                    (alert.id,),
                    facts={"alert": Reference(alert.id), "ended_in_gap": alert.ended_in_gap},
                )


def on_users(evidence: Evidence, alert: Alert) -> bool:
    """Whether a rule watches what users meet: the signal made of its condition tells."""
    watched = [m.signal for m in evidence.metrics if m.signal.threshold is not None and m.signal.title == alert.rule]
    return any(s.layer in USER_LAYERS and s.aspect in USER_ASPECTS for s in watched)


def _told(story: Story) -> list[Alert]:
    """All but those that always fire."""
    return [a for a in story.evidence.alerts if not always_fires(a, story.evidence)]


def _fired(group: Sequence[Alert], by_rule: dict[str, list[Alert]], *, level: EntryLevel, flapping: int = 0) -> Entry:
    ordered = sorted(group, key=lambda a: (a.firing_at, a.id))
    first, last = ordered[0], ordered[-1]
    facts: dict[str, Fact] = {"alerts": tuple(Reference(a.id) for a in ordered)}
    if len(ordered) == 1:
        same = [a for a in by_rule[first.rule] if a.firing_at == first.firing_at]
        if first.pending_at is not None and first.pending_at < first.firing_at:
            facts["pending"] = first.firing_at - first.pending_at
        if len(same) > 1:
            facts["series"] = tuple(Reference(a.id) for a in same)
        if flapping:
            facts |= {"times": flapping, "last": max(a.firing_at for a in by_rule[first.rule])}
        cited = by_rule[first.rule] if flapping else same
    else:
        cited = ordered
    told = cited if "series" in facts else ordered
    return Entry(
        "",
        _seen(first.firing_at, first.resolution_s),
        "alert",
        "alert-fired",
        first.service if len({a.service for a in told}) == 1 else Service(""),
        tuple(dict.fromkeys(a.id for a in cited)),
        level=level,
        end=last.firing_at if last.firing_at > first.firing_at else None,
        facts=facts,
    )


def _together(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """Runs of alerts that fired within a few evaluations of the one before."""
    runs: list[list[Alert]] = []
    for alert in alerts:
        apart = TOGETHER_EVALUATIONS * alert.resolution_s
        if runs and (alert.firing_at - runs[-1][-1].firing_at).total_seconds() <= apart:
            runs[-1].append(alert)
        else:
            runs.append([alert])
    return runs


def _by_rule(alerts: Sequence[Alert]) -> Iterator[tuple[str, list[Alert]]]:
    ordered = sorted(alerts, key=lambda a: (a.rule, a.firing_at, a.id))
    for rule, group in groupby(ordered, key=lambda a: a.rule):
        yield rule, list(group)


def _seen(time: pd.Timestamp, resolution_s: float) -> Moment:
    return Moment(time, time - pd.Timedelta(seconds=resolution_s), time)
