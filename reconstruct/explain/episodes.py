"""Symptoms that belong together in time, and when the worst of it began and ended."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.exhausted import RanOut
from reconstruct.explain.firings import Firing, watched
from reconstruct.explain.symptoms import Symptom
from reconstruct.explain.user_impact import UserImpact, onset_of, recovery_of
from reconstruct.meaning.user_signals import USERS
from reconstruct.model import Anomaly, Evidence, Moment, Service, Tag, Window

NEAR_MISS_SYMPTOMS = 5
"""Of anomalies that go with an alert, where none is known to be what it watches: the strongest."""
RUNNING_MEAN: Tag = "running-mean"
"""Tag of a mean over the last so many requests, however long ago they came."""


@dataclass(frozen=True, slots=True)
class Dated:
    """When an episode began and ended, and what shows it."""

    onset: Moment
    recovery: Moment | None
    begun_by: tuple[str, ...]
    """Ids of anomalies or alerts that show the onset ..."""
    ended_by: tuple[str, ...]
    """... and the recovery."""
    users: bool
    """Users met it; else only alerts tell of it."""


@dataclass(frozen=True, slots=True)
class Bout:
    """One episode of symptoms."""

    symptoms: tuple[Symptom, ...]
    """In order of onset."""
    alerts: tuple[Firing, ...]
    """All that fired in it, whatever they are about."""
    strength: float
    """The strongest witness, the further ones at half weight, and what alerts add."""
    dated: Dated | None = None
    """Where what users met, or an alert alone, dates it; else its symptoms do."""

    @property
    def main(self) -> tuple[Symptom, ...]:
        """The symptoms that date it: faint ones begin and end when noise lets them.

        Single instances tell what their service tells, with fewer requests behind it.
        """
        least = priors.MAIN_SHARE * max((s.strength for s in self.symptoms), default=0.0)
        strong = tuple(s for s in self.symptoms if s.strength >= least or s.alerts)
        return tuple(s for s in strong if not s.anomaly.signal.has_tag("by-instance")) or strong

    @property
    def start(self) -> pd.Timestamp:
        """When its first main symptom began."""
        if self.dated is not None:
            return self.dated.onset.time
        return min(s.began.time for s in self.main)

    @property
    def end(self) -> pd.Timestamp | None:
        """When its last main symptom was over; None = one of them still is not."""
        moment = recovered(self)
        return moment.time if moment else None


def bouts(found: Sequence[Symptom], *, firing: Sequence[Firing], window: Window) -> tuple[Bout, ...]:
    """Group symptoms whose pauses are short, those over before the window left out; in order of time.

    Only time with samples counts as a pause: symptoms on both sides of a gap in the data are one episode.
    """
    groups: list[list[Symptom]] = []
    over = pd.Timestamp.min.tz_localize("UTC")
    for s in found:
        pause_s = max(priors.MERGE_S, priors.MERGE_SAMPLES * s.spacing_s)
        if not groups or s.began.time > over + pd.Timedelta(seconds=pause_s):
            groups.append([])
            over = s.began.time
        groups[-1].append(s)
        over = max(over, (s.seen_again or window.end) if s.anomaly.recovery else window.end)
    found_bouts = (_bout(g, firing, window.end) for g in groups)
    return tuple(b for b in found_bouts if b.end is None or b.end > window.start)


def episodes_of_users(
    users: UserImpact,
    anomalies: Sequence[Anomaly],
    found: Sequence[Symptom],
    *,
    firing: Sequence[Firing],
    evidence: Evidence,
) -> tuple[Bout, ...]:
    """Episodes of harm that users met, each with the symptoms of services that overlap it; in order of time."""
    episodes = []
    for harm in users.episodes:
        began, back = onset_of(harm, evidence), recovery_of(harm, evidence)
        over = back.latest if back else evidence.window.end
        mine = [a for a in anomalies if a.signal.has_tag(USERS) and _overlaps(a, began.earliest, over)]
        user_facing = [Symptom(a, a.onset, _strength_of(a), evidence.window.step_s) for a in mine]
        user_facing += [s for s in found if _overlaps(s.anomaly, began.earliest, over)]
        user_facing.sort(key=lambda s: (s.began.time, s.anomaly.id))
        alerts = tuple(f for f in firing if began.earliest <= f.fired <= over)
        first = min((a.onset.time for a in mine), default=began.time)
        begun_by = tuple(a.id for a in mine if a.onset.earliest <= began.latest or a.onset.time == first)
        ended_by = tuple(a.id for a in mine if a.recovery is not None and back is not None) if back else ()
        dated = Dated(began, back, begun_by, ended_by, users=True)
        episodes.append(Bout(tuple(user_facing), alerts, harm.weight, dated))
    return tuple(episodes)


def episode_of_alerts(
    calls: Sequence[Firing], anomalies: Sequence[Anomaly], *, firing: Sequence[Firing], evidence: Evidence
) -> Bout:
    """A near miss: what alerts tell of, though no user met it; with the anomalies that they watch or that go along."""
    first = min(calls, key=lambda f: (f.began, f.id))
    began = Moment(first.began, first.began - pd.Timedelta(seconds=first.resolution_s), first.began)
    ends = [f.resolved for f in calls]
    over = None if any(end is None for end in ends) else max(end for end in ends if end is not None)
    resolution = pd.Timedelta(seconds=max(f.resolution_s for f in calls))
    back = Moment(over, over - resolution, over) if over is not None and over < evidence.window.end else None
    until = over if over is not None else evidence.window.end
    near = [a for a in anomalies if a.worse and _overlaps(a, began.earliest, until)]
    mine = [a for f in calls for a in watched(f, near)] or sorted(near, key=lambda a: -a.score)[:NEAR_MISS_SYMPTOMS]
    distinct = {a.id: a for a in mine}
    user_facing = tuple(
        Symptom(a, a.onset, priors.ALERT_BONUS, evidence.window.step_s)
        for a in sorted(distinct.values(), key=lambda a: (a.onset.time, a.id))
    )
    ids = tuple(f.id for f in calls)
    dated = Dated(began, back, (first.id,), ids if back else (), users=False)
    return Bout(user_facing, tuple(f for f in firing if began.earliest <= f.fired <= until), priors.ALERT_BONUS, dated)


def episode_of_ran_out(one: RanOut, anomalies: Sequence[Anomaly], *, evidence: Evidence) -> Bout:
    """A near miss that nobody was called for: something ran out, and no user met it."""
    near = [a for a in anomalies if a.worse and _overlaps(a, one.moment.earliest, evidence.window.end)]
    mine = [a for a in near if a.service.name == one.thing] or sorted(near, key=lambda a: -a.score)[:NEAR_MISS_SYMPTOMS]
    user_facing = tuple(
        Symptom(a, a.onset, priors.ALERT_BONUS, evidence.window.step_s)
        for a in sorted(mine, key=lambda a: (a.onset.time, a.id))
    )
    return Bout(user_facing, (), priors.ALERT_BONUS, Dated(one.moment, None, one.queries, (), users=False))


def _overlaps(anomaly: Anomaly, begins: pd.Timestamp, ends: pd.Timestamp) -> bool:
    over = anomaly.recovery.latest if anomaly.recovery else None
    return anomaly.onset.earliest <= ends and (over is None or over >= begins)


def _strength_of(anomaly: Anomaly) -> float:
    """Doublings beyond clear harm, at least one: it was judged to be harm."""
    return max(1.0, math.log2(max(anomaly.score, 1.0)) + 1.0)


def worst(found: Sequence[Bout]) -> Bout | None:
    """The strongest; of equals the first."""
    return max(found, key=lambda b: (b.strength, -b.start.value), default=None)


def onset(bout: Bout) -> tuple[Moment, tuple[Symptom, ...]]:
    """The first moment users or alerts could feel it, and the symptoms that the samples cannot tell from the first.

    The first symptom that must have begun bounds it from above: ``latest = min(latest)``. All that may have begun by
    then are taken to have begun together, for one fault is the simplest reading: ``earliest = max(earliest)`` of those.
    A series seen through a long rate window thus takes nothing away from one that is sampled sharply.
    """
    if bout.dated is not None and not bout.symptoms:
        return bout.dated.onset, ()
    latest = min(s.began.latest for s in bout.main)
    together = tuple(s for s in bout.main if s.began.earliest < latest or s.began.latest == latest)
    earliest = min(max(s.began.earliest for s in together), latest)
    if bout.dated is not None:
        return bout.dated.onset, together
    times = [s.began.time for s in together if earliest <= s.began.time <= latest]
    return Moment(min(times, default=latest), earliest, latest), together


def recovered(bout: Bout) -> Moment | None:
    """When the last of what users met was back; None while it is not (or its data ended first).

    Each witness (errors of one service, its latency) is back when half of the signals that tell of it are: of several
    percentiles and proxies one always lags, or hangs on a handful of requests. Means over the last N requests let go
    when N more have come, so they date nothing where anything else does.
    """
    if bout.dated is not None:
        return bout.dated.recovery
    sharp = [s for s in bout.main if not s.anomaly.signal.has_tag(RUNNING_MEAN)] or bout.main
    last_of_series = {(s.anomaly.query, s.anomaly.column): s for s in sharp}
    witnesses: dict[object, list[Moment | None]] = defaultdict(list)
    for s in last_of_series.values():
        witnesses[s.witness].append(s.anomaly.recovery)
    last: Moment | None = None
    for moments in witnesses.values():
        back = sorted((m for m in moments if m is not None), key=lambda m: m.time)
        middle = len(moments) // 2
        if middle >= len(back):
            return None
        if last is None or back[middle].time > last.time:
            last = back[middle]
    return last


def _bout(group: Sequence[Symptom], firing: Sequence[Firing], window_end: pd.Timestamp) -> Bout:
    services = {s.anomaly.service for s in group}
    begins = min(s.began.earliest for s in group)
    ends = max(s.anomaly.recovery.latest if s.anomaly.recovery else window_end for s in group)
    alerts = tuple(f for f in firing if begins <= f.fired <= ends)
    witnesses: dict[object, float] = defaultdict(float)
    for s in group:
        witnesses[s.witness] = max(witnesses[s.witness], s.strength)
    strongest, *others = sorted(witnesses.values(), reverse=True)
    strength = (
        strongest
        + priors.SECOND_WITNESS * sum(others)
        + (priors.ALERT_BONUS if any(_about(f, services) for f in alerts) else 0.0)
    )
    return Bout(tuple(group), alerts, strength)


def _about(firing: Firing, services: set[Service]) -> bool:
    return not firing.service.name or any(not s.name or firing.service.may_be(s) for s in services)
