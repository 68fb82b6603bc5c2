"""From reasons to hints: every change, and "no change", scored against each other and against what we cannot see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconstruct.explain import priors
from reconstruct.explain.alternatives import NEEDS_ITS_RULE, Alternative
from reconstruct.explain.changes import Change
from reconstruct.explain.context import Case
from reconstruct.explain.rules.largest_effect import Place
from reconstruct.explain.rules.mechanism_fits import SHARED
from reconstruct.explain.rules.mechanism_shown import UNKNOWN, Reading, reasons, specific
from reconstruct.explain.statement import say
from reconstruct.model import DismissedChange, Hint, HintVerdict, Ledger, Mechanism, Reason, Scored, Service

TELLING = frozenset({"reversal", "canary-comparison"})
"""Rules that saw what came of having the change and of not having it; all others tell of times and places."""


@dataclass(frozen=True, slots=True)
class CandidateCause:
    """A change and everything the rules said of it."""

    change: Change
    reasons: tuple[Reason, ...]

    @property
    def odds(self) -> float:
        """Log-odds against the unexplained; minus infinity where a rule dismissed it."""
        return priors.CHANGE_KINDS[self.change.event.kind] + sum(r.weight for r in self.reasons)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Probabilities that sum to less than 1; the rest is what we cannot see."""

    candidates: tuple[tuple[CandidateCause, float], ...]
    unchanged: float
    """Probability that no change did it."""
    ledger: Ledger


def weigh(
    candidates: Sequence[CandidateCause],
    alternatives: Sequence[Alternative],
    readings: Sequence[Reading],
    places: Sequence[Place],
) -> Ranked:
    """Turn log-odds into probabilities: ``exp(odds) / sum(exp(odds))`` over changes, "no change" and the unseen.

    "No change" has the odds of NO_CHANGE and what the strongest alternative adds that no likely change may be behind.
    """
    alone = [r for r in alternatives if not any(r.spared(s.change) and s.odds > 0 for s in candidates)]
    strongest = max((r.reason_for() for r in alone), key=lambda r: r.weight, default=None)
    shown = next((r.mechanism.id for r in readings if r.shown and r.weight > 0), UNKNOWN.id)
    terms = ((strongest.rule, strongest.weight),) if strongest is not None and strongest.weight > 0 else ()
    nothing = [Scored(None, shown, Service(""), priors.NO_CHANGE, terms)]
    if places:
        nothing = [
            Scored(None, shown, p.service, priors.NO_CHANGE, (*terms, (p.reason.rule, p.reason.weight))) for p in places
        ]
    possible = [s for s in candidates if s.odds > -math.inf]
    lines = [_line(s, readings) for s in possible]
    ledger = Ledger((*lines, *nothing), priors.UNSEEN)
    whole = ledger.normaliser
    told = {id(s): math.exp(line.log_odds) / whole for s, line in zip(possible, lines, strict=True)}
    ranked = sorted(
        ((s, told.get(id(s), 0.0)) for s in candidates),
        key=lambda s: (-s[1], s[0].change.event.time, s[0].change.event.id),
    )
    return Ranked(tuple(ranked), sum(ledger.confidence(n) for n in nothing), ledger)


def _line(candidate: CandidateCause, readings: Sequence[Reading]) -> Scored:
    event, reading = candidate.change.event, _reading_of(candidate, readings)
    return Scored(
        trigger=event.id,
        mechanism=reading.mechanism.id if reading else UNKNOWN.id,
        service=event.service,
        prior=priors.CHANGE_KINDS[event.kind],
        terms=tuple((r.rule, r.weight) for r in candidate.reasons),
    )


def _reading_of(candidate: CandidateCause, readings: Sequence[Reading]) -> Reading | None:
    """The best shown mechanism that such a change can set off."""
    return next((r for r in readings if r.shown and r.weight > 0 and _can(r.mechanism, candidate.change)), None)


