"""Where it may lie, as far as figures alone tell: the services by how far each left its past (docs/ranking.md).

Asked where no change and no mechanism is shown, and where nothing could be judged: what moved most, when, and on which
instances is then all that is known, and it is said as that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from reconstruct.model import (
    Anomaly,
    Evidence,
    Fact,
    Hint,
    HintVerdict,
    Ledger,
    Metric,
    Moment,
    Reason,
    Scored,
    Service,
    Settings,
    VerdictReason,
)
from reconstruct.rank.ranking import Ranked, rank_services
from reconstruct.text.causes import place_text, reason_text

RULE: Final = "largest-effect"
UNKNOWN: Final = "unknown"
"""Mechanism of a hint that names a place only."""
PLACES: Final = 3
"""Places told: of more nobody looks at each."""
FAULT_UNSEEN: Final = 0.5
"""Of the ranking's confidence is left where users are not known to have met anything: it holds given a fault."""
PLAUSIBLE_AT: Final = 0.5
"""Confidence from which a place is called plausible: below, "not known" is the better half of the bet."""
LEAST: Final = 0.02
"""Smallest confidence that is told."""
ANY_PLACE: Final = -4.0
"""Log-odds that it lies at one place of some fifty, before its figures are looked at; the unobserved has 0."""
ENOUGH_SAMPLES: Final = 12
"""User-facing signals with fewer healthy samples do not tell what is normal well enough to call a window calm."""
OWN_SHARE: Final = 1 / 3
"""Of the samples are healthy in any case, where next to nothing lies before the window (as detection takes it)."""
MAX_SERIES: Final = 5_000
"""Ranked side by side: a table of some 300 rows then takes 60 MB."""
STANDS_OUT: Final = 2.0
"""Log effect beyond the best that chance makes of the same table, from which a service is too far from its past to
call the window calm: seven times as many spreads."""


@dataclass(frozen=True, slots=True)
class Place:
    """A service where the fault may lie."""

    service: Service
    confidence: float
    anomaly: Anomaly | None
    """Of its series the one that moved furthest, if it is an anomaly."""
    query: str
    """Id of the Query whose answer shows it."""
    facts: Mapping[str, Fact]
    beyond: float
    """Log effect beyond the best that chance makes of the same table; 0 where that is not known."""
    user_facing: bool
    """The series that moved furthest is what users meet."""


def places(
    evidence: Evidence, anomalies: Sequence[Anomaly], *, onset: Moment | None, settings: Settings, met: bool
) -> tuple[Place, ...]:
    """The first services of the ranking, callers of a broken callee explained away; () where none can be judged.

    Parameters
    ----------
    evidence : Evidence
    anomalies : sequence of Anomaly
        Of the same evidence.
    onset : Moment or None
        When it began, for the sentence; the ranking weighs every stretch of the window.
    settings : Settings
    met : bool
        Users are known to have met something.
    """
    evidence = _of_moderate_size(evidence, anomalies)
    ranked = [r for r in rank_services(evidence, settings=settings) if r.score > 0 and r.series][:PLACES]
    known = {(a.query, a.column): a for a in sorted(anomalies, key=lambda a: a.score) if a.worse}
    metrics = {m.query: m for m in evidence.metrics}
    confidences = _confidences(ranked, given=1.0 if met else FAULT_UNSEEN)
    found = []
    for rank, (one, confidence) in enumerate(zip(ranked, confidences, strict=True), 1):
        if confidence < LEAST:
            continue
        anomaly = next((known[s] for s in one.series if s in known), None)
        query, column = (anomaly.query, anomaly.column) if anomaly else one.series[0]
        facts: dict[str, Fact] = {
            "service": one.service,
            "rank": rank,
            "effect": one.score,
            **_series_facts(metrics[query], column, anomaly, one),
            **({"next": ranked[1].service} if rank == 1 and len(ranked) > 1 else {}),
            **({"onset": onset.time} if onset is not None else {}),
        }
        user_facing = metrics[query].signal.user_facing
        found.append(Place(one.service, confidence, anomaly, query, facts, one.beyond, user_facing))
    return tuple(found)


