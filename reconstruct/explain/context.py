"""What is settled about an incident before anything is scored: every rule reads it, none changes it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.changes import undos
from reconstruct.explain.episodes import Bout, onset, recovered
from reconstruct.explain.symptoms import on_a_symptom
from reconstruct.model import Anomaly, Event, Evidence, Layer, Metric, Moment, Service, Settings, Sign, Signal, Tag

GROWS: frozenset[Tag] = frozenset({"memory", "disk", "certificate", "swap"})
"""Tags of what fills or runs down by and by."""
OBSERVERS = ("edge",)
"""Layers that pass on what others answer: their errors tell when, not where."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The worst episode of a window."""

    evidence: Evidence
    settings: Settings
    bout: Bout
    anomalies: tuple[Anomaly, ...]
    """Everything that moved in it, or was moving when it began; worse or not."""
    onset: Moment
    first: tuple[Service, ...]
    """The service that failed first; several where the samples cannot tell them apart, the likeliest in front."""
    affected: tuple[Service, ...]
    """All services with symptoms, in order of onset."""
    recovered: Moment | None
    metrics: Mapping[str, Metric]
    """By query id."""
    calls: frozenset[tuple[str, str]]
    before: slice
    """Rows of the grid before the onset."""
    during: slice
    """Rows from the onset to the recovery."""
    databases: frozenset[Service]
    """Services that are databases and nothing else: what a process of theirs uses, the database uses."""
    undos: tuple[Event, ...]
    """All changes that take something back, in order of time."""

    @property
    def until(self) -> pd.Timestamp:
        """When the symptoms ended, as far as the window tells."""
        return self.recovered.earliest if self.recovered else self.evidence.window.end

    @property
    def over(self) -> pd.Timestamp:
        """When they were surely back; the window's end while they are not."""
        return self.recovered.latest if self.recovered else self.evidence.window.end

    def spacing_s(self, anomaly: Anomaly) -> float:
        """True spacing of the samples behind an anomaly."""
        metric = self.metrics.get(anomaly.query)
        return metric.spacing_s if metric else self.evidence.window.step_s

    @property
    def effect_s(self) -> float:
        """By how many seconds users' requests were slower at the worst; 0 where no latency tells."""
        return max(
            (
                s.anomaly.level - s.anomaly.baseline
                for s in self.bout.main
                if s.anomaly.signal.aspect == "latency" and s.anomaly.signal.unit == "seconds"
            ),
            default=0.0,
        )


def in_order(evidence: Evidence, anomalies: Iterable[Anomaly]) -> tuple[Evidence, tuple[Anomaly, ...]]:
    """The same evidence in one order, so that who asked first decides nothing."""
    ordered = replace(
        evidence,
        metrics=tuple(sorted(evidence.metrics, key=lambda m: (m.signal.id, m.query))),
        events=tuple(sorted(evidence.events, key=lambda e: (e.time, e.id))),
        alerts=tuple(sorted(evidence.alerts, key=lambda a: (a.firing_at, a.id))),
    )
    return ordered, tuple(sorted(anomalies, key=lambda a: (a.onset.time, len(a.id), a.id)))


def settle(evidence: Evidence, anomalies: Iterable[Anomaly], bout: Bout, *, settings: Settings) -> Case:
    """Put together what the rules need to know."""
    began, together = onset(bout)
    back = recovered(bout)
    over = back.latest if back else evidence.window.end
    calls = frozenset((*evidence.calls, *settings.calls))
    grid = evidence.window.index.as_unit("ns")  # searchsorted refuses a moment finer than the index's own unit
    until = back.earliest if back else evidence.window.end
    moved = tuple(
        a for a in anomalies if a.onset.earliest <= over and (a.recovery is None or a.recovery.latest >= began.earliest)
    )
    alerted = [f for f in bout.alerts if f.service.name and on_a_symptom(f, evidence)]
    affected = dict.fromkeys(s.anomaly.service for s in bout.symptoms if s.anomaly.service.name)
    affected |= dict.fromkeys(f.service for f in alerted if not any(f.service.may_be(a) for a in affected))
    slack = pd.Timedelta(seconds=2 * max(s.spacing_s for s in together))
    named = dict.fromkeys(s.anomaly.service for s in together if s.anomaly.service.name)
    at_once = [f.service for f in alerted if f.began <= began.latest + slack]
    named |= dict.fromkeys(s for s in at_once if not any(s.may_be(n) for n in named))

    def likelihood(service: Service) -> tuple[bool, bool, bool, float]:
        """Sort key: who passes on others' answers last; then the alerting one, the one called, the worst hit."""
        own = [s for s in together if s.anomaly.service == service]
        return (
            bool(own) and all(s.anomaly.signal.layer in OBSERVERS for s in own),
            not any(f.service.may_be(service) for f in alerted),
            not any((other.name, service.name) in calls for other in affected if other != service),
            -max((s.strength for s in own), default=0.0),
        )

    return Case(
        evidence=evidence,
        settings=settings,
        bout=bout,
        anomalies=moved,
        onset=began,
        first=tuple(sorted(named or affected, key=likelihood)),
        affected=tuple(affected),
        recovered=back,
        metrics={m.query: m for m in evidence.metrics},
        calls=calls,
        before=slice(0, int(grid.searchsorted(began.earliest, side="right"))),
        during=slice(int(grid.searchsorted(began.latest, side="right")), int(grid.searchsorted(until))),
        databases=_databases(evidence),
        undos=undos(evidence.events),
    )


