"""Where it is: from what users meet down the calls, each time to the ill callee that carries the excess.

Illness goes up the calls, never down: a caller waits for and passes on what its callee does. So the deepest thing whose
own figures account for its callers' is where to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from reconstruct.explain.before_during import Span, level_before, ratio
from reconstruct.model.system import Flow, System

ILL_TIMES: Final = 1.5
"""A callee is clearly ill where its answers take half as long again (Weber fractions of waiting are near 0.2) ..."""
ILL_SHARE: Final = 0.01
"""... or one in a hundred more of them fails."""
MATERIAL: Final = 0.03
"""An ill callee is followed where it carries this share of its caller's excess: a caller that queues for its own
threads multiplies what it waits for, so the callee need not carry all of it ..."""
MOSTLY: Final = 0.45
"""... and one that is not clearly ill only where it carries about half."""
LOST: Final = 0.3
"""Where the callee's own figures show less than this share of what its caller counts, it is lost between them."""
SLOWER: Final = 1.1
"""A hop's own answers count as slower from here."""
MAX_DEPTH: Final = 12
"""Longer chains of calls are loops."""


@dataclass(frozen=True, slots=True)
class Excess:
    """What a flow did beyond its baseline, per second, while the impact lasted."""

    failed: float = 0.0
    slow: float = 0.0
    """Seconds of answering beyond what its own mean before would have taken."""
    rate: float = 0.0
    share: float = 0.0
    """Failed beyond before, of all."""
    times: float = 1.0
    """Mean answer, during over before."""
    later_s: float = 0.0
    """Mean answer, during less before."""

    @property
    def ill(self) -> bool:
        """Whether it is clearly worse than before."""
        return self.times > ILL_TIMES or self.share > ILL_SHARE


@dataclass(frozen=True, slots=True)
class Location:
    """The end of the walk."""

    path: tuple[str, ...]
    thing: str
    excess: Excess
    between: str | None = None
    """The loss lies between this caller and `thing`: its own figures do not show it."""
    measured: bool = True
    """`thing` exports its own figures."""


def excess(flow: Flow | None, span: Span) -> Excess:
    """How much of a flow went wrong beyond what its baseline would have; nothing where it is not measured."""
    rows = span.rows
    if flow is None or not np.isfinite(flow.total[rows]).any():
        return Excess()
    rate = float(np.nanmean(flow.total[rows]))
    failed = share = slow = later_s = 0.0
    times = 1.0
    if flow.failed is not None and np.isfinite(flow.failed[rows]).any():
        before = float(np.nansum(flow.failed[span.base]) / max(float(np.nansum(flow.total[span.base])), 1e-9))
        failed = float(np.nanmean(flow.failed[rows])) - before * rate
        share = failed / max(rate, 1e-9)
    if flow.busy is not None and flow.timed is not None and np.isfinite(flow.busy[rows]).any():
        mean = ratio(flow.busy, flow.timed, 4)
        before, _ = level_before(mean, span.base) if mean is not None else (float("nan"), 0.0)
        timed = float(np.nanmean(flow.timed[rows]))
        if np.isfinite(before):
            now = float(np.nanmean(flow.busy[rows])) / max(timed, 1e-9)
            slow, times, later_s = (now - before) * timed, now / max(before, 1e-9), now - before
    return Excess(failed, slow, rate, share, times, later_s)


def locate(system: System, span: Span, start: str, *, failing: bool, slow: bool) -> Location:
    """Walk down from `start`; `failing`, `slow` are what users meet there."""
    here, path = start, [start]
    while len(path) <= MAX_DEPTH:
        found = _next(system, span, here, path, failing=failing, slow=slow)
        if found is None:
            break
        link = excess(system.called.get((here, found)), span)
        if found not in system.served:
            return Location((*path, found), found, link, between=here, measured=False)
        if _lost_between(system, span, here, found, slow=slow):
            return Location(tuple(path), found, link, between=here)
        path.append(found)
        here = found
    return Location(tuple(path), here, excess(system.served.get(here), span))


