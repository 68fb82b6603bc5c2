"""Rule reversal: did undoing the change undo the symptoms, and did a partial or wrong undo not?"""

from __future__ import annotations

import math
from bisect import bisect_right

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.changes import Change
from reconstruct.explain.context import Case
from reconstruct.explain.rules.remaining import remaining
from reconstruct.model import Event, Moment, Reason
from reconstruct.text.reasons import clock, span, the_change

RULE = "reversal"


def reversal(change: Change, case: Case) -> Reason | None:
    """Log-odds of what happened when a change was taken back; None where it was not, or too late to see."""
    undo = change.undone_by
    if undo is None:
        return _ended(change, case) if change.acts == "while it runs" else None
    done = undo.end if undo.end is not None else undo.time
    cited: tuple[str, ...] = (change.event.id, undo.id)
    if done < case.onset.earliest:
        return Reason(RULE, f"it was undone at {clock(undo.time)}, before the onset", cited, priors.NOT_REVERSED)
    if case.recovered is not None and case.recovered.latest < undo.time:
        return None  # the symptoms had left by themselves: recovered-without-rollback speaks of it
    symptom = tuple(s.anomaly.id for s in case.bout.main[:2])
    limit = pd.Timedelta(seconds=priors.CURE_S)
    next_undo = _next_undo(undo, case)
    cured_soon = case.recovered is not None and case.recovered.earliest <= done + limit
    if case.recovered is not None and cured_soon and next_undo is None:
        left = span(undo.time, max(case.recovered.time, undo.time))
        says = f"undone at {clock(undo.time)}, and the symptoms were gone {left} later"
        return Reason(RULE, says, (*cited, *symptom), _cured(change, undo, case.recovered))
    until = min(t for t in (case.over, done + limit, next_undo.time if next_undo else None) if t is not None)
    share = remaining(case, done, until)
    if math.isnan(share) and next_undo is None:
        return None
    if share < priors.PARTLY:
        says = f"undone at {clock(undo.time)}, and {1 - share:.0%} of the excess was gone by {clock(until)}"
        return Reason(RULE, says, (*cited, *symptom), priors.PARTLY_REVERSED)
    if case.recovered is None and (until - done) < limit / 3:
        return None  # too soon to tell
    says = f"undone at {clock(undo.time)}, and the symptoms stayed"
    if next_undo is not None:
        says += f" until {the_change(next_undo)}"
        cited = (*cited, next_undo.id)
    return Reason(RULE, says, (*cited, *symptom), priors.NOT_REVERSED)


def _cured(change: Change, undo: Event, back: Moment) -> float:
    """REVERSED, less where the symptoms took longer to leave than such a change takes to act: chance can do that."""
    if change.acts != "at once":
        return priors.REVERSED
    waited_s = (back.earliest - (undo.end if undo.end is not None else undo.time)).total_seconds()
    late = min(max(waited_s - priors.AT_ONCE_S, 0.0) / (priors.LATE_S - priors.AT_ONCE_S), 1.0)
    return priors.REVERSED * (1.0 - late)


def _ended(change: Change, case: Case) -> Reason | None:
    """What acts only while it runs is undone by its own end."""
    end = change.event.end
    if end is None or end < case.onset.earliest or end >= case.evidence.window.end:
        return None
    cited = (change.event.id, *(s.anomaly.id for s in case.bout.main[:2]))
    back, slack = case.recovered, pd.Timedelta(seconds=priors.LATE_S)
    if back is not None and back.latest < end - slack:
        return Reason(RULE, f"the symptoms were gone before it ended at {clock(end)}", cited, -priors.PARTLY_REVERSED)
    if back is not None and back.earliest <= end + slack:
        return Reason(
            RULE, f"it ended at {clock(end)}, and the symptoms were gone with it", cited, priors.PARTLY_REVERSED
        )
    if case.over - end < slack:
        return None
    return Reason(RULE, f"it ended at {clock(end)}, and the symptoms stayed", cited, -priors.PARTLY_REVERSED)


def _next_undo(undo: Event, case: Case) -> Event | None:
    """Another undo after this one while the symptoms were still there: then this one was not the cure."""
    still = case.recovered.earliest if case.recovered else case.evidence.window.end
    first = bisect_right(case.undos, undo.time, key=lambda e: e.time)
    for later in case.undos[first:]:
        if later.time > still:
            break
        if (later.service, later.version) != (undo.service, undo.version):
            return later
    return None
