"""Where marks stand on the strip above the page's timeline: shares of the window's length, and round ticks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from reconstruct.model import Entry, EntryKind, Incident

LANES: Final[Mapping[str, tuple[EntryKind, ...]]] = {
    "Changes": ("change", "restart", "mitigation"),
    "Alerts": ("threshold", "alert"),
    "Symptoms": ("onset", "spread", "peak", "recovery"),
    "Other": ("gap", "note"),
}
"""Lane: the kinds of entries that stand in it."""
MAX_TICKS: Final = 8
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 28)),
)
"""Steps that clocks and calendars have names for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry on the strip."""

    entry: Entry
    percent: float


@dataclass(frozen=True, slots=True)
class Lane:
    """Marks of related kinds."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """The window from left (0) to right (100)."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[pd.Timestamp, float], ...]
    impact: tuple[float, float] | None
    """From onset to recovery, or to the end where there was none."""


def strip(incident: Incident) -> Strip:
    """The strip of an incident; entries from before the window stand at its left edge."""
    window = incident.evidence.window

    def percent(time: pd.Timestamp) -> float:
        share = (time - window.start) / (window.end - window.start)
        return round(100.0 * min(1.0, max(0.0, float(share))), 2)

    lanes = []
    for name, kinds in LANES.items():
        marks = tuple(Mark(e, percent(e.moment.time)) for e in incident.timeline if e.kind in kinds)
        if marks:
            lanes.append(Lane(name, marks))
    onset, recovered = incident.milestones.get("onset"), incident.milestones.get("recovered")
    impact = None
    if onset is not None:
        impact = (percent(onset.moment.time), percent(recovered.moment.time) if recovered else 100.0)
    return Strip(tuple(lanes), tuple((time, percent(time)) for time in ticks(window.start, window.end)), impact)


def ticks(start: pd.Timestamp, end: pd.Timestamp) -> tuple[pd.Timestamp, ...]:
    """Round times in `[start, end]`, as many as fit.

    >>> t = pd.Timestamp("2026-01-01T12:45Z")
    >>> [f"{tick:%H:%M}" for tick in ticks(t, t + pd.Timedelta("3h15min"))]
    ['13:00', '13:30', '14:00', '14:30', '15:00', '15:30', '16:00']
    """
    length_s = (end - start).total_seconds()
    step_s = next((step for step in _STEPS_S if length_s / step < MAX_TICKS), _STEPS_S[-1])
    step = pd.Timedelta(step_s, unit="s")
    midnight = start.normalize()
    first = midnight + step * -(-(start - midnight) // step)
    count = max(0, (end - first) // step + 1)
    return tuple(first + step * n for n in range(count))
