"""Rule ambiguous-order: changes of one service that the samples cannot tell apart are said to be so."""

from __future__ import annotations

from collections.abc import Sequence

from reconstruct.explain import priors
from reconstruct.explain.changes import LASTING, Change, same
from reconstruct.explain.context import Case
from reconstruct.explain.rules.temporal_order import expected_weight
from reconstruct.model import Reason
from reconstruct.text.reasons import the_change

RULE = "ambiguous-order"

ALIKE = 0.7
"""Log-odds: two lags of which one is at most twice as likely as the other are told apart by nobody."""


def ambiguous_order(change: Change, found: Sequence[Change], case: Case) -> Reason | None:
    """No log-odds, but a word: another change of the same service lies before the onset too, close enough to have
    done it, and no later event took back just one of the two."""
    if change.event.kind not in LASTING:
        return None
    for other in found:
        if other.event.id == change.event.id or other.event.kind != change.event.kind:
            continue
        if not same(other.event.service, change.event.service) or other.event.time > case.onset.latest:
            continue
        if (case.onset.time - other.event.time).total_seconds() > priors.TAKES_EFFECT_S:
            continue
        if abs(_when(change, case) - _when(other, case)) > ALIKE:
            continue
        if _tells_apart(change, other):
            continue
        says = f"{the_change(other.event)} is as near; the samples cannot tell the two apart"
        return Reason(RULE, says, (change.event.id, other.event.id), 0.0)
    return None


def _when(change: Change, case: Case) -> float:
    return expected_weight(change, case.onset, spacing_s=case.spacing_s(case.bout.main[0].anomaly))


def _tells_apart(change: Change, other: Change) -> bool:
    return change.undone_by is not None and (other.undone_by is None or other.undone_by.id != change.undone_by.id)
