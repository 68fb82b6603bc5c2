"""Rule ambiguous-order: changes of one service that the samples cannot tell apart are said to be so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconstruct.explain import priors
from reconstruct.explain.changes import LASTING, MAX_BETWEEN, Change, same
from reconstruct.explain.context import Case
from reconstruct.explain.rules.temporal_order import expected_weight
from reconstruct.model import Reason
from reconstruct.text.reasons import the_change

RULE = "ambiguous-order"

ALIKE = 0.7
"""Log-odds: two lags of which one is at most twice as likely as the other are told apart by nobody."""


@dataclass(frozen=True, slots=True)
class NearOnset:
    """The changes close enough before the onset to have done it."""

    of_service: Mapping[str, Sequence[Change]]
    """By the name of their service, in order of time."""
    place: Mapping[str, int]
    """Where among those of its service an event's change stands."""
    weight: Callable[[Change], float]
    """Log-odds of a change's lag (`temporal_order`), reckoned once for each that is compared."""


def near_onset(found: Sequence[Change], case: Case) -> NearOnset:
    """Those of all changes, in order of time, that are close enough before the onset to have done it."""
    near: dict[str, list[Change]] = {}
    for change in found:
        lag_s = (case.onset.time - change.event.time).total_seconds()
        if change.event.time <= case.onset.latest and lag_s <= priors.TAKES_EFFECT_S:
            near.setdefault(change.event.service.name, []).append(change)
    places = {change.event.id: place for own in near.values() for place, change in enumerate(own)}
    known: dict[str, float] = {}

    def weight(change: Change) -> float:
        if change.event.id not in known:
            spacing_s = case.spacing_s(case.bout.main[0].anomaly)
            known[change.event.id] = expected_weight(change, case.onset, spacing_s=spacing_s)
        return known[change.event.id]

    return NearOnset(near, places, weight)


def ambiguous_order(change: Change, near: NearOnset) -> Reason | None:
    """No log-odds, but a word: another change of the same service lies before the onset too, close enough to have
    done it, and no later event took back just one of the two. `MAX_BETWEEN` on either side are looked at."""
    if change.event.kind not in LASTING:
        return None
    others, place = near.of_service.get(change.event.service.name, ()), near.place.get(change.event.id, 0)
    for other in others[max(0, place - MAX_BETWEEN) : place + MAX_BETWEEN + 1]:
        if other.event.id == change.event.id or other.event.kind != change.event.kind:
            continue
        if not same(other.event.service, change.event.service):
            continue
        if abs(near.weight(change) - near.weight(other)) > ALIKE or _tells_apart(change, other):
            continue
        says = f"{the_change(other.event)} is as near; the samples cannot tell the two apart"
        return Reason(RULE, says, (change.event.id, other.event.id), 0.0)
    return None


def _tells_apart(change: Change, other: Change) -> bool:
    return change.undone_by is not None and (other.undone_by is None or other.undone_by.id != change.undone_by.id)
