"""Onset, detection, mitigation and recovery, in that order, and the durations between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from reconstruct.model import ActionEffect, Alert, Duration, Evidence, Explanation, Milestone, Moment

RECOVERS_S = 120.0
"""So long after a step was complete the recovery may be its doing: range windows, caches, retries (a guess)."""


def milestones(
    evidence: Evidence, explanation: Explanation, actions: Sequence[ActionEffect] = ()
) -> dict[str, Milestone | None]:
    """Each with what dates it; one that would contradict the order is left out, never moved out of its interval.

    Where explain knows no mitigation, it is the last step within whose reach the curve bent back to its baseline.
    """
    onset = _stone(explanation.onset, explanation.onset_evidence)
    recovered = _stone(explanation.recovered, explanation.recovered_evidence)
    mitigated = _stone(explanation.mitigated, explanation.mitigated_evidence)
    if mitigated is None and recovered is not None:
        mitigated = _bent(evidence, actions, recovered)
    if mitigated and recovered and mitigated.moment.time > recovered.moment.time:
        if mitigated.moment.earliest <= recovered.moment.latest:
            time = min(mitigated.moment.time, recovered.moment.latest)
            recovered = replace(recovered, moment=replace(recovered.moment, time=max(time, recovered.moment.time)))
        else:
            mitigated = None
    if mitigated and onset and mitigated.moment.latest < onset.moment.earliest:
        mitigated = None
    return {
        "onset": onset,
        "detected": _detected(evidence, explanation),
        "mitigated": mitigated,
        "recovered": recovered,
    }


def _stone(moment: Moment | None, cited: tuple[str, ...]) -> Milestone | None:
    return Milestone(moment, cited) if moment and cited else None


def _bent(evidence: Evidence, actions: Sequence[ActionEffect], recovered: Milestone) -> Milestone | None:
    bends = [a.event for a in actions if a.effect == "full"]
    event = next((e for e in evidence.events if bends and e.id == bends[-1]), None)
    reach = pd.Timedelta(seconds=RECOVERS_S)
    if event is None or recovered.moment.earliest > (event.end or event.time) + reach:
        return None
    return Milestone(Moment(event.time, event.time, event.time + pd.Timedelta(seconds=event.resolution_s)), (event.id,))


def always_fires(alert: Alert, evidence: Evidence) -> bool:
    """Whether an alert fired before the window and through it: a watchdog, or something that nobody attends to."""
    window = evidence.window
    return alert.firing_at < window.start and (alert.resolved_at is None or alert.resolved_at >= window.end)


def _detected(evidence: Evidence, explanation: Explanation) -> Milestone | None:
    """The first alert that fired in the episode.

    One from before the onset could be noticed is about something else, unless it warned: of an affected service, since
    the change that a first hint names which is at least plausible.
    """
    if explanation.onset is None:
        return None
    begins = explanation.onset.earliest
    over = explanation.recovered.latest if explanation.recovered else evidence.window.end
    named = next((h.trigger for h in explanation.hints[:1] if h.verdict in ("supported", "plausible")), None)
    since = next((e.time for e in evidence.events if e.id == named), begins)

    def warned(alert: Alert) -> bool:
        return since <= alert.firing_at < begins and any(alert.service.may_be(s) for s in explanation.affected)

    fired: list[tuple[pd.Timestamp, float, str]] = [
        (a.firing_at, a.resolution_s, a.id) for a in evidence.alerts if begins <= a.firing_at <= over or warned(a)
    ]
    fired += [(e.time, e.resolution_s, e.id) for e in evidence.events if e.kind == "alert" and begins <= e.time <= over]
    if not fired:
        return None
    time, resolution_s, cited = min(fired)
    return Milestone(Moment(time, time - pd.Timedelta(seconds=resolution_s), time), (cited,))


def durations(stones: Mapping[str, Milestone | None]) -> dict[str, Duration]:
    """Each as (later - earlier) with the widest and narrowest reading of both intervals; never below zero."""
    wanted = {
        "time_to_detect_s": ("detected", "onset"),
        "time_to_mitigate_s": ("mitigated", "onset"),
        "time_to_recover_s": ("recovered", "onset"),
        "detect_to_mitigate_s": ("mitigated", "detected"),
        "mitigate_to_recover_s": ("recovered", "mitigated"),
    }
    found = {}
    for name, (late, early) in wanted.items():
        after, before = stones[late], stones[early]
        if after is None or before is None:
            continue
        spans = (
            after.moment.time - before.moment.time,
            after.moment.earliest - before.moment.latest,
            after.moment.latest - before.moment.earliest,
        )
        value, low, high = (max(0.0, span.total_seconds()) for span in spans)
        found[name] = Duration(value, low, high, f"{late} - {early}")
    return found
