"""The candidate causes of one incident, each a change (or none) with a mechanism at a place, in one ledger.

`exp(log-odds)` over the sum of all candidates and of what nobody observed is a candidate's confidence: every term of
it stands in the ledger, so "why 98 %?" is answered by adding up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.attribution import LOST_ON_THE_WAY, NO_CHANGE, Attributed, attribute, rollouts, topology
from reconstruct.explain.before_during import Span
from reconstruct.explain.candidates import candidates, cleared
from reconstruct.explain.changes import Change
from reconstruct.explain.context import Case
from reconstruct.explain.figures import Figure, Rollouts, figures
from reconstruct.explain.locate import Location, Met, locate
from reconstruct.explain.rules.ambiguous_order import near_onset
from reconstruct.explain.rules.reversal import RULE as REVERSAL
from reconstruct.explain.shown import Candidate
from reconstruct.model import (
    DismissedChange,
    Event,
    Fact,
    Facts,
    Hint,
    HintVerdict,
    Ledger,
    Mechanism,
    Reason,
    RuledOut,
    Scored,
    Service,
)
from reconstruct.model.system import System
from reconstruct.text.causes import figure_text, hint_text, reason_text
from reconstruct.text.reasons import the_change

CONFIDENCE_RULE: Final = "confidence"
UNOBSERVED: Final = 4.0
"""Log-odds of something that neither signals nor events show: a mechanism whose figure is at its bound (4.5 and up)
leaves it little, one that is only the residual (1.5) most."""
CANDIDATES: Final = 8
"""Weaker mechanisms than the first so many leave no trace in a confidence."""
HALF_BACK: Final = 0.5
"""What is less than half as far from its baseline as during the incident is back."""
SETTLES_S: Final = 300.0
"""A figure may settle so long after users were well again."""
UNDECIDED: Final = 0.6
"""An alternative with this share of the first's odds keeps it from being called supported or plausible: naming one
of two
would be a guess."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One line of the ledger with what it was made of."""

    scored: Scored
    candidate: Candidate
    attributed: Attributed | None
    """None = no change brought it about."""


@dataclass(frozen=True, slots=True)
class Causes:
    """What could have done it."""

    found: tuple[Candidate, ...]
    ledger: Ledger
    hints: tuple[Hint, ...]
    dismissed_changes: tuple[DismissedChange, ...]
    ruled_out: tuple[RuledOut, ...]
    location: Location | None
    system: System
    measured: frozenset[str] = frozenset()
    """Mechanisms that some figure of the system could have shown: of these nobody can say that nothing is measured."""

    def thing(self, name: str) -> str:
        """The thing that a name means; the name where none is known."""
        return self.system.thing(name) or name


def causes(
    case: Case,
    system: System,
    span: Span,
    found: Sequence[Change],
    *,
    met: Met,
    cured_by: Event | None,
) -> Causes | None:
    """Every candidate cause scored against the others; None where the system's figures show none."""
    location = None
    if system.outermost and not met.late:
        location = locate(system, span, system.outermost, failing=met.failing, slow=met.slow)
    rolled = rollouts(case.evidence, system)
    shown = candidates(system, span, case.settings.mechanisms, location=location, late=met.late, rollouts=rolled)
    if not shown:
        return None
    every = [
        cause
        for candidate in shown[:CANDIDATES]
        for cause in _of_candidate(candidate, case, system, span, found, cured_by)
    ]
    every.sort(key=lambda c: (-c.scored.log_odds, c.scored.trigger or "", c.scored.mechanism, c.scored.service))
    ledger = Ledger(tuple(c.scored for c in every), UNOBSERVED)
    hints = _hints(every, ledger, case, span)
    return Causes(
        found=shown,
        ledger=ledger,
        hints=hints,
        dismissed_changes=_dismissed(every, ledger, shown, case, system, found, hints),
        ruled_out=_ruled_out(case, system, span, shown, rolled),
        location=location,
        system=system,
        measured=_measured(case.settings.mechanisms, figures(system, span, rollouts=rolled)),
    )


def _measured(mechanisms: Sequence[Mechanism], known: Sequence[Figure]) -> frozenset[str]:
    there = {(figure.place, figure.name) for figure in known}
    return frozenset(
        m.id for m in mechanisms if any((tell.on, tell.figure) in there for tell in (*m.shown_by, *m.cleared_by))
    )


def _of_candidate(
    candidate: Candidate, case: Case, system: System, span: Span, found: Sequence[Change], cured_by: Event | None
) -> list[Cause]:
    service = Service(candidate.thing)
    shown = (("mechanism-shown", candidate.telling), *((r.rule, r.weight) for r in candidate.terms))
    out = [Cause(Scored(None, candidate.mechanism.id, service, NO_CHANGE, shown), candidate, None)]
    near = near_onset(found, case)
    for change in found:
        told = attribute(change, candidate, case=case, system=system, span=span, near=near, cured_by=cured_by)
        if told is not None:
            terms = (*shown, *((r.rule, r.weight) for r in told.reasons))
            out.append(
                Cause(Scored(change.event.id, candidate.mechanism.id, service, told.prior, terms), candidate, told)
            )
    return out


