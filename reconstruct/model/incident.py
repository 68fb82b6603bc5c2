"""The answer: milestones, durations, timeline. contract.md is its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconstruct.model.alerting import AlertReview, NoProposal, ProposedAlert, Recurrence
from reconstruct.model.evidence import Evidence
from reconstruct.model.findings import Anomaly, Explanation, Moment
from reconstruct.model.kinds import EntryKind, Service


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
    """One line of the timeline."""

    id: str
    moment: Moment
    kind: EntryKind
    rule: str
    """The rule that wrote it: where to find its code."""
    service: Service
    title: str
    detail: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """The answer. `render/incident_json.py` writes it as the contract says."""

    evidence: Evidence
    anomalies: tuple[Anomaly, ...]
    explanation: Explanation
    milestones: Mapping[str, Milestone | None]
    durations: Mapping[str, Duration]
    timeline: tuple[Entry, ...]
    alert_review: tuple[AlertReview, ...] = ()
    """What each alert rule about the affected services was worth."""
    proposed_alerts: tuple[ProposedAlert, ...] = ()
    no_proposal: NoProposal | None = None
    """Why there is none."""
    recurrences: tuple[Recurrence, ...] = ()
    """Earlier times at which it looked like this, the latest first."""
