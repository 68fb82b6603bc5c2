"""From reasons to hints: every change, and "no change", weighed against each other and against what we cannot see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconstruct.explain import priors
from reconstruct.explain.alternatives import NEEDS_ITS_RULE, Rival
from reconstruct.explain.changes import Change
from reconstruct.explain.context import Case
from reconstruct.explain.rules.largest_effect import Place
from reconstruct.explain.rules.mechanism_fits import SHARED
from reconstruct.explain.rules.mechanism_shown import UNKNOWN, Reading, reasons, specific
from reconstruct.explain.statement import say
from reconstruct.model import DismissedChange, Hint, HintVerdict, Ledger, Mechanism, Reason, Service, Weighed

TELLING = frozenset({"reversal", "canary-comparison"})
"""Rules that saw what came of having the change and of not having it; all others tell of times and places."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change and everything the rules said of it."""

    change: Change
    reasons: tuple[Reason, ...]

    @property
    def odds(self) -> float:
        """Log-odds against "something we cannot see"; minus infinity where a rule let it go."""
        return priors.CHANGE_KINDS[self.change.event.kind] + sum(r.weight for r in self.reasons)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Probabilities that sum to less than 1; the rest is what we cannot see."""

    suspects: tuple[tuple[Suspect, float], ...]
    unchanged: float
    """Probability that no change did it."""
    ledger: Ledger


def weigh(
    suspects: Sequence[Suspect], rivals: Sequence[Rival], readings: Sequence[Reading], places: Sequence[Place]
) -> Ranked:
    """Turn log-odds into probabilities: ``exp(odds) / sum(exp(odds))`` over changes, "no change" and the unseen.

    "No change" has the odds of NO_CHANGE and what the strongest rival adds that no likely change may be behind.
    """
    alone = [r for r in rivals if not any(r.spared(s.change) and s.odds > 0 for s in suspects)]
    strongest = max((r.reason_for() for r in alone), key=lambda r: r.weight, default=None)
    shown = next((r.mechanism.id for r in readings if r.shown and r.weight > 0), UNKNOWN.id)
    terms = ((strongest.rule, strongest.weight),) if strongest is not None and strongest.weight > 0 else ()
    nothing = [Weighed(None, shown, Service(""), priors.NO_CHANGE, terms)]
    if places:
        nothing = [
            Weighed(None, shown, p.service, priors.NO_CHANGE, (*terms, (p.reason.rule, p.reason.weight)))
            for p in places
        ]
    possible = [s for s in suspects if s.odds > -math.inf]
    lines = [_line(s, readings) for s in possible]
    ledger = Ledger((*lines, *nothing), priors.UNSEEN)
    told = {id(s): ledger.confidence(line) for s, line in zip(possible, lines, strict=True)}
    ranked = sorted(
        ((s, told.get(id(s), 0.0)) for s in suspects),
        key=lambda s: (-s[1], s[0].change.event.time, s[0].change.event.id),
    )
    return Ranked(tuple(ranked), sum(ledger.confidence(n) for n in nothing), ledger)


def _line(suspect: Suspect, readings: Sequence[Reading]) -> Weighed:
    event, reading = suspect.change.event, _reading_of(suspect, readings)
    return Weighed(
        trigger=event.id,
        mechanism=reading.mechanism.id if reading else UNKNOWN.id,
        service=event.service,
        prior=priors.CHANGE_KINDS[event.kind],
        terms=tuple((r.rule, r.weight) for r in suspect.reasons),
    )


def _reading_of(suspect: Suspect, readings: Sequence[Reading]) -> Reading | None:
    """The best shown mechanism that such a change can set off."""
    return next((r for r in readings if r.shown and r.weight > 0 and _can(r.mechanism, suspect.change)), None)


def believed(readings: Sequence[Reading], rivals: Sequence[Rival]) -> tuple[Reading, ...]:
    """The readings that a hint may speak of: those that need their own rule only where that rule spoke."""
    spoken = {r.mechanism for r in rivals}
    return tuple(r for r in readings if r.mechanism.id not in NEEDS_ITS_RULE or r.mechanism.id in spoken)


def hints(
    case: Case, weighed: Ranked, rivals: Sequence[Rival], readings: Sequence[Reading], places: Sequence[Place]
) -> tuple[Hint, ...]:
    """The hints worth telling, the likeliest first."""
    found = [_of_change(case, s, p, weighed, readings) for s, p in weighed.suspects if p >= priors.TOLD_AT]
    found += _of_no_change(case, weighed, rivals, readings, places)
    found.sort(key=lambda h: (-h.confidence, h.trigger or "", h.mechanism))
    return tuple(replace(h, rank=n) for n, h in enumerate(found[: priors.HINTS], 1))


def dismissed_changes(case: Case, weighed: Ranked) -> tuple[DismissedChange, ...]:
    """Changes near the episode that nothing speaks for, with what spoke most against each."""
    told = []
    for suspect, probability in weighed.suspects:
        event = suspect.change.event
        if probability >= priors.TOLD_AT or not _nearby(case, suspect):
            continue
        against = min(suspect.reasons, key=lambda r: (r.weight, r.rule))
        told.append((event.time, event.id, DismissedChange(event.id, against.rule, against.says, against.evidence)))
    return tuple(t[2] for t in sorted(told, key=lambda t: t[:2]))


def _nearby(case: Case, suspect: Suspect) -> bool:
    before_s = (case.onset.time - suspect.change.event.time).total_seconds()
    return before_s <= priors.DISMISSED_WITHIN_S and suspect.change.event.time <= case.evidence.window.end


def _of_change(case: Case, suspect: Suspect, probability: float, weighed: Ranked, readings: Sequence[Reading]) -> Hint:
    reading = _reading_of(suspect, readings)
    mechanism = reading.mechanism if reading else UNKNOWN
    shows, speaks_against = reasons(reading) if reading else ((), ())
    favour = tuple(r for r in suspect.reasons if r.weight > 0)
    against = tuple(r for r in suspect.reasons if r.weight <= 0)
    anomaly = reading.anomaly if reading else None
    metric = (anomaly or case.bout.main[0].anomaly).id
    return Hint(
        rank=0,
        trigger=suspect.change.event.id,
        mechanism=mechanism.id,
        service=suspect.change.event.service,
        metric=metric,
        confidence=probability,
        verdict=_verdict(suspect, probability, weighed),
        statement=say(case, mechanism, anomaly, change=suspect.change, reasons=suspect.reasons),
        reasons_for=_heaviest(favour + shows),
        reasons_against=_heaviest(against + speaks_against),
    )


def unplaced(rivals: Sequence[Rival], readings: Sequence[Reading]) -> bool:
    """Whether neither a rival nor a shown mechanism says where it is, so that the ranking of services has to."""
    rival = _strongest(rivals)
    if rival is not None and rival.full and rival.service.name:
        return False
    reading = _shown(rival, readings)
    return reading is None or reading.anomaly is None or reading.anomaly.signal.layer in WITHIN_SERVICES


WITHIN_SERVICES = frozenset({"edge", "app", "runtime"})
"""Layers whose anomalies many services show at once: callers wait for their callees."""


def _strongest(rivals: Sequence[Rival]) -> Rival | None:
    return max(rivals, key=lambda r: (r.reason_for().weight, r.rule), default=None)


def _shown(rival: Rival | None, readings: Sequence[Reading]) -> Reading | None:
    shown = [r for r in readings if r.shown and r.weight > 0 and specific(r.mechanism)]
    return next((r for r in shown if rival is None or r.mechanism.id == rival.mechanism), None)


def _of_no_change(
    case: Case, weighed: Ranked, rivals: Sequence[Rival], readings: Sequence[Reading], places: Sequence[Place]
) -> list[Hint]:
    """What the signals show without a change: the strongest rival, else the best shown mechanism; and where."""
    if weighed.unchanged < priors.UNCHANGED_TOLD_AT:
        return []
    rival = _strongest(rivals)
    reading = _shown(rival, readings)
    if not places:
        return [_unchanged(case, weighed.unchanged, rival, reading, readings, None)]
    found = []
    for place in places:
        own = reading if reading is not None and _at(reading, place.service) else None
        found.append(_unchanged(case, weighed.unchanged * place.share, rival, own, readings, place))
    return found


def _at(reading: Reading, service: Service) -> bool:
    """Whether a mechanism is shown by that service's own figures."""
    signs = (*reading.must, *reading.may)
    return any(a.service.name and a.service.may_be(service) for met in signs for a in met.by)