def _next(system: System, span: Span, here: str, path: list[str], *, failing: bool, slow: bool) -> str | None:
    """The callee that carries most of what this hop has too much."""
    own = excess(system.served.get(here), span)
    best: tuple[float, float, float, str | None] = (0.0, 0.0, 0.0, None)
    for caller, callee in sorted({*system.called, *system.calls}):
        if caller != here or callee in path:
            continue
        flow = system.called.get((caller, callee))
        part, inner = excess(flow, span), excess(system.served.get(callee), span)
        shares = []
        hop = system.served.get(here)
        untimed = flow is None or flow.busy is None or hop is None or hop.busy is None
        if untimed or inner.ill:  # its own figures tell more than its caller's: a caller gives up, or times nothing
            part = Excess(*(max(a, b) for a, b in zip(_tuple(part), _tuple(inner), strict=True)))
        if untimed:
            least = SLOWER if hop is None or hop.busy is None else ILL_TIMES
            shares.append(1.0 if slow and inner.times > least else 0.0)
        if own.failed > 1e-3 and (failing or own.share > ILL_SHARE):
            shares.append(part.failed / own.failed)
        if own.slow > 1e-6 and own.times > SLOWER and (slow or own.share < ILL_SHARE / 2):
            shares.append(part.slow / own.slow)
        share = max(shares, default=0.0)
        if share > (MATERIAL if part.ill else MOSTLY):
            # Of callees that account for it alike, as where calls are not timed, the one that adds most time.
            best = max(best, (share, part.slow, part.failed, callee), key=lambda found: found[:3])
    return best[3]


def _tuple(one: Excess) -> tuple[float, float, float, float, float]:
    return one.failed, one.slow, one.rate, one.share, one.times


def _lost_between(system: System, span: Span, caller: str, callee: str, *, slow: bool) -> bool:
    """Whether what the caller counts is not seen by the callee itself."""
    flow, hop = system.called.get((caller, callee)), system.served.get(caller)
    link, inner = excess(flow, span), excess(system.served[callee], span)
    timed = flow is not None and flow.busy is not None and hop is not None and hop.busy is not None
    lost = [inner.failed < LOST * link.failed] if link.share > ILL_SHARE / 2 else []
    lost += [inner.slow < LOST * link.slow] if timed and link.times > SLOWER else []
    return bool(lost) and all(lost) and (timed or not slow)


SLOW_TIMES: Final = 1.1
"""Users of the outermost hop wait noticeably longer from here (a route of some weight: SLOW_ROUTE_TIMES)."""
SLOW_ROUTE_TIMES: Final = 1.25
WEIGHTY: Final = 0.03
FAILING_SHARE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Met:
    """What users met at the outermost hop."""

    failing: bool
    slow: bool
    late: bool


def met_by_users(system: System, span: Span) -> Met:
    """Whether requests failed or took long; where neither did, whether queued work came late."""
    hop = system.outermost or ""
    ahead = [hop, *sorted(b for a, b in system.calls if a == hop)]
    flow = system.served.get(hop)
    failing = excess(flow, span).share > FAILING_SHARE
    slow = False
    for one in ahead if flow is not None and flow.busy is None else [hop]:
        part = system.served.get(one)
        if part is None:
            continue
        weighty = WEIGHTY * float(np.nansum(part.total[span.rows]))
        routes = [r for r in part.routes.values() if float(np.nansum(r.total[span.rows])) > weighty]
        slow |= excess(part, span).times > SLOW_TIMES or any(excess(r, span).times > SLOW_ROUTE_TIMES for r in routes)
    return Met(failing, slow, late=not failing and not slow)


def owns_its_time(system: System, span: Span, service: str) -> float:
    """Share, 0 to 1, of a service's slowness that nothing it calls accounts for and that grew."""
    own = excess(system.served.get(service), span)
    if own.slow <= 0:
        return 0.05
    below = sum(max(excess(flow, span).slow, 0.0) for (a, _), flow in system.called.items() if a == service)
    routes: Mapping[str, Flow] = system.served[service].routes
    worst = max((excess(flow, span).times for flow in routes.values()), default=own.times)
    share = max(own.slow - below, 0.0) / own.slow * np.log2(max(worst, 1.0)) / 4
    return float(np.clip(share, 0.05, 1.0))
