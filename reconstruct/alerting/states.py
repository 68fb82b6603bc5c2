"""When alerts were pending, firing and resolved: the state machine of a Prometheus alerting rule.

At each evaluation the rule's expression has a value for some label sets. A label set that had none before becomes a
pending alert; one that has kept its value for `for` fires, counted from its first evaluation; one that has lost it is
gone at once while pending, and when firing after `keep_firing_for`, counted from the first evaluation without it. An
alert whose value comes back within that time is still the same alert. (prometheus/rules/alerting.go, AlertingRule.Eval;
a restart of Prometheus, which restores `for` from ALERTS_FOR_STATE, is not modelled.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Labels = tuple[tuple[str, str], ...]
"""An alert's label set, sorted by name."""
Times = npt.NDArray[np.int64]
"""Evaluations, in Unix milliseconds, ascending. One that failed is not among them: it changes nothing."""


@dataclass(frozen=True, slots=True)
class AlertInstance:
    """One alert from its first evaluation to its last, in Unix milliseconds."""

    labels: Labels
    active_ms: int
    """First evaluation at which the expression had a value: pending from here."""
    fired_ms: int | None
    """First evaluation at which it fired; None = it never did."""
    last_ms: int
    """Last evaluation at which it was pending or firing: the last sample of `ALERTS`."""
    ended_ms: int | None = None
    """First evaluation at which it was neither any more; None = not yet."""


@dataclass(frozen=True, slots=True)
class Active:
    """An alert that is pending or firing now."""

    active_ms: int
    last_ms: int
    fired_ms: int | None = None
    kept_since_ms: int | None = None
    """First evaluation without a value, while `keep_firing_for` keeps it."""


States = Mapping[Labels, Active]
"""What a rule remembers from one evaluation to the next."""


def advance(
    states: States,
    times: Times,
    holds: Mapping[Labels, npt.NDArray[np.bool_]],
    *,
    for_s: float,
    keep_firing_for_s: float = 0.0,
) -> tuple[dict[Labels, Active], list[AlertInstance]]:
    """Evaluate a rule at each of `times`: what is active afterwards, and the alerts that ended on the way.

    Parameters
    ----------
    states : mapping
        What was active before; empty at first. An alert that is not in `holds` has no value at any of these times.
    times : array of int64, shape (n_times,)
        Successful evaluations in Unix milliseconds, ascending, all after those seen before.
    holds : mapping of label set to bool array, shape (n_times,)
        At which of them the expression had a value for the alert with these labels.
    for_s, keep_firing_for_s : float
        As in the rule.

    Returns
    -------
    (dict, list of AlertInstance)
        By label set; the ended alerts by time of their first evaluation, then labels.

    >>> t = np.arange(0, 60_000, 10_000)
    >>> value = {(("alertname", "A"),): np.array([False, True, True, True, False, False])}
    >>> states, ended = advance({}, t, value, for_s=20)
    >>> ended[0].active_ms, ended[0].fired_ms, ended[0].ended_ms, states
    (10000, 30000, 40000, {})
    >>> states, ended = advance({}, t, value, for_s=20, keep_firing_for_s=60)
    >>> len(ended), states[(("alertname", "A"),)].kept_since_ms
    (0, 40000)
    """
    after: dict[Labels, Active] = {}
    ended: list[AlertInstance] = []
    nowhere = np.zeros(times.size, dtype=bool)
    for labels in dict.fromkeys((*states, *holds)):
        left, done = _advance_one(
            states.get(labels),
            times,
            holds.get(labels, nowhere),
            for_ms=round(for_s * 1000),
            keep_ms=round(keep_firing_for_s * 1000),
        )
        ended += [AlertInstance(labels, a.active_ms, a.fired_ms, a.last_ms, end) for a, end in done]
        if left is not None:
            after[labels] = left
    return after, sorted(ended, key=lambda one: (one.active_ms, one.labels))


def still_active(states: States) -> list[AlertInstance]:
    """The alerts that have not ended, by time of their first evaluation, then labels."""
    active = [AlertInstance(labels, one.active_ms, one.fired_ms, one.last_ms) for labels, one in states.items()]
    return sorted(active, key=lambda one: (one.active_ms, one.labels))


def _advance_one(
    alert: Active | None, times: Times, holds: npt.NDArray[np.bool_], *, for_ms: int, keep_ms: int
) -> tuple[Active | None, list[tuple[Active, int]]]:
    """One label set: its state afterwards, and what ended when; run by run of `holds`."""
    done: list[tuple[Active, int]] = []
    edges = [0, *(np.flatnonzero(np.diff(holds)) + 1), times.size] if times.size else [0]
    for first, end in pairwise(edges):
        if holds[first]:
            active_ms = alert.active_ms if alert is not None else int(times[first])
            fired_ms = alert.fired_ms if alert is not None else None
            if fired_ms is None:
                due = max(first, int(times.searchsorted(active_ms + for_ms)))
                fired_ms = int(times[due]) if due < end else None
            alert = Active(active_ms, int(times[end - 1]), fired_ms)
        elif alert is not None:
            kept = alert.fired_ms is not None and keep_ms > 0
            since_ms = int(times[first]) if alert.kept_since_ms is None else alert.kept_since_ms
            gone = max(first, int(times.searchsorted(since_ms + keep_ms))) if kept else first
            last_ms = int(times[gone - 1]) if gone > first else alert.last_ms
            kept_alert = Active(alert.active_ms, last_ms, alert.fired_ms, since_ms if kept else None)
            if gone < end:
                done.append((kept_alert, int(times[gone])))
                alert = None
            else:
                alert = kept_alert
    return alert, done