def _databases(evidence: Evidence) -> frozenset[Service]:
    served = {s for m in evidence.metrics if m.signal.layer == "database" for s in m.services if s.name}
    others = {s for m in evidence.metrics if m.signal.layer in ("edge", "app") for s in m.services}
    return frozenset(served - others)


# ---------------------------------------------------------------- signals of a kind, and how they moved


def is_kind(case: Case, signal: Signal, service: Service, sign: Sign) -> bool:
    """Whether a series is of the kind that a sign speaks of; `-tag` means "without this tag".

    A signal made of an alert's condition is of no kind: the rule says that something is wrong, its name only hints at
    what, and what it watches is asked by a pack or the conventions as well.
    """
    if signal.threshold is not None:
        return False
    layer: Layer = "database" if signal.layer == "runtime" and service in case.databases else signal.layer
    wanted = [t for t in sign.tags if not t.startswith("-")]
    return (
        (not sign.layers or layer in sign.layers)
        and (not sign.aspects or signal.aspect in sign.aspects)
        and (not wanted or any(t in signal.tags for t in wanted))
        and not any(t.removeprefix("-") in signal.tags for t in sign.tags if t.startswith("-"))
    )


def near(case: Case, service: Service, signal: Signal) -> bool:
    """Whether a series speaks of what was affected: of its services, of what they call, or of shared ground.

    Databases, hosts, networks and caches are shared; the applications of others are not.
    """
    if signal.layer not in ("edge", "app", "runtime", "queue") or not service.name or not case.affected:
        return True
    return any(service.may_be(a) or (a.name, service.name) in case.calls for a in case.affected)


def in_time(case: Case, anomaly: Anomaly) -> bool:
    """Whether it can have begun no later than the impact, with the slack that spacing and alert-like delays need."""
    slack = pd.Timedelta(seconds=max(60.0, 3 * case.spacing_s(anomaly)))
    return bool(anomaly.onset.earliest <= case.onset.latest + slack)


@dataclass(frozen=True, slots=True)
class Levels:
    """Median of one series before the onset and while the impact lasted, in the signal's unit."""

    signal: Signal
    query: str
    service: Service
    column: int
    before: float
    during: float


def levels(case: Case, metric: Metric) -> tuple[Levels, ...]:
    """`Levels` of every series of a metric that has samples in both times; NaN is never counted as a value."""
    values = metric.values.to_numpy(dtype=float)
    before, during = values[case.before], values[case.during]
    return tuple(
        Levels(metric.signal, metric.query, metric.services[c], c, median(before[:, c]), median(during[:, c]))
        for c in range(metric.values.shape[1])
        if np.isfinite(before[:, c]).any() and np.isfinite(during[:, c]).any()
    )


def median(values: npt.NDArray[np.float64]) -> float:
    """Median of the finite values; NaN where there is none.

    >>> median(np.array([1.0, np.nan, 3.0])), median(np.array([np.nan]))
    (2.0, nan)
    """
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")


