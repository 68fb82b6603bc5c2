"""One mechanism shown at one thing: what the ledger's candidates are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconstruct.explain.before_during import Move
from reconstruct.explain.figures import Figure
from reconstruct.model import Mechanism

ANYONE: Final = "*"
"""Whose change: nobody's within the system, or nobody knows."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A mechanism at work at one thing."""

    mechanism: Mechanism
    thing: str
    place: str
    telling: float
    """Log-odds of what its figure says by itself ..."""
    strength: float
    """... and with its place, and what explains it away."""
    first: int
    """Row of its own first sign."""
    figure: Figure | None = None
    moved: Move | None = None
    changes_of: Mapping[str, float] = field(default_factory=dict)
    """Things whose change may have brought it about, 1 = as likely as any."""
    slope: bool = False
    vague: bool = False
    target: str = ""
    terms: Mapping[str, float] = field(default_factory=dict)
    """What was added to `telling`, by name."""
    why: str = ""
    """For what no single figure shows: which observation it rests on (`text.reasons` words it)."""

    @property
    def own_doing(self) -> bool:
        """A bound that was itself moved (a pool made smaller, a limit lowered) is nobody's consequence."""
        return self.figure is not None and self.figure.name in ("size", "cpu-limit")
