"""Rule traffic-surge: more traffic than before, no later than the first symptom, is an explanation without a change."""

from __future__ import annotations

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.alternatives import Alternative
from reconstruct.explain.context import Case, in_time, levels, material
from reconstruct.model import Anomaly
from reconstruct.text.reasons import clock, lower_first
from reconstruct.text.units import change as from_to

RULE = "traffic-surge"

CAPACITY = ("saturation", "utilisation")
SLOW_TIMES = priors.LATENCY_TIMES
"""Queueing makes requests slower before it makes them fail."""


def traffic_surge(case: Case) -> Alternative | None:
    """Traffic of what was affected that rose before or with the onset and stayed up into it.

    Traffic harms by making work wait. So it speaks in full where a resource ran short as well, by half where requests
    got slower or nothing tells whether they did, and not at all where requests failed as fast as they had succeeded.
    """
    rose = [
        a
        for a in case.anomalies
        if a.signal.aspect == "traffic"
        and a.signal.layer in ("edge", "app")
        and not a.signal.has_tag("outbound")
        and a.direction in ("up", "both")
        and a.level > a.baseline
        and material(case, a)
        and any(a.service.may_be(s) for s in case.affected)
        and a.onset.time <= case.onset.time + pd.Timedelta(seconds=case.spacing_s(a))
        and (a.recovery is None or a.recovery.latest > case.onset.latest)
    ]
    if not rose:
        return None
    most = max(rose, key=lambda a: (_times(a), a.id))
    short = [
        a
        for a in case.anomalies
        if a.signal.aspect in CAPACITY
        and a.signal.threshold is None
        and a.direction == "up"
        and a.worse
        and in_time(case, a)
        and material(case, a)
    ]
    if not short and _as_fast_as_before(case):
        return None
    shortest = max(short, key=lambda a: (not a.signal.inferred, a.score, a.id), default=None)
    figures = from_to(most.baseline, most.level, most.signal.unit)
    says = f"{lower_first(most.signal.title)} rose from {figures} at {clock(most.onset.time)}"
    return Alternative(
        rule=RULE,
        mechanism="traffic-surge",
        service=most.service,
        says=says + (f", and with it {lower_first(shortest.signal.title)}" if shortest else ""),
        evidence=(most.id, *((shortest.id,) if shortest else ())),
        full=bool(short),
    )


def _as_fast_as_before(case: Case) -> bool:
    """Whether the latency of what failed first is measured and did not rise by what users notice."""
    measured = [
        v
        for m in case.evidence.metrics
        if m.signal.aspect == "latency" and m.signal.layer in ("edge", "app")
        for v in levels(case, m)
        if any(v.service.may_be(s) for s in case.first)
    ]
    return bool(measured) and all(v.during < SLOW_TIMES * v.before for v in measured)


def _times(anomaly: Anomaly) -> float:
    return anomaly.level / max(anomaly.baseline, anomaly.signal.min_effect, 1e-9)
