"""Impact first: the incident is what users felt. Verdict, episodes, and how much was felt for how long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.context import Case
from reconstruct.explain.episodes import Bout, onset
from reconstruct.explain.firings import Firing
from reconstruct.explain.symptoms import FELT_ASPECTS, FELT_LAYERS, Symptom, on_a_symptom
from reconstruct.model import Anomaly, Episode, Evidence, Impact, Metric, Service, Verdict, Window
from reconstruct.text.reasons import clock, lower_first, moved_from_to, names
from reconstruct.text.units import change, human

NEAREST = 3
"""Signals named where nothing was an incident: who asked about the window wants to know what moved in it."""


def verdict(
    evidence: Evidence, anomalies: Sequence[Anomaly], worst: Bout | None, *, firing: Sequence[Firing]
) -> tuple[Verdict, str]:
    """Whether users felt anything, and why we think so.

    Of hundreds of series a few always alarm, so an incident needs a user-facing symptom that lasts and is far beyond
    what is just felt, or several, or an alert on what a symptom shows.
    """
    if worst is not None and worst.strength >= priors.INCIDENT_AT:
        strongest = max(worst.main, key=_preferred).anomaly
        felt = [s for s in worst.main if s.anomaly.signal.layer in FELT_LAYERS and s.anomaly.service.name]
        services = list(dict.fromkeys(s.anomaly.service for s in felt))
        figures = change(strongest.baseline, strongest.level, strongest.signal.unit)
        about = (
            f"users of {names(services)} felt it"
            if services
            else "it was alerted on, though no signal shows that users felt it,"
        )
        return (
            "incident",
            f"{about} from {clock(onset(worst)[0].time)}: {lower_first(strongest.signal.title)} {figures}",
        )
    inside = [f for f in firing if evidence.window.start <= f.fired < evidence.window.end]
    fired = [f for f in inside if on_a_symptom(f, evidence)]
    seen = [m for m in evidence.metrics if _user_facing(m) and _has_data(m, evidence.window)]
    if not seen and not any(gap.matters for gap in evidence.gaps):
        return "inconclusive", "no signal of what users feel (requests, errors, latency, probes) has data in the window"
    if fired:
        return (
            "inconclusive",
            f"the alert {fired[0].name} fired, but what users feel hardly moved, as far as it is measured",
        )
    if unread := [gap for gap in evidence.gaps if gap.matters]:
        others = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        return (
            "inconclusive",
            f"what users feel was seen and could not be read: {unread[0].missing}{others} ({unread[0].cause})",
        )
    moved = sum(a.worse for a in anomalies)
    rest = f"; {moved} series moved and none was felt" if moved else ""
    more = (("nearest to it", _nearest(worst)), ("alerts fired all the same", _alerted(inside, anomalies)))
    told = "".join(f"; {what}: {figures}" for what, figures in more if figures)
    return (
        "no-incident",
        f"none of the {len(seen)} user-facing signals got worse by enough, for long enough{rest}{told}",
    )


def _nearest(worst: Bout | None) -> str:
    """What came nearest to an incident, with its figures; "" where nothing came near."""
    found = sorted(worst.main, key=lambda s: (-s.strength, s.anomaly.id)) if worst is not None else []
    told = {s.anomaly.signal.id: s.anomaly for s in reversed(found) if s.anomaly.signal.threshold is None}
    return ", ".join(
        f"{moved_from_to(a)}{f' to {clock(a.recovery.time)}' if a.recovery else ', not back'}"
        for a in list(reversed(told.values()))[:NEAREST]
    )


def _alerted(firing: Sequence[Firing], anomalies: Sequence[Anomaly]) -> str:
    """The alerts that fired, each with how far what it watches moved."""
    watched = {a.signal.title: a for a in reversed(anomalies) if a.signal.threshold is not None}
    names_of = dict.fromkeys(f.name for f in firing)
    return ", ".join(moved_from_to(watched[name]) if name in watched else name for name in list(names_of)[:NEAREST])


def episodes(found: Sequence[Bout], anomalies: Sequence[Anomaly]) -> tuple[Episode, ...]:
    """All episodes in order of time, each with every anomaly that overlaps it."""
    told = []
    for n, bout in enumerate(found, 1):
        end = bout.end
        inside = [
            a.id
            for a in anomalies
            if (end is None or a.onset.time <= end) and (a.recovery is None or a.recovery.time >= bout.start)
        ]
        told.append(Episode(f"ep{n}", bout.start, end, tuple(inside)))
    return tuple(told)


def impact(case: Case) -> tuple[Impact, ...]:
    """What users felt, one line a service and kind: failed requests and their share, latency, availability."""
    best: dict[tuple[Service, str], Symptom] = {}
    for symptom in case.bout.main:
        if symptom.anomaly.signal.layer not in FELT_LAYERS:
            continue
        known = best.get(symptom.witness)
        if known is None or _preferred(symptom) > _preferred(known):
            best[symptom.witness] = symptom
    rows = [_row(case, s) for s in best.values()]
    order = {aspect: n for n, aspect in enumerate(("errors", "latency", "availability"))}
    aspects = {id(r): order.get(s.anomaly.signal.aspect, len(order)) for r, s in zip(rows, best.values(), strict=True)}
    return tuple(sorted(rows, key=lambda r: (aspects[id(r)], -(r.share or 0.0), r.service, r.what)))


def _row(case: Case, symptom: Symptom) -> Impact:
    a = symptom.anomaly
    start, end = a.onset.time, a.recovery.time if a.recovery else case.evidence.window.end
    unit, value, share, what = a.signal.unit, a.level, None, f"{lower_first(a.signal.title)}"
    evidence: tuple[str, ...] = (a.query, a.id)
    metric = case.metrics.get(a.query)
    if a.signal.aspect == "errors" and metric is not None:
        during = _during(metric.values[a.column], start, end)
        traffic = _traffic(case, a)
        step_s = case.evidence.window.step_s
        if a.signal.unit == "ratio":
            share = float(during.mean()) if len(during) else None
            if traffic is not None:
                asked = _during(traffic.values.sum(axis=1, min_count=1), start, end)
                value, unit = float((during * asked).sum() * step_s), "count"
                what, evidence = "failed requests", (*evidence, traffic.query)
        elif a.signal.unit.endswith("per second"):
            value, unit, what = float(during.sum() * step_s), "count", "failed requests"
            if traffic is not None:
                asked = _during(traffic.values.sum(axis=1, min_count=1), start, end)
                share = min(1.0, float(during.sum() / asked.sum())) if float(asked.sum()) > 0 else None
                evidence = (*evidence, traffic.query)
    if what != "failed requests":
        what += f" (before: {human(a.baseline, a.signal.unit)})"
    return Impact(a.service, what, value, unit, share, start, end, evidence)


def _traffic(case: Case, anomaly: Anomaly) -> Metric | None:
    """Requests per second of the same service and layer: all its series are of that service."""
    fits = [
        m
        for m in case.evidence.metrics
        if m.signal.aspect == "traffic"
        and m.signal.layer == anomaly.signal.layer
        and m.signal.unit.endswith("per second")
        and "by-instance" not in m.signal.tags
        and anomaly.service.name
        and m.services
        and all(s == anomaly.service for s in m.services)
    ]
    return min(fits, key=lambda m: (m.signal.inferred, m.signal.id), default=None)


def _during(series: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    return series[(series.index >= start) & (series.index < end)].dropna()


def _preferred(symptom: Symptom) -> tuple[bool, bool, bool, float, str]:
    """Sort key: what packs know before what names hint at, real requests before probes, shares and latencies."""
    signal = symptom.anomaly.signal
    counted = signal.unit == "ratio" or signal.aspect == "latency"
    return (
        not signal.inferred and signal.threshold is None,
        "probe" not in signal.tags,
        counted,
        symptom.strength,
        symptom.anomaly.id,
    )


def _user_facing(metric: Metric) -> bool:
    signal = metric.signal
    return signal.layer in FELT_LAYERS and signal.aspect in FELT_ASPECTS and "scrape" not in signal.tags


def _has_data(metric: Metric, window: Window) -> bool:
    inside = metric.values.loc[metric.values.index >= window.start]
    return bool(np.isfinite(inside.to_numpy(dtype=float)).any())
