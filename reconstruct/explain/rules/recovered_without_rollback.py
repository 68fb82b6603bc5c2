"""Rule recovered-without-rollback: what still holds after the recovery is not likely to have made the trouble."""

from __future__ import annotations

from reconstruct.explain import priors
from reconstruct.explain.changes import LASTING, Change
from reconstruct.explain.context import Case
from reconstruct.model import Event, Reason
from reconstruct.text.reasons import clock

RULE = "recovered-without-rollback"


def recovered_without_rollback(change: Change, case: Case, cured_by: Event | None) -> Reason | None:
    """Log-odds of a lasting change that was still in place when the symptoms left with nothing done about them.

    Says nothing of what lasts only while it runs (a migration, a job), of a recovery that another change or a restart
    explains, or of a change that had been taken back by then.
    """
    back = case.recovered
    if back is None or cured_by is not None or change.event.kind not in LASTING:
        return None
    if any(step is not None and step.time <= back.latest for step in (change.undone_by, change.replaced_by)):
        return None
    says = f"the symptoms were gone at {clock(back.time)} with it still in place and no change before that"
    return Reason(RULE, says, (change.event.id, *(s.anomaly.id for s in case.bout.main[:1])), priors.CURED_WITHOUT)
