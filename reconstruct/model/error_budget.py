"""Service level objectives, and how much of a period's error budget an incident spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from reconstruct.model.kinds import Service

ObjectiveSource = Literal["configuration", "sloth", "pyrra"]
DEFAULT_PERIOD_S = 30 * 86_400.0
"""Of an objective that names none."""


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective: this share of a service's requests is to succeed over the period."""

    service: str
    target: float
    """Share of requests in (0, 1): 0.999."""
    period_s: float = DEFAULT_PERIOD_S
    name: str = ""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """How much of one objective's error budget the incident spent.

    ``spent = error_ratio * (end - start) / (period * (1 - target))``: budget by time, as Sloth counts it; by requests
    it is the same where the incident's traffic was that of the period.
    """

    objective: Objective
    service: Service
    source: ObjectiveSource
    error_ratio: float
    """Mean share of requests that failed in [start, end)."""
    start: pd.Timestamp
    end: pd.Timestamp
    evidence: tuple[str, ...]

    @property
    def spent(self) -> float:
        """Share of the period's budget; above 1 where more than all of it is gone."""
        length_s = (self.end - self.start).total_seconds()
        return self.error_ratio * length_s / (self.objective.period_s * (1.0 - self.objective.target))
