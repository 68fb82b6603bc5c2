"""From evidence, anomalies and their explanation to the draft: milestones, durations and one entry a line.

Each function that yields entries is one rule; its name stands in what it writes (`Entry.rule`), so that a reader finds
the code of any line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import pandas as pd

from reconstruct.model import (
    Alert,
    Anomaly,
    Duration,
    Entry,
    EntryKind,
    Event,
    Evidence,
    Explanation,
    Gap,
    Incident,
    Milestone,
    Moment,
    Service,
)
from reconstruct.text.event_state import how_far
from reconstruct.text.units import change, human_duration

MAX_FIRINGS_SHOWN = 3
"""An alert that fires more often than this in one window is told as one line: flapping would hide the rest."""
MAX_GAPS_SHOWN = 3
"""The same for a scrape that fails again and again, as those of a starved host do."""
MAX_SERIES_SHOWN = 3
"""So many series are named in a line's detail; the others are counted (all are in incident.json)."""

UNTOLD_TAG = "scrape"
"""How long a scrape takes is about the monitoring; where scrapes failed is told as a gap."""

_ENTRY_KIND: Mapping[str, EntryKind] = {"restart": "restart", "note": "note", "alert": "alert", "job": "note"}
_NOBODY = Service("")


def compose(evidence: Evidence, anomalies: Sequence[Anomaly], explanation: Explanation) -> Incident:
    """The answer: milestones with their evidence, durations with their formulas, and the timeline in order of time."""
    milestones = _milestones(evidence, explanation)
    entries = [
        *_change(evidence, explanation),
        *_condition_held(evidence.alerts),
        *_alert_fired(evidence.alerts),
        *_alert_resolved(evidence.alerts),
        *_onset(anomalies, explanation),
        *_spread(anomalies, explanation),
        *_peak(anomalies, explanation),
        *_recovered(anomalies, explanation),
        *_gap(evidence),
    ]
    entries.sort(key=lambda e: (e.moment.time, _ORDER.index(e.kind), e.title, e.evidence))
    return Incident(
        evidence=evidence,
        anomalies=tuple(anomalies),
        explanation=explanation,
        milestones=milestones,
        durations=_durations(milestones),
        timeline=tuple(replace(e, id=f"t{n}") for n, e in enumerate(entries, 1)),
    )


_ORDER: tuple[EntryKind, ...] = (
    "change",
    "restart",
    "gap",
    "onset",
    "threshold",
    "spread",
    "alert",
    "peak",
    "mitigation",
    "recovery",
    "note",
)
"""Of entries at one instant: what may cause others comes before what follows."""


# ---------------------------------------------------------------- milestones and durations


def _milestones(evidence: Evidence, explanation: Explanation) -> dict[str, Milestone | None]:
    def stone(moment: Moment | None, cited: tuple[str, ...]) -> Milestone | None:
        return Milestone(moment, cited) if moment and cited else None

    return {
        "onset": stone(explanation.onset, explanation.onset_evidence),
        "detected": _detected(evidence, explanation),
        "mitigated": stone(explanation.mitigated, explanation.mitigated_evidence),
        "recovered": stone(explanation.recovered, explanation.recovered_evidence),
    }


def _detected(evidence: Evidence, explanation: Explanation) -> Milestone | None:
    """The first alert that fired in the episode.

    One from before the onset could be felt is about something else, unless it warned: of an affected service, since the
    change that a first hint names which is at least plausible.
    """
    if explanation.onset is None:
        return None
    begins = explanation.onset.earliest
    over = explanation.recovered.latest if explanation.recovered else evidence.window.end
    named = next((h.trigger for h in explanation.hints[:1] if h.verdict in ("supported", "plausible")), None)
    since = next((e.time for e in evidence.events if e.id == named), begins)

    def warned(alert: Alert) -> bool:
        return since <= alert.firing_at < begins and any(alert.service.may_be(s) for s in explanation.affected)

    fired: list[tuple[pd.Timestamp, float, str]] = [
        (a.firing_at, a.resolution_s, a.id) for a in evidence.alerts if begins <= a.firing_at <= over or warned(a)
    ]
    fired += [(e.time, e.resolution_s, e.id) for e in evidence.events if e.kind == "alert" and begins <= e.time <= over]
    if not fired:
        return None
    time, resolution_s, cited = min(fired)
    return Milestone(Moment(time, time - pd.Timedelta(seconds=resolution_s), time), (cited,))


