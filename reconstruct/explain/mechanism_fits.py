"""Rule mechanism-fits: the mechanism that the signals show must be one that such a change can set off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from reconstruct.explain.mechanism_shown import Reading, specific
from reconstruct.explain.rivals import OWN_RULE, Rival
from reconstruct.explain.words import moved_from_to
from reconstruct.model import EventKind

RULE = "mechanism-fits"


def mechanism_fits(readings: Sequence[Reading]) -> Rival | None:
    """The best shown mechanism, where only some kinds of change can set it off: a neighbour that takes the host's CPU
    is no deploy's doing; a held lock is a migration's or a job's.

    Only one that is clearly ahead speaks, and only where nothing speaks against it.
    """
    shown = [r for r in readings if r.shown and r.weight > 0 and specific(r.mechanism)]
    if not shown:
        return None
    best = shown[0]
    if best.mechanism.id in OWN_RULE or not best.mechanism.change_can or best.against or best.anomaly is None:
        return None
    contested = len(shown) > 1 and shown[1].weight > best.weight - 0.5
    kinds = frozenset(cast("EventKind", k) for k in best.mechanism.change_can)
    return Rival(
        rule=RULE,
        mechanism=best.mechanism.id,
        service=best.anomaly.service,
        says=f"{best.mechanism.title.lower()}: {moved_from_to(best.anomaly)}",
        evidence=tuple(met.by[0].id for met in best.must if met.by),
        full=not contested,
        spares=kinds,
    )
