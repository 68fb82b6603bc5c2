"""How well each alert rule about the affected services did: when it fired against the onset, and what is wrong with it.

A rule that fires all the time says that the alert path works; it tells nothing of an incident and is not reviewed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct import promql
from reconstruct.alerting.backtest import ALWAYS_FIRING, merged
from reconstruct.alerting.evidence import COMPARE, metric_of
from reconstruct.alerting.rules import AlertingRule
from reconstruct.model import (
    Alert,
    AlertReview,
    Anomaly,
    Evidence,
    Explanation,
    Fact,
    LoadedRule,
    Metric,
    Quantity,
    Service,
    TimeSpan,
)

LATE: Final = pd.Timedelta("5min")
"""After the onset: later, a page costs most of an hour's error budget (SRE workbook, alerting on SLOs: a total outage
is to be paged for within minutes)."""
FLAPPING_FIRINGS: Final = 3
"""Of one alert in one incident: it resolved twice while nothing was solved."""


@dataclass(frozen=True, slots=True)
class _Case:
    """The incident as the rules are held against it."""

    evidence: Evidence
    anomalies: Sequence[Anomaly]
    explanation: Explanation
    start: pd.Timestamp
    onset: pd.Timestamp
    end: pd.Timestamp
    """Recovery, or the window's end."""
    detected: frozenset[str] = frozenset()

    def inside(self, alert: Alert) -> bool:
        """Whether it fired in the incident, or before it and went on into it."""
        return TimeSpan(alert.firing_at, alert.resolved_at).overlaps(TimeSpan(self.start, self.end))

    def affected(self, service: Service) -> bool:
        return concerns(service, self.explanation)


def review(
    evidence: Evidence, anomalies: Sequence[Anomaly], explanation: Explanation, *, detected: Sequence[str] = ()
) -> tuple[AlertReview, ...]:
    """A verdict a rule, those that fired first in order of their first firing, then the silent ones by name.

    - `useful`: it fired within `LATE` of the onset;
    - `late`: it fired later, or only after the mitigation began;
    - `flapping`: one of its alerts fired `FLAPPING_FIRINGS` times in the incident;
    - `misleading`: it resolved while the incident lasted because its data were missing, or fired in the window only
      while nothing else showed an incident;
    - `silent`: its own data moved in the incident and it did not fire.

    `detected`: ids of the alerts that detected it; they are reviewed whatever service they name.
    """
    if explanation.verdict != "incident" or explanation.onset is None:
        return ()
    recovered = explanation.recovered.time if explanation.recovered else evidence.window.end
    case = _Case(
        evidence,
        anomalies,
        explanation,
        explanation.onset.earliest,
        explanation.onset.time,
        recovered,
        frozenset(detected),
    )
    by_rule: dict[str, list[Alert]] = {}
    for alert in evidence.alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    always = {rule for rule, alerts in by_rule.items() if always_fires(alerts, evidence)}
    telling = (alerts for rule, alerts in by_rule.items() if rule not in always)
    fired = [one for alerts in telling if (one := _of_fired(alerts, case)) is not None]
    told = {one.rule for one in fired}
    silent = [one for rule in evidence.rules if rule.name not in told | always and (one := _of_silent(rule, case))]
    first = {one.rule: min(a.firing_at for a in by_rule[one.rule]) for one in fired}
    fired.sort(key=lambda one: (one.after_onset_s is None, one.after_onset_s or 0.0, first[one.rule], one.rule))
    return (*fired, *sorted({one.rule: one for one in silent}.values(), key=lambda one: one.rule))


def concerns(service: Service, explanation: Explanation) -> bool:
    """Whether something is about what the incident affected; all is, where nothing is known to be affected."""
    return not explanation.affected or any(service.may_be(one) for one in explanation.affected)


def always_fires(alerts: Sequence[Alert], evidence: Evidence) -> bool:
    """Whether the rule fired nearly all the time that is known of, as a Watchdog does."""
    window = evidence.window
    begin = min((metric.values.index[0] for metric in evidence.metrics), default=window.baseline_start)
    spans = merged(TimeSpan(max(one.firing_at, begin), one.resolved_at) for one in alerts)
    lasted = sum(((window.end if span.end is None else span.end) - span.start).total_seconds() for span in spans)
    return lasted >= ALWAYS_FIRING * (window.end - begin).total_seconds()


