"""Impact first: the incident is what users met. Verdict, episodes, and how much users met for how long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.context import Case
from reconstruct.explain.episodes import Bout, onset
from reconstruct.explain.exhausted import RanOut
from reconstruct.explain.firings import Firing, calls_somebody
from reconstruct.explain.impact_rows import impact_of_users
from reconstruct.explain.symptoms import FELT_ASPECTS, FELT_LAYERS, Symptom
from reconstruct.explain.user_impact import UserImpact
from reconstruct.meaning.user_signals import USERS
from reconstruct.model import (
    Anomaly,
    Episode,
    Evidence,
    Fact,
    Facts,
    Impact,
    Metric,
    Reference,
    Service,
    Verdict,
    VerdictReason,
    Window,
)
from reconstruct.model.system import System
from reconstruct.text.reasons import lower_first
from reconstruct.text.units import human

NEAREST = 3
"""Signals named where nothing was an incident: who asked about the window wants to know what moved in it."""


def verdict(
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    worst: Bout | None,
    *,
    firing: Sequence[Firing],
    users: UserImpact,
    ran_out: Sequence[RanOut] = (),
) -> tuple[Verdict, VerdictReason]:
    """Whether there was an incident, and why we think so.

    Harm that users met is one; so is an alert that somebody is called for, and a resource that ran out, though nobody
    met it. Where series are only known as packs ask for them, of hundreds a few always alarm: then it needs a
    user-facing symptom that lasts and is far beyond what is just noticeable, or several. "No incident" needs a
    user-facing
    signal that was read and judged.
    """
    if worst is not None and worst.dated is not None and worst.dated.users:
        return "incident", _harmed(worst)
    if worst is not None and worst.dated is None and worst.strength >= priors.INCIDENT_AT:
        return "incident", _symptoms(worst)
    inside = sorted((f for f in firing if calls_somebody(f, evidence.window)), key=lambda f: (f.fired, f.id))
    if inside:
        fired: Facts = {"names": tuple(dict.fromkeys(f.name for f in inside)), "since": inside[0].fired}
        return "incident", VerdictReason("alerts-fired", fired, tuple(f.id for f in inside))
    if ran_out:
        one = ran_out[0]
        out: Facts = {"what": one.what, "thing": one.thing, "since": one.moment.time}
        return "incident", VerdictReason("ran-out", out, one.queries)
    seen = seen_by_users(evidence)
    unread = [gap for gap in evidence.gaps if gap.matters]
    if not seen and not unread:
        return "inconclusive", VerdictReason("nothing-measured")
    if users.unjudged and not users.judged:
        return "inconclusive", VerdictReason("not-judged", {"signals": users.unjudged[:NEAREST]})
    if unread:
        what: Facts = {"missing": unread[0].missing, "cause": unread[0].cause, "others": len(unread) - 1}
        return "inconclusive", VerdictReason("not-read", what, tuple(gap.id for gap in unread))
    near = tuple(Reference(a.id) for a in _nearest(worst))
    calm: Facts = {"judged": len(seen), "moved": sum(a.worse for a in anomalies), "nearest": near}
    return "no-incident", VerdictReason("calm", calm)


def _harmed(worst: Bout) -> VerdictReason:
    """What users met: the failed share first, then what answered slowest."""
    order = {"errors": 0, "availability": 1, "latency": 2}
    mine = [s.anomaly for s in worst.symptoms if s.anomaly.signal.has_tag(USERS)]
    first = min(mine, key=lambda a: (order.get(a.signal.aspect, len(order)), -a.score, a.id), default=None)
    facts: dict[str, Fact] = {"since": onset(worst)[0].time}
    if first is not None:
        facts |= {"anomaly": Reference(first.id), "services": (first.service,)}
    return VerdictReason("users-harmed", facts, tuple(a.id for a in mine))


def _symptoms(worst: Bout) -> VerdictReason:
    strongest = max(worst.main, key=_preferred).anomaly
    user_facing = [s for s in worst.main if s.anomaly.signal.layer in FELT_LAYERS]
    services = tuple(dict.fromkeys(s.anomaly.service for s in user_facing if s.anomaly.service.name))
    facts: Facts = {
        "anomaly": Reference(strongest.id),
        "since": onset(worst)[0].time,
        "services": services,
        "user_facing": bool(user_facing),
    }
    return VerdictReason("symptoms", facts, tuple(s.anomaly.id for s in worst.main))


def _nearest(worst: Bout | None) -> list[Anomaly]:
    """What came nearest to an incident."""
    found = sorted(worst.main, key=lambda s: (-s.strength, s.anomaly.id)) if worst is not None else []
    told = {s.anomaly.signal.id: s.anomaly for s in reversed(found) if s.anomaly.signal.threshold is None}
    return list(reversed(told.values()))[:NEAREST]


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


def impact(case: Case, system: System | None) -> tuple[Impact, ...]:
    """What users met, one line a service and kind: failed requests and their share, latency, availability."""
    if case.bout.dated is not None:
        return impact_of_users(case, system) if case.bout.dated.users else ()
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
        and not m.signal.has_tag("by-instance")
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
        not signal.has_tag("probe"),
        counted,
        symptom.strength,
        symptom.anomaly.id,
    )


def seen_by_users(evidence: Evidence) -> list[Metric]:
    """The user-facing signals that have samples in the window."""
    return [m for m in evidence.metrics if _user_facing(m) and _has_data(m, evidence.window)]


def _user_facing(metric: Metric) -> bool:
    signal = metric.signal
    return signal.layer in FELT_LAYERS and signal.aspect in FELT_ASPECTS and not signal.has_tag("scrape")


def _has_data(metric: Metric, window: Window) -> bool:
    inside = metric.values.loc[metric.values.index >= window.start]
    return bool(np.isfinite(inside.to_numpy(dtype=float)).any())
