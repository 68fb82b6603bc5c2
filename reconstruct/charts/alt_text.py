"""What a picture says, in one sentence with its figures: for those who do not see it."""

from __future__ import annotations

from typing import Final

import pandas as pd

from reconstruct.charts.before_after import said_figures, strips
from reconstruct.charts.milestone_lines import MILESTONES
from reconstruct.charts.selection import (
    affected_columns,
    alert_rows,
    anomalies_of,
    anomalous_spans,
    metric_of,
    named_changes,
    sick_metrics,
)
from reconstruct.charts.series import in_window, series_names
from reconstruct.model import Incident, Metric
from reconstruct.text import narrative
from reconstruct.text.escape import clip, plain
from reconstruct.text.summary import below_title
from reconstruct.text.times import day_said, days_said
from reconstruct.text.units import human

MAX_WORD: Final = 80
"""Characters kept of one name: a sentence that is read aloud must come to its point."""
MAX_NAMED: Final = 3
MAX_ALT: Final = 250
"""Characters: what a screen reader says in one breath, and what hosts keep (Mastodon 1,500, most wikis 255)."""


def alt_summary(incident: Incident) -> str:
    """The picture to paste in one sentence: the finding, and what stands below its title."""
    return _sentence([narrative.title(incident), *(part.rstrip(".") for part in below_title(incident))])


def alt_overview(incident: Incident) -> str:
    """The overview in one sentence: what, when, how far, which changes, how many alerts."""
    parts = [narrative.title(incident)]
    told = [(name, m.moment.time) for name in MILESTONES if (m := incident.milestones.get(name)) is not None]
    if told:
        parts.append(", ".join(f"{name} {_time(time, incident=incident)}" for name, time in told))
    sick = sick_metrics(incident)
    if sick:
        worst = "; ".join(_moved(incident, metric) for metric in sick[:MAX_NAMED])
        parts.append(f"{_count(len(sick), 'signal')} left their baseline: {worst}")
    else:
        parts.append("no signal left its baseline")
    changes = sum(len(part) for part in named_changes(incident))
    rows, more = alert_rows(incident)
    parts.append(f"{_count(changes, 'change')}, {_count(len(rows) + more, 'alert rule')} pending or firing")
    if incident.evidence.gaps:
        parts.append(f"{_count(len(incident.evidence.gaps), 'gap')} in the data")
    return _sentence(parts)


def alt_signal(incident: Incident, signal_id: str) -> str:
    """A signal's chart in one sentence: what it measures, from what to what, when, how many series."""
    metric = metric_of(incident, signal_id)
    found = anomalies_of(incident, metric)
    when = days_said(incident.evidence.window)
    if not found:
        return _sentence([f"{_name(metric)}, {when}", _as_usual(incident, metric)])
    worst = found[0]
    spans = anomalous_spans(incident, metric, columns=affected_columns(incident, metric))
    span = next(s for s in spans if s.start <= worst.onset.time <= s.end)
    more = f" (and {_count(len(spans) - 1, 'more time')})" if len(spans) > 1 else ""
    ended = span.end < incident.evidence.window.end
    over = f"back at {_time(span.end, incident=incident)}" if ended else "not back by the end"
    at = _time(worst.peak_time, incident=incident)
    affected, total = len(affected_columns(incident, metric)), len(metric.labels)
    name = spoken(series_names(metric, [worst.column])[0])
    return _sentence(
        [
            f"{_name(metric)}, {when}",
            f"{_moved(incident, metric, named=False)} at {at}" + (f" for {name}" if total > 1 else ""),
            f"anomalous from {_time(span.start, incident=incident)}, {over}{more}",
            f"{affected:,} of {total:,} series affected",
        ]
    )


def alt_small_multiples(incident: Incident, signal_id: str) -> str:
    """Small multiples in one sentence: which series are affected and how many are not."""
    metric = metric_of(incident, signal_id)
    affected, total = affected_columns(incident, metric), len(metric.labels)
    names = ", ".join(spoken(name) for name in series_names(metric, affected[:MAX_NAMED]))
    more = f" and {len(affected) - MAX_NAMED:,} more" if len(affected) > MAX_NAMED else ""
    which = f": {names}{more}" if affected else ""
    return _sentence(
        [f"{_name(metric)} by series, {days_said(incident.evidence.window)}", f"{len(affected):,} of {total:,}{which}"]
    )


def alt_before_after(incident: Incident) -> str:
    """The strip of signals in one sentence: before, during and after of each affected one."""
    moved = [
        f"{_name(s.metric)} " + ", then ".join(said_figures(s))
        for lane in strips(incident).values()
        for s in lane
        if s.affected
    ]
    what = "; ".join(moved) if moved else "no signal left its baseline"
    return _sentence(["Before, during and after", narrative.title(incident), what])


def spoken(text: str) -> str:
    """Other people's text on one visible line, at most `MAX_WORD` characters."""
    return clip(plain(text), most=MAX_WORD)


def _name(metric: Metric) -> str:
    return spoken(metric.signal.title) or spoken(metric.signal.id)


def _moved(incident: Incident, metric: Metric, *, named: bool = True) -> str:
    worst, unit = anomalies_of(incident, metric)[0], metric.signal.unit
    extreme = "low" if worst.direction == "down" else "peak"
    figures = f"{human(worst.baseline, unit)} before, {extreme} {human(worst.peak, unit)}"
    return f"{_name(metric)} {figures}" if named else figures


def _as_usual(incident: Incident, metric: Metric) -> str:
    middle = in_window(metric, incident.evidence.window).median().median()
    return (
        f"within its baseline, {human(float(middle), metric.signal.unit)}"
        if pd.notna(middle)
        else "no samples in the window"
    )


def _time(time: pd.Timestamp, *, incident: Incident) -> str:
    window = incident.evidence.window
    same_day = window.start.normalize() == (window.end - window.step).normalize()
    return ("" if same_day else f"{day_said(time)} ") + f"{time.round('s'):%H:%M:%S} UTC"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _sentence(parts: list[str]) -> str:
    """As many of the parts as fit, the first ones first; the first one is cut where it alone is too long."""
    told = clip(plain(parts[0]), most=MAX_ALT - 1)
    for part in parts[1:]:
        longer = plain(f"{told}; {part}")
        if len(longer) < MAX_ALT:
            told = longer
    return told + "."
