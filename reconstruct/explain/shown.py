"""One mechanism shown at one thing: what the ledger's candidates are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconstruct.explain.before_during import Move
from reconstruct.explain.figures import Figure
from reconstruct.model import Fact, Facts, Mechanism, Reason

ANYONE: Final = "*"
"""Whose change: nobody's within the system, or nobody knows."""
NETWORK: Final = "network"
"""The thing at fault where several machines lose packets at once."""


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
    terms: tuple[Reason, ...] = ()
    """What was added to `telling`."""
    why: str = ""
    """For what no single figure shows: which observation it rests on (`text.reasons` words it)."""

    amplifies: bool = False
    """It asks `target` more often for one request, by its own doing."""

    @property
    def own_doing(self) -> bool:
        """A bound that was itself moved (a pool made smaller, a limit lowered) is nobody's consequence."""
        return self.figure is not None and self.figure.name in ("size", "cpu-limit")

    @property
    def queries(self) -> tuple[str, ...]:
        """Ids of what was asked for its figure."""
        return self.figure.queries if self.figure is not None else ()

    @property
    def facts(self) -> Facts:
        """What it rests on."""
        told: dict[str, Fact] = {"thing": self.thing, "target": self.target, "figure": "", "unit": "count"}
        if self.figure is not None and self.moved is not None:
            told |= self.figure.facts(self.moved)
        return {"before": float("nan"), "during": float("nan"), **told, "mechanism": self.mechanism.id}
