"""What users could feel: which anomalies are symptoms, how strong each is, and whether it lasted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.firings import Firing, watched, watches
from reconstruct.meaning.user_signals import USERS
from reconstruct.model import Anomaly, Aspect, Evidence, Layer, Metric, Moment, Service, Tag

FELT_LAYERS: tuple[Layer, ...] = ("edge", "app")
FELT_ASPECTS: tuple[Aspect, ...] = ("latency", "errors", "availability")
ALERTING_ASPECTS: tuple[Aspect, ...] = (*FELT_ASPECTS, "restarts")
"""An alert on one of these, of whatever layer, is an alert on a symptom; one on saturation or utilisation is not."""
NOT_FELT: frozenset[Tag] = frozenset({"scrape", "retries"})
"""Tags of what users do not feel: that Prometheus cannot reach a target, and what was tried again with success."""
LATELY = 60
"""Samples before the onset that tell what the series shows on an ordinary day."""
TOP = 0.9
"""Quantile of an anomaly's excess that stands for how bad it got: the worst sample alone may be a fluke."""
STRONGEST = 6.0
"""Doublings beyond which more does not count: everything failed."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """An anomaly that users or alerts could feel."""

    anomaly: Anomaly
    began: Moment
    """The anomaly's onset, or the moment it broke where it had only crept before (priors.FORERUNNER)."""
    strength: float
    """Doublings beyond the smallest effect that users notice (priors.LATENCY_TIMES, ERROR_SHARE, ...), >= 0."""
    spacing_s: float
    seen_again: pd.Timestamp | None = None
    """First sample after its end; None = none in the window. A series that goes silent has not recovered."""
    alerts: tuple[Firing, ...] = ()
    """Alerts that watch this very series."""

    @property
    def witness(self) -> tuple[Service, Aspect]:
        """Percentiles and routes of one service's latency are one witness, not many."""
        return self.anomaly.service, self.anomaly.signal.aspect


def symptoms(
    evidence: Evidence, anomalies: Sequence[Anomaly], *, firing: Sequence[Firing], services: Sequence[str] = ()
) -> tuple[Symptom, ...]:
    """The anomalies that users could feel, and those that an alert on a symptom watches; in order of onset.

    `services` restricts them to what the user says the incident is about (and to series that name no service).
    """
    metrics = {m.query: m for m in evidence.metrics}
    end = evidence.window.end
    found = []
    for a in anomalies:
        if (
            a.signal.has_tag(USERS)  # they date the episode themselves
            or not a.worse
            or a.signal.has_tag(*NOT_FELT)
            or (services and a.service.name and a.service.name not in services)
        ):
            continue
        seen = tuple(f for f in firing if _fired_in(a, f, end=end) and watched(f, [a]))
        if not (_felt(a) or (seen and a.signal.aspect in ALERTING_ASPECTS)):
            continue
        metric = metrics.get(a.query)
        step_s = metric.spacing_s if metric else evidence.window.step_s
        if not (seen or lasts(a, end=end, spacing_s=step_s) or _borne_out(a, anomalies, metrics, end=end)):
            continue
        strength = max(_strength(a, end=end), priors.ALERT_BONUS if seen else 0.0)
        if strength > 0:
            found.append(Symptom(a, _began(a, metric, end=end), strength, step_s, _seen_again(a, metric), seen))
    return tuple(sorted(found, key=lambda s: (s.began.time, s.anomaly.id)))


def on_a_symptom(firing: Firing, evidence: Evidence) -> bool:
    """Whether an alert is on something users feel, or may be: what it watches is not known to be a mere resource."""
    signals = [m.signal for m in evidence.metrics if watches(firing, m.signal)]
    return not signals or any(s.aspect in ALERTING_ASPECTS for s in signals)


def lasts(anomaly: Anomaly, *, end: pd.Timestamp, spacing_s: float) -> bool:
    """Whether it is longer than a blip: FELT_SAMPLES samples and FELT_S seconds, or two samples and FELT_TWO_S."""
    over = anomaly.recovery.time if anomaly.recovery else end
    least_s = max(priors.FELT_SAMPLES * spacing_s, priors.FELT_S)
    least_s = min(least_s, max(2 * spacing_s, priors.FELT_TWO_S))
    return bool((over - anomaly.onset.time).total_seconds() >= least_s)


