"""One alert that would have been better: on the user-facing signal that shows the incident earliest, with the fewest
false firings over the history that is there.

Every threshold and `for` of a grid is tried on the very samples: before the onset and between episodes a firing is
false; in the incident the first one counts. Of settings that fire about as early the one farthest from both the history
and the incident is taken, so that neither an ordinary day nor a smaller incident decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.alerting.backtest import merged
from reconstruct.alerting.evidence import replay_metric
from reconstruct.alerting.expression import as_operand, without_absent_labels
from reconstruct.alerting.review import always_fires
from reconstruct.alerting.rules import AlertingRule
from reconstruct.alerting.states import AlertInstance
from reconstruct.model import (
    Alert,
    Anomaly,
    Aspect,
    Evidence,
    Explanation,
    Layer,
    Metric,
    NoProposal,
    ProposedAlert,
    Service,
    TimeSpan,
)

USER_LAYERS: Final[tuple[Layer, ...]] = ("edge", "app")
USER_ASPECTS: Final[tuple[Aspect, ...]] = ("errors", "latency", "availability")
"""In order of preference where they show it equally early: a share of failed requests needs the least explaining."""
UNITS: Final = ("ratio", "percent", "seconds")
"""Of thresholds that stay right when traffic grows."""
NOT_USER_FACING: Final = frozenset({"scrape", "retries", "raw", "running-mean"})
MIN_HISTORY: Final = pd.Timedelta("1h")
"""Of samples before the onset: with less, "0 false firings" says nothing."""
MAX_FALSE_A_WEEK: Final = 1.0
"""More than one page a week for nothing is not proposed to anyone."""
MIN_GAIN: Final = pd.Timedelta("30s")
"""Earlier by less is no reason to change an alert; at least two evaluations."""
FOR_S: Final = (30.0, 60.0, 120.0, 300.0)
"""Of `for`, where it covers at least two evaluations: one sample alone may be a fluke."""
MANTISSAS: Final = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Thresholds that people would write."""
MAX_SERIES: Final = 200
"""Of a candidate: an expression with more is no page, it is a search."""
BEFORE: Final = 4
"""Samples before it becomes pending, in the rule's test."""
_UNSAFE: Final = re.compile(r"[^a-zA-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class _Trial:
    """One threshold and `for` on one metric."""

    metric: Metric
    anomaly: Anomaly
    comparator: str
    threshold: float
    for_s: float
    fired: AlertInstance
    false: int
    margin: float
    """As `_margin` says."""
    days: float


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
        return None, NoProposal("thin-history", {"history": pd.Timedelta(days=max(days)), "needed": MIN_HISTORY})
    enough = [
        (metric, anomaly, length)
        for metric, (_, anomaly), length in zip(known, users, days, strict=True)
        if length >= MIN_HISTORY / pd.Timedelta(days=1)
    ]
    trials = [trial for metric, anomaly, length in enough if (trial := _best(metric, anomaly, explanation, length))]
    if not trials:
        return None, NoProposal("never-caught")
    best = _chosen(trials, step_s=evidence.window.step_s)
    first = _first_alert(evidence, explanation)
    at = _time(best.fired)
    if best.false * 7 / best.days > MAX_FALSE_A_WEEK and best.false:
        return None, NoProposal("false-firings", {"false": best.false, "history": pd.Timedelta(days=best.days)})
    gain = max(MIN_GAIN, 2 * evidence.window.step)
    if first is not None and first.firing_at - at < gain:
        return None, NoProposal("not-earlier", {"alert": first.rule, "fired": first.firing_at, "would_fire": at})
    return _proposed(best, explanation, first), None


def candidates(
    evidence: Evidence, anomalies: Sequence[Anomaly], explanation: Explanation
) -> list[tuple[Metric, Anomaly]]:
    """What users meet and what got worse in the incident: each metric with the anomaly that shows it best."""
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
            or a.signal.layer not in USER_LAYERS
            or a.signal.aspect not in USER_ASPECTS
            or NOT_USER_FACING & set(a.signal.tags)
            or len(metric.labels) > MAX_SERIES
            or not any(a.service.may_be(one) for one in explanation.affected)
        ):
            continue
        best = found.get(a.query)
        if best is None or (a.onset.time, -a.score) < (best.onset.time, -best.score):
            found[a.query] = a
    whole = {q: a for q, a in found.items() if "by-instance" not in a.signal.tags}
    return [(metrics[query], a) for query, a in (whole or found).items()]


