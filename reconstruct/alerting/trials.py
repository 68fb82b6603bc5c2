"""Thresholds and `for` tried on a signal's own samples: what each would have done before and in the incident."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.alerting.backtest import merged
from reconstruct.alerting.evidence import replay_metric
from reconstruct.alerting.rules import AlertingRule
from reconstruct.alerting.states import AlertInstance
from reconstruct.model import Anomaly, Aspect, Explanation, Metric, TimeSpan

USER_ASPECTS: Final[tuple[Aspect, ...]] = ("errors", "latency", "availability")
"""In order of preference where they show it equally early: a share of failed requests needs the least explaining."""
UNITS: Final = ("ratio", "percent", "seconds")
"""Of thresholds that stay right when traffic grows."""
MIN_GAIN: Final = pd.Timedelta("30s")
"""Earlier by less is no reason to change an alert; at least two evaluations."""
FOR_S: Final = (30.0, 60.0, 120.0, 300.0)
"""Of `for`, where it covers at least two evaluations: one sample alone may be a fluke."""
MAX_FALSE: Final = 20
"""More false firings than another threshold has: nearer to the baseline is not looked at."""
MANTISSAS: Final = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Thresholds that people would write."""


@dataclass(frozen=True, slots=True)
class Trial:
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

    @property
    def at(self) -> pd.Timestamp:
        """When it would have fired in the incident."""
        return _fired(self.fired)


def best_trial(metric: Metric, anomaly: Anomaly, explanation: Explanation, days: float) -> Trial | None:
    """The threshold and `for` with the fewest false firings, then the earliest, then the widest margin."""
    onset = explanation.onset
    if onset is None:
        return None
    comparator = ">" if anomaly.direction == "up" else "<"
    step_s = (metric.values.index[1] - metric.values.index[0]).total_seconds()
    before = metric.values.loc[metric.values.index < onset.earliest].to_numpy(dtype=float)
    usual = before[np.isfinite(before)]
    if not usual.size:
        return None
    extreme = float(usual.max() if comparator == ">" else usual.min())
    trials: list[Trial] = []
    thresholds = sorted(_thresholds(float(np.median(usual)), anomaly, comparator), reverse=comparator == ">")
    for for_s in (each for each in FOR_S if each >= 2 * step_s):
        fewest = MAX_FALSE
        for threshold in thresholds:  # from the incident towards the baseline: false firings only become more
            trial = _try(metric, anomaly, explanation, comparator, threshold, for_s, extreme, days)
            if trial is None:
                continue
            if trial.false > fewest + MAX_FALSE:
                break
            fewest = min(fewest, trial.false)
            trials.append(trial)
    if not trials:
        return None
    fewest = min(trial.false for trial in trials)
    quiet = [trial for trial in trials if trial.false == fewest]
    earliest = min(trial.at for trial in quiet)
    near = [t for t in quiet if t.at <= earliest + max(MIN_GAIN, pd.Timedelta(seconds=2 * step_s))]
    return max(near, key=lambda trial: (trial.margin, -trial.fired.fired_ms if trial.fired.fired_ms else 0))


def chosen(trials: Sequence[Trial], *, step_s: float) -> Trial:
    """The fewest false firings, then the earliest; of those about as early the one that needs the least explaining."""
    fewest = min(trial.false for trial in trials)
    quiet = [trial for trial in trials if trial.false == fewest]
    earliest = min(trial.at for trial in quiet)
    near = [t for t in quiet if t.at <= earliest + max(MIN_GAIN, pd.Timedelta(seconds=2 * step_s))]
    return min(near, key=_explaining)


def _explaining(trial: Trial) -> tuple[bool, int, int, pd.Timestamp, str]:
    """Known signals before inferred ones; shares and seconds before figures that grow with traffic."""
    signal = trial.anomaly.signal
    unit = UNITS.index(signal.unit) if signal.unit in UNITS else len(UNITS)
    return signal.inferred, unit, USER_ASPECTS.index(signal.aspect), trial.at, signal.id


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
) -> Trial | None:
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
    caught = [one for one in instances if onset.earliest <= _fired(one) < end]
    if not caught:
        return None
    episodes = [TimeSpan(one.start, one.end) for one in explanation.episodes] or [TimeSpan(onset.earliest, end)]
    firings = merged(TimeSpan(_fired(one), _ended(one)) for one in instances)
    false = sum(not any(span.overlaps(episode) for episode in episodes) for span in firings)
    margin = _margin(threshold, extreme=extreme, level=anomaly.level, least=anomaly.signal.min_effect)
    return Trial(
        metric, anomaly, comparator, threshold, for_s, min(caught, key=lambda o: _fired(o)), false, margin, days
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


def _fired(one: AlertInstance) -> pd.Timestamp:
    if one.fired_ms is None:
        raise ValueError("it did not fire")
    return pd.Timestamp(one.fired_ms, unit="ms", tz="UTC")


def _ended(one: AlertInstance) -> pd.Timestamp | None:
    return None if one.ended_ms is None else pd.Timestamp(one.ended_ms, unit="ms", tz="UTC")
