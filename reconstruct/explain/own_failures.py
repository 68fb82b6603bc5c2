"""Failures and slowness that nothing beneath accounts for: a service's own, or lost between it and its caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from reconstruct.explain.before_during import Move, Span, move, ratio, total
from reconstruct.explain.figures import Figure
from reconstruct.explain.locate import Excess, Location, excess
from reconstruct.explain.lost_calls import lost_on_many_ways
from reconstruct.explain.shown import ANYONE, NETWORK, Candidate
from reconstruct.model import Mechanism
from reconstruct.model.system import Flow, System

FAILS: Final = 3.0
"""Log-odds of a service whose own answers fail, with nothing beneath that does ..."""
ONE_INSTANCE: Final = 1.5
"""... more where one instance of three or more does nearly all of it: a canary, a bad replica ..."""
EDGE_ALONE: Final = 1.0
"""... or the edge fails what those behind it answer."""
SLOWER: Final = 1.5
"""Log-odds of a service whose own time grew (half of it where hardly) with no resource that shows why."""
NEVER_ARRIVES: Final = 4.5
"""What an edge fails never reaches who it is meant for: its routing."""
BETWEEN: Final = 3.0
"""Calls take longer, or fail, between caller and callee."""
ON_MANY_WAYS: Final = 4.5
"""Calls fail on most ways before they arrive: what all share."""
GIVES_UP: Final = 4.0
"""A caller that fails calls which its callee answers, or asks several times for one request."""
USED: Final = 0.35
"""Share for a change of what a failing service uses, where no figure of that shows anything ..."""
UNSEEN_LINK: Final = 0.08
"""... and of anything else: not every link is exported. Only what came of taking it back can say so."""
NEARLY_ALL: Final = 0.75
MIN_INSTANCES: Final = 3
MORE_CALLS: Final = 3.0
"""Times as many calls for one request: a caller that repeats them makes no more than this of a callee that fails ..."""
AMPLIFIED: Final = 1.5
"""... of one that does not fail, none is a repetition ..."""
SURELY_MORE: Final = 5.0
"""... in robust spreads."""
SOONER: Final = 0.9
"""Calls that fail and last less than calls did before are given up sooner than they were: who waits as long as ever for
a callee that is slow waits longer."""
GIVEN_UP: Final = 0.05
TOLD_TIMES: Final = 1.05
"""A mean answer that rose by less is no figure to tell."""
NOTICED: Final = 0.004
"""Share of failed answers from which a service counts as failing: under half a percentage point is everyday."""


def own_failures(
    system: System, span: Span, location: Location, mechanisms: Mapping[str, Mechanism], *, general: Mechanism | None
) -> list[Candidate]:
    """What the end of the walk shows that no resource does."""
    found: list[Candidate] = []
    if general is not None and location.between is None and location.thing in system.served:
        found.append(_own(system, span, location, general))
    if location.between is not None and location.measured:
        found += _between(system, span, location, mechanisms, general)
    if general is not None:
        found += _callers(system, span, location, general)
    return found


def _own(system: System, span: Span, location: Location, general: Mechanism) -> Candidate:
    thing, flow = location.thing, system.served[location.thing]
    share, mean = move(flow.share(3), span, quantile=0.6), move(flow.mean(3), span, quantile=0.6)
    fails = share is not None and share.by > NOTICED
    edge = system.kinds.get(thing) == "edge"
    behind = any(
        a == thing and (b in system.served or system.kinds.get(b) == "external")
        for a, b in {*system.called, *system.calls}
    )
    blind = edge and not behind
    single = fails and one_instance(flow, span)
    if fails:
        telling = FAILS + (ONE_INSTANCE if single else 0.0) + (EDGE_ALONE if edge and behind else 0.0)
    else:
        telling = SLOWER + (0.5 if mean is not None and mean.times > 1.3 else -0.5)
    changes_of = {thing: 0.3, ANYONE: 1.0} if blind else {**_around(system, thing), thing: 1.0}
    if single:
        changes_of = {thing: 1.0}
    why = (
        "one-instance"
        if single
        else "edge-alone"
        if fails and edge and behind
        else "own-failures"
        if fails
        else "own-time"
    )
    return _candidate(
        general,
        thing,
        telling,
        share if fails else mean if mean is not None and mean.times > TOLD_TIMES else None,
        span,
        flow,
        changes_of,
        why,
        vague=not single and not (edge and behind and fails),
    )


def _around(system: System, thing: str) -> dict[str, float]:
    """What else may be behind a failing that no resource shows: what it uses, a little; all else, hardly."""
    uses = {of for owner, of in system.pools if owner == thing} | {b for a, b in system.calls if a == thing}
    return {
        other: USED if other in uses else UNSEEN_LINK
        for other, kind in system.kinds.items()
        if kind in ("edge", "app", "database", "cache", "queue")
    }


def one_instance(flow: Flow, span: Span) -> bool:
    """Whether one instance of several does nearly all of the failing."""
    failing = [max(e.failed, 0.0) for part in flow.instances.values() if (e := excess(part, span)).rate > 0]
    return len(failing) >= MIN_INSTANCES and sum(failing) > 0 and max(failing) > NEARLY_ALL * sum(failing)


def _between(
    system: System, span: Span, location: Location, mechanisms: Mapping[str, Mechanism], general: Mechanism | None
) -> list[Candidate]:
    caller, callee = location.between or "", location.thing
    flow = system.called.get((caller, callee))
    if flow is None:
        return []
    failing = location.excess.share > 0.005
    if failing and "network-degradation" in mechanisms and lost_on_many_ways(system, span):
        shared, moved = mechanisms["network-degradation"], move(flow.share(3), span, quantile=0.6)
        return [
            _candidate(shared, caller, ON_MANY_WAYS, moved, span, flow, {NETWORK: 1.0}, "between-many", target=callee)
        ]
    moved = move(flow.share(3), span, quantile=0.6) if failing else move(flow.mean(3), span, quantile=0.6)
    brief = location.excess.times < 1.2 and failing and _arrives(system, span, callee)
    edge = system.kinds.get(caller) == "edge"
    found = []
    if not edge and general is not None and failing and _callers_own(system, span, caller, callee, location.excess):
        return [
            _candidate(general, caller, GIVES_UP, moved, span, flow, {caller: 1.0}, "gives-up", target=callee),
        ]
    if brief and not edge and general is not None:
        found.append(
            _candidate(
                general, caller, FAILS + 0.5, moved, span, flow, {caller: 1.0}, "gives-up", vague=True, target=callee
            )
        )
    if edge and general is not None:
        found.append(
            _candidate(
                general,
                caller,
                NEVER_ARRIVES,
                moved,
                span,
                flow,
                {caller: 1.0, callee: 0.2},
                "never-arrives",
                target=callee,
            )
        )
    elif (location.excess.times > 1.2 or not failing) and "network-degradation" in mechanisms:
        found.append(
            _candidate(
                mechanisms["network-degradation"],
                callee,
                BETWEEN,
                moved,
                span,
                flow,
                {caller: 0.6, callee: 0.6},
                "between-slow",
                target=caller,
            )
        )
    elif not brief and "dependency-down" in mechanisms:
        found.append(
            _candidate(
                mechanisms["dependency-down"],
                callee,
                BETWEEN,
                moved,
                span,
                flow,
                {caller: 0.6, callee: 1.0},
                "between-fails",
                target=caller,
            )
        )
    return found


def _callers_own(system: System, span: Span, caller: str, callee: str, link: Excess) -> bool:
    """Whether calls fail because of who makes them: others who call the same see nothing, and it sees it of others."""
    others = [f for (a, b), f in system.called.items() if b == callee and a != caller]
    asked = [excess(f, span) for f in others if np.nansum(f.total[span.rows]) > 0]
    elsewhere = [
        excess(f, span) for (a, b), f in system.called.items() if a == caller and b != callee and b in system.served
    ]
    alone = bool(asked) and all(e.share < LITTLE_OF * link.share for e in asked)
    everywhere = bool(elsewhere) and all(e.share > link.share / 3 for e in elsewhere)
    return alone and (everywhere or not elsewhere)


LITTLE_OF: Final = 0.2
"""Of a link's failures: who sees fewer than this sees none of them."""


