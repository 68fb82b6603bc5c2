"""Entries of what the signals showed: onset, spread, phases, peaks, recovery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import pandas as pd

from reconstruct.model import Anomaly, Entry, Episode, Fact, Moment, Phase, Quantity, Reference, Service, Tag
from reconstruct.timeline.entries_of_causes import shown_by_figure
from reconstruct.timeline.leads import LAGGING, USER_LAYERS, anomalies_by_id, first_clear, user_facing
from reconstruct.timeline.phases import MIN_SHARE, TWICE, at_baseline, excess, measured
from reconstruct.timeline.story import BELIEVED, Story

UNTOLD_TAG: Tag = "scrape"
"""How long a scrape takes is about the monitoring; where scrapes failed is told as a gap."""
MARKED = 4.0
MARKED_SHARE = 0.15
"""A phase that follows no known step is told where it differs so much and lasts this share of the incident."""
MINOR_SHARE = 0.05
"""An episode with less of the worst one's harm than this stands among the details."""
MAX_SPREADS = 4
"""So many layers are told as key entries: those that a hint rests on first."""
MAX_SIGNALS = 3
"""So many signals of a layer stand in its line, each of another aspect."""
SHARED_LAYERS = ("database", "cache", "queue", "host")
"""Layers told also where no hint rests on them: what services share."""
LASTS_SHARE = 0.5
"""What no hint rests on must have lasted so much of the incident to be told as a layer it spread to."""


def onset(story: Story) -> Iterator[Entry]:
    """The first moment that users or alerts could notice it."""
    stone = story.stones["onset"]
    if stone is None:
        return
    leads = [one.anomaly for one in story.leads]
    shown = leads or [a for a in story.anomalies if a.id in stone.evidence][:MAX_SIGNALS]
    pending = [a for a in story.evidence.alerts if a.id in stone.evidence and a.pending_at is not None]
    facts = _moved(shown, story)
    if not shown and pending:
        facts = {"alert": Reference(pending[0].id)}
    yield Entry(
        "",
        stone.moment,
        "onset",
        "onset",
        story.service,
        tuple(dict.fromkeys((*(a.id for a in shown), *stone.evidence))),
        level="key",
        facts=facts,
    )


def episode(story: Story) -> Iterator[Entry]:
    """The other episodes of the window, each in one line; one with little of the worst one's harm is a detail."""
    worst = next((e for e in story.explanation.episodes if e.id == story.explanation.worst), None)
    for other in story.explanation.episodes:
        if worst is None or other.id == worst.id:
            continue
        shown = _of_users(other, story)[:1]
        least = MINOR_SHARE * _harm(worst, story)
        yield Entry(
            "",
            Moment(other.start, other.start, other.start),
            "onset",
            "episode",
            shown[0].service if shown else Service(""),
            (other.id, *(a.id for a in shown)),
            level="key" if shown and _harm(other, story) >= least else "detail",
            end=other.end,
            facts=_moved(shown, story),
        )


def _of_users(one: Episode, story: Story) -> list[Anomaly]:
    """What users met in an episode, the clearest first."""
    by_id = anomalies_by_id(story.anomalies)
    own = [by_id[i] for i in one.anomalies if i in by_id and user_facing(by_id[i])]
    return sorted(own, key=lambda a: (a.signal.inferred, -a.score, a.id))


def _harm(one: Episode, story: Story) -> float:
    """How far beyond its threshold the clearest user-facing series was, times the episode's seconds."""
    score = max((a.score for a in _of_users(one, story)), default=0.0)
    return score * ((one.end or story.evidence.window.end) - one.start).total_seconds()


def spread(story: Story) -> Iterator[Entry]:
    """The first clear sign in each layer, one line a layer; the other groups are details.

    One failure counted at every hop is one: of the services on the way of a request the line is that of the candidate
    cause, else the one that moved most. What `mechanism` tells has no second line.
    """
    believed = [h for h in story.explanation.hints if h.verdict in BELIEVED]
    cited = {i for h in believed for r in h.reasons_for for i in r.evidence}
    cited |= {a.id for a in story.anomalies if a.query in cited}
    named = {h.metric for h in believed if h.metric}
    groups = list(_groups(story))
    leads = {one.anomaly.id for one in story.leads}
    shown = shown_by_figure(story)
    able = [
        g
        for g in groups
        if not leads & {a.id for a in g} and g[0].service.name != shown and _is_key(g, cited | named, story)
    ]
    told: set[str] = set()
    for group in _one_a_layer(able, named, cited, story)[:MAX_SPREADS]:
        entry = _spread(story, group, named, cited)
        if entry.moment.latest >= story.first_trigger:
            told |= {a.id for a in group}
            yield replace(entry, level="key")
    for group in groups:
        rest = [a for a in group if a.id not in told]
        if rest:
            yield _spread(story, rest, named, cited)


