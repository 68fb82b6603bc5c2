"""Whether a change brought a mechanism about: whose it is, its kind, its time, and what came of taking it back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.explain.before_during import Span
from reconstruct.explain.changes import OBSERVED, Change
from reconstruct.explain.context import Case
from reconstruct.explain.figures import Rollouts
from reconstruct.explain.rules.ambiguous_order import ambiguous_order
from reconstruct.explain.rules.canary_comparison import canary_comparison
from reconstruct.explain.rules.negative_control import negative_control
from reconstruct.explain.rules.recovered_without_rollback import recovered_without_rollback
from reconstruct.explain.rules.reversal import reversal
from reconstruct.explain.shown import ANYONE, Candidate
from reconstruct.model import Event, Evidence, Facts, Reason
from reconstruct.model.system import System

ON_IT: Final = 1.5
"""The change is of the very thing (or of one that may as well have brought the mechanism about); less by the logarithm
of its share."""
ANYBODY: Final = 0.0
"""Nobody within the system brings it about, and this change's service is not known to be within it."""
WITHIN: Final = -1.0
"""... and it is within it: users come and go for reasons of their own."""
ANY_MACHINE: Final = 0.5
"""A job may run on any machine; nothing but its time says so."""
NO_CHANGE: Final = 1.2
"""Log-odds that no recorded change brought a mechanism about, on the scale of a change's terms: one of an unlikely kind
on the very thing, at no particular time, does not reach it."""
IN_TIME: Final = 1.0
"""A change within reach before the first sign ..."""
AGES: Final = -0.5
"""... less towards the end of its reach ..."""
REACH_S: Final = 420.0
"""... in which a rollout of many pods is done and its effect there ..."""
SLOPE_REACH_S: Final = 1800.0
"""... or what fills is seen to fill."""
FADES_S: Final = 240.0
"""One off for each such time beyond its reach, to FADED_MOST; four times slower for what fills."""
FADED_MOST: Final = 4.0
FORGOTTEN_S: Final = 1500.0
"""Beyond its reach by more than this it is not looked at."""
CLOCKS_S: Final = 15.0
"""Clocks of sources of changes differ by some seconds from the server's."""
AFTER_SIGN: Final = -3.0
"""A change after the first sign of the mechanism, by less than that sign is known."""
AFTER_BY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Attributed:
    """What the rules say of one change for one candidate."""

    change: Change
    prior: float
    reasons: tuple[Reason, ...]

    @property
    def log_odds(self) -> float:
        """Its prior and all terms."""
        return self.prior + sum(r.weight for r in self.reasons)


def attribute(
    change: Change,
    candidate: Candidate,
    *,
    case: Case,
    system: System,
    span: Span,
    found: Sequence[Change],
    cured_by: Event | None,
) -> Attributed | None:
    """The terms of one change for one candidate; None where it cannot have brought it about."""
    where = topology(change, candidate, system)
    when = temporal_order(change, candidate, case, span)
    if where is None or when is None:
        return None
    kind = change.event.kind
    fits = candidate.mechanism.kinds.get(kind, 0.0) if candidate.mechanism.kinds else 0.0
    told = (
        where,
        Reason(
            "mechanism-fits",
            "",
            (change.event.id,),
            fits,
            kind="kind-of-change",
            facts={"kind": kind, "mechanism": candidate.mechanism.id},
        ),
        when,
        canary_comparison(change, case),
        negative_control(change, case),
        reversal(change, case),
        recovered_without_rollback(change, case, cured_by),
        ambiguous_order(change, found, case),
    )
    return Attributed(change, KIND_PRIOR.get(kind, 0.0), tuple(r for r in told if r is not None))


KIND_PRIOR: Final[Mapping[str, float]] = {"rollback": -2.0, "restart": -2.0}
"""A rollback goes to what ran before; most restarts are a consequence. Other kinds as the mechanism says."""


