"""Rule negative-control: earlier changes of the same service and kind that did nothing speak against one more."""

from __future__ import annotations

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.changes import Change
from reconstruct.explain.context import Case
from reconstruct.model import Reason

RULE = "negative-control"


def negative_control(change: Change, case: Case) -> Reason | None:
    """Log-odds of its harmless predecessors: NEGATIVE_CONTROL_EACH for each that had its time and showed
    nothing, NEGATIVE_CONTROL_SAME for each that was the very same thing."""
    had_their_time = case.onset.earliest - pd.Timedelta(seconds=priors.TAKES_EFFECT_S)
    harmless = [e for e in change.earlier if e.time < had_their_time]
    if not harmless:
        return None
    repeats = [
        e for e in harmless if e.title and e.title == change.event.title and e.kind in ("job", "restart", "scale")
    ]
    weight = priors.NEGATIVE_CONTROL_SAME * len(repeats) + priors.NEGATIVE_CONTROL_EACH * (len(harmless) - len(repeats))
    weight = max(priors.MAX_PLACEBO, weight)
    count = f"{len(harmless)} earlier {change.event.kind}{'s' if len(harmless) > 1 else ''}"
    says = f"{count} of {change.event.service.name} had no user impact"
    return Reason(RULE, says, tuple(e.id for e in harmless[-priors.FIGURES :]), weight)
