"""The one table of what a statement can claim: kinds and the words that show them; meaning comes before position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconstruct.model import EventKind
from reconstruct.model.verification import ClaimKind
from reconstruct.verify.claims.alert_words import ALERT, DETECTION
from reconstruct.verify.claims.change_words import CHANGES
from reconstruct.verify.claims.people_words import ESCALATION, TALK
from reconstruct.verify.claims.phase_words import GAP, MITIGATION, RECOVERY, START, SYMPTOM
from reconstruct.verify.folding import AnyCase


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of claim and the words that show it."""

    kind: ClaimKind
    pattern: AnyCase
    events: tuple[EventKind, ...] = ()


SIGNS: Final[tuple[Sign, ...]] = (
    Sign("gap", GAP),
    Sign("escalation", ESCALATION),
    Sign("human", TALK),
    *(Sign("change", pattern, events) for pattern, events in CHANGES),
    Sign("alert", ALERT),
    Sign("start", START),
    Sign("recovery", RECOVERY),
    Sign("mitigation", MITIGATION),
    Sign("detection", DETECTION),
    Sign("symptom", SYMPTOM),
)
"""In order of precedence where two stand at the same place."""