def topology(change: Change, candidate: Candidate, system: System) -> Reason | None:
    """Whether the change is of what the mechanism is at work at, or of what may bring it about there."""
    name = change.event.service.name
    thing = system.thing(name) or name if name else ""
    weight = None
    for one, share in candidate.changes_of.items():
        if one == ANYONE:
            inside = candidate.mechanism.id == "traffic-surge" and thing in system.kinds
            weight = max(weight if weight is not None else -9.0, WITHIN if inside else ANYBODY)
        elif thing and one == thing:
            weight = max(weight if weight is not None else -9.0, ON_IT + math.log(max(share, 0.05)))
    if (
        weight is None
        and candidate.mechanism.id == "cpu-contention"
        and change.event.kind == "job"
        and candidate.place == "host"
    ):
        weight = ANY_MACHINE
    if weight is None:
        return None
    facts: Facts = {"service": change.event.service, "thing": candidate.thing}
    return Reason(
        "topology",
        "",
        (change.event.id,),
        weight,
        kind="on-it" if thing == candidate.thing else "may-reach-it",
        facts=facts,
    )


def temporal_order(change: Change, candidate: Candidate, case: Case, span: Span) -> Reason | None:
    """Log-odds of the lag from a change to the first sign of the mechanism (the start of its slope where it fills)."""
    event, sign = change.event, span.time(candidate.first)
    step = span.window.step_s
    lag_s = (sign - event.time).total_seconds()
    slack_s = CLOCKS_S + 1.5 * step + (AFTER_BY_S if candidate.slope else 0.0)
    weight = 0.0
    kind = "before-sign"
    if lag_s < -slack_s:
        after_onset = event.time > case.onset.latest + pd.Timedelta(seconds=slack_s)
        if lag_s < -slack_s - AFTER_BY_S or after_onset:
            return None
        weight, kind = AFTER_SIGN, "after-sign"
    lasted_s = max((change.done - event.time).total_seconds(), 0.0)
    reach_s = max(SLOPE_REACH_S if candidate.slope else REACH_S, lasted_s + 120.0)
    if _tight(change, case):
        reach_s = max(reach_s, SLOPE_REACH_S)
    lag_s -= event.resolution_s
    beyond_s = max(0.0, lag_s - reach_s)
    if beyond_s > FORGOTTEN_S * (4 if candidate.slope else 1):
        return None
    slower = 4 if candidate.slope else 1
    weight += IN_TIME - min(FADED_MOST, beyond_s / (FADES_S * slower)) + AGES * min(1.0, max(0.0, lag_s) / reach_s)
    facts: Facts = {"time": event.time, "sign": sign, "slope": candidate.slope}
    return Reason("temporal-order", "", (event.id,), weight, kind=kind, facts=facts)


def _tight(change: Change, case: Case) -> bool:
    """Whether the symptoms ended right when it was taken back: then it began with it."""
    undo, back = change.undone_by, case.recovered
    if undo is None or back is None:
        return False
    done = undo.end if undo.end is not None else undo.time
    return bool(
        -60.0
        <= (back.time - undo.time).total_seconds()
        <= 180.0 + (done - undo.time).total_seconds() + 2 * case.evidence.window.step_s
    )


ROLLED_S: Final = (60.0, 240.0)
"""From so long before a rollout was written down until so long after its end, restarts are its own."""


def rollouts(evidence: Evidence, system: System) -> Rollouts:
    """Rows in which each thing was being rolled out."""
    index = evidence.window.index
    found: dict[str, npt.NDArray[np.bool_]] = {}
    for e in evidence.events:
        if e.kind not in ROLLS or e.source == OBSERVED or not e.service.name:
            continue
        thing = system.thing(e.service.name) or e.service.name
        over = (e.end if e.end is not None else e.time) + pd.Timedelta(seconds=ROLLED_S[1])
        rows = np.asarray((index > e.time - pd.Timedelta(seconds=ROLLED_S[0])) & (index < over))
        found[thing] = rows | found[thing] if thing in found else rows
    return found


ROLLS: Final = frozenset({"deploy", "rollback", "config", "restart", "flag", "scale"})
