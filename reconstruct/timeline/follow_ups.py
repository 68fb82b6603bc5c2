"""Questions for the review meeting, each from evidence: detection, delay, detours, the rollout, missing monitoring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.meaning.user_signals import weight_of
from reconstruct.model import Duration, Event, Fact, FollowUp, Impact, Quantity, Reference
from reconstruct.timeline.leads import anomalies_by_id
from reconstruct.timeline.story import BELIEVED, Story

LATE_SHARE: Final = 0.2
"""Detection or mitigation that took this share of the incident, or LATE_S, is worth a question (a guess)."""
LATE_S: Final = 300.0
MAX_DETOURS: Final = 3
MAX_MISSING: Final = 3
OPEN_SHARE: Final = 0.2
"""Where the candidate causes leave less unexplained, what was not checked would have changed little."""
DETOUR_MOST: Final = pd.Timedelta("1h")
"""The time from a note to the next one is at most so long: after it nobody knows what was done."""
_TELLING: Final[Mapping[str, str]] = {
    "network-degradation": r"network|packet|dns",
    "traffic-surge": r"traffic|load spike|ddos|surge",
    "memory-exhaustion": r"memory|oom|leak",
    "disk-exhaustion": r"disk|storage full",
    "lock-contention": r"\block",
    "certificate-expiry": r"certificate|tls|\bcert\b",
    "dependency-down": r"third party|upstream|provider|dependency",
    "cache-miss-storm": r"cache",
    "queue-backlog": r"queue|consumer|backlog",
}
"""How people write of a mechanism in notes."""
_DONE_WITH: Final = re.compile(r"ruled out|not the|led nowhere|excluded|normal", re.IGNORECASE)
"""A note that closes a path is not one that opens it."""


def follow_ups(story: Story, durations: Mapping[str, Duration]) -> Iterator[FollowUp]:
    """What the evidence raises, the costliest first; nothing where there was no incident."""
    if story.stones["onset"] is None:
        return
    yield from _detection(story, durations)
    yield from _delay(story, durations)
    yield from _detours(story)
    yield from _rollout(story)
    yield from _monitoring(story)


def _late(seconds: float, durations: Mapping[str, Duration]) -> bool:
    whole = durations.get("time_to_recover_s")
    return seconds >= LATE_S or (whole is not None and seconds >= LATE_SHARE * whole.value_s)


def _detection(story: Story, durations: Mapping[str, Duration]) -> Iterator[FollowUp]:
    detected, onset = story.stones["detected"], story.stones["onset"]
    facts: dict[str, Fact] = {}
    if story.leads:
        facts["signal"] = Reference(story.leads[0].anomaly.id)
    length = durations.get("time_to_detect_s")
    alerts = {a.id for a in story.evidence.alerts}
    if onset is not None and onset.evidence and alerts.issuperset(onset.evidence):
        return  # the alert itself dates the onset: that it fired after it was pending is no delay
    if detected is None and onset is not None:
        yield FollowUp("detection", onset.evidence, facts | {"fired": False})
    elif detected is not None and length is not None and _late(length.value_s, durations):
        after = pd.Timedelta(seconds=length.value_s)
        yield FollowUp("detection", detected.evidence, facts | {"fired": True, "after": after})


def _delay(story: Story, durations: Mapping[str, Duration]) -> Iterator[FollowUp]:
    mitigated, length = story.stones["mitigated"], durations.get("detect_to_mitigate_s")
    if mitigated is None or length is None or not _late(length.value_s, durations):
        return
    facts: dict[str, Fact] = {"after": pd.Timedelta(seconds=length.value_s), "step": Reference(mitigated.evidence[0])}
    evidence = mitigated.evidence
    detected = story.stones["detected"]
    row = _met(story)
    if row is not None and detected is not None:
        start, end = detected.moment.time, mitigated.moment.time
        counted = _failed_between(story, row, start, end) if row.what == "failed requests" else None
        requests = counted if counted is not None else _at_mean_rate(row, start, end)
        facts |= {
            "met": "failed" if row.what == "failed requests" else "were slow",
            "requests": Quantity(requests, "count"),
            "per_minute": Quantity(60.0 * requests / length.value_s, "count"),
            "counted": counted is not None,
        }
        evidence = (*evidence, *row.evidence)
    yield FollowUp("delay", evidence, facts)


def _met(story: Story) -> Impact | None:
    """What the lead series say that users met: requests that failed, else those that were slow."""
    leads = {lead.anomaly.id for lead in story.leads}
    rows = [i for i in story.explanation.impact if not i.inner and leads & set(i.evidence) and i.end > i.start]
    return next((i for what in ("failed requests", "slow requests") for i in rows if i.what == what), None)


def _at_mean_rate(row: Impact, start: pd.Timestamp, end: pd.Timestamp) -> float:
    return row.value * ((end - start) / (row.end - row.start))


def _failed_between(story: Story, counted: Impact, start: pd.Timestamp, end: pd.Timestamp) -> float | None:
    """Requests that failed in [start, end) at the outermost hop, as its samples count them; None where they do not."""
    metrics = story.evidence.metrics
    for metric in metrics:
        behind = weight_of(metric, metrics)
        if metric.query not in counted.evidence or metric.signal.aspect != "errors" or behind is None:
            continue
        inside = (metric.values.index >= start) & (metric.values.index < end)
        rates = metric.values.to_numpy(dtype=float)[inside] * behind.values.to_numpy(dtype=float)[inside]
        return float(np.nansum(rates)) * story.evidence.window.step_s
    return None


def _detours(story: Story) -> Iterator[FollowUp]:
    """Notes that follow a mechanism which its figures rule out, until the next note."""
    notes = [e for e in story.evidence.events if e.kind == "note" and story.begin <= e.time <= story.over]
    by_id = anomalies_by_id(story.anomalies)
    metric = next((h.metric for h in story.explanation.hints[:1] if h.verdict in BELIEVED and h.metric in by_id), None)
    found = 0
    for note, following in zip(notes, [*notes[1:], None][: len(notes)], strict=True):
        ruled = next((r for r in story.explanation.ruled_out if _speaks_of(note, r.mechanism)), None)
        if ruled is None or found >= MAX_DETOURS:
            continue
        found += 1
        until = min(following.time if following else story.over, note.time + DETOUR_MOST)
        facts: dict[str, Fact] = {
            "note": Reference(note.id),
            "mechanism": ruled.mechanism,
            "start": note.time,
            "end": until,
        }
        evidence = (note.id, *ruled.evidence)
        if metric:
            a = by_id[metric]
            facts |= {"signal": Reference(metric), "since": a.onset.time}
            evidence = (*evidence, metric)
        yield FollowUp("detour", evidence, facts)


def _speaks_of(note: Event, mechanism: str) -> bool:
    pattern = _TELLING.get(mechanism)
    return bool(pattern and re.search(pattern, note.title, re.IGNORECASE) and not _DONE_WITH.search(note.title))


def _rollout(story: Story) -> Iterator[FollowUp]:
    """A deploy that reached every instance at once, and failed within minutes: a canary question."""
    hint = next((h for h in story.explanation.hints[:1] if h.verdict in BELIEVED and h.trigger), None)
    event = next((e for e in story.evidence.events if hint and e.id == hint.trigger), None)
    onset = story.stones["onset"]
    if hint is None or event is None or onset is None or event.kind != "deploy":
        return
    if any(r.rule == "canary-comparison" for r in hint.reasons_for) or onset.moment.time < event.time:
        return
    restarts = story.restarts_of(event)
    ends = [t for t in (event.end, *(r.end or r.time for r in restarts)) if t is not None]
    if not ends:
        return
    yield FollowUp(
        "rollout",
        (event.id, *(r.id for r in restarts)),
        {
            "event": Reference(event.id),
            "took": max(ends) - event.time,
            "onset_after": onset.moment.time - event.time,
        },
    )


def _monitoring(story: Story) -> Iterator[FollowUp]:
    """What could not be checked for want of data, where that could be the cause."""
    if 1.0 - sum(h.confidence for h in story.explanation.hints if h.verdict in BELIEVED) < OPEN_SHARE:
        return
    for missing in story.explanation.not_checked[:MAX_MISSING]:
        yield FollowUp("monitoring", (), {"mechanism": missing.mechanism, "reason": missing.reason})