def _unchanged(
    case: Case,
    probability: float,
    rival: Rival | None,
    reading: Reading | None,
    readings: Sequence[Reading],
    place: Place | None,
) -> Hint:
    mechanism = reading.mechanism if reading else _named(rival, readings)
    shows, against = reasons(reading) if reading else ((), ())
    anomaly = place.anomaly if place else reading.anomaly if reading else None
    said = (*((rival.reason_for(),) if rival else ()), *((place.reason,) if place else ()))
    verdict: HintVerdict = "inconclusive"
    if rival and rival.full and probability >= priors.SUPPORTED_AT and not against:
        verdict = "supported"
    elif (rival or reading) and probability >= priors.PLAUSIBLE_AT:
        verdict = "plausible"
    named = place.service if place else rival.service if rival else Service("")
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


def _verdict(suspect: Suspect, probability: float, weighed: Ranked) -> HintVerdict:
    """supported: likely, seen to be so or without any rival, and nothing against it; plausible: likely enough."""
    against = [r for r in suspect.reasons if r.weight <= priors.SPEAKS_AGAINST]
    if any(r.rule in TELLING and r.weight < 0 for r in suspect.reasons):
        return "contradicted"
    telling = any(r.rule in TELLING and r.weight > 0 for r in suspect.reasons)
    alone = all(p < priors.RIVAL_AT for s, p in weighed.suspects if s is not suspect) and weighed.unchanged < 0.5
    unordered = any(r.rule == "ambiguous-order" for r in suspect.reasons)
    if probability >= priors.SUPPORTED_AT and (telling or alone) and not against and not unordered:
        return "supported"
    return "plausible" if probability >= priors.PLAUSIBLE_AT else "inconclusive"


def _can(mechanism: Mechanism, change: Change) -> bool:
    return not mechanism.change_can or change.event.kind in mechanism.change_can


def _named(rival: Rival | None, readings: Sequence[Reading]) -> Mechanism:
    if rival is None:
        return UNKNOWN
    return next((r.mechanism for r in readings if r.mechanism.id == rival.mechanism), UNKNOWN)


def _where(case: Case, reading: Reading | None) -> Service:
    """Whose it is: machines and wires have no service, so there it is who suffers from them."""
    anomaly = reading.anomaly if reading else None
    if anomaly is not None and anomaly.service.name and anomaly.signal.layer not in SHARED:
        return anomaly.service
    return case.first[0] if case.first else Service("")


def _heaviest(found: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(sorted(found, key=lambda r: (-abs(r.weight), r.rule, r.says)))
