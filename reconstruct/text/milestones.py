"""Milestones and the lengths between them, as every output tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconstruct.model import Incident, Moment
from reconstruct.text.times import PRECISE_S, Clock
from reconstruct.text.units import human_duration, lasted

MILESTONES: Final[Mapping[str, tuple[str, str, str]]] = {
    "onset": ("Onset", "the first user-facing symptom or pending alert", "no onset was found"),
    "detected": ("Detected", "the first alert fired", "no alert fired"),
    "mitigated": ("Mitigated", "the step started after which it recovered", "no mitigating action is known"),
    "recovered": ("Recovered", "the symptoms were back to normal", "not recovered by the end of the window"),
}
"""Name: title, meaning, and what is said where there is none."""

DURATIONS: Final[Mapping[str, str]] = {
    "time_to_detect_s": "Time to detect",
    "time_to_mitigate_s": "Time to mitigate",
    "time_to_recover_s": "Time to recover",
    "detect_to_mitigate_s": "Detection to mitigation",
    "mitigate_to_recover_s": "Mitigation to recovery",
}


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """One milestone, found or not."""

    name: str
    title: str
    means: str
    moment: Moment | None
    absent: str
    """Why there is none; "" where there is one."""
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DurationRow:
    """A length of time between two milestones, in words."""

    name: str
    title: str
    value: str
    between: str
    """`30 s to 90 s`; "" where the samples leave nothing open."""
    formula: str


def moment_text(moment: Moment, *, clock: Clock) -> str:
    """The best estimate, with what the samples leave open on either side.

    >>> import pandas as pd
    >>> t = pd.Timestamp("2026-01-01T12:00:15Z")
    >>> moment_text(Moment(t, t - pd.Timedelta("15s"), t), clock=Clock())
    '12:00:15 −15 s'
    """
    return f"{clock.time(moment.time)} {open_ends(moment)}".rstrip()


def open_ends(moment: Moment) -> str:
    """How much earlier or later it may have been; "" where it is as good as a point.

    >>> import pandas as pd
    >>> t, s = pd.Timestamp("2026-01-01T12:00:15Z"), pd.Timedelta("15s")
    >>> open_ends(Moment(t, t - s, t + 4 * s)), open_ends(Moment(t, t - s, t + s)), open_ends(Moment(t, t, t))
    ('−15 s +1 min', '±15 s', '')
    """
    before, after = ((b - a).total_seconds() for a, b in ((moment.earliest, moment.time), (moment.time, moment.latest)))
    ends = [(sign, human_duration(size)) for sign, size in (("−", before), ("+", after)) if size >= PRECISE_S]
    if len(ends) == 2 and ends[0][1] == ends[1][1]:
        return f"±{ends[0][1]}"
    return " ".join(sign + size for sign, size in ends)


def milestone_rows(incident: Incident) -> tuple[MilestoneRow, ...]:
    """All four, in order; those not found say so."""
    rows = []
    begun = incident.milestones.get("onset") is not None
    for name, (head, means, absent) in MILESTONES.items():
        stone = incident.milestones.get(name)
        if stone is None:
            why = absent if begun or name == "onset" else "there is no onset that it could follow"
            rows.append(MilestoneRow(name, head, means, None, why, ()))
        else:
            rows.append(MilestoneRow(name, head, means, stone.moment, "", stone.evidence))
    return tuple(rows)


def duration_rows(incident: Incident) -> tuple[DurationRow, ...]:
    """The durations with their formulas and bounds."""
    return tuple(
        DurationRow(
            name,
            DURATIONS.get(name, name.removesuffix("_s").replace("_", " ").capitalize()),
            lasted(d.value_s),
            _between(d.low_s, d.high_s),
            d.formula,
        )
        for name, d in incident.durations.items()
    )


def _between(low_s: float, high_s: float) -> str:
    if high_s - low_s < PRECISE_S:
        return ""
    low, high = lasted(low_s), lasted(high_s)
    return f"{low} to {high}" if low != high else ""
