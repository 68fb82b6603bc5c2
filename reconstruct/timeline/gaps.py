"""Gaps: which could change what is said of the incident, and their entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from reconstruct.model import Entry, Evidence, Explanation, Gap, Milestone, Moment, Reference, Service
from reconstruct.timeline.leads import Lead
from reconstruct.timeline.story import Story

MAX_GAPS_SHOWN = 3
"""A scrape that fails more often than this is told as one line, as those of a starved host do."""
HIDES_SHARE = 0.1
"""A gap of at least this share of the incident hides part of it."""
HIDES_SAMPLES = 4
"""Shorter than so many samples it hides nothing: a target that restarts misses one or two."""


def judged_gaps(
    evidence: Evidence, explanation: Explanation, onset: Milestone | None, leads: Sequence[Lead]
) -> tuple[Gap, ...]:
    """Every gap with whether it matters; without an incident each in the window may have hidden one."""
    return tuple(replace(g, matters=_matters(g, evidence, explanation, onset, leads)) for g in evidence.gaps)


def _matters(
    gap: Gap, evidence: Evidence, explanation: Explanation, onset: Milestone | None, leads: Sequence[Lead]
) -> bool:
    window = evidence.window
    if gap.end is not None and gap.end <= window.start:
        return False
    if onset is None:
        end = gap.end or window.end
        lasts = gap.start is not None and end - gap.start >= HIDES_SAMPLES * window.step
        return gap.matters or lasts
    if gap.start is None:  # a source or a query that could not be asked at all
        return gap.source != "prometheus"
    over = explanation.recovered.latest if explanation.recovered else window.end
    start, end = max(gap.start, onset.moment.earliest), min(gap.end or window.end, over)
    return any(_hidden(one, start, end, length_s=(over - onset.moment.earliest).total_seconds()) for one in leads)


def _hidden(one: Lead, start: pd.Timestamp, end: pd.Timestamp, *, length_s: float) -> bool:
    """Whether the series that sizes the incident has no samples in a fair part of it: `[start, end)`.

    What is missing of single instances while the service's own series goes on hides nothing.
    """
    missing_s = (end - start).total_seconds()
    if missing_s < max(HIDES_SAMPLES * one.spacing_s, HIDES_SHARE * length_s):
        return False
    return len(one.between(start, end)) * one.spacing_s < 0.5 * missing_s


def gap(story: Story) -> Iterator[Entry]:
    """Times without data; what failed again and again in one line."""
    window = story.evidence.window
    alike: dict[tuple[str, str, str], list[Gap]] = {}
    for one in sorted(story.evidence.gaps, key=lambda g: g.start or window.start):
        if one.start is None or (one.end is not None and one.end <= window.start):
            continue
        alike.setdefault((one.source, one.missing, one.cause), []).append(one)
    for gaps in alike.values():
        for group in [gaps] if len(gaps) > MAX_GAPS_SHOWN else [[one] for one in gaps]:
            start = max(group[0].start or window.start, window.start)
            end = group[-1].end
            hides = story.stones["onset"] is not None and any(g.matters for g in group)
            yield Entry(
                "",
                Moment(start, start, start),
                "gap",
                "gap",
                Service(""),
                tuple(g.id for g in group),
                level="key" if hides and story.begin <= start <= story.over else "detail",
                end=end,
                facts={"gap": Reference(group[0].id), "times": len(group)},
            )
