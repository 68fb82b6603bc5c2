"""One alert that would have been better: on the user-facing signal that shows the incident earliest, with the fewest
false firings over the history that is there.

Every threshold and `for` of a grid is tried on the very samples: before the onset and between episodes a firing is
false; in the incident the first one counts. Of settings that fire about as early the one farthest from both the history
and the incident is taken, so that neither an ordinary day nor a smaller incident decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from reconstruct.alerting.expression import Known, as_operand, simplified
from reconstruct.alerting.review import always_fires, concerns
from reconstruct.alerting.states import AlertInstance
from reconstruct.alerting.trials import MIN_GAIN, USER_ASPECTS, Trial, best_trial, chosen
from reconstruct.model import (
    Alert,
    Anomaly,
    Evidence,
    Explanation,
    Fact,
    Layer,
    Metric,
    NoProposal,
    ProposedAlert,
    Service,
    Tag,
)

USER_LAYERS: Final[tuple[Layer, ...]] = ("edge", "app")
NOT_USER_FACING: Final[frozenset[Tag]] = frozenset({"scrape", "retries", "raw", "running-mean", "outbound"})
"""Tags of what users do not meet, or meet late: scrapes, retries that worked, running means, calls to others."""
MIN_HISTORY: Final = pd.Timedelta("5min")
"""Of samples before the onset: with less, nothing is known of what is usual. Below an hour the text says that it is too
little to count false firings."""
MADE_HERE: Final[frozenset[Tag]] = frozenset({"users"})
"""Tags of figures that are made here of several series: no expression of a server gives the same samples."""
MAX_FALSE_A_WEEK: Final = 1.0
"""More than one page a week for nothing is not proposed to anyone."""
MAX_SERIES: Final = 200
"""Of a candidate: an expression with more is no page, it is a search."""
BEFORE: Final = 4
"""Samples before it becomes pending, in the rule's test."""
OF_A_FILE: Final = "file/"
"""Ids of signals that a metrics file gave."""
_UNSAFE: Final = re.compile(r"[^a-zA-Z0-9_]+")


def propose(
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    explanation: Explanation,
    *,
    histories: Mapping[str, Metric] | None = None,
) -> tuple[ProposedAlert | None, NoProposal | None]:
    """The alert that would have been better, or why none is proposed.

    Parameters
    ----------
    histories : mapping of query id to Metric, optional
        Longer answers of the same queries, from before the evidence to the end of its window.
    """
    if explanation.verdict != "incident" or explanation.onset is None:
        return None, NoProposal("no-incident")
    users = candidates(evidence, anomalies, explanation)
    if not users:
        return None, NoProposal("no-signal")
    known = [(histories or {}).get(metric.query, metric) for metric, _ in users]
    days = [_history_days(metric, explanation) for metric in known]
    if max(days) < MIN_HISTORY / pd.Timedelta(days=1):
        facts: dict[str, Fact] = {"history": pd.Timedelta(days=max(days)), "needed": MIN_HISTORY}
        return None, NoProposal("thin-history", {**facts, "longer": histories is not None})
    enough = [
        (metric, anomaly, length)
        for metric, (_, anomaly), length in zip(known, users, days, strict=True)
        if length >= MIN_HISTORY / pd.Timedelta(days=1)
    ]
    trials = [
        trial for metric, anomaly, length in enough if (trial := best_trial(metric, anomaly, explanation, length))
    ]
    if not trials:
        return None, NoProposal("never-caught")
    best = chosen(trials, step_s=evidence.window.step_s)
    first = _first_alert(evidence, explanation)
    at = best.at
    if best.false * 7 / best.days > MAX_FALSE_A_WEEK and best.false:
        return None, NoProposal("false-firings", {"false": best.false, "history": pd.Timedelta(days=best.days)})
    gain = max(MIN_GAIN, 2 * evidence.window.step)
    if first is not None and first.firing_at - at < gain:
        return None, NoProposal("not-earlier", {"alert": first.rule, "fired": first.firing_at, "would_fire": at})
    return _proposed(best, explanation, first, known=_known(evidence)), None