def _durations(stones: Mapping[str, Milestone | None]) -> dict[str, Duration]:
    """Each as (later - earlier) with the widest and narrowest reading of both intervals; never below zero."""
    wanted = {
        "time_to_detect_s": ("detected", "onset"),
        "time_to_mitigate_s": ("mitigated", "onset"),
        "time_to_recover_s": ("recovered", "onset"),
        "detect_to_mitigate_s": ("mitigated", "detected"),
        "mitigate_to_recover_s": ("recovered", "mitigated"),
    }
    found = {}
    for name, (late, early) in wanted.items():
        after, before = stones[late], stones[early]
        if after is None or before is None:
            continue
        spans = (
            after.moment.time - before.moment.time,
            after.moment.earliest - before.moment.latest,
            after.moment.latest - before.moment.earliest,
        )
        value, low, high = (max(0.0, span.total_seconds()) for span in spans)
        found[name] = Duration(value, low, high, f"{late} - {early}")
    return found


# ---------------------------------------------------------------- the rules that write entries


def _entry(
    moment: Moment,
    kind: EntryKind,
    rule: str,
    title: str,
    *,
    cited: Iterable[str],
    service: Service = _NOBODY,
    detail: str = "",
) -> Entry:
    return Entry("", moment, kind, rule, service, title, detail, tuple(cited))


def _point(time: pd.Timestamp, *, after_s: float = 0.0, before_s: float = 0.0) -> Moment:
    return Moment(time, time - pd.Timedelta(seconds=before_s), time + pd.Timedelta(seconds=after_s))


def _change(evidence: Evidence, explanation: Explanation) -> Iterator[Entry]:
    """Events inside the window, and earlier ones that a hint or a verdict speaks of."""
    spoken_of = {h.trigger for h in explanation.hints} | {g.event for g in explanation.dismissed_changes}
    dismissed_changes = {g.event: g for g in explanation.dismissed_changes}
    for event in evidence.events:
        if event.time < evidence.window.start and event.id not in spoken_of:
            continue
        kind = "mitigation" if event.id in explanation.mitigated_evidence else _entry_kind(event)
        says = dismissed_changes[event.id].says if event.id in dismissed_changes else ""
        yield _entry(
            _point(event.time, after_s=event.resolution_s),
            kind,
            "change",
            event.title or f"{event.kind} of {event.service.name or 'an unnamed service'}",
            cited=(event.id,),
            service=event.service,
            detail=". ".join(part for part in (_version_text(event), says) if part),
        )


def _version_text(event: Event) -> str:
    versions = f"{event.previous} -> {event.version}" if event.previous and event.version else event.version
    ended = f"complete at {event.end:%H:%M:%S}" if event.end is not None and event.state == "done" else ""
    return ", ".join(part for part in (f"{event.kind} {versions}".strip(), how_far(event), ended) if part)


def _entry_kind(event: Event) -> EntryKind:
    """A change that had no effect where the incident was is a note about it."""
    return _ENTRY_KIND.get(event.kind, "change") if event.took_effect else "note"


def _by_rule(alerts: Sequence[Alert]) -> Iterator[tuple[str, list[Alert]]]:
    ordered = sorted(alerts, key=lambda a: (a.rule, a.firing_at, a.id))
    for rule, group in groupby(ordered, key=lambda a: a.rule):
        yield rule, list(group)


def _condition_held(alerts: Sequence[Alert]) -> Iterator[Entry]:
    """When an alert's condition first held: what a reader could have known before the page."""
    for rule, firings in _by_rule(alerts):
        first = min((a for a in firings if a.pending_at is not None), key=lambda a: (a.pending_at, a.id), default=None)
        if first is None or first.pending_at is None or first.pending_at >= first.firing_at:
            continue
        yield _entry(
            _point(first.pending_at, before_s=first.resolution_s),
            "threshold",
            "condition-held",
            f"Condition of {rule} first held",
            cited=(first.id,),
            service=first.service,
            detail=first.condition,
        )


