"""Data gaps in words: those with one cause and one time are one line."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reconstruct.model import Gap, Incident
from reconstruct.text.times import Clock
from reconstruct.text.wording import sentence


@dataclass(frozen=True, slots=True)
class GapRow:
    """What is missing for the same cause at the same time."""

    source: str
    missing: tuple[str, ...]
    cause: str
    start: pd.Timestamp | None
    end: pd.Timestamp | None
    ids: tuple[str, ...]
    in_window: bool
    """False where only baseline before the window is missing."""
    matters: bool
    """It could change what is said of the incident."""


def gap_rows(incident: Incident) -> tuple[GapRow, ...]:
    """Gaps with one cause and one time together, those inside the window first."""
    window = incident.evidence.window
    together: dict[tuple[object, ...], list[Gap]] = {}
    for gap in incident.evidence.gaps:
        together.setdefault((gap.source, gap.cause, gap.start, gap.end), []).append(gap)
    rows = [
        GapRow(
            gaps[0].source,
            tuple(dict.fromkeys(gap.missing for gap in gaps)),
            gaps[0].cause,
            gaps[0].start,
            gaps[0].end,
            tuple(gap.id for gap in gaps),
            in_window=gaps[0].end is None or gaps[0].end > window.start,
            matters=any(gap.matters for gap in gaps),
        )
        for gaps in together.values()
    ]
    return tuple(sorted(rows, key=lambda row: (not row.matters, not row.in_window, row.start or window.start)))


def gap_text(row: GapRow, *, clock: Clock, most: int = 3) -> str:
    """One sentence for a data gap: what, when, why, from where."""
    named = list(row.missing[:most])
    rest = len(row.missing) - len(named)
    if rest > 0:
        named.append(f"{rest} more")
    when = _gap_span(row, clock)
    return sentence(f"{', '.join(named)}{when}: {row.cause} ({row.source})")


def _gap_span(row: GapRow, clock: Clock) -> str:
    if row.start is not None and row.end is not None:
        return f", {clock.span(row.start, row.end)}"
    if row.start is not None:
        return f", from {clock.time(row.start)} on"
    return f", until {clock.time(row.end)}" if row.end is not None else ""