def place_hints(found: Sequence[Place], *, met: bool) -> tuple[tuple[Hint, ...], Ledger]:
    """A hint a place, and the ledger that its confidence adds up from.

    Nobody knows a mechanism: it is `unknown`. A place is plausible at most, and no more than inconclusive where users
    are not known to have met anything.
    """
    left = 1.0 - sum(place.confidence for place in found)
    lines = [
        Scored(None, UNKNOWN, p.service, ANY_PLACE, ((RULE, math.log(p.confidence / left) - ANY_PLACE),)) for p in found
    ]
    hints = []
    for rank, (place, line) in enumerate(zip(found, lines, strict=True), 1):
        evidence = (place.anomaly.id,) if place.anomaly else (place.query,)
        kind = "moved-furthest" if rank == 1 else "moved-too"
        says = reason_text(RULE, kind, place.facts)
        reason = Reason(RULE, says, evidence, line.terms[0][1], kind=kind, facts=place.facts)
        verdict: HintVerdict = "plausible" if met and rank == 1 and place.confidence >= PLAUSIBLE_AT else "inconclusive"
        metric, statement = place.anomaly.id if place.anomaly else None, place_text(place.facts)
        hints.append(
            Hint(
                rank=rank,
                trigger=None,
                mechanism=UNKNOWN,
                service=place.service,
                metric=metric,
                confidence=place.confidence,
                verdict=verdict,
                statement=statement,
                reasons_for=(reason,),
            )
        )
    return tuple(hints), Ledger(tuple(lines), 0.0)


def doubt(evidence: Evidence, user_facing: Sequence[Metric], found: Sequence[Place]) -> VerdictReason | None:
    """Why a window is not calm although no user-facing signal left its baseline; None where it is.

    Too few samples told what is normal, or a resource or the work of one service stands out. For signals as packs and
    files ask for them: what users meet at the outermost hop is judged by counted requests.
    """
    most = max((_healthy_samples(m, first=evidence.window.first) for m in user_facing), default=0)
    if most < ENOUGH_SAMPLES:
        return VerdictReason("short-history", {"samples": most}, tuple(m.query for m in user_facing))
    first = next(iter(found), None)
    if first is None or first.user_facing:  # how far that moved was judged by what users notice
        return None
    if first.beyond < STANDS_OUT or first.confidence < FAULT_UNSEEN * PLAUSIBLE_AT:
        return None
    return VerdictReason("stands-out", first.facts, (first.query,))


def _of_moderate_size(evidence: Evidence, anomalies: Sequence[Anomaly]) -> Evidence:
    """The evidence; of very many series only the signals of which one left its history: the others move nothing."""
    if sum(len(m.labels) for m in evidence.metrics) <= MAX_SERIES:
        return evidence
    moved = {a.query for a in anomalies}
    return replace(evidence, metrics=tuple(m for m in evidence.metrics if m.query in moved))


def _healthy_samples(metric: Metric, *, first: int) -> int:
    there = np.isfinite(metric.values.to_numpy(dtype=float))
    before = int(there[:first].sum(axis=0).max(initial=0))
    return max(before, int(OWN_SHARE * there.sum(axis=0).max(initial=0)))


def _confidences(ranked: Sequence[Ranked], *, given: float) -> list[float]:
    """What the ranking states for the first; half of the rest divided by their scores, never more than the first."""
    if not ranked:
        return []
    first = min(ranked[0].confidence, 0.95)
    others = sum(r.score for r in ranked[1:])
    rest = [min(first, 0.5 * (1.0 - first) * r.score / others) for r in ranked[1:]]
    return [given * share for share in (first, *rest)]


def _series_facts(metric: Metric, column: int, anomaly: Anomaly | None, ranked: Ranked) -> dict[str, Fact]:
    """What the series that moved furthest did; its levels are the anomaly's, else the ranking's."""
    facts: dict[str, Fact] = {"title": metric.signal.title, "unit": metric.signal.unit}
    before, during = (anomaly.baseline, anomaly.level) if anomaly is not None else ranked.levels
    facts |= {"before": before, "during": during}
    if anomaly is not None:
        facts |= {"since": anomaly.onset.time}
    instance = next((metric.labels[column][k] for k in ("instance", "pod") if metric.labels[column].get(k)), "")
    return facts | ({"instance": instance} if instance else {})