def _alert_fired(alerts: Sequence[Alert]) -> Iterator[Entry]:
    """Each firing, or one line that says how often it flapped."""
    for rule, firings in _by_rule(alerts):
        starts = [list(group) for _, group in groupby(firings, key=lambda a: a.firing_at)]
        flapping = len(starts) > MAX_FIRINGS_SHOWN
        for group in starts[:1] if flapping else starts:
            waited = [(a.firing_at - a.pending_at).total_seconds() for a in group if a.pending_at is not None]
            longest_s = max(waited, default=0.0)
            told = [f"after {human_duration(longest_s)} of its condition holding"] if longest_s > 0 else []
            if flapping:
                last = starts[-1][0].firing_at
                told.append(f"fired {len(starts)} times in this window, last at {last:%H:%M:%S}")
            told += [_series_text([a.labels for a in group])] if len(group) > 1 else []
            yield _entry(
                _point(group[0].firing_at, before_s=group[0].resolution_s),
                "alert",
                "alert-fired",
                f"{rule} fired",
                cited=[a.id for a in (firings if flapping else group)],
                service=group[0].service,
                detail="; ".join(told),
            )


def _alert_resolved(alerts: Sequence[Alert]) -> Iterator[Entry]:
    """When the last firing of a rule ended, and whether it only ended because its data did."""
    for rule, firings in _by_rule(alerts):
        if any(a.resolved_at is None for a in firings):
            continue
        last = max(firings, key=lambda a: (a.resolved_at, a.id))
        if last.resolved_at is None:
            continue
        ended = "ended with its data: not a recovery" if last.ended_in_gap else "resolved"
        yield _entry(
            _point(last.resolved_at, before_s=last.resolution_s),
            "alert",
            "alert-resolved",
            f"{rule} {ended}",
            cited=(last.id,),
            service=last.service,
        )


def _onset(anomalies: Sequence[Anomaly], explanation: Explanation) -> Iterator[Entry]:
    """The first moment that users or alerts could feel it."""
    if explanation.onset is None or not explanation.onset_evidence:
        return
    shown = [a for a in anomalies if a.id in explanation.onset_evidence]
    service = shown[0].service if shown else next(iter(explanation.affected), _NOBODY)
    what = f"{shown[0].signal.title} leaves its baseline" if shown else "an alert's condition first held"
    yield _entry(
        explanation.onset,
        "onset",
        "onset",
        f"First symptom: {what}",
        cited=explanation.onset_evidence,
        service=service,
        detail=_figures_text(shown, titled=shown[0].signal.title if shown else ""),
    )


def _spread(anomalies: Sequence[Anomaly], explanation: Explanation) -> Iterator[Entry]:
    """The first sign in each service and layer of the worst episode, other than the onset itself."""
    told = set(explanation.onset_evidence)
    for _, group in _groups(anomalies, explanation):
        if told & {a.id for a in group}:
            continue
        first = min(group, key=lambda a: (a.onset.time, -a.score, a.id))
        together = [a for a in group if a.onset.earliest <= first.onset.latest]
        yield _entry(
            first.onset,
            "spread",
            "spread",
            f"{_where(first)}: {first.signal.title} {_moves(first)}",
            cited=[a.id for a in together],
            service=first.service,
            detail=_figures_text([first, *[a for a in together if a is not first]], titled=first.signal.title),
        )


def _peak(anomalies: Sequence[Anomaly], explanation: Explanation) -> Iterator[Entry]:
    """The worst sample of each signal that the onset rests on."""
    for anomaly in anomalies:
        if anomaly.id in explanation.onset_evidence:
            yield _entry(
                _point(anomaly.peak_time),
                "peak",
                "peak",
                f"{anomaly.signal.title} at its worst",
                cited=(anomaly.id,),
                service=anomaly.service,
                detail=_figures_text([anomaly], titled=anomaly.signal.title),
            )


