"""Rule ambiguous-order: changes of one service that the samples cannot tell apart are said to be so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconstruct.explain import priors
from reconstruct.explain.changes import LASTING, Change, same
from reconstruct.explain.context import Case
from reconstruct.explain.rules.temporal_order import expected_weight
from reconstruct.model import Reason
from reconstruct.text.reasons import the_change

RULE = "ambiguous-order"

ALIKE = 0.7
"""Log-odds: two lags of which one is at most twice as likely as the other are told apart by nobody."""


def near_onset(found: Sequence[Change], case: Case) -> dict[str, list[Change]]:
    """The changes close enough before the onset to have done it, by the name of their service."""
    near: dict[str, list[Change]] = {}
    for change in found:
        lag_s = (case.onset.time - change.event.time).total_seconds()
        if change.event.time <= case.onset.latest and lag_s <= priors.TAKES_EFFECT_S:
            near.setdefault(change.event.service.name, []).append(change)
    return near


def ambiguous_order(change: Change, near: Mapping[str, Sequence[Change]], case: Case) -> Reason | None:
    """No log-odds, but a word: another change of the same service lies before the onset too, close enough to have
    done it (`near`, from `near_onset`), and no later event took back just one of the two."""
    if change.event.kind not in LASTING:
        return None
    for other in near.get(change.event.service.name, ()):
        if other.event.id == change.event.id or other.event.kind != change.event.kind:
            continue
        if not same(other.event.service, change.event.service):
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
