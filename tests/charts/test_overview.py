"""The overview: nothing overlaps, nothing is cut, and what it says is what the incident holds."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reconstruct.charts.axes import day
from reconstruct.charts.before_after import before_after, strips
from reconstruct.charts.event_markers import Place, pack
from reconstruct.charts.overview import overview
from reconstruct.charts.selection import named_changes, rows_by_layer
from reconstruct.charts.theme import LIGHT
from reconstruct.model import Event, Gap, Incident, Moment, Service
from tests.charts.chart_reading import STORIES, covered_marks, drawn, outside, overlaps, shown_texts
from tests.render import stories as made


def says(figure: Figure) -> str:
    return "\n".join(text.says for text in shown_texts(figure))


def with_events(story: Incident, times: list[str]) -> Incident:
    day_of = story.evidence.window.start.normalize()
    events = tuple(
        Event(
            id=f"e{i}",
            time=day_of + pd.Timedelta(time),
            kind="deploy",
            service=Service("shop"),
            title=f"a rather long title of change number {i} that goes on and on",
        )
        for i, time in enumerate(times, start=1)
    )
    return replace(story, evidence=replace(story.evidence, events=events))


@pytest.mark.parametrize("name", STORIES)
def test_no_text_overlaps_another_or_leaves_the_picture(name: str) -> None:
    figure = drawn(name)

    texts = shown_texts(figure)

    assert overlaps(texts) == []
    assert outside(figure, texts) == []
    assert covered_marks(figure, texts) == []


@pytest.mark.parametrize("name", ["classic", "ongoing", "hostile", "forty_minutes", "quiet"])
def test_the_strip_of_before_and_after_overlaps_nowhere(name: str) -> None:
    figure = before_after(STORIES[name]())

    texts = shown_texts(figure)

    assert overlaps(texts) == []
    assert outside(figure, texts) == []


@pytest.mark.parametrize("count", [1, 2, 6, 7, 8, 13, 60])
def test_changes_within_seconds_of_each_other_never_overlap(count: int) -> None:
    story = with_events(made.classic(), [f"13h 55min {i % 60}s" for i in range(count)])

    figure = overview(story)

    texts = shown_texts(figure)
    assert overlaps(texts) == []
    assert outside(figure, texts) == []


@pytest.mark.parametrize("time", ["12h 45min", "15h 59min 45s"])
def test_changes_at_either_edge_stay_inside(time: str) -> None:
    figure = overview(with_events(made.classic(), [time] * 3))

    texts = shown_texts(figure)

    assert outside(figure, texts) == []
    assert overlaps(texts) == []


def test_the_story_is_told() -> None:
    said = says(drawn("classic"))

    for fact in (
        "Incident on shop, postgres and lb, 2026-11-17 13:56 to 15:27 UTC",
        "Requests to shop failed and were slow for 91 minutes, and seven alerts fired.",
        "onset 13:56:22",
        "detected 13:57:30",
        "mitigated 15:20",
        "recovered 15:27:08",
        "deploy shop 2.20.0",
        "rollback shop 2.14.1",
        "Mean query time",
        "DbQueryLatencyHigh",
        "job catalog: scrape failed",
        "data gap: rules: 403 Forbidden: no permission to read /api/v1/rules",
        "17 Nov 2026, UTC",
        "2.1 ms, baseline",
    ):
        assert fact in said
    assert "Candidate cause (86 %): slow query after the deploy of shop to 2.20.0 at 13:55:30" in said


def test_hints_that_nothing_supports_are_not_shown() -> None:
    story = made.classic()
    hints = tuple(replace(h, verdict="contradicted") for h in story.explanation.hints)

    said = says(overview(replace(story, explanation=replace(story.explanation, hints=hints))))

    assert "No candidate cause is supported by the data" in said
    assert "by slow query" not in said


def test_an_incident_that_lasts_says_that_it_is_not_over() -> None:
    said = says(drawn("ongoing"))

    assert "ongoing" in said
    assert "\nnot over\n" in said
    assert "recovered" not in said


def test_a_quiet_window_says_so_and_shows_what_was_looked_at() -> None:
    said = says(drawn("quiet"))

    assert "No incident found, 2026-11-17 12:45 to 16:00 UTC" in said
    assert "peak" not in said
    for layer in ("edge", "app", "database", "host", "network"):
        assert layer in said.split("\n")


def test_hundreds_of_changes_are_counted_and_those_that_matter_are_named() -> None:
    said = says(drawn("many_entries"))

    assert "13:55:30 deploy shop 2.20.0: find orders by the end of their reference" in said
    assert "15:20 Rollback shop to 2.14.1 (orders slow), instance by instance" in said
    rest = int(re.findall(r"(\d+) not named", said)[0])
    numbers = [line for line in said.split("\n") if line.isdigit()]
    assert all(numbers.count(str(i)) >= 2 for i in range(1, 441 - rest + 1)), "a number in the lane and one below"
    assert "and 11 more rules" in said


def test_the_guilty_and_the_cure_are_named_before_all_others() -> None:
    named, rest = named_changes(made.many_entries(), most=2)

    assert [e.id for e in named] == ["e3", "e5"]
    assert len(rest) == 439


def test_rows_are_of_different_aspects_before_they_repeat_one() -> None:
    rows, _ = rows_by_layer(made.classic())

    sick = [m.signal.aspect for m in rows["app"][:3]]
    assert len(set(sick)) == 3


def test_signals_without_a_row_are_counted() -> None:
    story = made.classic()
    (cpu,) = (m for m in story.evidence.metrics if m.signal.id == "node/cpu")
    (hot,) = (a for a in story.anomalies if a.signal.id == "node/cpu")
    ids = [(f"node/cpu-{i}", f"q9{i}") for i in range(20)]
    copies = [replace(cpu, signal=replace(cpu.signal, id=name), query=query) for name, query in ids]
    anomalies = [replace(hot, signal=replace(hot.signal, id=name), query=query) for name, query in ids]
    more = replace(
        story,
        evidence=replace(story.evidence, metrics=(*story.evidence.metrics, *copies)),
        anomalies=(*story.anomalies, *anomalies),
    )

    rows, without_room = rows_by_layer(more)

    assert sum(len(lane) for lane in rows.values()) <= 12
    assert "network" in rows, "what stayed healthy keeps its room"
    assert f"no row here: {without_room}" in says(overview(more))


def test_the_shading_spans_onset_to_recovery_with_its_uncertainty() -> None:
    story = made.classic()
    onset = story.milestones["onset"]
    assert onset is not None
    wide = Moment(onset.moment.time, onset.moment.earliest - pd.Timedelta("20min"), onset.moment.latest)
    story = replace(story, milestones={**story.milestones, "onset": replace(onset, moment=wide)})
    recovered = story.milestones["recovered"]
    assert recovered is not None

    ax = overview(story).axes[0]

    shaded = [p for p in ax.get_children() if isinstance(p, Rectangle) and p.get_facecolor()[:3] == to_rgb(LIGHT.shade)]
    edges = [(round(p.get_x(), 6), round(p.get_x() + p.get_width(), 6), p.get_alpha()) for p in shaded]
    first, last = wide, recovered.moment
    assert (round(day(first.earliest), 6), round(day(first.latest), 6), 0.5) in edges
    assert (round(day(first.latest), 6), round(day(last.earliest), 6), 1.0) in edges
    assert (round(day(last.earliest), 6), round(day(last.latest), 6), 0.5) in edges


def test_a_window_that_spans_midnight_says_the_days() -> None:
    said = says(drawn("fortnight"))

    assert "3 to 16 Nov 2026, UTC" in said
    assert "onset 12 Nov 10:22" in said
    assert "13 Nov" in said.split("\n")


def test_gaps_of_one_kind_share_a_line() -> None:
    story = made.classic()
    start = story.evidence.window.start
    gaps = tuple(
        Gap(f"g{i}", "prometheus", f"job {'ab'[i % 2]}", "scrape failed", start + i * pd.Timedelta("9min"), None)
        for i in range(20)
    )

    said = says(overview(replace(story, evidence=replace(story.evidence, gaps=gaps)))).split("\n")

    assert said.count("job a: scrape failed") == 1
    assert said.count("job b: scrape failed") == 1


def test_a_gap_is_hatched_where_it_was_and_wide_enough_to_be_seen() -> None:
    story = made.classic()
    start = story.evidence.window.start + pd.Timedelta("1h")
    scrape = Gap("g1", "prometheus", "job shop", "scrape failed", start, start + pd.Timedelta("15s"))

    ax = overview(replace(story, evidence=replace(story.evidence, gaps=(scrape,)))).axes[0]

    (box,) = (p for p in ax.get_children() if isinstance(p, Rectangle) and p.get_hatch() and p.get_zorder() == 1.5)
    assert box.get_x() <= day(start) <= box.get_x() + box.get_width()
    pixels = ax.transData.transform([(box.get_x() + box.get_width(), 0), (box.get_x(), 0)])[:, 0]
    assert (pixels[0] - pixels[1]) / ax.figure.dpi == pytest.approx(0.09, abs=0.01)


def test_an_alert_that_flapped_thousands_of_times_is_one_row_of_few_artists() -> None:
    story = made.classic()
    first = story.evidence.alerts[0]
    times = [story.evidence.window.start + i * pd.Timedelta("4s") for i in range(2900)]
    flaps = tuple(
        replace(first, id=f"al{i}", pending_at=t, firing_at=t + pd.Timedelta("1s"), resolved_at=t + pd.Timedelta("2s"))
        for i, t in enumerate(times)
    )

    figure = overview(replace(story, evidence=replace(story.evidence, alerts=flaps)))

    assert len(figure.axes[0].get_children()) < 300
    assert says(figure).split("\n").count(first.rule) == 1


def test_evidence_without_anything_still_gives_a_picture() -> None:
    story = made.quiet()
    empty = replace(story.evidence, metrics=(), events=(), alerts=(), gaps=())

    figure = overview(replace(story, evidence=empty))

    assert "No incident found" in says(figure)


def test_a_figure_that_is_given_is_used() -> None:
    mine = Figure(figsize=(8.0, 1.0))

    assert overview(made.classic(), figure=mine) is mine
    assert mine.get_figwidth() == 8.0
    assert overlaps(shown_texts(mine)) == []


def test_labels_are_packed_without_overlap_or_not_at_all() -> None:
    assert pack([(2.0, 2.0)] * 3, [1.0] * 3, room_in=4.0, levels=3) == [
        Place(0, "right"),
        Place(1, "right"),
        Place(2, "right"),
    ]
    assert pack([(2.0, 2.0)], [9.0], room_in=4.0, levels=3) is None


def test_before_during_and_after_are_those_of_the_worst_series() -> None:
    by_id = {s.metric.signal.id: s for lane in strips(made.classic()).values() for s in lane}

    latency, network = by_id["http/latency-p95"], by_id["netprobe/round-trip"]

    assert (round(latency.before, 3), round(latency.during, 1), round(latency.after, 3)) == (0.048, 3.4, 0.048)
    assert latency.affected
    assert not network.affected
    assert network.times[0] == pytest.approx(1.0, abs=0.05)
    assert by_id["postgres/lock-waits"].times == (1.0, 1.0), "nothing of nothing is as usual"


def test_what_did_not_take_effect_is_no_change_in_a_picture() -> None:
    incident = made.many_entries()
    every = [event.id for event in (*named_changes(incident)[0], *named_changes(incident)[1])]
    events = tuple(
        replace(event, state="failed") if event.id == every[0] else event for event in incident.evidence.events
    )
    named, rest = named_changes(replace(incident, evidence=replace(incident.evidence, events=events)))
    assert [event.id for event in (*named, *rest) if event.id == every[0]] == []
    assert len(named) + len(rest) == len(every) - 1
