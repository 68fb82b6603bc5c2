"""What could have done it: which changes, by which mechanism, and what the figures clear.

`explain` reads like the list of its parts. Each rule is a file of the rule's own name, and has a page in docs/rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.before_during import span_of
from reconstruct.explain.by_anomalies import judge_anomalies
from reconstruct.explain.causes import Causes, causes, mitigation
from reconstruct.explain.changes import Change, changes
from reconstruct.explain.context import Case, in_order, settle
from reconstruct.explain.episodes import (
    Bout,
    bouts,
    episode_of_alerts,
    episode_of_ran_out,
    episodes_of_users,
    onset,
    worst,
)
from reconstruct.explain.exhausted import RanOut, ran_out
from reconstruct.explain.firings import Firing, calls_somebody, firings
from reconstruct.explain.impact import episodes, impact, seen_by_users, verdict
from reconstruct.explain.locate import met_by_users
from reconstruct.explain.places import doubt, place_hints, places
from reconstruct.explain.ruled_out import not_checked
from reconstruct.explain.rules.cure import cure
from reconstruct.explain.rules.mechanism_shown import read
from reconstruct.explain.symptoms import Symptom, symptoms
from reconstruct.explain.user_impact import UserImpact
from reconstruct.model import (
    Anomaly,
    Event,
    Evidence,
    Explanation,
    Moment,
    Settings,
    Verdict,
    VerdictReason,
)
from reconstruct.model.system import System

__all__ = ["explain"]


def explain(
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    *,
    settings: Settings,
    system: System | None = None,
    users: UserImpact | None = None,
) -> Explanation:
    """What users met, what could have done it and why we think so, and what is cleared.

    Parameters
    ----------
    evidence : Evidence
        Metrics on the window's grid, events, alerts, gaps.
    anomalies : sequence of Anomaly
        From `reconstruct.detect`; worse and better directions.
    settings : Settings
        What the incident is about, the call graph, the mechanisms to hold against it.
    system : System, optional
        What the series as exported mean (`reconstruct.meaning.read_system`); none are at hand when not given.
    users : UserImpact, optional
        What users met (`user_impact.look`); its anomalies are among `anomalies`.

    Returns
    -------
    Explanation
        Pure and deterministic: the same arguments give the same answer. Where users met
        nothing it has no hints.
    """
    evidence, anomalies = in_order(evidence, anomalies)
    firing = firings(evidence)
    user_facing = symptoms(evidence, anomalies, firing=firing, services=settings.services)
    users = users or UserImpact()
    exhausted = ran_out(system, evidence) if system is not None else ()
    found = _found(evidence, anomalies, user_facing, users, exhausted, firing=firing)
    bout = worst(found)
    judged, why = verdict(evidence, anomalies, bout, firing=firing, users=users, ran_out=exhausted)
    if judged != "incident":
        return _no_incident(judged, why, evidence, anomalies, settings=settings, judged_users=users.judged)
    if bout is None:
        return Explanation(judged, reason=why)
    if not bout.symptoms:  # an alert that nothing measured bears out: nothing to reason from
        return _only_alerted(judged, why, found, bout, anomalies)

    case = settle(evidence, anomalies, bout, settings=settings)
    changed = changes(evidence)
    cured_by = cure(case, changed)
    by_figures = _by_figures(case, system, changed, cured_by, found)
    readings = read(case)
    told = by_figures or judge_anomalies(case, anomalies, changed, cured_by=cured_by, readings=readings)
    mitigated = mitigation(by_figures, changed, case, cured_by) if by_figures else cured_by
    checked = {h.mechanism for h in told.hints} | (by_figures.measured if by_figures else set())

    return Explanation(
        verdict=judged,
        reason=why,
        episodes=episodes(found, anomalies),
        worst=f"ep{found.index(bout) + 1}",
        onset=case.onset,
        onset_evidence=_felt_first(case),
        mitigated=_moment(mitigated),
        mitigated_evidence=(mitigated.id,) if mitigated else (),
        recovered=case.recovered,
        recovered_evidence=_felt_last(case),
        impact=impact(case, system),
        affected=case.affected,
        hints=told.hints,
        ruled_out=told.ruled_out,
        not_checked=not_checked(case, readings, told=checked),
        dismissed_changes=told.dismissed_changes,
        ledger=told.ledger,
    )


def _no_incident(
    judged: Verdict,
    why: VerdictReason,
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    *,
    settings: Settings,
    judged_users: bool,
) -> Explanation:
    """Calm, unless there is a reason to doubt it; else what moved most, which is then all that is known."""
    if judged == "no-incident" and judged_users:
        return Explanation(judged, reason=why)
    found = places(evidence, anomalies, onset=None, settings=settings, met=False)
    if judged == "no-incident":
        about = [p for p in found if not settings.services or p.service.name in settings.services]
        reason = doubt(evidence, seen_by_users(evidence), about)
        if reason is None:
            return Explanation(judged, reason=why)
        judged, why = "inconclusive", reason
    told, ledger = place_hints(found, met=False)
    return Explanation(judged, reason=why, hints=told, ledger=ledger)


def _found(
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    user_facing: Sequence[Symptom],
    users: UserImpact,
    exhausted: Sequence[RanOut],
    *,
    firing: Sequence[Firing],
) -> tuple[Bout, ...]:
    """The episodes: of what users met; without that as symptoms show them; else of alerts and of what ran out."""
    met = episodes_of_users(users, anomalies, user_facing, firing=firing, evidence=evidence)
    if met:
        return met
    if users.judged:  # what was judged at the outermost hop is not judged again; what was not, as packs ask for it
        user_facing = () if users.timed else [s for s in user_facing if s.anomaly.signal.aspect == "latency"]
    shown = bouts(user_facing, firing=firing, window=evidence.window)
    strongest = worst(shown)
    if strongest is not None and strongest.strength >= priors.INCIDENT_AT:
        return shown
    calls = [f for f in firing if calls_somebody(f, evidence.window)]
    if calls:
        return (episode_of_alerts(calls, anomalies, firing=firing, evidence=evidence),)
    if exhausted:
        return (episode_of_ran_out(exhausted[0], anomalies, evidence=evidence),)
    return shown


def _only_alerted(
    judged: Verdict, why: VerdictReason, found: Sequence[Bout], bout: Bout, anomalies: Sequence[Anomaly]
) -> Explanation:
    dated = bout.dated
    return Explanation(
        verdict=judged,
        reason=why,
        episodes=episodes(found, anomalies),
        worst=f"ep{found.index(bout) + 1}",
        onset=dated.onset if dated else None,
        onset_evidence=dated.begun_by if dated else (),
        recovered=dated.recovery if dated else None,
        recovered_evidence=dated.ended_by if dated else (),
        affected=tuple(dict.fromkeys(f.service for f in bout.alerts if f.service.name)),
    )


def _by_figures(
    case: Case,
    system: System | None,
    found: Sequence[Change],
    cured_by: Event | None,
    episodes_found: Sequence[Bout],
) -> Causes | None:
    """The candidate causes that the system's own figures show; None where series as exported are not at hand."""
    if system is None or (not system.served and not system.readings):
        return None
    window = case.evidence.window
    first = min((b.start for b in episodes_found), default=None)
    span = span_of(window, onset=case.onset.time, until=case.until, first=first)
    return causes(case, system, span, found, met=met_by_users(system, span), cured_by=cured_by)


def _felt_first(case: Case) -> tuple[str, ...]:
    """The anomalies that date the onset: those of the service that failed first, else every one at that moment."""
    if case.bout.dated is not None:
        return case.bout.dated.begun_by
    _, together = onset(case.bout)
    own = [s.anomaly.id for s in together if case.first and s.anomaly.service == case.first[0]]
    return tuple(own or (s.anomaly.id for s in together))


def _felt_last(case: Case) -> tuple[str, ...]:
    back = case.recovered
    if case.bout.dated is not None:
        return case.bout.dated.ended_by
    return tuple(s.anomaly.id for s in case.bout.main if back is not None and s.anomaly.recovery == back)


def _moment(event: Event | None) -> Moment | None:
    if event is None:
        return None
    return Moment(event.time, event.time, event.time + pd.Timedelta(seconds=event.resolution_s))
