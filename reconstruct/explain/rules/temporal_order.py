"""Rule temporal-order: a change can only have set off what came after it, and soon enough after it."""

from __future__ import annotations

import math
from typing import NamedTuple, Self

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.changes import Acts, Change
from reconstruct.explain.context import Case
from reconstruct.explain.gradual import Line
from reconstruct.model import Moment, Reason
from reconstruct.text.reasons import clock, span

RULE = "temporal-order"

PARTS = 6
"""Steps in which the onset's interval is gone through."""
HINGE_SHARE = 0.05
"""Of its own length: so well is the beginning of a line known (noise and warming up bend it)."""
MIN_SHARE = 0.25
"""What is left of a change at the very end of the onset's interval."""


def temporal_order(change: Change, case: Case, line: Line | None) -> Reason:
    """Log-odds of the lag between a change and the onset: a limit, not "the latest".

    Where a slow line (memory, disk) led to the onset, what counts is the lag to the line's beginning.
    """
    event, onset = change.event, case.onset
    cited = (event.id, *(s.anomaly.id for s in case.bout.main[:1]))
    if event.time > onset.latest:
        says = f"began {span(onset.time, event.time)} after the onset at {clock(onset.time)}"
        return Reason(RULE, says, cited, -math.inf)
    if line is not None:
        return _before_line(change, line)
    lag_s = (onset.time - event.time).total_seconds()
    if lag_s > priors.FORGOTTEN_S:
        return Reason(RULE, f"{span(event.time, onset.time)} before the onset is too long ago", cited, -math.inf)
    weight = expected_weight(change, onset, spacing_s=case.spacing_s(case.bout.main[0].anomaly))
    says = f"{span(event.time, onset.time)} before the onset at {clock(onset.time)}"
    if event.time >= onset.earliest:
        says = f"at {clock(event.time)}, no sample before the onset at {clock(onset.time)}"
    kind = ""
    if weight <= priors.LATE:
        says += ", longer than such a change takes to show"
    elif weight < 0 and change.acts == "rolls out" and onset.earliest > event.time and lag_s < priors.FRESH_S:
        says = f"only {says}; a rollout usually takes longer to show"
    else:
        kind = "lag"
    return Reason(RULE, says, cited, weight, kind=kind)


def expected_weight(change: Change, onset: Moment, *, spacing_s: float) -> float:
    """Log-odds of a lag that is known to within an interval: ``log(mean(exp(lag_weight)))`` over the interval.

    The part of the interval that lies before the change counts nothing, for it cannot have come of it; some is always
    left, as clocks differ by seconds.
    """
    begins_s = (onset.earliest - change.event.time).total_seconds()
    width_s = (onset.latest - onset.earliest).total_seconds()
    lags = [begins_s + (k + 0.5) / PARTS * width_s for k in range(PARTS)]
    acted = _Acted.of(change)
    after = [lag_weight(acted, lag_s, spacing_s=spacing_s) for lag_s in lags if lag_s >= 0.0]
    if len(after) < MIN_SHARE * PARTS:
        return math.log(MIN_SHARE) + lag_weight(acted, begins_s + width_s, spacing_s=spacing_s)
    return math.log(sum(math.exp(w) for w in after) / PARTS)


class _Acted(NamedTuple):
    """How a change acts, in seconds after it began."""

    acts: Acts
    done_s: float
    seen_s: float | None
    """When its instances were seen to restart, or when it was complete where that was later; None = not seen."""

    @classmethod
    def of(cls, change: Change) -> Self:
        began, done = change.event.time, change.done
        seen = None if change.restarted is None else (max(change.restarted, done) - began).total_seconds()
        return cls(change.acts, (done - began).total_seconds(), seen)


def lag_weight(acted: _Acted, lag_s: float, *, spacing_s: float) -> float:
    """Log-odds of a lag: what acts at once soon is unlikely, what rolls out takes minutes, and both are forgotten.

    For "at once": 0 until AT_ONCE_S (or one sample), then down to LATE at LATE_S and TOO_LATE
    TAKES_EFFECT_S after that.
    For "rolls out": FRESH rising to 0 within FRESH_S, AGING a minute, and from TAKES_EFFECT_S after its end down to
    OLD at OLD_S, in a line with the logarithm of the lag. Where its instances were seen to restart there is no FRESH,
    and the way down begins AT_ONCE_S after that.
    """
    after_end_s = lag_s - acted.done_s
    if acted.acts == "rolls out" and acted.seen_s is not None:
        return _fade(max(lag_s - acted.seen_s, 0.0), priors.AT_ONCE_S, priors.OLD_S, priors.OLD)
    if acted.acts == "rolls out":
        fresh = 0.0
        if after_end_s > lag_s - priors.FRESH_S:
            fresh = priors.FRESH * (1 - min(max(lag_s, 0.0) / priors.FRESH_S, 1.0))
        return fresh + _fade(max(after_end_s, 0.0), priors.TAKES_EFFECT_S, priors.OLD_S, priors.OLD)
    if acted.acts == "while it runs" and after_end_s <= 0:
        return 0.0
    waited_s = max(after_end_s if acted.acts == "while it runs" else lag_s, 0.0)
    soon_s = max(priors.AT_ONCE_S, spacing_s)
    late_s = max(priors.LATE_S, 2 * soon_s)
    if waited_s <= late_s:
        return priors.LATE * min(max(waited_s - soon_s, 0.0) / (late_s - soon_s), 1.0)
    rest = priors.TOO_LATE - priors.LATE
    return priors.LATE + rest * min((waited_s - late_s) / priors.TAKES_EFFECT_S, 1.0)


def _fade(lag_s: float, soon_s: float, old_s: float, old: float) -> float:
    if lag_s <= soon_s:
        return priors.AGING * lag_s / 60
    aged = priors.AGING * soon_s / 60
    return aged + (old - aged) * min(math.log(lag_s / soon_s) / math.log(old_s / soon_s), 1.5)


def _before_line(change: Change, line: Line) -> Reason:
    event, began = change.event, line.began
    cited = (event.id, line.evidence)
    slack = max(pd.Timedelta(seconds=2 * line.spacing_s), HINGE_SHARE * line.length)
    if event.time > began.latest + slack:
        says = f"{line.title} had been on its way since {clock(began.time)}, {span(began.time, event.time)} before it"
        return Reason(RULE, says, cited, priors.AFTER_LINE)
    if event.time >= began.earliest - slack:
        says = f"{line.title} began to move with it, at {clock(began.time)}, and reached the onset in a line"
        return Reason(RULE, says, cited, priors.FIRST)
    before_s = (began.earliest - max(event.time, change.done)).total_seconds()
    weight = _fade(max(before_s, 0.0), priors.AT_ONCE_S, priors.OLD_S, priors.OLD)
    says = f"{span(event.time, began.time)} before {line.title} began to move at {clock(began.time)}"
    return Reason(RULE, says, cited, weight)