def with_impact(case: Case, anomaly: Anomaly) -> bool:
    """Whether it moved with the impact: what had stood there for minutes without harm does not explain it.

    At least half of its excess must have come since shortly before the onset. Lines and loads are exempt: they climb
    until a bound is hit.
    """
    signal = anomaly.signal
    metric = case.metrics.get(anomaly.query)
    if metric is None or anomaly.shape == "ramp" or signal.aspect == "traffic" or signal.has_tag(*GROWS):
        return True
    step = max(priors.RECENT_SAMPLES * metric.spacing_s, priors.RECENT_S) / case.evidence.window.step_s
    if anomaly.onset.latest >= case.onset.earliest - pd.Timedelta(seconds=step * case.evidence.window.step_s):
        return True
    values = metric.values[anomaly.column].to_numpy(dtype=float)
    recent = median(values[max(case.before.stop - math.ceil(step), 0) : case.before.stop])
    during = median(values[case.during])
    if math.isnan(recent) or math.isnan(during) or during == anomaly.baseline:
        return True
    return (during - recent) / (during - anomaly.baseline) >= priors.PARTLY


def lasts_with_impact(case: Case, anomaly: Anomaly) -> bool:
    """Whether it was there for a fair part of the impact: what is back to normal long before explains no more of it.

    All times that the same series was away count together; and it may not be back while the symptom stays at its
    level. What leaves an effect behind it is exempt: lines that climb until a bound is hit, and loads whose backlog
    takes its time.
    """
    if anomaly.shape == "ramp" or anomaly.signal.aspect == "traffic" or anomaly.signal.has_tag(*GROWS):
        return True
    begin, end = case.onset.latest, case.until
    there = pd.Timedelta(0)
    for other in case.anomalies:
        if (other.query, other.column) == (anomaly.query, anomaly.column):
            over = min(other.recovery.latest, end) if other.recovery else end
            there += max(over - max(other.onset.earliest, begin), pd.Timedelta(0))
    slack = pd.Timedelta(seconds=case.spacing_s(anomaly))
    return bool(there + slack >= priors.LASTS_SHARE * (end - begin)) and not _outlived(case, anomaly)


def _outlived(case: Case, anomaly: Anomaly) -> bool:
    """Whether the strongest symptom stayed at its level after an anomaly was over, for good."""
    again = any(
        (a.query, a.column) == (anomaly.query, anomaly.column) and a.onset.time > anomaly.onset.time
        for a in case.anomalies
    )
    if anomaly.recovery is None or again:
        return False
    symptom = max(case.bout.main, key=lambda s: s.strength).anomaly
    metric = case.metrics.get(symptom.query)
    if metric is None:
        return False
    values = (metric.values[symptom.column] - symptom.baseline).abs()
    with_it = values[(values.index >= case.onset.latest) & (values.index < anomaly.recovery.earliest)].dropna()
    range_window = pd.Timedelta(seconds=symptom.signal.range_s)
    after = values[(values.index >= anomaly.recovery.latest + range_window) & (values.index < case.until)].dropna()
    if min(len(with_it), len(after)) < priors.FELT_SAMPLES:
        return False
    return bool(after.median() >= priors.STAYED_SHARE * with_it.median())


def material(case: Case, anomaly: Anomaly) -> bool:
    """Whether a move is large enough to account for the effect.

    A delay of d seconds in something that a request does at most ROUND_TRIPS times explains at most ROUND_TRIPS * d;
    memory that grew, or traffic that rose, by an ordinary amount explains nothing, nor does a host that is busier than
    before but has time left, nor a share that leaves most of the room there was.
    """
    signal, moved = anomaly.signal, abs(anomaly.level - anomaly.baseline)
    if signal.aspect == "latency" and signal.unit == "seconds":
        return moved * priors.ROUND_TRIPS >= priors.EXPLAINS_SHARE * case.effect_s
    if signal.aspect == "traffic":
        low, high = sorted((abs(anomaly.level), abs(anomaly.baseline)))
        return high >= priors.TRAFFIC_TIMES * low
    if signal.layer == "host" and signal.has_tag("cpu"):
        busy = anomaly.level >= priors.HOST_BUSY if signal.aspect == "utilisation" else False
        return busy or anomaly.level >= 2 * anomaly.baseline > 0
    if signal.unit == "ratio" and signal.has_tag(*GROWS):
        free, was_free = (v if signal.worse == "down" else 1 - v for v in (anomaly.level, anomaly.baseline))
        return free <= priors.ROOM_LEFT or moved >= priors.PARTLY * was_free
    if signal.unit == "bytes" and anomaly.baseline > 0:
        return moved >= priors.GROWTH_SHARE * anomaly.baseline
    return True