def _history_days(metric: Metric, explanation: Explanation) -> float:
    """Days of samples before the onset."""
    if explanation.onset is None or len(metric.values.index) < 2:
        return 0.0
    before = metric.values.loc[metric.values.index < explanation.onset.earliest]
    step = metric.values.index[1] - metric.values.index[0]
    return float(before.notna().any(axis=1).sum() * (step / pd.Timedelta(days=1)))


def _best(metric: Metric, anomaly: Anomaly, explanation: Explanation, days: float) -> _Trial | None:
    """The threshold and `for` with the fewest false firings, then the earliest, then the widest margin."""
    comparator = ">" if anomaly.direction == "up" else "<"
    step_s = (metric.values.index[1] - metric.values.index[0]).total_seconds()
    before = metric.values.loc[metric.values.index < explanation.onset.earliest].to_numpy(dtype=float)  # type: ignore[union-attr]
    usual = before[np.isfinite(before)]
    if not usual.size:
        return None
    extreme = float(usual.max() if comparator == ">" else usual.min())
    trials = []
    for threshold in _thresholds(float(np.median(usual)), anomaly, comparator):
        for for_s in (each for each in FOR_S if each >= 2 * step_s):
            trial = _try(metric, anomaly, explanation, comparator, threshold, for_s, extreme, days)
            if trial is not None:
                trials.append(trial)
    if not trials:
        return None
    fewest = min(trial.false for trial in trials)
    quiet = [trial for trial in trials if trial.false == fewest]
    earliest = min(_time(trial.fired) for trial in quiet)
    near = [t for t in quiet if _time(t.fired) <= earliest + max(MIN_GAIN, pd.Timedelta(seconds=2 * step_s))]
    return max(near, key=lambda trial: (trial.margin, -trial.fired.fired_ms if trial.fired.fired_ms else 0))


def _thresholds(usual: float, anomaly: Anomaly, comparator: str) -> Iterator[float]:
    """Round numbers between the baseline and the incident, at least the smallest effect of interest from the first."""
    least = max(anomaly.signal.min_effect, 0.0)
    low, high = (usual + least, anomaly.level) if comparator == ">" else (anomaly.level, usual - least)
    if not low < high:
        return
    if comparator == "<" and anomaly.signal.unit in ("ratio", "percent"):
        whole = 1.0 if anomaly.signal.unit == "ratio" else 100.0
        yield from (whole - gap for gap in _round_numbers(whole - high, whole - low))
        return
    yield from _round_numbers(low, high)


def _round_numbers(low: float, high: float) -> Iterator[float]:
    """Those of `MANTISSAS` times a power of ten that lie strictly between two numbers, smallest first.

    >>> list(_round_numbers(0.9, 2.0)), list(_round_numbers(0.0, 0.012))[-3:]
    ([1.0, 1.2, 1.5], [0.006, 0.008, 0.01])
    """
    if high <= 0:
        return
    top = math.floor(math.log10(high))
    bottom = math.floor(math.log10(low)) if low > 0 else top - 2
    for power in range(bottom, top + 1):
        for mantissa in MANTISSAS:
            number = float(f"{mantissa}e{power}")
            if low < number < high:
                yield number


def _try(
    metric: Metric,
    anomaly: Anomaly,
    explanation: Explanation,
    comparator: str,
    threshold: float,
    for_s: float,
    extreme: float,
    days: float,
) -> _Trial | None:
    onset = explanation.onset
    if onset is None:
        return None
    rule = AlertingRule("", "", for_s=for_s)
    instances = [
        one
        for one in replay_metric(rule, metric, comparator=comparator, threshold=threshold)
        if one.fired_ms is not None
    ]
    end = explanation.recovered.time if explanation.recovered else metric.values.index[-1]
    caught = [one for one in instances if onset.earliest <= _time(one) < end]
    if not caught:
        return None
    episodes = [TimeSpan(one.start, one.end) for one in explanation.episodes] or [TimeSpan(onset.earliest, end)]
    firings = merged(TimeSpan(_time(one), _end(one)) for one in instances)
    false = sum(not any(_touches(span, episode) for episode in episodes) for span in firings)
    margin = _margin(threshold, extreme=extreme, level=anomaly.level, least=anomaly.signal.min_effect)
    return _Trial(
        metric, anomaly, comparator, threshold, for_s, min(caught, key=lambda o: _time(o)), false, margin, days
    )


