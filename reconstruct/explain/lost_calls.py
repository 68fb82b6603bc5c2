"""Calls that fail before they arrive, on many ways at once: what all share, the network or the resolver of names."""

from __future__ import annotations

from typing import Final

from reconstruct.explain.before_during import Span
from reconstruct.explain.locate import ILL_SHARE, LOST, excess
from reconstruct.model.system import System

FEWEST: Final = 2
"""Callers, and callees, of calls that do not arrive: one of either may be ill itself."""
MOST_WAYS: Final = 0.6
"""Of the ways on which calls are measured: so many must fail, or it is not what all share."""


def lost_on_many_ways(system: System, span: Span) -> bool:
    """Whether most calls fail, whoever makes them, and those to several services are not seen to fail there."""
    ways = {
        way: found for way, flow in system.called.items() if way[0] != way[1] and (found := excess(flow, span)).rate > 0
    }
    failing = {way for way, found in ways.items() if found.share > ILL_SHARE}
    lost = {
        (caller, callee)
        for caller, callee in failing
        if callee in system.served and excess(system.served[callee], span).failed < LOST * ways[caller, callee].failed
    }
    callers, callees = {a for a, _ in lost}, {b for _, b in lost}
    return min(len(callers), len(callees)) >= FEWEST and len(failing) >= MOST_WAYS * len(ways)
