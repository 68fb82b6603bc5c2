"""Rule largest-effect: with no change to name, in which services the fault may lie, by how far each left its past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reconstruct.explain.context import Case
from reconstruct.model import Anomaly, Reason, Service
from reconstruct.rank.ranking import Ranked, rank_services
from reconstruct.text.reasons import moved_from_to

RULE: Final = "largest-effect"
PLACES: Final = 3
"""Places told: of more nobody looks at each."""
FIRST_AT_LEAST: Final = 0.4
"""Share of the first place, where the ranking states less: it is first of three."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the fault may lie, as far as figures alone tell."""

    service: Service
    share: float
    """Of what is left to "no change": the shares of all places add up to 1."""
    anomaly: Anomaly | None
    """Of its series the one that moved furthest, if it is an anomaly."""
    reason: Reason
    """Its log-odds are the logarithm of the share."""


def largest_effect(case: Case) -> tuple[Place, ...]:
    """The first services of the ranking by effect, callers of a broken callee explained away; none where none is named.

    docs/ranking.md has the method and its figures.
    """
    ranked = rank_services(case.evidence, onset=case.onset, settings=case.settings)[:PLACES]
    found = []
    for number, (one, share) in enumerate(zip(ranked, _shares(ranked), strict=True)):
        shown = _first_anomaly(case, one.series)
        cited = (shown.id,) if shown else tuple(query for query, _ in one.series[:1])
        if not cited:
            continue
        furthest = moved_from_to(shown) if shown else "its figures"
        how = "moved furthest from its own past" if number == 0 else "moved as well, less far from its own past"
        says = f"{one.service.name} {how} ({furthest})"
        if number == 0 and len(ranked) > 1:
            says += f", before {ranked[1].service.name}"
        reason = Reason(
            RULE, says, cited, math.log(share), kind="place", facts={"service": one.service, "rank": number + 1}
        )
        found.append(Place(one.service, share, shown, reason))
    return tuple(found)


def _shares(ranked: Sequence[Ranked]) -> list[float]:
    """What the ranking states for the first, the rest divided by their scores."""
    if len(ranked) <= 1:
        return [1.0] * len(ranked)
    first = min(max(ranked[0].confidence, FIRST_AT_LEAST), 0.95)
    rest = [max(r.score, 1e-3) for r in ranked[1:]]
    return [first, *((1.0 - first) * r / sum(rest) for r in rest)]


def _first_anomaly(case: Case, series: Sequence[tuple[str, int]]) -> Anomaly | None:
    known = {(a.query, a.column): a for a in reversed(case.anomalies) if a.worse}
    return next((known[s] for s in series if s in known), None)
