"""Who passes it on, and who has it: the excess that callers feel flows down the call graph to where nobody explains it.

A callee explains a caller's excess so far as it has as much of it: average latency times requests is the time spent,
error share times requests is the number of failures. 5 ms cannot account for 4,300.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from reconstruct.model import Aspect
from reconstruct.rank.effect_size import Bools, Floats, SeriesTable

KEPT: Final = 0.1
"""Of a service's attribution stays with it however well its callees explain it: a retry storm is its own fault."""
MOVED: Final = 1.0
"""Log effect from which a callee has surely moved; one that moved less explains less."""
ON_ITS_OWN: Final = 0.3
"""Of a score counts without asking who explains it, where no alert says where to begin."""
SMALL_COUNTS: Final = 0.2
"""Of its effect is left to a service whose excess is nothing beside the largest of that measure: a hundred percent of
three requests is no outage."""


def attribution(
    table: SeriesTable,
    *,
    score: Floats,
    excess: Floats,
    stretches: Iterable[tuple[int, int, float]],
    calls: Iterable[tuple[str, str]],
    alerting: str | None,
    aspect: Aspect | None,
) -> Floats:
    """Attribution of each service: its own effect and what its callers pass on to it, less what its callees explain.

    Parameters
    ----------
    table : SeriesTable
    score, excess : arrays of shape (n_series,)
        Effect, and how much worse in the series' unit.
    stretches : iterable of (start, end, weight)
        When it was, for the number of requests meanwhile.
    calls : iterable of (caller, callee)
    alerting : str or None
        The service that the alert is about: all attribution begins there.
    aspect : "latency", "errors" or None
        What the alert is about; None = both.

    Returns
    -------
    array of shape (n_services,)
        >= 0; comparable within one table only.
    """
    place = {name: i for i, name in enumerate(table.services)}
    own = np.maximum(table.best_of_service(score), 0.0)
    edges = sorted({(place[a], place[b]) for a, b in calls if a != b and a in place and b in place})
    if not edges:
        return own
    load = _requests(table, stretches)
    passed = _passed_on(table, edges, score=score, excess=excess, load=load, user_facing=_comparable(table, aspect))
    stays = 1.0 - passed.sum(1)
    if alerting in place:
        begun = np.zeros(len(place))
        begun[place[alerting]] = 1.0
        # a service that hardly moved cannot have it; the last term orders those that no attribution reached
        return _settled(begun, passed, stays) * np.minimum(1.0, own / MOVED) + 1e-3 * own
    begun = np.maximum(table.best_of_service(_sized(table, score, excess, load)), 0.0)
    return (1.0 - ON_ITS_OWN) * _settled(begun, passed, stays) + ON_ITS_OWN * begun


def _settled(begun: Floats, passed: Floats, stays: Floats) -> Floats:
    """Where the attribution comes to rest; every step leaves at least KEPT behind, so a circle of calls ends too."""
    rest = np.zeros(len(begun))
    for _ in range(len(begun) + 1):
        rest += begun * stays
        begun = begun @ passed
    return rest


def _passed_on(
    table: SeriesTable, edges: list[tuple[int, int]], *, score: Floats, excess: Floats, load: Floats, user_facing: Bools
) -> Floats:
    """Share of each caller's excess that each callee explains, shape (n_services, n_services)."""
    measures = sorted({table.columns[j].measure for j in np.flatnonzero(user_facing).tolist()})
    measure_of = {name: i for i, name in enumerate(measures)}
    mean, quantile = np.zeros(len(measures), bool), np.zeros(len(measures), bool)
    shape = (len(table.services), len(measures))
    most, strength, known = np.zeros(shape), np.zeros(shape), np.zeros(shape, bool)
    for j in np.flatnonzero(user_facing).tolist():
        at = (table.service_of[j], measure_of[table.columns[j].measure])
        known[at] = True
        most[at] = max(most[at], excess[j])
        strength[at] = max(strength[at], score[j], 0.0)
        if table.columns[j].aspect == "latency":
            (mean if "mean" in table.columns[j].tags else quantile)[at[1]] = True
    passed = np.zeros((shape[0], shape[0]))
    for caller, callee in edges:
        both = known[caller] & known[callee]
        if (both & mean).any():  # only means add up over calls; quantiles have to do where there are none
            both &= ~quantile
        both &= (strength[caller] > 0) & (most[caller] > 0)
        if not both.any():
            continue
        per_call = most[callee, both] / most[caller, both]
        calls_each = load[callee] / load[caller] if load[caller] > 0 and np.isfinite(load[callee]) else 1.0
        explained = np.minimum(1.0, per_call * calls_each) * np.minimum(1.0, strength[callee, both] / MOVED)
        passed[caller, callee] = float(np.average(explained, weights=strength[caller, both]))
    total = passed.sum(1, keepdims=True)
    return np.asarray(passed * np.minimum(1.0, (1.0 - KEPT) / np.maximum(total, 1e-12)), float)


def _comparable(table: SeriesTable, aspect: Aspect | None) -> Bools:
    """Columns whose excess means the same in a caller and a callee."""
    wanted: tuple[Aspect, ...] = ("latency", "errors") if aspect is None else (aspect,)
    return table.where("user_facing") & table.aspect_is(*wanted)


def _requests(table: SeriesTable, stretches: Iterable[tuple[int, int, float]]) -> Floats:
    """Requests that each service took meanwhile (any unit, the same for all); NaN where nothing tells."""
    load = np.full(len(table.services), np.nan)
    told = [j for j, c in enumerate(table.columns) if c.aspect == "traffic" and "requests" in c.tags]
    if not told:
        return load
    mean = np.zeros(len(told))
    for start, end, weight in stretches:
        block = table.values[start:end, told]
        mean += weight * np.nansum(block, 0) / np.maximum(np.isfinite(block).sum(0), 1)
    for j, value in zip(told, mean, strict=True):
        load[table.service_of[j]] = np.fmax(load[table.service_of[j]], value)
    return load


def _sized(table: SeriesTable, score: Floats, excess: Floats, load: Floats) -> Floats:
    """Scores of what users feel, made smaller where the excess is small beside the largest of the same measure."""
    sized = score.copy()
    usual = float(np.nanmedian(load)) if np.isfinite(load).any() else 1.0
    amount = excess * np.where(np.isfinite(load), load, usual)[table.service_of] * np.clip(score, 0.0, 1.0)
    user_facing = _comparable(table, None)
    for measure in sorted({table.columns[j].measure for j in np.flatnonzero(user_facing).tolist()}):
        own = user_facing & np.array([c.measure == measure for c in table.columns], bool)
        largest = float(amount[own].max())
        if largest > 0:
            share = SMALL_COUNTS + (1.0 - SMALL_COUNTS) * amount[own] / largest
            sized[own] = np.where(score[own] > 0, score[own] * share, score[own])
    return sized
