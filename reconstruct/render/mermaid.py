"""A Gantt chart in Mermaid: the one kind of picture that survives pasting into an issue on GitHub or GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.model import Incident
from reconstruct.text import narrative
from reconstruct.text.escape import clip, mermaid
from reconstruct.text.milestones import milestone_rows
from reconstruct.text.references import event_text
from reconstruct.text.times import clock_of, spans_midnight

MAX_TASKS: Final = 24
"""Tasks in one section: Mermaid draws a row for each, and past a screenful nobody reads it."""
MAX_NAME: Final = 48
"""Characters of a task's name: longer ones run over the bars."""

_FORMAT: Final = "%Y-%m-%dT%H:%M:%S"


def to_mermaid(incident: Incident) -> str:
    """The story as a `gantt`: milestones, changes, alerts, and what left its baseline.

    Titles are stripped to letters, digits and plain punctuation, since the grammar of a Gantt has no escapes.
    """
    window = incident.evidence.window
    lines = [
        "gantt",
        f"    title {mermaid(narrative.title(incident))}",
        "    dateFormat YYYY-MM-DDTHH:mm:ss",
        f"    axisFormat {'%m-%d %H:%M' if spans_midnight(window.start, window.end) else '%H:%M'}",
    ]
    sections = (
        ("Milestones", _milestones(incident)),
        ("Changes", _changes(incident)),
        ("Alerts", _alerts(incident)),
        ("Symptoms", _symptoms(incident)),
    )
    for name, tasks in sections:
        told = list(tasks)
        if told:
            lines += [f"    section {name}", *(f"    {task}" for task in told[:MAX_TASKS])]
    return "\n".join(lines) + "\n"


def _milestones(incident: Incident) -> Iterator[str]:
    clock = clock_of(incident)
    for row in milestone_rows(incident):
        if row.moment is not None:
            time = clock.time(row.moment.time)
            yield f"{mermaid(f'{row.title} {time}')} :milestone, {_at(row.moment.time)}, 0s"


def _changes(incident: Incident) -> Iterator[str]:
    window = incident.evidence.window
    candidate = {hint.trigger for hint in incident.explanation.hints[:1]}
    for event in incident.evidence.events:
        if event.kind in ("alert", "note") or event.time < window.start:
            continue
        tag = "crit, " if event.id in candidate else ""
        end = event.end if event.end is not None and event.end > event.time else None
        if end is None:
            yield f"{_name(event_text(event))} :{tag}milestone, {_at(event.time)}, 0s"
        else:
            yield f"{_name(event_text(event))} :{tag}{_at(event.time)}, {_at(end)}"


def _alerts(incident: Incident) -> Iterator[str]:
    for alert in incident.evidence.alerts:
        end = alert.resolved_at if alert.resolved_at is not None else incident.evidence.window.end
        yield f"{_name(alert.rule)} :active, {_at(alert.firing_at)}, {_at(max(end, _next(alert.firing_at)))}"


def _symptoms(incident: Incident) -> Iterator[str]:
    worst = sorted((a for a in incident.anomalies if a.worse), key=lambda a: (-a.score, a.id))
    first_of = {anomaly.signal.id: anomaly for anomaly in reversed(worst)}
    for anomaly in sorted(list(first_of.values())[::-1][:MAX_TASKS], key=lambda a: (a.onset.time, a.id)):
        end = anomaly.recovery.time if anomaly.recovery else incident.evidence.window.end
        start = anomaly.onset.time
        yield f"{_name(anomaly.signal.title)} :{_at(start)}, {_at(max(end, _next(start)))}"


def _name(text: str) -> str:
    return mermaid(clip(text, most=MAX_NAME)).rstrip(" .-") or "unnamed"


def _at(time: pd.Timestamp) -> str:
    return time.tz_convert("UTC").strftime(_FORMAT)


def _next(time: pd.Timestamp) -> pd.Timestamp:
    return time + pd.Timedelta(1, unit="s")  # a bar of no length is not drawn
