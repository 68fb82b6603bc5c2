"""What alert rules did or would have done: a backtest, a review of the detection, a proposal, earlier occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pandas as pd

from reconstruct.model.facts import Facts
from reconstruct.model.kinds import Service

RuleOutcome = Literal["judged", "no-data", "not-evaluated"]
"""`no-data`: a metric that the rule reads has no samples at all; `not-evaluated`: the expression could not be asked."""
HEARTBEATS = frozenset({"watchdog", "deadmansswitch", "deadmanssnitch", "deadman", "heartbeat", "alwaysfiring"})
"""Names of rules that fire always, so that their silence is news: `Watchdog` of kube-prometheus, and others."""
RuleNoteKind = Literal["no-series", "failed-evaluations", "label-template", "needs-recorded", "over-limit", "warning"]


def is_heartbeat(rule: str) -> bool:
    """Whether a rule's name says that it fires all the time, to show that alerting works.

    >>> is_heartbeat("Watchdog"), is_heartbeat("dead_mans_switch"), is_heartbeat("HeartbeatMissing")
    (True, True, False)
    """
    return rule.replace("_", "").replace("-", "").replace(" ", "").lower() in HEARTBEATS


class TimeSpan(NamedTuple):
    """From a time to another; `end` None = not over."""

    start: pd.Timestamp
    end: pd.Timestamp | None

    def overlaps(self, other: TimeSpan) -> bool:
        """Whether both have a moment in common; an end belongs to neither.

        >>> t = [pd.Timestamp(f"2026-01-01T12:0{m}Z") for m in range(3)]
        >>> TimeSpan(t[0], t[1]).overlaps(TimeSpan(t[1], None)), TimeSpan(t[0], None).overlaps(TimeSpan(t[1], t[2]))
        (False, True)
        """
        mine_first = other.end is None or self.start < other.end
        return mine_first and (self.end is None or other.start < self.end)


@dataclass(frozen=True, slots=True)
class AlertPeriod:
    """One alert of a backtest: pending, perhaps firing, perhaps over."""

    labels: Mapping[str, str]
    pending_at: pd.Timestamp
    firing_at: pd.Timestamp | None
    resolved_at: pd.Timestamp | None


@dataclass(frozen=True, slots=True)
class RuleNote:
    """What has to be known of a rule's backtest: a kind and its facts, for `reconstruct.text.alerting` to word."""

    kind: RuleNoteKind
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncidentOverlap:
    """One known incident and what a rule said of it."""

    incident: str
    """Where it is known from: the file, and the episode's id where it has several."""
    onset: pd.Timestamp
    fired_at: pd.Timestamp | None
    """First firing that overlaps it; None = none does."""

    @property
    def after_onset_s(self) -> float | None:
        """Seconds from the onset to the firing; negative = it was firing before; None = it did not fire."""
        return None if self.fired_at is None else (self.fired_at - self.onset).total_seconds()


@dataclass(frozen=True, slots=True)
class RuleBacktest:
    """What one alerting rule would have done between two times."""

    rule: str
    group: str
    place: str
    """`file:line`."""
    expr: str
    for_s: float
    keep_firing_for_s: float
    interval_s: float
    outcome: RuleOutcome
    data_share: float = 1.0
    """Of the time, in which every metric that the rule reads had samples: the rest was not tried."""
    days: float = 0.0
    """That were tried."""
    alerts: tuple[AlertPeriod, ...] = ()
    """At most so many are listed as `alerting.backtest.MAX_ALERTS_LISTED`, those that fired first."""
    fired: int = 0
    """All alerts that fired ..."""
    only_pending: int = 0
    """... and that did not."""
    firing: tuple[TimeSpan, ...] = ()
    """When at least one of its alerts fired."""
    firing_share: float = 0.0
    """Of the time."""
    always: bool = False
    """It fires all the time, as a Watchdog does: it tells nothing of any incident."""
    overlaps: tuple[IncidentOverlap, ...] = ()
    outside: int | None = None
    """Firings that overlap no known incident; None = no incidents are known."""
    notes: tuple[RuleNote, ...] = ()

    @property
    def firings_a_week(self) -> float | None:
        """Firings of the rule, however many of its alerts fire at a time; None = less than a day was tried."""
        return 7.0 * len(self.firing) / self.days if self.days >= 1 else None


