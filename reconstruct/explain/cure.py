"""What ended it: the change or event before the recovery that can have done so, if any."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.explain import weights
from reconstruct.explain.case import Case
from reconstruct.explain.changes import Change, is_rollback, same
from reconstruct.model import Event


def cure(case: Case, found: Sequence[Change]) -> Event | None:
    """The event that undid it: a change taken back, else a rollback, else a change or restart of what had failed.

    It lies after the onset, and the symptoms left within CURE_S of its end; of equals the last, for the earlier ones
    did not help.
    """
    if case.recovered is None:
        return None
    undoing = {c.undone_by.id for c in found if c.undone_by is not None and c.event.time <= case.onset.latest}
    candidates = [
        (_likelihood(e, case, undoing), e.time, e.id, e)
        for e in case.evidence.events
        if e.kind in weights.CHANGE_KINDS
        and case.onset.latest < e.time <= case.recovered.latest
        and _soon(e, case, undoes=e.id in undoing or is_rollback(e, case.evidence.events))
    ]
    best = max((c for c in candidates if c[0] > 0), key=lambda c: c[:3], default=None)
    return best[3] if best else None


def _soon(event: Event, case: Case, *, undoes: bool) -> bool:
    """Whether the symptoms left soon enough after it.

    A flag or a setting that takes nothing back and is only of the right service must have acted at once: in a long
    incident somebody always turns something, and what was turned minutes before the end is no cure.
    """
    done = event.end if event.end is not None else event.time
    at_once = event.kind in ("flag", "config", "job")
    limit_s = weights.CURE_S if not at_once else weights.LATE_S if undoes else weights.AT_ONCE_S
    assert case.recovered is not None  # noqa: S101 (asked by cure only after a recovery)
    return bool(case.recovered.earliest <= done + pd.Timedelta(seconds=limit_s))


def _likelihood(event: Event, case: Case, undoing: set[str]) -> int:
    """3 takes back a change from before the onset, 2 a rollback, 1 another change of what had failed, 0 no cure."""
    if event.id in undoing:
        return 3
    if is_rollback(event, case.evidence.events):
        return 2
    failed = (*case.affected, *(a.service for a in case.anomalies if a.worse and a.service.name))
    if event.kind in ("deploy", "config", "scale", "restart", "flag") and any(same(event.service, s) for s in failed):
        return 1
    return 0
