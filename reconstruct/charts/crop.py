"""The part of a window that a picture of the incident shows: about three times as long as the incident."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.model import Incident

TIMES: Final = 3.0
"""A picture this many times as long as the incident shows what was before and after, and the incident large."""
MIN_SAMPLES: Final = 40
"""Never fewer samples across than this."""
AROUND: Final = 0.06
"""Air beside what has to be in it, as a share of the incident."""


def cropped(incident: Incident) -> Incident:
    """The incident in a window around its worst episode; itself where that is nearly all of the window.

    What set it off, and what mitigated it, stay in it. Nothing but the window changes: samples, events and milestones
    are the same.
    """
    window = incident.evidence.window
    onset, recovered = incident.milestones.get("onset"), incident.milestones.get("recovered")
    if onset is None:
        return incident
    over = recovered.moment.time if recovered else window.end
    cited = {h.trigger for h in incident.explanation.hints if h.verdict in ("supported", "plausible")}
    causes = [e.time for e in incident.evidence.events if e.id in cited and e.time <= onset.moment.time]
    began = min([onset.moment.time, *causes])
    length = max(over - onset.moment.time, MIN_SAMPLES / TIMES * window.step)
    side = (TIMES - 1) / 2 * length
    start = max(window.start, min(onset.moment.time - side, began - AROUND * length))
    end = min(window.end, over + side)
    # On the grid, so that the index still holds the first sample.
    steps = int((start - window.start) / window.step)
    start = window.start + steps * window.step
    if end - start >= 0.85 * (window.end - window.start):
        return incident
    return replace(incident, evidence=replace(incident.evidence, window=replace(window, start=start, end=_up(end))))


def _up(time: pd.Timestamp) -> pd.Timestamp:
    return time.ceil("s")
