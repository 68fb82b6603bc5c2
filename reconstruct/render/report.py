"""A scheduled report in Markdown: a quiet day is one line, an episode a table row and what stands near it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from reconstruct.model import Alert, Anomaly, Episode, Event, Incident
from reconstruct.text import narrative
from reconstruct.text.escape import markdown
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.times import Clock, clock
from reconstruct.text.units import change, human
from reconstruct.text.wording import capitalised, counted, joined, sentence

NEARBY = pd.Timedelta("1h")
"""Changes this long before an episode are named beside it (as long as explain looks back without a slow line)."""
MAX_CHANGES_SHOWN = 5
MAX_SERIES_SHOWN = 5
MAX_ALERTS_SHOWN = 5


def one_line(incident: Incident) -> str:
    """How many episodes there were, or why none is told, which alerts fired, and the window.

    The line is plain text: for a log, a subject, a quiet day. Where nothing could be judged nothing is called calm.
    """
    episodes = incident.explanation.episodes
    alerts = list(dict.fromkeys(a.rule for a in incident.evidence.alerts if _in_window(a, incident)))
    fired = f"; {counted(len(alerts), one='alert rule')} fired: {joined(alerts[:MAX_ALERTS_SHOWN])}" if alerts else ""
    if episodes:
        said = counted(len(episodes), one="episode")
    else:
        said = {"incident": "Incident", "no-incident": "No incident found", "inconclusive": "Inconclusive"}[
            incident.explanation.verdict
        ] + f": {incident.explanation.says}"
    return f"{sentence(capitalised(said) + fired)} {narrative.window_text(incident)}"


def _in_window(alert: Alert, incident: Incident) -> bool:
    window = incident.evidence.window
    return window.start <= alert.firing_at < window.end


def to_report(incident: Incident) -> str:
    """The report: what was not seen first, then each episode with onset, recovery, worst series and changes nearby."""
    episodes = incident.explanation.episodes
    lines = [one_line(incident), ""]
    gaps = gap_rows(incident)
    if gaps:
        lines += [f"Data gap: {markdown(gap_text(gap, clock=Clock(dates=True)))}" for gap in gaps[:MAX_SERIES_SHOWN]]
        lines += [f"and {len(gaps) - MAX_SERIES_SHOWN} more gaps" if len(gaps) > MAX_SERIES_SHOWN else "", ""]
    for episode in episodes:
        lines += _episode(episode, incident)
    if episodes and incident.evidence.notes:  # a quiet day is one line
        lines += ["Method:", "", *(f"- {markdown(sentence(note))}" for note in incident.evidence.notes if note.strip())]
    return "\n".join(lines).rstrip() + "\n"


def _episode(episode: Episode, incident: Incident) -> Iterator[str]:
    by_id = {a.id: a for a in incident.anomalies}
    series = sorted((by_id[i] for i in episode.anomalies if by_id[i].worse), key=lambda a: (-a.score, a.id))
    until = clock(episode.end, dates=True) if episode.end is not None else "ongoing"
    yield f"## {clock(episode.start, dates=True)} to {until}"
    yield ""
    yield "| Series | Baseline | Peak | Onset (UTC) | Recovered (UTC) |"
    yield "|---|---|---|---|---|"
    for anomaly in series[:MAX_SERIES_SHOWN]:
        back = clock(anomaly.recovery.time, dates=True) if anomaly.recovery else "not yet"
        name = f"{anomaly.signal.title} {' '.join(anomaly.labels.values())}".strip()
        usual, worst = (human(value, anomaly.signal.unit) for value in (anomaly.baseline, anomaly.peak))
        yield f"| {markdown(name)} | {usual} | {worst} | {clock(anomaly.onset.time, dates=True)} | {back} |"
    yield ""
    if len(series) > MAX_SERIES_SHOWN:
        yield f"and {len(series) - MAX_SERIES_SHOWN} more series, all in incident.json"
        yield ""
    for line in _same_time_before(series[:1], incident):
        yield line
        yield ""
    changes = _nearby(episode, incident)
    for event in changes[:MAX_CHANGES_SHOWN]:
        yield f"- {clock(event.time, dates=True)} {event.kind}: {markdown(event.title)}"
    if changes:
        yield ""
    if episode.id == incident.explanation.worst:
        for hint in incident.explanation.hints[:1]:
            yield f"Hint ({narrative.confidence_text(hint)}): {markdown(hint.statement)}"
            yield ""


def _same_time_before(series: list[Anomaly], incident: Incident) -> Iterator[str]:
    """What the worst series did at the same time of day on the days before."""
    for anomaly in series:
        metric = next((m for m in incident.evidence.metrics if m.query == anomaly.query), None)
        if metric is None:
            continue
        end = anomaly.recovery.time if anomaly.recovery else incident.evidence.window.end
        days = []
        for back in range(1, 8):
            shift = pd.Timedelta(days=back)
            that_day = metric.values[anomaly.column].loc[anomaly.onset.time - shift : end - shift].median()
            if pd.notna(that_day):
                days.append(float(that_day))
        if days:
            usual = float(pd.Series(days).median())
            when = counted(len(days), one="day")
            yield f"At the same time on the {when} before: {change(usual, anomaly.level, anomaly.signal.unit)} now."


def _nearby(episode: Episode, incident: Incident) -> list[Event]:
    over = episode.end if episode.end is not None else incident.evidence.window.end
    return [
        event
        for event in incident.evidence.events
        if event.kind != "alert" and episode.start - NEARBY <= event.time <= over
    ]