def believed(readings: Sequence[Reading], alternatives: Sequence[Alternative]) -> tuple[Reading, ...]:
    """The readings that a hint may speak of: those that need their own rule only where that rule spoke."""
    spoken = {r.mechanism for r in alternatives}
    return tuple(r for r in readings if r.mechanism.id not in NEEDS_ITS_RULE or r.mechanism.id in spoken)


def hints(
    case: Case,
    scored: Ranked,
    alternatives: Sequence[Alternative],
    readings: Sequence[Reading],
    places: Sequence[Place],
) -> tuple[Hint, ...]:
    """The hints worth telling, the likeliest first."""
    found = [_of_change(case, s, p, scored, readings) for s, p in scored.candidates if p >= priors.TOLD_AT]
    found += _of_no_change(case, scored, alternatives, readings, places)
    found.sort(key=lambda h: (-h.confidence, h.trigger or "", h.mechanism))
    return tuple(replace(h, rank=n) for n, h in enumerate(found[: priors.HINTS], 1))


def dismissed_changes(case: Case, scored: Ranked) -> tuple[DismissedChange, ...]:
    """Changes near the episode that nothing speaks for, with what spoke most against each."""
    told = []
    for candidate, probability in scored.candidates:
        event = candidate.change.event
        if probability >= priors.TOLD_AT or not _nearby(case, candidate):
            continue
        against = min(candidate.reasons, key=lambda r: (r.weight, r.rule))
        told.append((event.time, event.id, DismissedChange(event.id, against.rule, against.says, against.evidence)))
    return tuple(t[2] for t in sorted(told, key=lambda t: t[:2]))


def _nearby(case: Case, candidate: CandidateCause) -> bool:
    before_s = (case.onset.time - candidate.change.event.time).total_seconds()
    return before_s <= priors.DISMISSED_WITHIN_S and candidate.change.event.time <= case.evidence.window.end


def _of_change(
    case: Case, candidate: CandidateCause, probability: float, scored: Ranked, readings: Sequence[Reading]
) -> Hint:
    reading = _reading_of(candidate, readings)
    mechanism = reading.mechanism if reading else UNKNOWN
    shows, speaks_against = reasons(reading) if reading else ((), ())
    favour = tuple(r for r in candidate.reasons if r.weight > 0)
    against = tuple(r for r in candidate.reasons if r.weight <= 0)
    anomaly = reading.anomaly if reading else None
    metric = (anomaly or case.bout.main[0].anomaly).id
    return Hint(
        rank=0,
        trigger=candidate.change.event.id,
        mechanism=mechanism.id,
        service=candidate.change.event.service,
        metric=metric,
        confidence=probability,
        verdict=_verdict(candidate, probability, scored),
        statement=say(case, mechanism, anomaly, change=candidate.change, reasons=candidate.reasons),
        reasons_for=_heaviest(favour + shows),
        reasons_against=_heaviest(against + speaks_against),
    )


def unplaced(alternatives: Sequence[Alternative], readings: Sequence[Reading]) -> bool:
    """Whether neither an alternative nor a shown mechanism says where it is, so that the ranking of services has to."""
    alternative = _strongest(alternatives)
    if alternative is not None and alternative.full and alternative.service.name:
        return False
    reading = _shown(alternative, readings)
    return reading is None or reading.anomaly is None or reading.anomaly.signal.layer in WITHIN_SERVICES


WITHIN_SERVICES = frozenset({"edge", "app", "runtime"})
"""Layers whose anomalies many services show at once: callers wait for their callees."""


def _strongest(alternatives: Sequence[Alternative]) -> Alternative | None:
    return max(alternatives, key=lambda r: (r.reason_for().weight, r.rule), default=None)


def _shown(alternative: Alternative | None, readings: Sequence[Reading]) -> Reading | None:
    shown = [r for r in readings if r.shown and r.weight > 0 and specific(r.mechanism)]
    return next((r for r in shown if alternative is None or r.mechanism.id == alternative.mechanism), None)


