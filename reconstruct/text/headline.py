"""The one line above a picture: what it is, when, and whether it is over."""

from __future__ import annotations

from typing import Final

import pandas as pd

from reconstruct.model import Incident
from reconstruct.text.escape import clip, plain
from reconstruct.text.narrative import opening
from reconstruct.text.times import day_said
from reconstruct.text.units import human_duration

SERVICES_NAMED: Final = 3
MAX_NAME: Final = 40
"""Characters kept of a service's name in a title."""


def headline(incident: Incident) -> tuple[str, str]:
    """Title and subtitle of an overview: verdict, services, when; and the sentence that gives the reason."""
    told, window = incident.explanation, incident.evidence.window
    names = list(dict.fromkeys(clip(plain(s.name), most=MAX_NAME) for s in told.affected if s.name))
    more = f" and {len(names) - SERVICES_NAMED} more" if len(names) > SERVICES_NAMED else ""
    where = ", ".join(names[:SERVICES_NAMED]) + more
    onset, recovered = incident.milestones.get("onset"), incident.milestones.get("recovered")
    if told.verdict == "incident" and onset is not None:
        begin = onset.moment.time
        if recovered is not None:
            lasted = human_duration((recovered.moment.time - begin).total_seconds())
            when = f"{_span(begin, recovered.moment.time)} ({lasted})"
        else:
            when = f"since {_day(begin)}, {begin:%H:%M} UTC, not over at {_time(window.end, like=begin)}"
        return f"Incident{' in ' + where if where else ''}: {when}", opening(incident)
    what = {"incident": "Incident", "no-incident": "No incident found", "inconclusive": "Inconclusive"}[told.verdict]
    return f"{what}: {_span(window.start, window.end)}", opening(incident)


def hint_line(incident: Incident) -> str:
    """The first hint with its confidence, as one sentence; empty where nothing supports any."""
    first = next((h for h in incident.explanation.hints if h.verdict in ("supported", "plausible")), None)
    return "" if first is None else f"Hint ({first.confidence * 100:.0f} %): {first.statement}"


def _span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    return f"{_day(start)}, {start:%H:%M} to {_time(end, like=start)} UTC"


def _day(time: pd.Timestamp) -> str:
    return f"{day_said(time)} {time.year}"


def _time(time: pd.Timestamp, *, like: pd.Timestamp) -> str:
    same_day = time.normalize() == like.normalize()
    return f"{time:%H:%M}" if same_day else f"{day_said(time)}, {time:%H:%M}"