def _one_a_layer(able: Sequence[list[Anomaly]], named: set[str], cited: set[str], story: Story) -> list[list[Anomaly]]:
    """The group of each layer that hints rest on, else of the service they name, else the one that moved most."""
    about = {e.service.name for e in story.evidence.events if e.id in story.triggers}
    about |= {h.service.name for h in story.explanation.hints if h.verdict in BELIEVED}
    ranked = sorted(
        able,
        key=lambda g: (
            not named & {a.id for a in g},
            -len(cited & {a.id for a in g}),
            g[0].service.name not in about,
            -max(a.score for a in g),
        ),
    )
    best: dict[str, list[Anomaly]] = {}
    for group in ranked:
        users = group[0].signal.layer in USER_LAYERS
        if users and (story.service.name in about or (shown_by_figure(story) in story.named and _serves(story))):
            continue  # the cause stands where users met it, or the mechanism's own line is of a service on the way
        best.setdefault("users" if users else group[0].signal.layer, group)
    return list(best.values())


def _serves(story: Story) -> bool:
    """Whether the thing that `mechanism` tells of answers requests itself."""
    shown = shown_by_figure(story)
    return any(a.service.name == shown and a.signal.layer in USER_LAYERS for a in story.anomalies)


def _spread(story: Story, group: Sequence[Anomaly], named: set[str], cited: set[str]) -> Entry:
    shown = _one_of_each_aspect(group, named, cited)
    return Entry(
        "",
        first_clear(story.evidence, shown[0]),
        "spread",
        "spread",
        shown[0].service,
        tuple(a.id for a in shown),
        facts={"layer": shown[0].signal.layer, **_moved(shown, story)},
    )


def _is_key(group: Sequence[Anomaly], cited: set[str], story: Story) -> bool:
    if group[0].signal.layer in USER_LAYERS:
        return any(
            a.service in story.explanation.affected
            and user_facing(a)
            and a.service != story.service
            and not a.signal.has_tag("probe", LAGGING)
            for a in group
        )
    if cited & {a.id for a in group}:
        return True
    if any(h.verdict in BELIEVED for h in story.explanation.hints[:1]):
        return False
    least = LASTS_SHARE * (story.over - story.begin)
    ends = [(a, min(a.recovery.time if a.recovery else story.over, story.over)) for a in group]
    return group[0].signal.layer in SHARED_LAYERS and any(end - a.onset.time >= least for a, end in ends)


def _one_of_each_aspect(group: Sequence[Anomaly], named: set[str], cited: set[str]) -> list[Anomaly]:
    """The anomaly that says most of each aspect: those that hints rest on, and only those where there are any."""
    users = [a for a in group if user_facing(a)] if group[0].signal.layer in USER_LAYERS else []
    fits = users or [a for a in group if a.id in cited | named] or group
    ranked = sorted(fits, key=lambda a: (a.id not in named, a.signal.inferred and bool(users), -a.score, a.id))
    best: dict[str, Anomaly] = {}
    for a in ranked:
        best.setdefault(a.signal.aspect, a)
    return list(best.values())[:MAX_SIGNALS]


def phase(story: Story) -> Iterator[Entry]:
    """Turning points: where the lead series went to another level, and the step that was taken just before."""
    for before, after in pairwise(story.phases):
        step = story.step_near(after.start)
        was = {m.anomaly: m for m in before.measured}
        if (step is None and not _marked(before, after, story)) or not (after.improved or _worse(before, after, story)):
            continue
        if story.over - after.start.time < MIN_SHARE * (story.over - story.begin):
            continue  # the recovery itself, seen a few samples earlier
        facts: dict[str, Fact] = {
            "phase": after.kind,
            "improved": after.improved,
            "back": after.improved and _back(after, story),
            "measured": tuple(
                (Reference(m.anomaly), was[m.anomaly].median, m.median) for m in after.measured if m.anomaly in was
            ),
        }
        if not facts["measured"]:
            continue
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


def _back(phase: Phase, story: Story) -> bool:
    """Whether every user-facing series stood at its baseline again, before everything else was."""
    by_id = anomalies_by_id(story.anomalies)
    back = [at_baseline(by_id[m.anomaly], m.median.value) for m in phase.measured]
    return bool(back) and all(back)