def _hints(every: Sequence[Cause], ledger: Ledger, case: Case, span: Span) -> tuple[Hint, ...]:
    """The candidates worth telling, one a pair of change and mechanism."""
    found: list[Hint] = []
    said: set[tuple[str | None, str]] = set()
    whole = ledger.normaliser
    for cause in every:
        key = cause.scored.trigger, cause.scored.mechanism
        confidence = math.exp(cause.scored.log_odds) / whole
        if key in said or confidence < priors.TOLD_AT or len(found) >= priors.HINTS:
            continue
        said.add(key)
        alternative = max(
            (c.scored.log_odds for c in every if c.scored.trigger != cause.scored.trigger), default=-math.inf
        )
        found.append(_hint(cause, confidence, alternative, case, span, rank=len(found) + 1))
    return tuple(found)


def _hint(cause: Cause, confidence: float, alternative: float, case: Case, span: Span, *, rank: int) -> Hint:
    candidate, told = cause.candidate, cause.attributed
    sign = span.time(candidate.first)
    shown = Reason(
        "mechanism-shown",
        "",
        candidate.queries,
        candidate.telling,
        kind=candidate.why or "figure",
        facts={**candidate.facts, "sign": sign, **_back(candidate, span)},
    )
    reasons = [_said(r) for r in (shown, *candidate.terms, *(told.reasons if told else ()))]
    return Hint(
        rank=rank,
        trigger=cause.scored.trigger,
        mechanism=cause.scored.mechanism,
        service=cause.scored.service,
        metric=_anomaly(candidate, case),
        confidence=confidence,
        verdict=_verdict(confidence, cause, alternative, told),
        statement=_statement(cause, sign),
        reasons_for=tuple(sorted((r for r in reasons if r.weight > 0), key=lambda r: (-r.weight, r.rule))),
        reasons_against=tuple(sorted((r for r in reasons if r.weight <= 0), key=lambda r: (r.weight, r.rule))),
    )


def _back(candidate: Candidate, span: Span) -> Facts:
    """When the figure was back: `back`, the first sample less than half as far away, and `back_after`, the one before;
    nothing where it was not by the end."""
    if candidate.figure is None or candidate.moved is None:
        return {}
    values, moved = candidate.figure.values, candidate.moved
    with np.errstate(invalid="ignore"):
        away = np.flatnonzero((values - moved.before) / (moved.by or 1.0) > HALF_BACK)
    limit = span.end + int(SETTLES_S / span.window.step_s)
    inside = away[(away >= candidate.first) & (away < limit)]
    later = np.flatnonzero(np.isfinite(values))
    later = later[later > inside[-1]] if len(inside) else later[:0]
    if not len(later) or int(later[0]) in away:
        return {}
    return {"back": span.time(int(later[0])), "back_after": span.time(int(inside[-1]))}


def _guessed(cause: Cause, told: Attributed | None) -> bool:
    """Whether nothing but time and place speaks for a change: no resource is at its bound, it is not of the very thing
    (or that thing only answers later), and nobody saw what came of taking it back."""
    if not cause.candidate.vague or told is None:
        return False
    seen = any(r.rule in (REVERSAL, "canary-comparison") and r.weight > 0 for r in told.reasons)
    on_it = any(r.kind == "on-it" for r in told.reasons)
    return not seen and (not on_it or cause.candidate.why == "own-time")


def _said(reason: Reason) -> Reason:
    return (
        reason
        if reason.says
        else replace(reason, says=reason_text(reason.rule, reason.kind, reason.facts, weight=reason.weight))
    )


def _statement(cause: Cause, sign: pd.Timestamp) -> str:
    facts: dict[str, Fact] = {**cause.candidate.facts, "sign": sign, "slope": cause.candidate.slope}
    if cause.attributed is not None:
        event = cause.attributed.change.event
        facts |= {"time": event.time, "change": the_change(event)}
    return hint_text(cause.candidate.mechanism.statement, facts)


def _verdict(confidence: float, cause: Cause, alternative: float, told: Attributed | None) -> HintVerdict:
    reversed_not = told is not None and any(
        r.rule in ("reversal", "canary-comparison") and r.weight < 0 for r in told.reasons
    )
    if reversed_not:
        return "contradicted"
    undecided = math.exp(alternative - cause.scored.log_odds) > UNDECIDED
    if cause.scored.trigger is not None and (undecided or _guessed(cause, told)):
        return "inconclusive"
    if confidence >= priors.SUPPORTED_AT:
        return "supported"
    return "plausible" if confidence >= priors.PLAUSIBLE_AT else "inconclusive"


def _anomaly(candidate: Candidate, case: Case) -> str | None:
    """The anomaly that shows it: one of the same queries, else the strongest symptom."""
    asked = set(candidate.queries)
    own = next((a.id for a in case.anomalies if a.query in asked), None)
    return own or (case.bout.main[0].anomaly.id if case.bout.symptoms else None)