def _of_no_change(
    case: Case,
    scored: Ranked,
    alternatives: Sequence[Alternative],
    readings: Sequence[Reading],
    places: Sequence[Place],
) -> list[Hint]:
    """What the signals show without a change: the strongest alternative, else the best shown mechanism; and where."""
    if scored.unchanged < priors.UNCHANGED_TOLD_AT:
        return []
    alternative = _strongest(alternatives)
    reading = _shown(alternative, readings)
    if not places:
        return [_unchanged(case, scored.unchanged, alternative, reading, readings, None)]
    found = []
    for place in places:
        own = reading if reading is not None and _at(reading, place.service) else None
        found.append(_unchanged(case, scored.unchanged * place.share, alternative, own, readings, place))
    return found


def _at(reading: Reading, service: Service) -> bool:
    """Whether a mechanism is shown by that service's own figures."""
    signs = (*reading.must, *reading.may)
    return any(a.service.name and a.service.may_be(service) for met in signs for a in met.by)


def _unchanged(
    case: Case,
    probability: float,
    alternative: Alternative | None,
    reading: Reading | None,
    readings: Sequence[Reading],
    place: Place | None,
) -> Hint:
    mechanism = reading.mechanism if reading else _named(alternative, readings)
    shows, against = reasons(reading) if reading else ((), ())
    anomaly = place.anomaly if place else reading.anomaly if reading else None
    said = (*((alternative.reason_for(),) if alternative else ()), *((place.reason,) if place else ()))
    verdict: HintVerdict = "inconclusive"
    if alternative and alternative.full and probability >= priors.SUPPORTED_AT and not against:
        verdict = "supported"
    elif (alternative or reading) and probability >= priors.PLAUSIBLE_AT:
        verdict = "plausible"
    named = place.service if place else alternative.service if alternative else Service("")
    return Hint(
        rank=0,
        trigger=None,
        mechanism=mechanism.id,
        service=named if named.name else _where(case, reading),
        metric=(anomaly or case.bout.main[0].anomaly).id,
        confidence=probability,
        verdict=verdict,
        statement=say(case, mechanism, anomaly, change=None, reasons=said),
        reasons_for=_heaviest(said + shows),
        reasons_against=against,
    )


def _verdict(candidate: CandidateCause, probability: float, scored: Ranked) -> HintVerdict:
    """supported: likely, seen to be so or without any alternative, and nothing against it; plausible: likely enough."""
    against = [r for r in candidate.reasons if r.weight <= priors.SPEAKS_AGAINST]
    if any(r.rule in TELLING and r.weight < 0 for r in candidate.reasons):
        return "contradicted"
    telling = any(r.rule in TELLING and r.weight > 0 for r in candidate.reasons)
    alone = (
        all(p < priors.ALTERNATIVE_AT for s, p in scored.candidates if s is not candidate) and scored.unchanged < 0.5
    )
    unordered = any(r.rule == "ambiguous-order" for r in candidate.reasons)
    if probability >= priors.SUPPORTED_AT and (telling or alone) and not against and not unordered:
        return "supported"
    return "plausible" if probability >= priors.PLAUSIBLE_AT else "inconclusive"


def _can(mechanism: Mechanism, change: Change) -> bool:
    return not mechanism.change_can or change.event.kind in mechanism.change_can


def _named(alternative: Alternative | None, readings: Sequence[Reading]) -> Mechanism:
    if alternative is None:
        return UNKNOWN
    return next((r.mechanism for r in readings if r.mechanism.id == alternative.mechanism), UNKNOWN)


def _where(case: Case, reading: Reading | None) -> Service:
    """Whose it is: machines and wires have no service, so there it is who suffers from them."""
    anomaly = reading.anomaly if reading else None
    if anomaly is not None and anomaly.service.name and anomaly.signal.layer not in SHARED:
        return anomaly.service
    return case.first[0] if case.first else Service("")


def _heaviest(found: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(sorted(found, key=lambda r: (-abs(r.weight), r.rule, r.says)))
