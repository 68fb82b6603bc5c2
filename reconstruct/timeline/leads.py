"""The user-facing series that date and size the incident: one of errors, one of latency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Anomaly, Aspect, Evidence, Explanation, Layer, Metric, Moment, Quantity, Tag

USER_LAYERS: tuple[Layer, ...] = ("edge", "app")
USER_ASPECTS: tuple[Aspect, ...] = ("errors", "latency", "availability")
NOT_USERS: frozenset[Tag] = frozenset({"scrape", "retries", "outbound"})
"""Tags of what users do not meet: scrapes, calls tried again with success, a service's own calls to others."""
LAGGING: Tag = "running-mean"
CLEAR_SHARE = 0.5
"""A series has clearly moved at its first sample of this share of its later excess."""
FAILING_SHARE = 0.01
"""On average fewer failed requests than this share are told after slowness."""
SLOW_TIMES = 1.5
"""A median latency below so many times its baseline is no slowness that a summary leads with."""
FIRST_SHARE = 0.05
"""Below this share slowness, where there is any, is told first."""
MIN_SAMPLES = 3
"""Fewer samples give no median worth telling."""


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """One user-facing series and its samples."""

    anomaly: Anomaly
    times: pd.DatetimeIndex
    values: npt.NDArray[np.float64]
    spacing_s: float

    @property
    def lag_s(self) -> float:
        """How late it may show a step: its range window, and the sample after it."""
        return self.anomaly.signal.range_s + 2 * self.spacing_s

    def between(self, start: pd.Timestamp, end: pd.Timestamp) -> npt.NDArray[np.float64]:
        """Values in `[start, end)`."""
        return self.values[(self.times >= start) & (self.times < end)]

    def median(self, start: pd.Timestamp, end: pd.Timestamp) -> Quantity | None:
        """The median in `[start, end)`; None below MIN_SAMPLES."""
        inside = self.between(start, end)
        return Quantity(float(np.median(inside)), self.anomaly.signal.unit) if len(inside) >= MIN_SAMPLES else None


def leads(evidence: Evidence, anomalies: Sequence[Anomaly], explanation: Explanation) -> tuple[Lead, ...]:
    """The best series of errors and of latency of the worst episode, errors first; else one of availability.

    Requests of users before probes, what packs know before what names hint at, whole services before instances.
    """
    ours = {a for e in explanation.episodes if e.id == explanation.worst for a in e.anomalies}
    told = [a for a in anomalies if a.id in ours and user_facing(a)]
    sized = {one for impact in explanation.impact for one in impact.evidence}
    chosen: list[Anomaly] = []
    for aspect in ("errors", "latency"):
        fits = [a for a in told if a.signal.aspect == aspect]
        if fits:
            same = chosen[0].service if chosen else None
            chosen.append(max(fits, key=lambda a: _preferred(a, sized=sized, same=same, evidence=evidence)))
    if not chosen:
        chosen = sorted(told, key=lambda a: (-a.score, a.id))[:1]
    found = [one for one in (lead(evidence, a) for a in chosen) if one is not None]
    start = explanation.onset.time if explanation.onset else evidence.window.start
    end = explanation.recovered.time if explanation.recovered else evidence.window.end
    shares = {one.anomaly.id: _failed_share(one, start, end) for one in found}
    telling = [one for one in found if shares[one.anomaly.id] >= FAILING_SHARE and _material(one, start, end)]
    # Where few failed, slowness is what most users met.
    return tuple(sorted(telling, key=lambda one: shares[one.anomaly.id] < FIRST_SHARE))


def _material(one: Lead, start: pd.Timestamp, end: pd.Timestamp) -> bool:
    """Whether most of the incident's samples of a latency were beyond SLOW_TIMES its baseline: a blip is no impact."""
    median = one.median(start, end)
    if one.anomaly.signal.aspect != "latency" or median is None or one.anomaly.direction == "down":
        return True
    return median.value >= SLOW_TIMES * one.anomaly.baseline


def _failed_share(one: Lead, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Mean share of failed requests from onset to recovery; 1 where it measures something else."""
    if one.anomaly.signal.aspect != "errors" or one.anomaly.signal.unit not in ("ratio", "percent"):
        return 1.0
    inside = one.between(start, end)
    whole = 100.0 if one.anomaly.signal.unit == "percent" else 1.0
    return float(inside.mean()) / whole if len(inside) else 0.0


def user_facing(anomaly: Anomaly) -> bool:
    """Whether users meet what it measures, and it got worse; an alert's condition is not a measure of its own."""
    signal = anomaly.signal
    return (
        anomaly.worse
        and signal.layer in USER_LAYERS
        and signal.aspect in USER_ASPECTS
        and signal.threshold is None
        and not signal.has_tag(*NOT_USERS)
    )


def _preferred(
    a: Anomaly, *, sized: set[str], same: object, evidence: Evidence
) -> tuple[bool, bool, bool, bool, bool, bool, bool, float, str]:
    signal = a.signal
    called = {callee for _, callee in evidence.calls}
    return (
        not signal.has_tag("probe"),
        not signal.has_tag(LAGGING),
        not signal.has_tag("by-instance"),
        not signal.inferred,
        signal.unit in ("ratio", "percent", "seconds"),
        a.service == same if same is not None else a.service.name not in called,
        a.id in sized,
        a.score if signal.layer != "edge" else a.score * 2,
        a.id,
    )


def lead(evidence: Evidence, anomaly: Anomaly) -> Lead | None:
    """The samples behind an anomaly; None where they are not kept."""
    metric = next((m for m in evidence.metrics if m.query == anomaly.query and m.signal.id == anomaly.signal.id), None)
    if metric is None or anomaly.column not in metric.values.columns:
        return None
    times, values = samples(metric, anomaly.column)
    return Lead(anomaly, times, values, metric.spacing_s)


def samples(metric: Metric, column: int) -> tuple[pd.DatetimeIndex, npt.NDArray[np.float64]]:
    """Times and values of the samples that are there."""
    values = metric.values[column].to_numpy(dtype=float)
    there = np.isfinite(values)
    return pd.DatetimeIndex(metric.values.index[there]).as_unit("ns"), values[there]


def first_clear(evidence: Evidence, anomaly: Anomaly) -> Moment:
    """When a series had clearly moved: its first sample of half of its later excess, and the one before it.

    An anomaly's onset is the first sample that its baseline never showed, which a noisy forerunner can be.
    """
    found = lead(evidence, anomaly)
    if found is None:
        return anomaly.onset
    rows = np.flatnonzero(found.times >= anomaly.onset.earliest)
    excess = found.values[rows] - anomaly.baseline
    wanted = CLEAR_SHARE * (anomaly.level - anomaly.baseline)
    clear = rows[np.sign(wanted) * excess >= abs(wanted)] if wanted else rows[:0]
    if not len(clear) or clear[0] == 0:
        return anomaly.onset
    time = found.times[clear[0]]
    if time <= anomaly.onset.latest:
        return anomaly.onset
    return Moment(time, found.times[clear[0] - 1], time)


def anomalies_by_id(anomalies: Iterable[Anomaly]) -> dict[str, Anomaly]:
    """Each by the id that evidence cites."""
    return {a.id: a for a in anomalies}