def _dismissed(
    every: Sequence[Cause],
    ledger: Ledger,
    shown: Sequence[Candidate],
    case: Case,
    system: System,
    found: Sequence[Change],
    hints: Sequence[Hint],
) -> tuple[DismissedChange, ...]:
    """Changes near the episode that no hint names, each with what spoke most against it."""
    named = {h.trigger for h in hints}
    told = []
    for change in found:
        before_s = (case.onset.time - change.event.time).total_seconds()
        if (
            change.event.id in named
            or before_s > priors.DISMISSED_WITHIN_S
            or change.event.time > case.evidence.window.end
        ):
            continue
        of_it = [c for c in every if c.scored.trigger == change.event.id]
        best = max(of_it, key=lambda c: c.scored.log_odds, default=None)
        if best is not None and best.attributed is not None:
            against = min(best.attributed.reasons, key=lambda r: (r.weight, r.rule))
            if against.weight >= 0:  # nothing speaks against it, others only fit better
                less: dict[str, Fact] = {"confidence": ledger.confidence(best.scored)}
                against = Reason(CONFIDENCE_RULE, "", (), kind="less-likely", facts=less)
            told.append(DismissedChange(change.event.id, against.rule, _said(against).says, (change.event.id,)))
            continue
        facts: dict[str, Fact] = {"time": change.event.time, "onset": case.onset.time, "service": change.event.service}
        rule, kind = "topology", "unrelated"
        if change.event.time > case.onset.latest:
            rule, kind = "temporal-order", "too-late"
        elif any(topology(change, c, system) is not None for c in shown):
            rule, kind = "temporal-order", "out-of-reach"
        told.append(DismissedChange(change.event.id, rule, reason_text(rule, kind, facts), (change.event.id,)))
    return tuple(told)


def _ruled_out(
    case: Case, system: System, span: Span, shown: Sequence[Candidate], rolled: Rollouts
) -> tuple[RuledOut, ...]:
    suspected = {c.mechanism.id for c in shown}
    if "dependency-down" in suspected:
        suspected.add("pool-exhaustion")  # calls that hang hold threads and connections
    if any(c.mechanism.id == "dependency-down" and c.place == "cache" for c in shown):
        suspected.add("cache-miss-storm")  # who cannot ask counts no miss
    if any(c.place == "external" or c.why.startswith("between") or c.why in LOST_ON_THE_WAY for c in shown):
        suspected |= {"network-degradation", "certificate-expiry"}  # of this link nothing is measured
    told = []
    for mechanism in case.settings.mechanisms:
        if mechanism.id in suspected:
            continue
        still = cleared(system, span, mechanism, rollouts=rolled)
        if still:
            queries = tuple(dict.fromkeys(q for figure, _ in still for q in figure.queries))
            says = "; ".join(figure_text(figure.facts(moved)) for figure, moved in still[: priors.FIGURES])
            told.append(RuledOut(mechanism.id, Service(still[0][0].thing), says, queries))
    return tuple(told)


MITIGATES_WITHIN_S: Final = 60.0
"""Where no change began it, only what the symptoms turned right after is taken for what ended it."""


def _soon_after(event: Event, case: Case) -> bool:
    done = event.end if event.end is not None else event.time
    if case.recovered is None:
        return False
    limit_s = MITIGATES_WITHIN_S + 2 * case.evidence.window.step_s
    return bool((case.recovered.earliest - done).total_seconds() <= limit_s)


def mitigation(found: Causes, changes: Sequence[Change], case: Case, cured_by: Event | None) -> Event | None:
    """What ended it, held against what began it: what undid the first hint's change, else the event before the recovery
    where it is of what the first hint is about. A rollback of what nothing shows to be involved ended nothing."""
    first = found.hints[0] if found.hints else None
    if first is None:
        return cured_by
    change = next((c for c in changes if c.event.id == first.trigger), None)
    events = {e.id: e for e in case.evidence.events}
    ended = [events[i] for r in first.reasons_for if r.rule == REVERSAL for i in r.evidence[1:2] if i in events]
    if ended:
        return ended[0]
    if change is not None:
        undo = change.undone_by
        if undo is None and change.replaced_by is not None and _soon_after(change.replaced_by, case):
            undo = change.replaced_by
        over = case.recovered.latest if case.recovered else case.evidence.window.end
        if undo is not None and case.onset.earliest < undo.time <= over:
            return undo
    best = next((c for c in found.found if c.mechanism.id == first.mechanism and c.thing == first.service.name), None)
    if cured_by is None or best is None or (change is not None and change.acts == "while it runs"):
        return None  # what ends by itself needs nobody
    if change is None and not _soon_after(cured_by, case):
        return None
    about = {*best.changes_of, best.thing, best.target}
    return cured_by if found.thing(cured_by.service.name) in about and best.place != "external" else None
