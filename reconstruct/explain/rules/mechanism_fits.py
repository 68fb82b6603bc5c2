"""Rule mechanism-fits: the mechanism that the signals show must be one that such a change can set off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from reconstruct.explain import priors
from reconstruct.explain.alternatives import OWN_RULE, Alternative
from reconstruct.explain.changes import Change
from reconstruct.explain.rules.mechanism_shown import Reading, specific
from reconstruct.model import EventKind, Layer, Reason, Service
from reconstruct.text.reasons import moved_from_to

RULE = "mechanism-fits"

CLEARLY = 0.5
"""A mechanism leads clearly when the next one is behind by this much: one sign that fits, and a bit."""
SHARED: tuple[Layer, ...] = ("host", "network")
"""Machines and wires are nobody's: what suffers from them is told instead."""
FEW_KINDS = 3
"""A mechanism that more kinds of change set off is typical of none."""


def typical(change: Change, readings: Sequence[Reading]) -> Reason | None:
    """Log-odds of a change of the very kind that sets the best shown mechanism off, where few kinds do."""
    best = _best(readings)
    if best is None or best.anomaly is None or not 0 < len(best.mechanism.change_can) <= FEW_KINDS:
        return None
    if change.event.kind != best.mechanism.change_can[0]:
        return None
    says = f"{best.mechanism.title.lower()} is what a {change.event.kind} sets off: {moved_from_to(best.anomaly)}"
    return Reason(RULE, says, (change.event.id, best.anomaly.id), priors.TYPICAL)


def mechanism_fits(readings: Sequence[Reading]) -> Alternative | None:
    """The best shown mechanism, where only some kinds of change can set it off: a neighbour that takes the host's CPU
    is no deploy's doing; a held lock is a migration's or a job's.

    Only one that is clearly ahead speaks, and only where nothing speaks against it.
    """
    best = _best(readings)
    if best is None or best.mechanism.id in OWN_RULE or best.anomaly is None or not best.mechanism.change_can:
        return None
    contested = any(_speaks(r) and r is not best and r.weight > best.weight - CLEARLY for r in readings)
    kinds = frozenset(cast("EventKind", k) for k in best.mechanism.change_can)
    return Alternative(
        rule=RULE,
        mechanism=best.mechanism.id,
        service=Service("") if best.anomaly.signal.layer in SHARED else best.anomaly.service,
        says=f"{best.mechanism.title.lower()}: {moved_from_to(best.anomaly)}",
        evidence=tuple(met.by[0].id for met in best.must if met.by),
        full=not contested,
        spares=kinds,
    )


def _best(readings: Sequence[Reading]) -> Reading | None:
    best = next((r for r in readings if _speaks(r)), None)
    return None if best is None or best.against else best


def _speaks(reading: Reading) -> bool:
    return reading.shown and reading.weight > 0 and specific(reading.mechanism)
