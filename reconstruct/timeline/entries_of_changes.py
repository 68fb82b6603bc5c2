"""Entries of changes, restarts and notes: what people did, and what their rollouts restarted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from reconstruct.model import Entry, EntryKind, EntryLevel, Event, Fact, Moment, Reference
from reconstruct.timeline.story import Story

NOTES_AROUND = pd.Timedelta("1h")
"""Notes this long before the trigger or after the recovery are of the incident still."""

REPEATED: Final = 3
"""So many restarts of a service in one incident are one entry with a length."""

_KINDS: Mapping[str, EntryKind] = {"restart": "restart", "note": "note", "alert": "alert", "job": "note"}


def change(story: Story) -> Iterator[Entry]:
    """Events of the window, and earlier ones that a hint or a verdict speaks of; a rollout takes its restarts in."""
    window, explanation = story.evidence.window, story.explanation
    spoken_of = {h.trigger for h in explanation.hints} | {g.event for g in explanation.dismissed_changes}
    shown = [e for e in story.evidence.events if e.time >= window.start or e.id in spoken_of]
    restarts = {e.id: story.restarts_of(e) for e in shown}
    taken = {r.id for own in restarts.values() for r in own}
    for first, again in _repeated(story, [e for e in shown if e.kind == "restart" and e.id not in taken]):
        restarts[first.id] = again
        taken |= {e.id for e in again}
    for event in shown:
        if event.id not in taken:
            yield _entry(story, event, restarts[event.id])


def _repeated(story: Story, found: Sequence[Event]) -> Iterator[tuple[Event, tuple[Event, ...]]]:
    """Restarts of one service that went on while the incident lasted: the first with the others."""
    inside = [e for e in found if e.service.name and story.begin <= e.time < story.over]
    for name in dict.fromkeys(e.service.name for e in inside):
        first, *again = [e for e in inside if e.service.name == name]
        if len(again) >= REPEATED - 1:
            yield first, tuple(again)


def _entry(story: Story, event: Event, restarts: tuple[Event, ...]) -> Entry:
    mitigated = story.stones["mitigated"]
    kind = "mitigation" if mitigated and event.id in mitigated.evidence else _kind(event)
    facts: dict[str, Fact] = {"event": Reference(event.id), "kind": event.kind}
    ends = [t for t in (event.end, *(r.end or r.time for r in restarts)) if t is not None]
    if restarts:
        facts |= {"restarts": tuple(Reference(r.id) for r in restarts)}
    done = next((a for a in story.actions if a.event == event.id), None)
    # What users recovered after is never told to have done nothing: its effect came later than it is looked for.
    told = kind == "mitigation" and done is not None and done.effect != "none"
    other = kind != "mitigation" and event.id not in story.triggers
    if done is not None and (told or other):
        facts["effect"] = done.effect
        facts["measured"] = tuple((Reference(one), before, after) for one, before, after in done.measured)
    return Entry(
        "",
        Moment(event.time, event.time, event.time + pd.Timedelta(seconds=event.resolution_s)),
        kind,
        "change",
        event.service,
        (event.id, *(r.id for r in restarts)),
        level=_level(story, event),
        end=max(ends) if ends and max(ends) > event.time else None,
        facts=facts,
    )


def _kind(event: Event) -> EntryKind:
    """A change that had no effect where the incident was is a note about it."""
    return _KINDS.get(event.kind, "change") if event.took_effect else "note"


def _level(story: Story, event: Event) -> EntryLevel:
    """Key: candidate causes, mitigation, notes near the incident, other changes of its services while it lasted."""
    mitigated = story.stones["mitigated"]
    if event.id in story.triggers or (mitigated and event.id in mitigated.evidence):
        return "key"
    if event.kind == "note":
        near = story.first_trigger - NOTES_AROUND <= event.time <= story.over + NOTES_AROUND
        return "key" if near else "detail"
    if event.kind == "job" or not event.took_effect:
        return "detail"
    if event.kind == "alert":
        return "key" if story.begin <= event.time <= story.over else "detail"
    if story.explanation.verdict != "incident" or story.stones["onset"] is None:
        return "key" if event.kind != "restart" and event.time >= story.evidence.window.start else "detail"
    while_it_lasted = story.begin <= event.time < story.over
    return "key" if while_it_lasted and event.service.name in story.named else "detail"