def _marked(before: Phase, after: Phase, story: Story) -> bool:
    """Whether a phase that no step explains is one to tell: its figures at least MARKED times apart, and it lasted, up
    to the mitigation if that came then."""
    was = {m.anomaly: m.median.value for m in before.measured}
    pairs = [sorted((abs(was[m.anomaly]), abs(m.median.value))) for m in after.measured if m.anomaly in was]
    mitigated = story.stones["mitigated"]
    acted = mitigated.moment.time if mitigated else after.end
    end = acted if after.start.time < acted < after.end else after.end
    lasted = end - after.start.time >= MARKED_SHARE * (story.over - story.begin)
    return lasted and any(high >= MARKED * low and high > 0 for low, high in pairs)


def _worse(before: Phase, after: Phase, story: Story) -> bool:
    """Whether some figure's excess over its baseline at least doubled, and none halved."""
    by_id = anomalies_by_id(story.anomalies)
    was = {m.anomaly: m.median.value for m in before.measured}
    grown = [
        excess(by_id[m.anomaly], m.median.value) / excess(by_id[m.anomaly], was[m.anomaly])
        for m in after.measured
        if m.anomaly in was
    ]
    return any(g >= 2**TWICE for g in grown) and all(g > 2**-TWICE for g in grown)


def peak(story: Story) -> Iterator[Entry]:
    """The worst sample of each lead series, or of what the onset rests on."""
    stone = story.stones["onset"]
    first = [a for a in story.anomalies if stone and a.id in stone.evidence]
    for anomaly in [one.anomaly for one in story.leads] or first:
        facts = _moved([anomaly], story)
        time = facts["peak_time"]
        if isinstance(time, pd.Timestamp):
            moment = Moment(time, time, time)
            yield Entry("", moment, "peak", "peak", anomaly.service, (anomaly.id,), facts=facts)


def recovered(story: Story) -> Iterator[Entry]:
    """When the symptoms were back, what was done just before, and when each service and layer was back."""
    stone = story.stones["recovered"]
    if stone is not None:
        step = story.step_near(stone.moment)
        mitigated = story.stones["mitigated"]
        last = [(p.measured, p) for p in story.phases][-1:]
        facts: dict[str, Fact] = {"known_action": mitigated is not None}
        resolved = [a for a in story.evidence.alerts if a.id in stone.evidence]
        if resolved and len(resolved) == len(stone.evidence):
            facts["alerts"] = tuple(Reference(a.id) for a in resolved)
        if step is not None and mitigated is not None and step.id not in mitigated.evidence:
            facts["step"] = Reference(step.id)
        if last:
            facts["measured"] = tuple((Reference(m.anomaly), m.median) for m in last[0][0])
        yield Entry("", stone.moment, "recovery", "recovered", story.service, stone.evidence, level="key", facts=facts)
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


def _groups(story: Story) -> Iterator[list[Anomaly]]:
    """Worse anomalies of the worst episode by service and layer."""
    worst = [e for e in story.explanation.episodes if e.id == story.explanation.worst]
    ours = {a for e in worst for a in e.anomalies}
    told = [a for a in story.anomalies if a.worse and a.id in ours and not a.signal.has_tag(UNTOLD_TAG)]
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
    begin, end = first.onset.time, min(first.recovery.time if first.recovery else over, over)
    found = next((one for one in story.leads if one.anomaly.id == first.id), None)
    mitigated = story.stones["mitigated"]
    # While instances restart figures are those of the restart: the peak is told of the time before it.
    back = story.stones["recovered"]
    until = back.moment.time if back else over  # as the summary's figures: not the samples that may be normal again
    stone = story.stones["onset"]
    began = stone.moment.time if stone else story.begin
    acted = mitigated.moment.time if mitigated else until
    all_, calm = (measured([found], began, t) if found else () for t in (until, acted))
    median = all_[0].median if all_ else Quantity(first.level, unit)
    worst = (calm or all_)[:1]
    facts: dict[str, Fact] = {
        "moved": tuple(Reference(a.id) for a in shown),
        "signal": first.signal.id,
        "direction": first.direction,
        "baseline": Quantity(first.baseline, unit),
        "median": median,
        "median_start": begin,
        "median_end": max(begin, end),
        "peak": worst[0].peak if worst else Quantity(first.peak, unit),
        "peak_time": worst[0].peak_time if worst else first.peak_time,
    }
    if calm and all_ and calm[0].peak != all_[0].peak:
        facts["before_mitigation"] = True
    if first.signal.threshold is not None:
        facts["condition"] = True
    return facts
