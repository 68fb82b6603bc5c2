"""What the rules that write entries read: evidence, explanation, lead series, phases, in one place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from reconstruct.model import (
    ActionEffect,
    Anomaly,
    Event,
    Evidence,
    Explanation,
    Milestone,
    Moment,
    Phase,
    Service,
)
from reconstruct.timeline.leads import Lead

NOBODY = Service("")
BELIEVED = ("supported", "plausible")
ROLLOUT_S = 900.0
"""A rollout of unknown end is taken to restart its instances within this: a few pods take minutes."""
CLOCKS_S = 5.0
"""Clocks of hosts, and times in whole seconds, agree no better."""


def _time(event: Event) -> pd.Timestamp:
    return event.time


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """The parts of an answer before it is composed."""

    evidence: Evidence
    anomalies: Sequence[Anomaly]
    explanation: Explanation
    stones: Mapping[str, Milestone | None]
    leads: Sequence[Lead]
    phases: Sequence[Phase]
    actions: Sequence[ActionEffect]
    by_name: Mapping[str, Sequence[Event]] = field(init=False)
    """Events of each service, in order of time."""
    triggers: frozenset[str] = field(init=False)
    """Changes that a hint calls supported or plausible."""
    named: frozenset[str] = field(init=False)
    """Services that the incident is about: affected, or of a candidate cause."""

    def __post_init__(self) -> None:
        by_name: dict[str, list[Event]] = {}
        for event in self.evidence.events:
            by_name.setdefault(event.service.name, []).append(event)
        for own in by_name.values():
            own.sort(key=_time)
        believed = [h for h in self.explanation.hints if h.verdict in BELIEVED]
        triggers = frozenset(h.trigger for h in believed if h.trigger)
        changed = [e.service.name for e in self.evidence.events if e.id in triggers]
        names = (*(s.name for s in self.explanation.affected), *(h.service.name for h in believed), *changed)
        object.__setattr__(self, "by_name", by_name)
        object.__setattr__(self, "triggers", triggers)
        object.__setattr__(self, "named", frozenset(name for name in names if name))

    @property
    def begin(self) -> pd.Timestamp:
        """The earliest onset; the window's start where there is none."""
        onset = self.stones["onset"]
        return onset.moment.earliest if onset else self.evidence.window.start

    @property
    def over(self) -> pd.Timestamp:
        """When the symptoms were surely back; the window's end while they are not."""
        recovered = self.stones["recovered"]
        return recovered.moment.latest if recovered else self.evidence.window.end

    @property
    def service(self) -> Service:
        """What the users met: the lead series' service, or the first that was affected."""
        if self.leads and self.leads[0].anomaly.service.name:
            return self.leads[0].anomaly.service
        return next(iter(self.explanation.affected), NOBODY)

    @property
    def first_trigger(self) -> pd.Timestamp:
        """When the incident can have begun: the first candidate change, or the onset."""
        times = [e.time for e in self.evidence.events if e.id in self.triggers]
        return min([self.begin, *times])

    def restarts_of(self, change: Event) -> tuple[Event, ...]:
        """The restarts that a rollout brought about: of its service, while it ran and until the next one."""
        if change.kind in ("restart", "note", "alert", "job", "flag"):
            return ()
        slack = pd.Timedelta(seconds=CLOCKS_S)
        own = self.by_name.get(change.service.name, ())
        after = bisect_right(own, change.time, key=_time)
        rolls = ("deploy", "rollback", "config", "scale")
        end = change.end + 6 * slack if change.end is not None else change.time + pd.Timedelta(seconds=ROLLOUT_S)
        for later in own[after:]:
            if later.time >= end:
                break
            if later.kind in rolls and later.service.may_be(change.service):
                end = later.time
        first, last = bisect_left(own, change.time - slack, key=_time), bisect_right(own, end, key=_time)
        return tuple(
            e
            for e in own[first:last]
            if e.kind == "restart" and change.service.name and e.service.may_be(change.service)
        )

    def step_near(self, moment: Moment) -> Event | None:
        """The last step of the mitigation, or of a candidate cause, that a move at `moment` can have come from.

        A rollout can bring about moves while it runs.

        Other changes are never named beside a move: standing near it in time would read as having done it.
        """
        mitigated = self.stones["mitigated"]
        known = self.triggers | (set(mitigated.evidence) if mitigated else set())
        steps = [e for e in self.evidence.events if e.id in known and e.took_effect]
        of_rollout = {r.id: e for e in steps for r in self.restarts_of(e)}
        steps += [r for r in self.evidence.events if r.id in of_rollout]
        lag = pd.Timedelta(seconds=max((one.lag_s for one in self.leads), default=60.0) + 2 * CLOCKS_S)
        ahead = pd.Timedelta(seconds=2 * max((one.spacing_s for one in self.leads), default=15.0))
        near = [e for e in steps if e.time <= moment.time + ahead and (e.end or e.time) >= moment.earliest - lag]
        found = max(near, key=lambda e: (e.kind == "restart" or e.end is None, e.time, e.id), default=None)
        return of_rollout.get(found.id, found) if found is not None else None
