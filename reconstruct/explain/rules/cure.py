"""What ended it: the change or event before the recovery that can have done so, if any."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.changes import Change, same
from reconstruct.explain.context import Case
from reconstruct.model import Event, Service


def cure(case: Case, found: Sequence[Change]) -> Event | None:
    """The event that undid it: a change taken back, else a rollback, else a change or restart of what had failed.

    It lies after the onset, and the symptoms left within CURE_S of its end; of equals the last, for the earlier ones
    did not help.
    """
    if case.recovered is None:
        return None
    undos = {e.id for e in case.undos}
    failed = frozenset((*case.affected, *(a.service for a in case.anomalies if a.worse and a.service.name)))
    undoing = {c.undone_by.id for c in found if c.undone_by is not None and c.event.time <= case.onset.latest}
    candidates = [
        (likelihood, e.time, e.id, e)
        for e in case.evidence.events
        if e.kind in priors.CHANGE_KINDS and e.took_effect and case.onset.latest < e.time <= case.recovered.latest
        for likelihood in (_likelihood(e, undoing=undoing, undos=undos, failed=failed),)
        if likelihood and case.recovered.earliest <= _done(e) + pd.Timedelta(seconds=_soon_s(e, likelihood))
    ]
    best = max(candidates, key=lambda c: c[:3], default=None)
    return best[3] if best else None


def _done(event: Event) -> pd.Timestamp:
    return event.end if event.end is not None else event.time


def _soon_s(event: Event, likelihood: int) -> float:
    """An undo has the time that a rollout takes; what is only known to be near must be nearer, or chance will do."""
    if event.kind in ("flag", "config", "job"):
        return priors.LATE_S if likelihood > 1 else priors.AT_ONCE_S
    return priors.CURE_S if likelihood > 1 else priors.FIX_S


def _likelihood(event: Event, *, undoing: set[str], undos: set[str], failed: frozenset[Service]) -> int:
    """3 takes back a change from before the onset, 2 a rollback, 1 another change of what had failed, 0 no cure."""
    if event.id in undoing:
        return 3
    if event.id in undos:
        return 2
    if event.kind in ("deploy", "config", "scale", "restart", "flag") and any(same(event.service, s) for s in failed):
        return 1
    return 0
