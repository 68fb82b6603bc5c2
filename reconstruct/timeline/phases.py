"""Phases of an incident, and what each step that somebody took did to what users met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import (
    ActionEffect,
    Anomaly,
    Effect,
    Event,
    Evidence,
    Measured,
    Milestone,
    Moment,
    Phase,
    PhaseKind,
    Quantity,
    Service,
)
from reconstruct.timeline.leads import FAILING_SHARE, MIN_SAMPLES, Lead

TWICE = 1.0
"""Phases differ where the excess over the baseline halves or doubles (log2): less is one phase to a reader."""
MIN_SHARE = 0.04
"""A phase is at least this share of the incident, a minute of a half-hour: shorter swings are its noise (a guess)."""
MAX_PHASES = 6
SMALLEST = 0.005
"""Of a ratio's whole, or of a latency's baseline times ten: excess below it is none."""
DOWN_SHARE = 0.95
"""So many of a hundred requests failing is down."""
BACK_SHARE = 0.1
"""What keeps at most this share of its excess is back."""
HALF = 0.5
"""What at least halves the excess had an effect."""
COMPARED_S = 180.0
"""How long before and after a step is compared, at most."""
REACH_S = 60.0
"""How long after a step, or after its rollout was complete, the curve may take to bend: caches, pools, retries."""
STEP_KINDS = frozenset({"rollback", "deploy", "config", "flag", "scale"})


def phases(found: Sequence[Lead], *, start: Moment, end: pd.Timestamp) -> tuple[Phase, ...]:
    """The stretches between `start` and `end` in which the lead series stood at levels of their own."""
    if not found:
        return ()
    cuts = _cuts(found, start=start.time, end=end)
    bounds = [start.time, *(moment.time for moment in cuts), end]
    moments = [start, *cuts]
    told: list[Phase] = []
    worst = [0.0] * len(found)
    for moment, (begin, over) in zip(moments, pairwise(bounds), strict=True):
        inside = [_measured(one, begin, over) for one in found]
        measured = tuple(m for m in inside if m is not None)
        if not measured:
            continue
        beyond = [
            excess(one.anomaly, m.median.value) if m is not None else 0.0 for one, m in zip(found, inside, strict=True)
        ]
        before = _last_excess(told, found)
        improved = bool(told) and _improved(before, beyond)
        kind = _kind(found, inside, improved=improved and _improved(worst, beyond))
        told.append(Phase(kind, found[0].anomaly.service, moment, over, measured, improved))
        worst = [max(a, b) for a, b in zip(worst, beyond, strict=True)]
    return tuple(told)


def _cuts(found: Sequence[Lead], *, start: pd.Timestamp, end: pd.Timestamp) -> list[Moment]:
    """Where phases change: the change points of every lead, those that are one told once."""
    moments = sorted((m for one in found for m in _change_points(one, start, end)), key=lambda m: m.time)
    apart = pd.Timedelta(seconds=max(one.lag_s for one in found)) + MIN_SHARE * (end - start)
    kept: list[Moment] = []
    for moment in moments:
        # Just after the onset a series through a range window is still on its way up.
        if moment.time - (kept[-1].time if kept else start) > (apart if kept else 2 * apart):
            kept.append(moment)
    return kept[: MAX_PHASES - 1]


def _change_points(one: Lead, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Moment]:
    rows = np.flatnonzero((one.times >= start) & (one.times < end))
    if len(rows) < 2 * MIN_SAMPLES:
        return
    beyond = np.log2([excess(one.anomaly, v) for v in one.values[rows]])
    length_s = (end - start).total_seconds()
    least = max(MIN_SAMPLES + 1, round(max(1.5 * one.anomaly.signal.range_s, MIN_SHARE * length_s) / one.spacing_s))
    for cut in sorted(_split(beyond, 0, len(beyond), least)):
        time, last = one.times[rows[cut]], one.times[rows[cut - 1]]
        yield Moment(time, last, time)


def _split(values: npt.NDArray[np.float64], first: int, last: int, least: int) -> Iterator[int]:
    """Binary segmentation by least squares; a cut stays where the medians beside it differ by TWICE."""
    if last - first < 2 * least:
        return
    part = values[first:last]
    sums, count = np.cumsum(part), len(part)
    left = np.arange(1, count)
    gain = sums[:-1] ** 2 / left + (sums[-1] - sums[:-1]) ** 2 / (count - left)
    gain[: least - 1] = -np.inf
    gain[count - least :] = -np.inf
    cut = int(np.argmax(gain)) + 1
    if abs(np.median(part[:cut]) - np.median(part[cut:])) < TWICE:
        return
    yield first + cut
    yield from _split(values, first, first + cut, least)
    yield from _split(values, first + cut, last, least)


def at_baseline(anomaly: Anomaly, value: float) -> bool:
    """Whether nobody would tell a value from the baseline."""
    return excess(anomaly, value) <= excess(anomaly, anomaly.baseline)


def excess(anomaly: Anomaly, value: float) -> float:
    """How far from its baseline, never below what nobody would tell from it."""
    least = SMALLEST * (100.0 if anomaly.signal.unit == "percent" else 1.0)
    if anomaly.signal.unit not in ("ratio", "percent"):
        least = max(10 * SMALLEST * abs(anomaly.baseline), 1e-9)
    return max(abs(value - anomaly.baseline), least)


def measured(found: Sequence[Lead], start: pd.Timestamp, end: pd.Timestamp) -> tuple[Measured, ...]:
    """What each series showed in `[start, end)`, those without a sample left out."""
    return tuple(m for one in found if (m := _measured(one, start, end)) is not None)


def _measured(one: Lead, start: pd.Timestamp, end: pd.Timestamp) -> Measured | None:
    inside = (one.times >= start) & (one.times < end)
    if not inside.any():
        return None
    values, times, unit = one.values[inside], one.times[inside], one.anomaly.signal.unit
    row = int(values.argmin() if one.anomaly.direction == "down" else values.argmax())
    return Measured(
        one.anomaly.id,
        Quantity(float(values.mean()), unit),
        Quantity(float(np.median(values)), unit),
        Quantity(float(values[row]), unit),
        times[row],
    )


def _last_excess(told: Sequence[Phase], found: Sequence[Lead]) -> list[float]:
    last = {m.anomaly: m.median.value for m in told[-1].measured} if told else {}
    return [excess(one.anomaly, last.get(one.anomaly.id, one.anomaly.baseline)) for one in found]


def _improved(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether the first lead's excess, which tells most of what users met, at least halved, and none doubled."""
    halved = before[0] / after[0] >= 2**TWICE
    return halved and not any(a / b >= 2**TWICE for b, a in zip(before, after, strict=True))


