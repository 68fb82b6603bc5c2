"""When something was wrong in the window, as users, alerts and resources tell it, before any other signal is asked."""

from __future__ import annotations

import pandas as pd

from reconstruct.explain.exhausted import ran_out
from reconstruct.explain.firings import calls_somebody, firings
from reconstruct.explain.user_impact import UserImpact
from reconstruct.model import Evidence
from reconstruct.model.system import System

Span = tuple[pd.Timestamp, pd.Timestamp | None]
"""Start and end; None = not over."""


def trouble(evidence: Evidence, system: System, users: UserImpact) -> tuple[Span, ...]:
    """What users met, alerts that called somebody, and resources that ran out: when each of them was."""
    times = evidence.window.index
    met = [
        (times[harm.low], times[min(harm.over, len(times) - 1)] if harm.over is not None else None)
        for harm in users.episodes
    ]
    calls = [one for one in firings(evidence) if calls_somebody(one, evidence.window)]
    told = [(one.began, one.resolved if one.resolved is not None else one.fired) for one in calls]
    out = [(one.moment.earliest, one.moment.latest) for one in ran_out(system, evidence)]
    return (*met, *told, *out)