@dataclass(frozen=True, slots=True)
class Backtest:
    """Rules over history."""

    start: pd.Timestamp
    end: pd.Timestamp
    rules: tuple[RuleBacktest, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that is known from an earlier incident.json."""

    source: str
    """The file, and the episode's id where the file tells of several."""
    start: pd.Timestamp
    """Onset."""
    end: pd.Timestamp | None
    title: str = ""
    services: tuple[str, ...] = ()
    mechanism: str = ""
    """Of its first hint."""
    change_kind: str = ""
    """Kind of the change that its first hint names."""
    signals: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    """Rules that fired in it."""
    mitigation: str = ""
    """What is known to have mitigated it."""

    @property
    def span(self) -> TimeSpan:
        """From its onset to its recovery."""
        return TimeSpan(self.start, self.end)


AlertVerdict = Literal["useful", "late", "flapping", "misleading", "silent"]
ReviewReason = Literal[
    "in-time",
    "long-after-onset",
    "after-mitigation",
    "fired-again",
    "resolved-in-gap",
    "outside",
    "below-threshold",
    "too-short",
]
NoProposalReason = Literal["no-incident", "no-signal", "thin-history", "not-earlier", "false-firings", "never-caught"]


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """An alerting rule that the server has loaded."""

    name: str
    condition: str
    for_s: float
    service: str = ""
    """What its own label says it is about."""


@dataclass(frozen=True, slots=True)
class EarlierFiring:
    """A rule that fired before the evidence begins, as far back as the server holds."""

    rule: str
    start: pd.Timestamp
    end: pd.Timestamp
    resolution_s: float
    """Times are right to within this."""


@dataclass(frozen=True, slots=True)
class AlertReview:
    """What one alert rule about the affected services was worth in this incident."""

    rule: str
    service: Service
    verdict: AlertVerdict
    reason: ReviewReason
    facts: Facts
    fired: tuple[str, ...] = ()
    """Ids of its alerts in the incident."""
    after_onset_s: float | None = None
    """From the onset to its first firing in the incident; None = it did not fire there."""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposedAlert:
    """An alert that would have fired earlier than those that did, chosen by a backtest."""

    name: str
    record: str
    """What the series is recorded as: the rule's test drives it."""
    title: str
    """Of the signal."""
    promql: str
    comparator: str
    threshold: float
    unit: str
    for_s: float
    service: Service
    signal: str
    query: str
    """Id of the Query whose samples it was tried on."""
    interval_s: float
    """Between two evaluations."""
    would_fire_at: pd.Timestamp
    onset: pd.Timestamp
    first_alert: str | None
    """Id of the first alert that fired; None = none did."""
    earlier_s: float | None
    """Than that; None = no alert fired."""
    false_firings: int
    """Firings outside every episode."""
    backtest_days: float
    """Of samples before the onset."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the series that would have fired first ..."""
    samples: tuple[float, ...] = ()
    """... and its samples from a little before it became pending to when it fired, `interval_s` apart; NaN = none."""

    @property
    def expr(self) -> str:
        """The condition as one expression."""
        return f"{self.promql} {self.comparator} {self.threshold:g}"


@dataclass(frozen=True, slots=True)
class NoProposal:
    """Why no alert is proposed."""

    reason: NoProposalReason
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """An earlier time at which it looked like this."""

    start: pd.Timestamp
    end: pd.Timestamp | None
    alerts: tuple[str, ...]
    """Rules of this incident that fired then."""
    source: str
    """`prometheus`, or the file of an earlier incident."""
    resolution_s: float = 0.0
    change: str = ""
    """Id of a change of the same kind as this incident's first hint names, shortly before it; "" = none is known."""
    same_mechanism: bool = False
    services: tuple[str, ...] = ()
    """Affected then and now."""
    signals: tuple[str, ...] = ()
    """That moved then and now."""
    mitigation: str = ""
    """What mitigated it, as that file says."""
