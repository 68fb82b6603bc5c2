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
        return True
    if gap.start is None:  # a source or a query that could not be asked at all
        return gap.source != "prometheus"
    over = explanation.recovered.latest if explanation.recovered else window.end
    start, end = max(gap.start, onset.moment.earliest), min(gap.end or window.end, over)
    length_s = max((end - start).total_seconds(), 0.0)
    spacing_s = max((one.spacing_s for one in leads), default=window.step_s)
    if length_s < HIDES_SAMPLES * spacing_s:
        return False
    return length_s >= HIDES_SHARE * (over - onset.moment.earliest).total_seconds() and _of_the_affected(
        gap, explanation
    )


def _of_the_affected(gap: Gap, explanation: Explanation) -> bool:
    """Whether it is of everything, or names a service that was affected or suspected."""
    if ("", "") in gap.targets or not gap.targets:
        names = {s.name for s in explanation.affected} | {h.service.name for h in explanation.hints}
        return ("", "") in gap.targets or any(n and n in gap.missing for n in names)
    names = {s.name for s in explanation.affected} | {h.service.name for h in explanation.hints}
    return any(n and (n in job or n in instance) for job, instance in gap.targets for n in names)


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
