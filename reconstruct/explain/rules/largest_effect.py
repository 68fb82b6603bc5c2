"""Rule largest-effect: with no change and no mechanism to name, which service moved furthest from its own past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconstruct.explain.context import Case
from reconstruct.model import Anomaly, Reason, Service
from reconstruct.rank.ranking import rank_services
from reconstruct.text.reasons import moved_from_to

RULE = "largest-effect"


@dataclass(frozen=True, slots=True)
class MovedMost:
    """Where the fault may lie, as far as figures alone tell."""

    service: Service
    anomaly: Anomaly | None
    """Of its series the one that moved furthest, if it is an anomaly."""
    reason: Reason


def largest_effect(case: Case) -> MovedMost | None:
    """The first service of the ranking by effect, callers of a broken callee explained away; None where none is named.

    docs/ranking.md has the method and its figures.
    """
    ranked = rank_services(case.evidence, onset=case.onset, settings=case.settings)
    if not ranked:
        return None
    first = ranked[0]
    shown = _first_anomaly(case, first.series)
    furthest = moved_from_to(shown) if shown else "its figures"
    says = f"{first.service.name} moved furthest from its own past ({furthest})"
    if len(ranked) > 1:
        says += f", before {ranked[1].service.name}"
    cited = (shown.id,) if shown else tuple(query for query, _ in first.series[:1])
    return MovedMost(first.service, shown, Reason(RULE, says, cited, 0.0)) if cited else None


def _first_anomaly(case: Case, series: Sequence[tuple[str, int]]) -> Anomaly | None:
    known = {(a.query, a.column): a for a in reversed(case.anomalies) if a.worse}
    return next((known[s] for s in series if s in known), None)