def _arrives(system: System, span: Span, callee: str) -> bool:
    """Whether calls that fail reach the other side: it counts as many as are made."""
    calls = [f for (_, b), f in system.called.items() if b == callee]
    made, failed = total([f.total for f in calls]), total([f.failed for f in calls if f.failed is not None])
    if made is None or failed is None:
        return True
    missing = move(made - system.served[callee].total, span)
    return missing is None or missing.by < 0.4 * float(np.nanmean(failed[span.rows]))


def _callers(system: System, span: Span, location: Location, general: Mechanism) -> list[Candidate]:
    """A caller that gives up on answers that come, or asks many times for one request.

    On the way from the users, where that alone may be why; anywhere, where it is of the caller's own doing.
    """
    way = set(zip(location.path, location.path[1:], strict=False))
    found = []
    for (caller, callee), flow in sorted(system.called.items()):
        if callee not in system.served or caller not in system.served or system.kinds.get(caller) == "edge":
            continue
        link, inner = excess(flow, span), excess(system.served[callee], span)
        calls = ratio(flow.total, system.served[caller].total)
        each = move(calls, span)
        sure = each is not None and each.z() > SURELY_MORE
        gives_up = link.share > GIVEN_UP and inner.share < 0.3 * link.share
        sooner = gives_up and link.times < SOONER and _arrives(system, span, callee)
        asks = each is not None and sure and each.times > AMPLIFIED and inner.ill
        own_doing = sooner or (asks and link.share < NOTICED)
        if not own_doing:
            asks = each is not None and sure and each.times > MORE_CALLS
            if (caller, callee) not in way or not (asks or (gives_up and inner.times < MORE_CALLS)):
                continue
        given_up = move(flow.share(3), span, quantile=0.6)
        why, moved = ("asks-more", each) if asks else ("gives-up", given_up)
        changes_of = {caller: 1.0}
        told = _candidate(
            general, caller, GIVES_UP, moved, span, flow, changes_of, why, vague=not own_doing, target=callee
        )
        figure = told.figure
        if asks and calls is not None:
            figure = Figure("service", caller, "repeated-calls", calls, "count", flow.queries, callee)
        found.append(replace(told, figure=figure, amplifies=own_doing and each is not None and sure))
    return found


def _candidate(
    mechanism: Mechanism,
    thing: str,
    telling: float,
    moved: Move | None,
    span: Span,
    flow: Flow,
    changes_of: Mapping[str, float],
    why: str,
    *,
    vague: bool = False,
    target: str = "",
) -> Candidate:
    failing = why not in ("own-time", "between-slow", "asks-more")
    values = flow.share(3) if failing else flow.mean(3)
    name = "failed-share" if failing else "answer-time"
    figure = (
        Figure("service", thing, name, values, "ratio" if failing else "seconds", flow.queries, target)
        if values is not None
        else None
    )
    return Candidate(
        mechanism=mechanism,
        thing=thing,
        place="service",
        telling=telling,
        strength=telling,
        first=moved.first if moved is not None else span.start,
        figure=figure,
        moved=moved,
        changes_of=changes_of,
        vague=vague,
        target=target,
        why=why,
    )


__all__ = ["Excess", "one_instance", "own_failures"]
