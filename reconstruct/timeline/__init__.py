"""From evidence, anomalies and their explanation to the draft: milestones, durations, phases, and entries as facts.

Each function that yields entries is one rule; its name stands in what it writes (`Entry.rule`), so that a reader finds
the code of any line. `reconstruct.text.entries` words them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconstruct.model import (
    ActionEffect,
    Anomaly,
    Entry,
    EntryKind,
    Evidence,
    Explanation,
    Incident,
    Measured,
    Objective,
    Phase,
    Service,
)
from reconstruct.timeline.entries_of_alerts import alert_fired, alert_pending, alert_resolved
from reconstruct.timeline.entries_of_causes import mechanism, mechanism_ended
from reconstruct.timeline.entries_of_changes import change
from reconstruct.timeline.entries_of_signals import episode, onset, peak, phase, recovered, spread
from reconstruct.timeline.error_budget import error_budgets
from reconstruct.timeline.follow_ups import follow_ups
from reconstruct.timeline.gaps import gap, judged_gaps
from reconstruct.timeline.leads import leads
from reconstruct.timeline.milestones import durations, milestones
from reconstruct.timeline.phases import action_effects, attributable, measured, phases
from reconstruct.timeline.story import Story

__all__ = ["compose"]

MAX_KEY_ENTRIES = 15
"""Key entries besides human notes: public postmortems have 4 to 18, 8 in the median."""
_RULES = (
    change,
    alert_pending,
    alert_fired,
    alert_resolved,
    onset,
    episode,
    mechanism,
    spread,
    phase,
    peak,
    mechanism_ended,
    recovered,
    gap,
)
_ORDER: tuple[EntryKind, ...] = (
    "change",
    "restart",
    "gap",
    "onset",
    "threshold",
    "spread",
    "alert",
    "peak",
    "mitigation",
    "recovery",
    "note",
)
"""Of entries at one instant: what may cause others comes before what follows."""
_LEAST_NEEDED = ("gap", "episode", "spread", "phase", "alert-fired", "change")
"""Rules whose last key entries become details where there are too many."""


def compose(
    evidence: Evidence,
    anomalies: Sequence[Anomaly],
    explanation: Explanation,
    *,
    objectives: Sequence[Objective] = (),
) -> Incident:
    """The answer: milestones with their evidence, durations with their formulas, and the timeline in order of time.

    `objectives`: those of the configuration, for the error budgets.
    """
    found = leads(evidence, anomalies, explanation)
    stones = milestones(evidence, explanation)
    began, back = stones["onset"], stones["recovered"]
    over = back.moment.time if back else evidence.window.end
    actions: tuple[ActionEffect, ...] = ()
    stages: tuple[Phase, ...] = ()
    users: tuple[Measured, ...] = ()
    if began is not None:
        services = [*explanation.affected, *_suspected(evidence, explanation)]
        stages = phases(found, start=began.moment, end=over)
        bends = [*(p.start for p in stages[1:]), *([back.moment] if back else [])]
        actions = action_effects(evidence, found, services=services, onset=began.moment.time, bends=bends)
        stones = milestones(evidence, explanation, actions)
        actions = attributable(actions, evidence, found, mitigated=stones["mitigated"])
        users = measured(found, began.moment.time, over)
    evidence = replace(evidence, gaps=judged_gaps(evidence, explanation, began, found))
    story = Story(evidence, anomalies, explanation, stones, found, stages, actions)
    lengths = durations(stones)
    entries = [entry for rule in _RULES for entry in rule(story)]
    entries.sort(key=lambda e: (e.moment.time, _ORDER.index(e.kind), e.rule, e.evidence))
    numbered = [replace(e, id=f"t{n}") for n, e in enumerate(entries, 1)]
    return Incident(
        evidence=evidence,
        anomalies=tuple(anomalies),
        explanation=explanation,
        milestones=stones,
        durations=lengths,
        timeline=tuple(_at_most(numbered, kept=story.triggers)),
        users=users,
        phases=stages,
        actions=actions,
        follow_ups=tuple(follow_ups(story, lengths)),
        error_budgets=error_budgets(evidence, explanation, stones["onset"], stones["recovered"], objectives=objectives),
    )


def _suspected(evidence: Evidence, explanation: Explanation) -> list[Service]:
    triggers = {h.trigger for h in explanation.hints if h.trigger and h.verdict in ("supported", "plausible")}
    return [e.service for e in evidence.events if e.id in triggers]


def _at_most(entries: Sequence[Entry], *, kept: frozenset[str]) -> list[Entry]:
    """At most MAX_KEY_ENTRIES key entries besides notes: the least needed become details, never a candidate cause."""
    key = [e for e in entries if e.level == "key" and e.kind != "note"]
    surplus = len(key) - MAX_KEY_ENTRIES
    dropped: set[str] = set()
    for rule in _LEAST_NEEDED:
        droppable = [e for e in key if e.rule == rule and e.kind != "mitigation" and not kept & set(e.evidence)]
        while surplus > 0 and len(droppable) > (rule == "alert-fired"):
            dropped.add(droppable.pop().id)
            surplus -= 1
    return [replace(e, level="detail") if e.id in dropped else e for e in entries]