def _margin(threshold: float, *, extreme: float, level: float, least: float) -> float:
    """By how many times a threshold lies beyond the history's extreme, or the incident beyond it, whichever is less.

    In logarithms, negative within the history. Below the smallest effect of interest, and near a history of zeros, a
    hundredth of the incident's size stands for nothing.
    """
    whole = abs(level - extreme)
    nothing = max(least, whole / 100, 1e-12)
    above, below = abs(threshold - extreme), abs(level - threshold)
    beyond = (threshold - extreme) * (level - extreme) >= 0
    toward_history = math.log((above + nothing) / nothing)
    toward_incident = math.log((whole + nothing) / (above + nothing)) if below else 0.0
    return min(toward_history, toward_incident) if beyond else -toward_history


def _chosen(trials: Sequence[_Trial], *, step_s: float) -> _Trial:
    """The fewest false firings, then the earliest; of those about as early the one that needs the least explaining."""
    fewest = min(trial.false for trial in trials)
    quiet = [trial for trial in trials if trial.false == fewest]
    earliest = min(_time(trial.fired) for trial in quiet)
    near = [t for t in quiet if _time(t.fired) <= earliest + max(MIN_GAIN, pd.Timedelta(seconds=2 * step_s))]
    return min(near, key=_explaining)


def _explaining(trial: _Trial) -> tuple[bool, int, int, pd.Timestamp, str]:
    """Known signals before inferred ones; shares and seconds before figures that grow with traffic."""
    signal = trial.anomaly.signal
    unit = UNITS.index(signal.unit) if signal.unit in UNITS else len(UNITS)
    return signal.inferred, unit, USER_ASPECTS.index(signal.aspect), _time(trial.fired), signal.id


def _first_alert(evidence: Evidence, explanation: Explanation) -> Alert | None:
    """The first alert that fired in the incident, about what it affected or about nothing that is named."""
    onset = explanation.onset
    if onset is None:
        return None
    end = explanation.recovered.time if explanation.recovered else evidence.window.end
    by_rule: dict[str, list[Alert]] = {}
    for alert in evidence.alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    fired = [
        alert
        for alert in evidence.alerts
        if onset.earliest <= alert.firing_at < end
        and (not alert.service.name or any(alert.service.may_be(one) for one in explanation.affected))
        and not always_fires(by_rule[alert.rule], evidence)
    ]
    return min(fired, key=lambda one: (one.firing_at, one.id), default=None)


def _proposed(trial: _Trial, explanation: Explanation, first: Alert | None) -> ProposedAlert:
    metric, anomaly = trial.metric, trial.anomaly
    at = _time(trial.fired)
    column = _column(metric, trial.fired)
    index = metric.values.index
    begin = max(0, int(index.searchsorted(_ms(trial.fired.active_ms))) - BEFORE)
    until = int(index.searchsorted(at)) + 1
    service = anomaly.service if anomaly.service.name else Service("")
    labels = {name: value for name, value in metric.labels[column].items() if name != "__name__"}
    return ProposedAlert(
        name=_camel(service.name or "service")
        + _camel(anomaly.signal.aspect)
        + ("High" if trial.comparator == ">" else "Low"),
        record=_record(labels, anomaly),
        promql=as_operand(without_absent_labels(metric.signal.promql, {n for each in metric.labels for n in each})),
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


def _touches(span: TimeSpan, episode: TimeSpan) -> bool:
    return (episode.end is None or span.start < episode.end) and (span.end is None or span.end > episode.start)


def _ms(ms: int) -> pd.Timestamp:
    return pd.Timestamp(ms, unit="ms", tz="UTC")


def _time(one: AlertInstance) -> pd.Timestamp:
    if one.fired_ms is None:
        raise ValueError("it did not fire")
    return _ms(one.fired_ms)


def _end(one: AlertInstance) -> pd.Timestamp | None:
    return None if one.ended_ms is None else _ms(one.ended_ms)
