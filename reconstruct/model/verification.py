"""What `verify` makes of a written document: claims with their places, verdicts, and what the evidence shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import pandas as pd

from reconstruct.model.facts import Fact

Verdict = Literal["confirmed", "contradicted", "unverifiable", "human"]
VERDICTS: Final[tuple[Verdict, ...]] = ("confirmed", "contradicted", "unverifiable", "human")
"""The evidence shows it; shows otherwise; cannot tell; a human act, which no metric shows, placed in time."""

ClaimKind = Literal[
    "change",
    "alert",
    "start",
    "detection",
    "escalation",
    "human",
    "symptom",
    "unaffected",
    "mitigation",
    "recovery",
    "duration",
    "users",
    "cause",
    "gap",
    "reference",
    "other",
]
"""What a claim is about. `other` = a time of something that none of these is."""

Reason = Literal[
    "matches",
    "differs",
    "outside",
    "unread",
    "hedged",
    "nothing-named",
    "no-such-change",
    "no-such-alert",
    "not-measured",
    "lies-between",
    "happened",
    "did-not-happen",
    "human-act",
    "cause-first-hint",
    "cause-dismissed",
    "cause-ruled-out",
    "cause-unknown",
    "healthy",
    "not-healthy",
    "moved",
    "no-count",
    "wrong-name",
    "no-such-id",
    "drafted",
    "own-window",
    "own-duration",
    "own-order",
    "own-number",
    "own-cause",
    "own-detection",
    "own-zone",
    "zone-not-in-force",
]
"""Why a verdict is what it is; `text/verification.py` words it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing of the evidence that a claim was held against."""

    what: str
    """change, alert-fired, alert-resolved, alert-pending, milestone, note, impact, anomaly, gap, duration, value ..."""
    name: str
    """As the evidence calls it: a rule, a title, a milestone, a signal."""
    id: str = ""
    low: pd.Timestamp | None = None
    high: pd.Timestamp | None = None
    """Where it is a time: the interval that the evidence can show."""
    off_s: float = 0.0
    """What is written is so much later (< 0: earlier)."""
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the document that can be right or wrong."""

    kind: ClaimKind
    line: int
    column: int
    end_line: int
    end_column: int
    """Counted from 1; the end is the first place behind it."""
    text: str
    """The words that it stands on: its time, figure or name."""
    subject: str = ""
    """Service, alert or signal, where one is named."""
    time: pd.Timestamp | None = None
    """When, as it was read; None = no time, or one that could not be read."""
    until: pd.Timestamp | None = None
    value: str = ""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What the evidence, or the document itself, makes of a claim."""

    claim: Claim
    verdict: Verdict
    reason: Reason
    shown: tuple[Shown, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    other_line: int = 0
    """The other line, where the document contradicts itself."""
    tolerance_s: float = 0.0
    """That was granted."""

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of incident.json."""
        return tuple(dict.fromkeys(one.id for one in self.shown if one.id))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the document that claims something, and the verdict on it."""

    line: int
    text: str
    """As it stands in the document."""
    verdict: Verdict
    findings: tuple[Finding, ...]


OmissionKind = Literal[
    "impact-before-detection", "no-effect", "gap", "episode", "early-resolve", "change-before", "named-once"
]


@dataclass(frozen=True, slots=True)
class Omission:
    """What the evidence shows and the document does not say."""

    kind: OmissionKind
    shown: tuple[Shown, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of incident.json."""
        return tuple(dict.fromkeys(one.id for one in self.shown if one.id))


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a document."""

    lines: tuple[Line, ...]
    silent: int
    """Passages that claim nothing that could be checked."""
    zone: str
    """That its times were read in, where they tell none."""
    tolerance_s: float
    omissions: tuple[Omission, ...] = ()
    foreign: tuple[str, ...] = ()
    """Kinds of ids in it that are not this evidence's, and were left alone."""

    def count(self, verdict: Verdict) -> int:
        """How many lines have that verdict."""
        return sum(line.verdict == verdict for line in self.lines)