def candidates(
    evidence: Evidence, anomalies: Sequence[Anomaly], explanation: Explanation
) -> list[tuple[Metric, Anomaly]]:
    """What users meet and what got worse in the incident: each metric with the anomaly that shows it best.

    Where it is known at which services users met the incident, only those: an inner hop is mechanism.
    """
    metrics = {metric.query: metric for metric in evidence.metrics}
    episode = next((one for one in explanation.episodes if one.id == explanation.worst), None)
    inside = set(episode.anomalies) if episode else {a.id for a in anomalies}
    found: dict[str, Anomaly] = {}
    for a in anomalies:
        metric = metrics.get(a.query)
        if (
            metric is None
            or a.id not in inside
            or not a.worse
            or a.direction == "both"
            or a.signal.id.startswith(OF_A_FILE)  # no server could evaluate it
            or a.signal.layer not in USER_LAYERS
            or a.signal.aspect not in USER_ASPECTS
            or a.signal.has_tag(*NOT_USER_FACING, *MADE_HERE)
            or len(metric.labels) > MAX_SERIES
            or not concerns(a.service, explanation)
        ):
            continue
        best = found.get(a.query)
        if best is None or (a.onset.time, -a.score) < (best.onset.time, -best.score):
            found[a.query] = a
    whole = {q: a for q, a in found.items() if not a.signal.has_tag("by-instance")} or found
    met = {one.service for one in explanation.impact if not one.inner}
    outermost = {q: a for q, a in whole.items() if any(a.service.may_be(one) for one in met)} or whole
    return [(metrics[query], a) for query, a in outermost.items()]


def _history_days(metric: Metric, explanation: Explanation) -> float:
    """Days of samples before the onset."""
    if explanation.onset is None or len(metric.values.index) < 2:
        return 0.0
    before = metric.values.loc[metric.values.index < explanation.onset.earliest]
    step = metric.values.index[1] - metric.values.index[0]
    return float(before.notna().any(axis=1).sum() * (step / pd.Timedelta(days=1)))


def _first_alert(evidence: Evidence, explanation: Explanation) -> Alert | None:
    """The first alert that fired in the incident, about what it affected or about nothing that is named."""
    onset = explanation.onset
    if onset is None:
        return None
    end = explanation.recovered.time if explanation.recovered else evidence.window.end
    by_rule: dict[str, list[Alert]] = {}
    for alert in evidence.alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    inside = [
        alert
        for alert in evidence.alerts
        if onset.earliest <= alert.firing_at < end and (not alert.service.name or concerns(alert.service, explanation))
    ]
    always = {rule for rule in {one.rule for one in inside} if always_fires(by_rule[rule], evidence)}
    fired = [one for one in inside if one.rule not in always]
    return min(fired, key=lambda one: (one.firing_at, one.id), default=None)


def _known(evidence: Evidence) -> Known:
    """The series of the metrics that were read as they are exported."""
    return {metric.signal.id.removeprefix("raw/"): metric.labels for metric in evidence.raw}


def _proposed(trial: Trial, explanation: Explanation, first: Alert | None, *, known: Known) -> ProposedAlert:
    metric, anomaly = trial.metric, trial.anomaly
    at = trial.at
    column = _column(metric, trial.fired)
    index = metric.values.index
    begin = max(0, int(index.searchsorted(pd.Timestamp(trial.fired.active_ms, unit="ms", tz="UTC"))) - BEFORE)
    until = int(index.searchsorted(at)) + 1
    service = anomaly.service if anomaly.service.name else Service("")
    labels = {name: value for name, value in metric.labels[column].items() if name != "__name__"}
    return ProposedAlert(
        name=_camel(service.name or "service")
        + _camel(anomaly.signal.aspect)
        + ("High" if trial.comparator == ">" else "Low"),
        record=_record(labels, anomaly),
        promql=as_operand(simplified(metric.signal.promql, known, answer={n for each in metric.labels for n in each})),
        title=anomaly.signal.title,
        comparator=trial.comparator,
        threshold=trial.threshold,
        unit=anomaly.signal.unit,
        for_s=trial.for_s,
        service=service,
        signal=anomaly.signal.id,
        query=metric.query,
        interval_s=(index[1] - index[0]).total_seconds(),
        would_fire_at=at,
        onset=explanation.onset.time if explanation.onset else at,
        first_alert=first.id if first else None,
        earlier_s=(first.firing_at - at).total_seconds() if first else None,
        false_firings=trial.false,
        backtest_days=trial.days,
        labels=labels,
        samples=tuple(float(value) for value in metric.values[column].to_numpy(dtype=float)[begin:until]),
    )


def _column(metric: Metric, fired: AlertInstance) -> int:
    wanted = {name: value for name, value in fired.labels if name != "alertname"}
    for column, labels in enumerate(metric.labels):
        if {name: value for name, value in labels.items() if name != "__name__" and value} == wanted:
            return int(metric.values.columns[column])
    raise ValueError(f"no series has the labels {wanted}")


def _record(labels: Mapping[str, str], anomaly: Anomaly) -> str:
    """level:metric:operations, as Prometheus's naming of recording rules has it."""
    level = "_".join(sorted(labels)) or "all"
    metric = _UNSAFE.sub("_", anomaly.signal.id.rpartition("/")[2]).strip("_") or "signal"
    operation = _UNSAFE.sub("_", anomaly.signal.unit).strip("_") or "value"
    return f"{level}:{metric}:{operation}"


def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in _UNSAFE.split(text) if part)