def _borne_out(
    anomaly: Anomaly, anomalies: Sequence[Anomaly], metrics: Mapping[str, Metric], *, end: pd.Timestamp
) -> bool:
    """Whether a blip is none: a resource of the same service was at its capacity meanwhile, and for longer."""
    return anomaly.service.name != "" and any(
        other.service == anomaly.service
        and other.worse
        and other.signal.aspect in ("utilisation", "saturation")
        and other.signal.unit == "ratio"
        and other.level >= priors.AT_CAPACITY
        and other.onset.earliest <= (anomaly.recovery.latest if anomaly.recovery else end)
        and (other.recovery is None or other.recovery.latest >= anomaly.onset.earliest)
        and lasts(other, end=end, spacing_s=metrics[other.query].spacing_s if other.query in metrics else 0.0)
        for other in anomalies
    )


def _began(anomaly: Anomaly, metric: Metric | None, *, end: pd.Timestamp) -> Moment:
    """When it could be noticed: at the anomaly's onset, or where the series broke after it had only crept.

    It broke at the first sample of at least FORERUNNER of its later excess, and of what it had shown just before as
    well (but half of the later excess is always a break).
    """
    if metric is None or anomaly.column not in metric.values.columns:
        return anomaly.onset
    times, values = _samples(metric, anomaly.column)
    excess = (values - anomaly.baseline) * (-1.0 if anomaly.direction == "down" else 1.0)
    first = int(times.searchsorted(anomaly.onset.time))
    inside = excess[first : int(times.searchsorted(anomaly.recovery.time if anomaly.recovery else end))]
    if not inside.size:
        return anomaly.onset
    top = float(np.quantile(inside, TOP))
    shown_before = float(excess[max(first - LATELY, 0) : first].max(initial=0.0))
    broke = first + int((inside >= min(max(priors.FORERUNNER * top, shown_before), 0.5 * top)).argmax())
    if broke == first or times[broke] <= anomaly.onset.latest + pd.Timedelta(seconds=metric.spacing_s):
        return anomaly.onset
    hidden = pd.Timedelta(seconds=0.0 if anomaly.signal.counts else priors.FORERUNNER * anomaly.signal.range_s)
    last = times[broke - 1]
    return Moment(max(times[broke] - hidden, last - hidden), last - hidden, times[broke])


def _samples(metric: Metric, column: int) -> tuple[pd.DatetimeIndex, npt.NDArray[np.float64]]:
    """Times and values of the samples that are there."""
    values = metric.values[column].to_numpy(dtype=float)
    there = np.isfinite(values)
    # searchsorted refuses a moment finer than the index's own unit
    return pd.DatetimeIndex(metric.values.index[there]).as_unit("ns"), values[there]


def _seen_again(anomaly: Anomaly, metric: Metric | None) -> pd.Timestamp | None:
    if anomaly.recovery is None or metric is None or anomaly.column not in metric.values.columns:
        return None
    times, _ = _samples(metric, anomaly.column)
    row = int(times.searchsorted(anomaly.recovery.time))
    return times[row] if row < len(times) else None


def _fired_in(anomaly: Anomaly, firing: Firing, *, end: pd.Timestamp) -> bool:
    """Whether an alert's condition first held while the anomaly lasted."""
    over = anomaly.recovery.latest if anomaly.recovery else end
    return bool(anomaly.onset.earliest <= firing.began <= over or anomaly.onset.earliest <= firing.fired <= over)


def _felt(anomaly: Anomaly) -> bool:
    signal = anomaly.signal
    return signal.layer in FELT_LAYERS and signal.aspect in FELT_ASPECTS


def _strength(anomaly: Anomaly, *, end: pd.Timestamp) -> float:
    """Doublings beyond the smallest noticeable effect; less for a short one, and for a made-up reading of a name."""
    known = priors.GENERIC_SHARE if anomaly.signal.inferred else 1.0
    over = anomaly.recovery.time if anomaly.recovery else end
    lasting = min(1.0, (over - anomaly.onset.time).total_seconds() / priors.FULL_S)
    return known * lasting * min(STRONGEST, max(0.0, math.log2(max(_times(anomaly), 1e-9))))


def _times(anomaly: Anomaly) -> float:
    """How many times the smallest noticeable effect; 1 = just noticeable."""
    signal, before, during = anomaly.signal, anomaly.baseline, anomaly.level
    excess = abs(during - before)
    if signal.aspect == "latency":
        return during / max(before, signal.min_effect, 1e-12) / priors.LATENCY_TIMES
    if signal.unit in ("ratio", "percent"):
        whole = 1.0 if signal.unit == "ratio" else 100.0
        least = priors.ERROR_SHARE if signal.aspect == "errors" else priors.AVAILABILITY_DROP
        return excess / whole / least
    if signal.aspect == "availability":
        return excess / max(abs(before), 1.0) / priors.AVAILABILITY_DROP
    return during / max(before, signal.min_effect, 1e-12) / priors.RATE_TIMES
