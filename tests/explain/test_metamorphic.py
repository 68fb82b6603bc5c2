"""What must not change when the evidence changes in ways that do not matter, and what must.

Each story is told once as it was and once altered; nothing here looks at the text of a statement.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from reconstruct.explain import explain
from reconstruct.model import Anomaly, Event, EventKind, Evidence, Explanation, Moment, Service, Settings, Window
from tests.explain.made import MECHANISMS, alert, at, event, made
from tests.explain.stories import database, quiet, web

Parts = tuple[Evidence, tuple[Anomaly, ...]]


@dataclass(frozen=True)
class Story:
    """An incident, what set it off, and the innocents around it."""

    name: str
    triggering: str
    parts: Callable[[], Parts]


def bad_query() -> Parts:
    changes = [
        event("e1", "13:31", "deploy", "catalog", version="1.10", previous="1.9"),
        event("e2", "13:40", "config", "lb", title="lb: note the new owners in a comment"),
        event("e3", "13:55:10", "deploy", "shop", version="2.20", previous="2.14"),
        event("e4", "14:10", "flag", "shop", title="flag new_footer on for 100%"),
        event("e5", "14:20", "rollback", "shop", version="2.14", previous="2.20", title="Rollback shop, one by one"),
    ]
    lines = [*web(), *quiet(), *database(latency=0.55, cpu=0.7, rows=9000, pool=20, host=0.99, network=0.003)]
    return made(lines, events=changes, alerts=[alert("ErrorsHigh", "shop", "13:57:30", "14:28", pending="13:56")])


def held_lock() -> Parts:
    changes = [
        event("e1", "13:44", "config", "lb", title="lb: comment header"),
        event("e2", "13:47", "migration", "orders-db", version="m41", previous="m40"),
        event("e3", "13:55:25", "migration", "orders-db", version="m42", previous="m41"),
        event("e4", "14:10", "flag", "shop", title="flag new_footer on for 100%"),
    ]
    return made([*web(share=0.9), *quiet(), *database(latency=3.0, cpu=0.006, locks=20, pool=20)], events=changes)


def bad_release() -> Parts:
    changes = [
        event("e1", "12:40", "deploy", "shop", version="7", previous="6"),
        event("e2", "13:49", "deploy", "catalog", version="3", previous="2"),
        event("e3", "13:50", "deploy", "shop", version="8", previous="7"),
    ]
    return made([*web(end=None), *quiet()], events=changes, alerts=[alert("ErrorsHigh", "shop", "13:58")])


STORIES = [
    Story("bad-query", "e3", bad_query),
    Story("held-lock", "e3", held_lock),
    Story("bad-release", "e3", bad_release),
]


@pytest.fixture(params=STORIES, ids=lambda s: s.name)
def story(request: pytest.FixtureRequest) -> Story:
    given: Story = request.param
    return given


def read(parts: Parts) -> Explanation:
    return explain(*parts, settings=Settings(mechanisms=MECHANISMS))


def with_events(parts: Parts, events: Sequence[Event]) -> Parts:
    ordered = tuple(sorted(events, key=lambda e: (e.time, e.id)))
    return replace(parts[0], events=ordered), parts[1]


def blamed(told: Explanation) -> set[str]:
    return {h.trigger for h in told.hints if h.trigger and h.verdict in ("supported", "plausible")}


def test_the_guilty_change_is_the_first_hint(story: Story) -> None:
    told = read(story.parts())
    assert told.hints[0].trigger == story.triggering
    assert blamed(told) == {story.triggering}


def test_the_same_evidence_gives_the_same_answer(story: Story) -> None:
    assert read(story.parts()) == read(story.parts())


def test_confidences_sum_to_at_most_one(story: Story) -> None:
    told = read(story.parts())
    assert 0 < sum(h.confidence for h in told.hints) <= 1
    assert [h.confidence for h in told.hints] == sorted((h.confidence for h in told.hints), reverse=True)
    assert [h.rank for h in told.hints] == list(range(1, len(told.hints) + 1))


def test_every_id_that_is_cited_exists(story: Story) -> None:
    evidence, anomalies = story.parts()
    told = read((evidence, anomalies))
    known = {a.id for a in anomalies} | {q.id for q in evidence.queries} | {e.id for e in evidence.events}
    known |= {a.id for a in evidence.alerts}
    lines = (
        [r.evidence for r in told.ruled_out]
        + [r.evidence for r in told.dismissed_changes]
        + [r.evidence for r in told.impact]
    )
    cited = [e for line in lines for e in line]
    cited += [e for h in told.hints for r in (*h.reasons_for, *h.reasons_against) for e in r.evidence]
    cited += [*told.onset_evidence, *told.recovered_evidence, *told.mitigated_evidence]
    cited += [e for h in told.hints for e in (h.trigger, h.metric) if e]
    assert set(cited) <= known
    assert all(lines)


def test_without_the_guilty_change_no_change_is_blamed(story: Story) -> None:
    parts = story.parts()
    told = read(with_events(parts, [e for e in parts[0].events if e.id != story.triggering]))
    assert blamed(told) == set()
    assert told.hints[0].trigger is None


def test_the_guilty_change_moved_to_after_the_onset_is_let_go_and_says_why(story: Story) -> None:
    parts = story.parts()
    late = [replace(e, time=at("13:58"), end=None) if e.id == story.triggering else e for e in parts[0].events]
    told = read(with_events(parts, late))
    assert story.triggering not in {h.trigger for h in told.hints}
    dismissed_changes = next(g for g in told.dismissed_changes if g.event == story.triggering)
    assert dismissed_changes.rule == "temporal-order"
    assert "after the onset" in dismissed_changes.says


def test_other_names_give_the_same_trigger_or_none(story: Story) -> None:
    told = read(renamed(story.parts()))
    assert told.hints[0].trigger in (story.triggering, None)
    assert told.hints[0].trigger == story.triggering


def test_fifty_innocent_changes_bring_no_new_blame(story: Story) -> None:
    rng = np.random.default_rng(5)
    parts = story.parts()
    kinds: tuple[EventKind, ...] = ("deploy", "config", "flag", "note", "scale")
    crowd = [
        Event(
            id=f"x{n}",
            time=at("12:00") + pd.Timedelta(seconds=float(rng.uniform(0, 3 * 3600))),
            kind=kinds[int(rng.integers(len(kinds)))],
            service=Service(("catalog", "mail", "search", "batch")[int(rng.integers(4))]),
            title=f"harmless {n}",
            version=f"v{n}",
        )
        for n in range(50)
    ]
    told = read(with_events(parts, [*parts[0].events, *crowd]))
    assert told.hints[0].trigger == story.triggering
    assert blamed(told) <= {story.triggering}


def test_another_time_of_day_changes_only_times(story: Story) -> None:
    parts = story.parts()
    told, later = read(parts), read(shifted(parts, pd.Timedelta("5h30min")))
    assert [(h.trigger, h.mechanism, h.verdict) for h in told.hints] == [
        (h.trigger, h.mechanism, h.verdict) for h in later.hints
    ]
    assert [h.confidence for h in told.hints] == pytest.approx([h.confidence for h in later.hints], rel=1e-9)
    assert [g.event for g in told.dismissed_changes] == [g.event for g in later.dismissed_changes]
    assert [r.mechanism for r in told.ruled_out] == [r.mechanism for r in later.ruled_out]
    assert told.onset is not None
    assert later.onset is not None
    assert later.onset.time - told.onset.time == pd.Timedelta("5h30min")


def test_half_the_samples_give_the_same_first_hint_and_wider_bounds(story: Story) -> None:
    parts = story.parts()
    told, coarse = read(parts), read(halved(parts))
    assert coarse.hints[0].trigger == told.hints[0].trigger
    assert coarse.hints[0].mechanism == told.hints[0].mechanism
    assert told.onset is not None
    assert coarse.onset is not None
    assert coarse.onset.latest - coarse.onset.earliest > told.onset.latest - told.onset.earliest


def test_an_incident_cut_off_in_the_middle_is_still_going(story: Story) -> None:
    told = read(cut(story.parts(), at("14:12")))
    assert told.verdict == "incident"
    assert told.recovered is None
    assert told.mitigated is None
    assert told.hints[0].trigger == story.triggering


def test_the_order_of_events_and_metrics_does_not_matter(story: Story) -> None:
    evidence, anomalies = story.parts()
    other = replace(evidence, events=evidence.events[::-1], metrics=evidence.metrics[::-1])
    assert read((other, anomalies[::-1])).hints == read((evidence, anomalies)).hints


# ---------------------------------------------------------------- how evidence is altered


def renamed(parts: Parts) -> Parts:
    """Every letter of every metric, label value and service moved on by one, in all places alike."""
    table = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[1:] + "a")

    def name(text: str) -> str:
        return text.translate(table)

    def service(given: Service) -> Service:
        return Service(*(name(part) for part in given))

    evidence, anomalies = parts
    metrics = tuple(
        replace(
            m,
            signal=replace(m.signal, id=name(m.signal.id), title=name(m.signal.title), promql=name(m.signal.promql)),
            labels=tuple({k: name(v) for k, v in labels.items()} for labels in m.labels),
            services=tuple(service(s) for s in m.services),
        )
        for m in evidence.metrics
    )
    signals = {m.query: m.signal for m in metrics}
    events = tuple(replace(e, service=service(e.service)) for e in evidence.events)
    alerts = tuple(replace(a, service=service(a.service), rule=name(a.rule)) for a in evidence.alerts)
    found = tuple(
        replace(
            a, signal=signals[a.query], service=service(a.service), labels={k: name(v) for k, v in a.labels.items()}
        )
        for a in anomalies
    )
    return replace(evidence, metrics=metrics, events=events, alerts=alerts), found


def shifted(parts: Parts, by: pd.Timedelta) -> Parts:
    """Everything later by `by`."""
    evidence, anomalies = parts

    def moved(moment: Moment) -> Moment:
        return Moment(moment.time + by, moment.earliest + by, moment.latest + by)

    old = evidence.window
    window = Window(old.start + by, old.end + by, old.step, old.baseline_start + by)
    metrics = tuple(replace(m, values=m.values.set_axis(m.values.index + by)) for m in evidence.metrics)
    events = tuple(replace(e, time=e.time + by, end=e.end + by if e.end is not None else None) for e in evidence.events)
    alerts = tuple(
        replace(
            a,
            pending_at=a.pending_at + by if a.pending_at is not None else None,
            firing_at=a.firing_at + by,
            resolved_at=a.resolved_at + by if a.resolved_at is not None else None,
        )
        for a in evidence.alerts
    )
    found = tuple(
        replace(
            a,
            onset=moved(a.onset),
            recovery=moved(a.recovery) if a.recovery else None,
            peak_time=a.peak_time + by,
        )
        for a in anomalies
    )
    return replace(evidence, window=window, metrics=metrics, events=events, alerts=alerts), found


def halved(parts: Parts) -> Parts:
    """Every second sample dropped: intervals twice as wide."""
    evidence, anomalies = parts
    old = evidence.window
    window = replace(old, step=2 * old.step)
    metrics = tuple(replace(m, values=m.values.iloc[::2], spacing_s=2 * m.spacing_s) for m in evidence.metrics)

    def wider(moment: Moment) -> Moment:
        grid = window.index
        latest = grid[min(int(grid.searchsorted(moment.latest)), len(grid) - 1)]
        return Moment(latest, latest - window.step, latest)

    found = tuple(
        replace(a, onset=wider(a.onset), recovery=wider(a.recovery) if a.recovery else None) for a in anomalies
    )
    return replace(evidence, window=window, metrics=metrics), found


def cut(parts: Parts, end: pd.Timestamp) -> Parts:
    """The window ends at `end`, and nothing later is known."""
    evidence, anomalies = parts
    window = replace(evidence.window, end=end)
    metrics = tuple(replace(m, values=m.values.loc[m.values.index < end]) for m in evidence.metrics)
    found = tuple(
        replace(a, recovery=None if a.recovery is None or a.recovery.latest >= end else a.recovery)
        for a in anomalies
        if a.onset.latest < end
    )
    alerts = tuple(
        replace(a, resolved_at=None if a.resolved_at is None or a.resolved_at >= end else a.resolved_at)
        for a in evidence.alerts
        if a.firing_at < end
    )
    events = tuple(e for e in evidence.events if e.time < end)
    return replace(evidence, window=window, metrics=metrics, alerts=alerts, events=events), found
