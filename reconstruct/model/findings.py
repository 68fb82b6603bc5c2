"""What detect and explain find in the evidence: anomalies, hints, what is ruled out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from reconstruct.model.evidence import Signal
from reconstruct.model.facts import Facts
from reconstruct.model.kinds import Direction, HintVerdict, Service, Shape, Verdict


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as well as the samples can show it: the best estimate, and the bounds."""

    time: pd.Timestamp
    earliest: pd.Timestamp
    latest: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One series that left its own history, from onset to recovery."""

    id: str
    signal: Signal
    query: str
    """Id of the Query whose answer shows it."""
    labels: Mapping[str, str]
    service: Service
    direction: Direction
    shape: Shape
    onset: Moment
    recovery: Moment | None
    """None = not back by the end of the window (or its data ended first)."""
    baseline: float
    peak: float
    peak_time: pd.Timestamp
    robust_z: float
    """Size of the peak in robust spreads of the baseline."""
    score: float = 1.0
    """How far beyond the threshold that fired; 1 = just."""
    level: float = 0.0
    """Median while anomalous, in the signal's unit."""
    ongoing_at_start: bool = False
    """Already anomalous at the first sample of the window, with no healthy time before it."""
    column: int = 0
    """Column of the metric that it was found in."""
    why: Mapping[str, float] = field(default_factory=dict)
    """Which scale and threshold fired, for --explain."""

    @property
    def worse(self) -> bool:
        """Whether it moved the way that the signal calls worse."""
        return self.signal.worse == "both" or self.direction in (self.signal.worse, "both")


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word for or against a hint, and what it rests on."""

    rule: str
    """Name of the rule: its file in `explain/`, its test and its docs page have this name."""
    says: str
    evidence: tuple[str, ...]
    weight: float = 0.0
    """Log-odds that it moved the confidence by."""
    kind: str = ""
    """Which of the rule's findings it is: `text.reasons` has one wording a kind."""
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hint:
    """What could have done it, with reasons for and against; never "the cause"."""

    rank: int
    trigger: str | None
    """Id of an Event, or None where no change explains it."""
    mechanism: str
    service: Service
    metric: str | None
    """Id of the Anomaly that shows it best."""
    confidence: float
    verdict: HintVerdict
    statement: str
    reasons_for: tuple[Reason, ...] = ()
    reasons_against: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate cause of the ledger: a change (or none) and a mechanism at a place."""

    trigger: str | None
    mechanism: str
    service: Service
    prior: float
    terms: tuple[tuple[str, float], ...]
    """(rule, log-odds)."""

    @property
    def log_odds(self) -> float:
        """Prior and terms together."""
        return self.prior + sum(term for _, term in self.terms)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every candidate cause with what it is made of: a confidence is exp(log-odds) over the normaliser."""

    candidates: tuple[Scored, ...] = ()
    unobserved: float = 0.0
    """Log-odds of something that neither signals nor events show."""

    @property
    def normaliser(self) -> float:
        """Sum of exp(log-odds) over all candidates and the unobserved."""
        return math.exp(self.unobserved) + sum(math.exp(c.log_odds) for c in self.candidates)

    def confidence(self, candidate: Scored) -> float:
        """``exp(log_odds) / normaliser``."""
        return math.exp(candidate.log_odds) / self.normaliser


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A hypothesis that nothing supports and whose signals stayed normal or cannot account for the effect."""

    mechanism: str
    service: Service
    says: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DismissedChange:
    """A change near the onset that is no candidate as far as we can see, and why."""

    event: str
    rule: str
    says: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A hypothesis without data, and what would be needed to check it."""

    mechanism: str
    reason: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What users met: how much, from when to when."""

    service: Service
    what: str
    value: float
    """In `unit`."""
    unit: str
    share: float | None
    """Of all requests in that time; None where it is not a share."""
    start: pd.Timestamp
    end: pd.Timestamp
    evidence: tuple[str, ...]
    route: str = ""
    """Where it is of one route only."""
    inner: bool = False
    """Counted behind the outermost hop, or on one of its routes: a part of what stands there, never more of it."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Anomalies that belong together in time."""

    id: str
    start: pd.Timestamp
    end: pd.Timestamp | None
    anomalies: tuple[str, ...]


VerdictKind = Literal[
    "users-harmed",
    "symptoms",
    "alerts-fired",
    "ran-out",
    "nothing-measured",
    "not-judged",
    "not-read",
    "short-history",
    "stands-out",
    "fewer-requests",
    "calm",
]


@dataclass(frozen=True, slots=True)
class VerdictReason:
    """Why the verdict is what it is; `reconstruct.text.verdict` words it."""

    kind: VerdictKind
    facts: Facts = field(default_factory=dict)
    """users-harmed, symptoms: `anomaly`, `since`, `services`; alerts-fired: `names`, `since`; ran-out: `what`, `thing`,
    `since`; not-judged: `signals`; not-read: `missing`, `cause`, `others`; short-history: `samples`;
    stands-out: as a place's; fewer-requests: `thing`, `since`, `before`, `during`;
    calm: `judged`, `moved`, `nearest`."""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What explain makes of evidence and anomalies; timeline composes it into the Incident."""

    verdict: Verdict
    says: str = ""
    """One sentence: why this verdict; the pipeline words it from `reason`."""
    reason: VerdictReason = VerdictReason("nothing-measured")
    episodes: tuple[Episode, ...] = ()
    worst: str | None = None
    """Id of the episode that the milestones speak of."""
    onset: Moment | None = None
    onset_evidence: tuple[str, ...] = ()
    mitigated: Moment | None = None
    mitigated_evidence: tuple[str, ...] = ()
    recovered: Moment | None = None
    recovered_evidence: tuple[str, ...] = ()
    impact: tuple[Impact, ...] = ()
    affected: tuple[Service, ...] = ()
    hints: tuple[Hint, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    dismissed_changes: tuple[DismissedChange, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