def _kind(found: Sequence[Lead], inside: Sequence[Measured | None], *, improved: bool) -> PhaseKind:
    if improved:
        return "partly-recovered"
    for one, measured in zip(found, inside, strict=True):
        if measured is None or one.anomaly.signal.aspect == "latency":
            continue
        whole = 100.0 if one.anomaly.signal.unit == "percent" else 1.0
        failing = abs(measured.median.value - one.anomaly.baseline) / whole
        if one.anomaly.signal.unit in ("ratio", "percent") and failing >= DOWN_SHARE:
            return "down"
        if failing >= FAILING_SHARE:
            return "failing"
    return "slow"


# ---------------------------------------------------------------- what steps did


def action_effects(
    evidence: Evidence,
    found: Sequence[Lead],
    *,
    services: Iterable[Service],
    onset: pd.Timestamp,
    bends: Sequence[Moment],
) -> tuple[ActionEffect, ...]:
    """For each change of `services` made between the onset and the last of `bends`: what users met before and after.

    A step had an effect where the curve bent within its reach: the time it ran, and what rollouts and range windows
    take. `bends` are the starts of phases, and the recovery.
    """
    named = [s for s in services if s.name]
    last = max((m.latest for m in bends), default=evidence.window.end)
    steps = [
        e
        for e in evidence.events
        if e.kind in STEP_KINDS and e.took_effect and onset < e.time <= last and any(e.service.may_be(s) for s in named)
    ]
    told = []
    for step in steps:
        until = min([*(e.time for e in steps if e.time > step.time), evidence.window.end])
        if effect := _effect(step, found, until=until, since=onset, bends=bends):
            told.append(effect)
    return tuple(told)


def attributable(
    actions: Sequence[ActionEffect], evidence: Evidence, found: Sequence[Lead], *, mitigated: Milestone | None
) -> tuple[ActionEffect, ...]:
    """The effects that are their steps' own: none where the mitigation started before it could show."""
    if mitigated is None:
        return tuple(actions)
    steps = {e.id: e for e in evidence.events}
    lag_s = max((one.lag_s for one in found), default=0.0)
    at = mitigated.moment.time
    return tuple(
        a
        for a in actions
        if a.event in mitigated.evidence or not steps[a.event].time <= at <= reach(steps[a.event], lag_s=lag_s)
    )


def reach(step: Event, *, lag_s: float) -> pd.Timestamp:
    """Until when the curve may bend for a step: through its rollout, and what caches and range windows take."""
    return (step.end or step.time) + pd.Timedelta(seconds=REACH_S + lag_s)


def _effect(
    step: Event, found: Sequence[Lead], *, until: pd.Timestamp, since: pd.Timestamp, bends: Sequence[Moment]
) -> ActionEffect | None:
    over = reach(step, lag_s=max((one.lag_s for one in found), default=0.0))
    bent = any(m.latest >= step.time and m.earliest <= over for m in bends)
    rows, kept = [], []
    for one in found:
        span = pd.Timedelta(seconds=max(COMPARED_S, MIN_SAMPLES * one.spacing_s))
        begun = over if bent else step.time + pd.Timedelta(seconds=one.lag_s)
        before = one.median(max(step.time - span, since), step.time)
        after = one.median(begun, max(min(begun + span, until), begun + pd.Timedelta(seconds=4 * one.spacing_s)))
        if before is None or after is None:
            continue
        rows.append((one.anomaly.id, before, after))
        was = excess(one.anomaly, before.value)
        if was > 2 * excess(one.anomaly, one.anomaly.baseline):
            kept.append(excess(one.anomaly, after.value) / was)
    if not rows:
        return None
    effect: Effect = "none"
    if bent and kept and all(share <= BACK_SHARE for share in kept):
        effect = "full"
    elif bent and any(share <= HALF for share in kept) and all(share < 1 / HALF for share in kept):
        effect = "partial"
    return ActionEffect(step.id, effect, tuple(rows))