def _of_fired(alerts: Sequence[Alert], case: _Case) -> AlertReview | None:
    rule = alerts[0].rule
    inside = [one for one in alerts if case.inside(one)]
    about = [
        one for one in inside or alerts if not one.service.name or case.affected(one.service) or one.id in case.detected
    ]
    if not about:
        return None
    service = next((one.service for one in about if one.service.name), about[0].service)
    if not inside:
        outside = [one for one in about if case.evidence.window.start <= one.firing_at < case.evidence.window.end]
        if not service.name or not outside or _in_episode(outside, case):
            return None
        seen: dict[str, Fact] = {"times": len(outside), "first": outside[0].firing_at}
        return AlertReview(rule, service, "misleading", "outside", seen, evidence=tuple(a.id for a in outside))
    ids = tuple(one.id for one in about)
    first = min(about, key=lambda one: one.firing_at)
    after_s = (first.firing_at - case.onset).total_seconds()
    mitigated = case.explanation.mitigated
    # A mitigation often replaces the very instances that alerted: that their data end then misleads nobody.
    acted = mitigated.earliest if mitigated is not None else case.end
    gone = [a for a in about if a.ended_in_gap and a.resolved_at is not None and a.resolved_at < min(acted, case.end)]
    most = max(Counter(tuple(sorted(one.labels.items())) for one in about).values())
    facts: dict[str, Fact] = {"first": first.firing_at}
    if first.pending_at is not None:
        # ALERTS_FOR_STATE tells whole seconds: what is more is not known.
        facts |= {"pending": (first.firing_at - first.pending_at).floor("s")}
    if gone:
        facts |= {"resolved": min(a.resolved_at for a in gone if a.resolved_at is not None), "end": case.end}
        return AlertReview(rule, service, "misleading", "resolved-in-gap", facts, ids, after_s, ids)
    if most >= FLAPPING_FIRINGS:
        return AlertReview(rule, service, "flapping", "fired-again", {**facts, "times": most}, ids, after_s, ids)
    if mitigated is not None and first.firing_at >= mitigated.time:
        facts |= {"mitigated": mitigated.time}
        return AlertReview(rule, service, "late", "after-mitigation", facts, ids, after_s, ids)
    if after_s > LATE.total_seconds():
        return AlertReview(rule, service, "late", "long-after-onset", facts, ids, after_s, ids)
    return AlertReview(rule, service, "useful", "in-time", facts, ids, after_s, ids)


def _in_episode(alerts: Sequence[Alert], case: _Case) -> bool:
    """Whether one of them fired in another episode: there it may have been right."""
    episodes = [TimeSpan(one.start, one.end) for one in case.explanation.episodes]
    spans = [TimeSpan(one.firing_at, one.resolved_at) for one in alerts]
    return any(span.overlaps(episode) for span in spans for episode in episodes)


def _of_silent(rule: LoadedRule, case: _Case) -> AlertReview | None:
    """A rule whose own data moved the way it watches, about an affected service, without an alert."""
    metric = metric_of(AlertingRule(rule.name, rule.condition), case.evidence)
    condition = promql.split_condition(rule.condition)
    if metric is None or condition is None or condition.comparator in ("==", "!="):
        return None
    way = "up" if condition.comparator in (">", ">=") else "down"
    moved = [
        a
        for a in case.anomalies
        if a.query == metric.query
        and a.direction in (way, "both")
        and a.onset.time < case.end
        and (a.recovery is None or a.recovery.time > case.start)
        and (case.affected(a.service) or (not a.service.name and case.affected(Service(rule.service))))
    ]
    if not moved:
        return None
    inside = (metric.values.index >= case.start) & (metric.values.index < case.end)
    values = metric.values.loc[inside, [a.column for a in moved]].to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return None
    peak = float(np.nanmax(values) if way == "up" else np.nanmin(values))
    facts: dict[str, Fact] = {
        "peak": Quantity(peak, metric.signal.unit),
        "threshold": Quantity(condition.threshold, metric.signal.unit),
        "for": pd.Timedelta(seconds=rule.for_s),
    }
    held_s = _longest_s(values, metric, condition)
    service = moved[0].service if moved[0].service.name else Service(rule.service)
    evidence = tuple(dict.fromkeys(a.id for a in moved))
    if held_s is None:
        return AlertReview(rule.name, service, "silent", "below-threshold", facts, evidence=evidence)
    if held_s >= rule.for_s:
        return None  # by our samples it ought to have fired: the rule is newer, or was not evaluated; nothing is known
    facts = {**facts, "held": pd.Timedelta(seconds=held_s)}
    return AlertReview(rule.name, service, "silent", "too-short", facts, evidence=evidence)


def _longest_s(values: npt.NDArray[np.float64], metric: Metric, condition: promql.Condition) -> float | None:
    """For how long at most its condition held; None = never."""
    with np.errstate(invalid="ignore"):
        holds = COMPARE[condition.comparator](values, condition.threshold) & ~np.isnan(values)
    longest = 0
    for column in holds.T:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], column, [False]]).astype(np.int8)))
        longest = max(longest, int((edges[1::2] - edges[::2]).max(initial=0)))
    step_s = (metric.values.index[1] - metric.values.index[0]).total_seconds() if len(metric.values.index) > 1 else 0.0
    return (longest - 1) * step_s if longest else None
