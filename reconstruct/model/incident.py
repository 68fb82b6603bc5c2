"""The answer: milestones, durations, timeline. contract.md is its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from reconstruct.model.alerting import AlertReview, NoProposal, ProposedAlert, Recurrence
from reconstruct.model.error_budget import ErrorBudget
from reconstruct.model.evidence import Evidence
from reconstruct.model.facts import Facts, Quantity
from reconstruct.model.findings import Anomaly, Explanation, Moment
from reconstruct.model.kinds import EntryKind, Service

EntryLevel = Literal["key", "detail"]
"""`key` = what one publishes; `detail` = what it rests on."""
PhaseKind = Literal["slow", "failing", "down", "partly-recovered"]
Effect = Literal["full", "partial", "none"]
"""What a step did to the user-facing signal: back to baseline, at least halved, neither."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """One of onset, detected, mitigated, recovered."""

    moment: Moment
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duration:
    """Time between two milestones, with its bounds and its formula."""

    value_s: float
    low_s: float
    high_s: float
    formula: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline, as facts: `reconstruct.text.entries` words it."""

    id: str
    moment: Moment
    kind: EntryKind
    rule: str
    """The rule that wrote it: where to find its code."""
    service: Service
    evidence: tuple[str, ...]
    level: EntryLevel = "detail"
    end: pd.Timestamp | None = None
    """Where it lasted: a rollout, a group of alerts, a gap."""
    facts: Facts = field(default_factory=dict)
    """What its sentence states, by the names that the rule gives."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One user-facing series in one stretch of time."""

    anomaly: str
    """Id of the Anomaly that names the series."""
    mean: Quantity
    median: Quantity
    peak: Quantity
    peak_time: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the incident with figures of its own."""

    kind: PhaseKind
    service: Service
    start: Moment
    end: pd.Timestamp
    measured: tuple[Measured, ...]
    """Errors before latency, where both are measured."""
    improved: bool
    """Against the phase before it; False for the first."""


@dataclass(frozen=True, slots=True)
class ActionEffect:
    """What the user-facing signals showed before and after a step that somebody took during the incident."""

    event: str
    effect: Effect
    measured: tuple[tuple[str, Quantity, Quantity], ...]
    """(id of the anomaly that names the series, median before, median after), errors before latency."""


FollowUpKind = Literal["detection", "delay", "detour", "rollout", "monitoring"]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question for the review meeting that the evidence itself raises; `reconstruct.text.follow_ups` words it."""

    kind: FollowUpKind
    evidence: tuple[str, ...]
    facts: Facts


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """The answer. `render/incident_json.py` writes it as the contract says."""

    evidence: Evidence
    anomalies: tuple[Anomaly, ...]
    explanation: Explanation
    milestones: Mapping[str, Milestone | None]
    durations: Mapping[str, Duration]
    timeline: tuple[Entry, ...]
    users: tuple[Measured, ...] = ()
    """What the user-facing lead series showed from onset to recovery: what impact is told in."""
    phases: tuple[Phase, ...] = ()
    """Of the worst episode, in order of time."""
    actions: tuple[ActionEffect, ...] = ()
    """In order of time."""
    follow_ups: tuple[FollowUp, ...] = ()
    error_budgets: tuple[ErrorBudget, ...] = ()
    """What it spent of the objectives that are known; () where none is."""
    alert_review: tuple[AlertReview, ...] = ()
    """What each alert rule about the affected services was worth."""
    proposed_alerts: tuple[ProposedAlert, ...] = ()
    no_proposal: NoProposal | None = None
    """Why there is none."""
    recurrences: tuple[Recurrence, ...] = ()
    """Earlier times at which it looked like this, the latest first."""