def _recovered(anomalies: Sequence[Anomaly], explanation: Explanation) -> Iterator[Entry]:
    """When the symptoms were back, and when each service and layer was."""
    if explanation.recovered is not None and explanation.recovered_evidence:
        yield _entry(
            explanation.recovered,
            "recovery",
            "recovered",
            "Symptoms back to normal",
            cited=explanation.recovered_evidence,
            service=next(iter(explanation.affected), _NOBODY),
        )
    for _, group in _groups(anomalies, explanation):
        if any(a.recovery is None for a in group) or set(explanation.recovered_evidence) & {a.id for a in group}:
            continue
        last = max(group, key=lambda a: (a.recovery.time if a.recovery else a.onset.time, a.id))
        if last.recovery is not None:
            yield _entry(
                last.recovery,
                "recovery",
                "recovered",
                f"{_where(last)}: back within its baseline",
                cited=(last.id,),
                service=last.service,
                detail=last.signal.title,
            )


def _gap(evidence: Evidence) -> Iterator[Entry]:
    """Times that we could not see; what failed again and again in one line."""
    alike: dict[tuple[str, str, str], list[Gap]] = {}
    for gap in sorted(evidence.gaps, key=lambda g: g.start or evidence.window.start):
        if gap.start is None or (gap.end is not None and gap.end <= evidence.window.start):
            continue
        alike.setdefault((gap.source, gap.missing, gap.cause), []).append(gap)
    for (source, wanted, reason), gaps in alike.items():
        for group in [gaps] if len(gaps) > MAX_GAPS_SHOWN else [[gap] for gap in gaps]:
            start, end = group[0].start or evidence.window.start, group[-1].end
            times = f" {len(group)} times" if len(group) > 1 else ""
            until = f" until {end:%H:%M:%S}" if end is not None else ""
            yield _entry(
                _point(max(start, evidence.window.start)),
                "gap",
                "gap",
                f"Not seen: {wanted}",
                cited=[gap.id for gap in group],
                detail=f"{reason}{times}{until} ({source})",
            )


# ---------------------------------------------------------------- words


def _groups(
    anomalies: Sequence[Anomaly], explanation: Explanation
) -> Iterator[tuple[tuple[Service, str], list[Anomaly]]]:
    """Worse anomalies of the worst episode by (service, layer)."""
    ours = {a for episode in explanation.episodes if episode.id == explanation.worst for a in episode.anomalies}
    told = [a for a in anomalies if a.worse and a.id in ours and UNTOLD_TAG not in a.signal.tags]
    chosen = sorted(told, key=lambda a: (a.service, a.signal.layer, a.id))
    for key, group in groupby(chosen, key=lambda a: (a.service, a.signal.layer)):
        yield key, list(group)


def _where(anomaly: Anomaly) -> str:
    return f"{anomaly.service.name} ({anomaly.signal.layer})" if anomaly.service.name else anomaly.signal.layer


def _moves(anomaly: Anomaly) -> str:
    return {"up": "rises", "down": "falls", "both": "becomes erratic"}[anomaly.direction]


def _figures_text(anomalies: Sequence[Anomaly], *, titled: str) -> str:
    """From what to what, for the first few; a signal that the line's title names already is not named again."""
    told = []
    for anomaly in anomalies[:MAX_SERIES_SHOWN]:
        name = "" if anomaly.signal.title == titled else f"{anomaly.signal.title} "
        figures = change(anomaly.baseline, anomaly.peak, anomaly.signal.unit)
        told.append(f"{name}{figures}{_label_text(anomaly)}")
    more = [f"and {len(anomalies) - MAX_SERIES_SHOWN} more"] if len(anomalies) > MAX_SERIES_SHOWN else []
    return "; ".join(told + more)


def _label_text(anomaly: Anomaly) -> str:
    named = [v for k, v in anomaly.labels.items() if k in ("instance", "pod", "le", "op", "route") and v]
    return f" ({', '.join(named)})" if named else ""


def _series_text(labels: Sequence[Mapping[str, str]]) -> str:
    """What tells the series apart, for at most three of them.

    >>> _series_text([{"job": "a", "instance": "x"}, {"job": "a", "instance": "y"}])
    '2 series: x, y'
    """
    shared = set.intersection(*(set(row.items()) for row in labels))
    names = [", ".join(v for k, v in sorted(row.items()) if (k, v) not in shared) for row in labels]
    more = f" and {len(names) - MAX_SERIES_SHOWN} more" if len(names) > MAX_SERIES_SHOWN else ""
    return f"{len(names)} series: {'; '.join(names[:MAX_SERIES_SHOWN]) if more else ', '.join(names)}{more}"
