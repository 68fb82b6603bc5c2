"""The candidate causes that anomalies of classified signals show: where no series as exported show a system.

Each rule says what it knows of each change; what else it could have been is weighed against the changes. Where neither
a change nor a rule of its own says where it is, the services are told by how far each left its past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reconstruct.explain.alternatives import Alternative
from reconstruct.explain.changes import Change
from reconstruct.explain.context import Case
from reconstruct.explain.gradual import Line, leading_line
from reconstruct.explain.places import place_hints, places
from reconstruct.explain.ruled_out import ruled_out
from reconstruct.explain.rules.ambiguous_order import NearOnset, ambiguous_order, near_onset
from reconstruct.explain.rules.canary_comparison import canary_comparison
from reconstruct.explain.rules.certificate_expiry import certificate_expiry
from reconstruct.explain.rules.dependency_outage import dependency_outage
from reconstruct.explain.rules.largest_effect import largest_effect
from reconstruct.explain.rules.mechanism_fits import RULE as MECHANISM_FITS
from reconstruct.explain.rules.mechanism_fits import mechanism_fits, typical
from reconstruct.explain.rules.mechanism_shown import Reading
from reconstruct.explain.rules.negative_control import negative_control
from reconstruct.explain.rules.poison_message import poison_message
from reconstruct.explain.rules.recovered_without_rollback import recovered_without_rollback
from reconstruct.explain.rules.reversal import reversal
from reconstruct.explain.rules.temporal_order import temporal_order
from reconstruct.explain.rules.topology import topology
from reconstruct.explain.rules.traffic_surge import traffic_surge
from reconstruct.explain.scoring import CandidateCause, believed, dismissed_changes, hints, unplaced, weigh
from reconstruct.model import Anomaly, DismissedChange, Event, Hint, Ledger, Reason, RuledOut


@dataclass(frozen=True, slots=True)
class AnomalyCauses:
    """What could have done it, as far as anomalies tell."""

    hints: tuple[Hint, ...]
    ledger: Ledger
    ruled_out: tuple[RuledOut, ...]
    dismissed_changes: tuple[DismissedChange, ...]


def judge_anomalies(
    case: Case,
    anomalies: Sequence[Anomaly],
    changed: Sequence[Change],
    *,
    cured_by: Event | None,
    readings: Sequence[Reading],
) -> AnomalyCauses:
    """Every change and every alternative scored against the others; `readings` are of the mechanisms.

    `anomalies` are all of the window: those of services that the case does not reach tell where it may lie as well.
    """
    line = leading_line(case)
    alternatives = _alternatives(case, readings)
    near = near_onset(changed, case)
    candidates = [CandidateCause(c, _judge(c, case, near, cured_by, line, readings, alternatives)) for c in changed]
    credible = believed(readings, alternatives)
    by_effect = largest_effect(case) if unplaced(alternatives, credible) else ()
    scored = weigh(candidates, alternatives, readings, by_effect)
    told, ledger = hints(case, scored, alternatives, credible, by_effect), scored.ledger
    if _placed_by_rank(candidates, alternatives, credible):
        every = places(case.evidence, anomalies, onset=case.onset, settings=case.settings, met=True)
        placed = place_hints(every, met=True)
        told, ledger = placed if placed[0] else (told, ledger)
    spoken_of = {h.mechanism for h in told}
    return AnomalyCauses(told, ledger, ruled_out(case, readings, told=spoken_of), dismissed_changes(case, scored))


def _alternatives(case: Case, readings: Sequence[Reading]) -> tuple[Alternative, ...]:
    """What else it could have been, each seen by a rule of its own."""
    found = (
        traffic_surge(case),
        dependency_outage(case),
        poison_message(case),
        certificate_expiry(case),
        mechanism_fits(readings),
    )
    return tuple(r for r in found if r is not None)


def _placed_by_rank(
    candidates: Sequence[CandidateCause], alternatives: Sequence[Alternative], credible: Sequence[Reading]
) -> bool:
    """Whether neither a change nor a rule of its own says where it is: mechanisms within services show in many."""
    if any(c.odds > -math.inf for c in candidates):
        return False
    return unplaced([a for a in alternatives if a.rule != MECHANISM_FITS], credible)


def _judge(
    change: Change,
    case: Case,
    near: NearOnset,
    cured_by: Event | None,
    line: Line | None,
    readings: Sequence[Reading],
    alternatives: Sequence[Alternative],
) -> tuple[Reason, ...]:
    """Everything the rules say of one change; a change after the onset needs no further word."""
    when = temporal_order(change, case, line)
    if when.weight == -math.inf:
        return (when,)
    said = (
        when,
        topology(change, case),
        canary_comparison(change, case),
        negative_control(change, case),
        reversal(change, case),
        recovered_without_rollback(change, case, cured_by),
        ambiguous_order(change, near),
        typical(change, readings),
        *(alternative.reason_against(change) for alternative in alternatives),
    )
    return tuple(r for r in said if r is not None)
