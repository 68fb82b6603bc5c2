"""Entries of what the signals showed: onset, spread, phases, peaks, recovery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import pandas as pd

from reconstruct.model import Anomaly, Entry, Fact, Moment, Quantity, Reference, Service
from reconstruct.timeline.leads import USER_LAYERS, anomalies_by_id, first_clear, user_facing
from reconstruct.timeline.story import BELIEVED, Story

UNTOLD_TAG = "scrape"
"""How long a scrape takes is about the monitoring; where scrapes failed is told as a gap."""
MAX_SPREADS = 4
"""So many layers are told as key entries: those that a hint rests on first."""
MAX_SIGNALS = 3
"""So many signals of a layer stand in its line, each of another aspect."""
LASTS_SHARE = 0.5
"""What no hint rests on must have lasted so much of the incident to be told as a layer it spread to."""


def onset(story: Story) -> Iterator[Entry]:
    """The first moment that users or alerts could notice it."""
    stone = story.stones["onset"]
    if stone is None:
        return
    leads = [one.anomaly for one in story.leads]
    shown = leads or [a for a in story.anomalies if a.id in stone.evidence][:MAX_SIGNALS]
    yield Entry(
        "",
        stone.moment,
        "onset",
        "onset",
        story.service,
        tuple(dict.fromkeys((*(a.id for a in shown), *stone.evidence))),
        level="key",
        facts=_moved(shown, story),
    )


def episode(story: Story) -> Iterator[Entry]:
    """The other episodes of the window, each in one line."""
    by_id = anomalies_by_id(story.anomalies)
    for other in story.explanation.episodes:
        if other.id == story.explanation.worst:
            continue
        own = [by_id[i] for i in other.anomalies if i in by_id and user_facing(by_id[i])]
        shown = sorted(own, key=lambda a: (a.signal.inferred, -a.score, a.id))[:1]
        yield Entry(
            "",
            Moment(other.start, other.start, other.start),
            "onset",
            "episode",
            shown[0].service if shown else Service(""),
            (other.id, *(a.id for a in shown)),
            level="key",
            end=other.end,
            facts=_moved(shown, story),
        )


def spread(story: Story) -> Iterator[Entry]:
    """The first clear sign in each service and layer; key: the layers that hints rest on, and that lasted."""
    cited = {i for h in story.explanation.hints if h.verdict in BELIEVED for r in h.reasons_for for i in r.evidence}
    cited |= {h.metric for h in story.explanation.hints[:1] if h.metric}
    groups = [list(g) for g in _groups(story)]
    leads = {one.anomaly.id for one in story.leads}
    # One line a layer: of several services' lines of one layer, the best rooted one is told.
    ranked = sorted(groups, key=lambda g: (-len(cited & {a.id for a in g}), -max(a.score for a in g), g[0].id))
    key: dict[str, Service] = {}
    for group in ranked:
        layer = group[0].signal.layer
        own = layer if layer not in USER_LAYERS else f"{layer} {group[0].service.name}"
        if own in key or len(key) >= MAX_SPREADS or leads & {a.id for a in group}:
            continue
        if _is_key(group, cited, story):
            key[own] = group[0].service
    for group in groups:
        layer = group[0].signal.layer
        own = layer if layer not in USER_LAYERS else f"{layer} {group[0].service.name}"
        chosen = key.get(own) == group[0].service and not leads & {a.id for a in group} and own in key
        shown = _one_of_each_aspect(group, cited)
        moment = first_clear(story.evidence, shown[0])
        early = moment.latest < story.first_trigger
        yield Entry(
            "",
            moment,
            "spread",
            "spread",
            shown[0].service,
            tuple(a.id for a in shown),
            level="key" if chosen and not early else "detail",
            facts={"layer": layer, **_moved(shown, story)},
        )


def _is_key(group: Sequence[Anomaly], cited: set[str], story: Story) -> bool:
    if cited & {a.id for a in group}:
        return True
    if group[0].signal.layer in USER_LAYERS:
        return group[0].service in story.explanation.affected and any(
            user_facing(a) and a.service != story.service and "probe" not in a.signal.tags for a in group
        )
    if any(h.verdict in BELIEVED for h in story.explanation.hints[:1]):
        return False
    length = LASTS_SHARE * (story.over - story.begin)
    lasting = [
        a for a in group if min(a.recovery.time if a.recovery else story.over, story.over) - a.onset.time >= length
    ]
    return bool(lasting) and group[0].signal.layer in ("database", "cache", "queue", "host")


def _one_of_each_aspect(group: Sequence[Anomaly], cited: set[str]) -> list[Anomaly]:
    """The anomaly that says most of each aspect, those that hints rest on first; measures before conditions."""
    ranked = sorted(
        group, key=lambda a: (a.signal.threshold is not None, a.id not in cited, a.signal.inferred, -a.score, a.id)
    )
    best: dict[str, Anomaly] = {}
    for a in ranked:
        best.setdefault(a.signal.aspect, a)
    return list(best.values())[:MAX_SIGNALS]


def phase(story: Story) -> Iterator[Entry]:
    """Turning points: where the lead series went to another level, and the step that was taken just before."""
    for before, after in pairwise(story.phases):
        step = story.step_near(after.start)
        was = {m.anomaly: m for m in before.measured}
        facts: dict[str, Fact] = {
            "phase": after.kind,
            "improved": after.improved,
            "measured": tuple(
                (Reference(m.anomaly), was[m.anomaly].median, m.median) for m in after.measured if m.anomaly in was
            ),
        }
        if step is not None:
            facts["step"] = Reference(step.id)
        yield Entry(
            "",
            after.start,
            "recovery" if after.improved else "spread",
            "phase",
            after.service,
            (*(m.anomaly for m in after.measured), *([step.id] if step else [])),
            level="key",
            facts=facts,
        )


def peak(story: Story) -> Iterator[Entry]:
    """The worst sample of each lead series."""
    for one in story.leads:
        a = one.anomaly
        yield Entry(
            "",
            Moment(a.peak_time, a.peak_time, a.peak_time),
            "peak",
            "peak",
            a.service,
            (a.id,),
            facts=_moved([a], story),
        )


def recovered(story: Story) -> Iterator[Entry]:
    """When the symptoms were back, what was done just before, and when each service and layer was back."""
    stone = story.stones["recovered"]
    if stone is not None:
        step = story.step_near(stone.moment)
        mitigated = story.stones["mitigated"]
        last = [(p.measured, p) for p in story.phases][-1:]
        facts: dict[str, Fact] = {"known_action": mitigated is not None}
        if step is not None and mitigated is not None and step.id not in mitigated.evidence:
            facts["step"] = Reference(step.id)
        if last:
            facts["measured"] = tuple((Reference(m.anomaly), m.median) for m in last[0][0])
        yield Entry("", stone.moment, "recovery", "recovered", story.service, stone.evidence, level="key", facts=facts)
        yield from _mechanism_recovered(story)
    for group in _groups(story):
        if any(a.recovery is None for a in group) or (stone and set(stone.evidence) & {a.id for a in group}):
            continue
        last_one = max(group, key=lambda a: (a.recovery.time if a.recovery else a.onset.time, a.id))
        if last_one.recovery is not None:
            yield Entry(
                "",
                last_one.recovery,
                "recovery",
                "layer-recovered",
                last_one.service,
                (last_one.id,),
                facts={"layer": last_one.signal.layer, "signal": last_one.signal.title},
            )


def _mechanism_recovered(story: Story) -> Iterator[Entry]:
    """Where no action is known: when what the first hint names ended, for that is what let users recover."""
    hint = next((h for h in story.explanation.hints[:1] if h.verdict in BELIEVED), None)
    by_id = anomalies_by_id(story.anomalies)
    if story.stones["mitigated"] is not None or hint is None or hint.metric not in by_id:
        return
    a = by_id[hint.metric]
    if a.recovery is None or a.recovery.earliest > story.over or user_facing(a):
        return
    yield Entry(
        "",
        a.recovery,
        "recovery",
        "mechanism-ended",
        a.service,
        (a.id,),
        level="key",
        facts={"mechanism": hint.mechanism, **_moved([a], story)},
    )


def _groups(story: Story) -> Iterator[list[Anomaly]]:
    """Worse anomalies of the worst episode by service and layer."""
    worst = [e for e in story.explanation.episodes if e.id == story.explanation.worst]
    ours = {a for e in worst for a in e.anomalies}
    told = [a for a in story.anomalies if a.worse and a.id in ours and UNTOLD_TAG not in a.signal.tags]
    measured = [a for a in told if a.signal.threshold is None]
    chosen = sorted(measured, key=lambda a: (a.service, a.signal.layer, a.id))
    for _, group in groupby(chosen, key=lambda a: (a.service, a.signal.layer)):
        yield list(group)


def _moved(shown: Sequence[Anomaly], story: Story) -> dict[str, Fact]:
    """Figures of the first, and references to the others, whose figures stand in `anomalies`."""
    if not shown:
        return {}
    first, over = shown[0], story.over
    unit = first.signal.unit
    found = next((one for one in story.leads if one.anomaly.id == first.id), None)
    begin, end = first.onset.time, min(first.recovery.time if first.recovery else over, over)
    median = found.median(story.begin, over) if found else None
    facts: dict[str, Fact] = {
        "moved": tuple(Reference(a.id) for a in shown),
        "signal": first.signal.id,
        "direction": first.direction,
        "baseline": Quantity(first.baseline, unit),
        "median": median or Quantity(first.level, unit),
        "median_start": begin,
        "median_end": max(begin, end),
        "peak": Quantity(first.peak, unit),
        "peak_time": first.peak_time,
    }
    if first.signal.threshold is not None:
        facts["condition"] = True
    return facts
