"""Which charts an incident gets, under which names, and what their alt text says."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.charts.catalogue import alt_text, charts_for, images, picture_bytes
from reconstruct.charts.theme import LIGHT
from reconstruct.errors import UsageError
from reconstruct.model import Incident
from tests.charts.chart_reading import STORIES
from tests.render import stories as made


def renamed(story: Incident, ids: dict[str, str]) -> Incident:
    """The same incident with other signal ids."""
    metrics = tuple(
        replace(m, signal=replace(m.signal, id=ids.get(m.signal.id, m.signal.id))) for m in story.evidence.metrics
    )
    anomalies = tuple(
        replace(a, signal=replace(a.signal, id=ids.get(a.signal.id, a.signal.id))) for a in story.anomalies
    )
    return replace(story, evidence=replace(story.evidence, metrics=metrics), anomalies=anomalies)


def test_the_classic_story_gets_a_summary_an_overview_a_strip_and_a_chart_for_each_sick_signal() -> None:
    names = [chart.name for chart in charts_for(made.classic())]

    assert names[:3] == ["summary", "overview", "before-after"]
    assert set(names[3:]) == {
        "haproxy-response-time",
        "http-latency-p95",
        "http-error-ratio",
        "db-pool-waiting",
        "postgres-query-time",
        "postgres-cpu",
        "postgres-rows-read",
        "node-cpu",
    }


def test_what_users_felt_comes_before_what_machines_felt() -> None:
    story = made.classic()
    told = replace(story.explanation, hints=(), impact=())
    loud = tuple(replace(a, score=900.0 if a.signal.layer == "host" else 2.0) for a in story.anomalies)
    story = replace(story, explanation=told, anomalies=loud, milestones=dict.fromkeys(story.milestones))

    signals = [chart.signal for chart in charts_for(story) if chart.signal]

    felt = {"http/latency-p95", "http/error-ratio", "haproxy/response-time"}
    assert set(signals[:3]) == felt
    assert signals[3] == "node/cpu"


def test_what_the_answer_cites_comes_before_what_is_merely_loud() -> None:
    story = made.classic()
    loud = tuple(replace(a, score=900.0 if a.signal.layer == "host" else 2.0) for a in story.anomalies)

    signals = [chart.signal for chart in charts_for(replace(story, anomalies=loud)) if chart.signal]

    assert signals.index("postgres/rows-read") < signals.index("node/cpu")


def test_where_nothing_went_wrong_summary_and_overview_are_all() -> None:
    assert [chart.name for chart in charts_for(made.quiet())] == ["summary", "overview"]


def test_the_number_of_signal_charts_is_limited() -> None:
    charts = charts_for(made.classic(), most=2)

    assert len([chart for chart in charts if chart.signal]) == 2


def test_many_affected_series_get_small_multiples() -> None:
    names = [chart.name for chart in charts_for(made.many_series())]

    assert names == ["summary", "overview", "before-after", "http-latency-p95", "http-latency-p95-by-series"]


def test_names_are_safe_and_unique_whatever_the_ids_are() -> None:
    story = renamed(
        made.classic(),
        {
            "http/latency-p95": "../../etc/passwd",
            "http/error-ratio": "etc/passwd",
            "db-pool/waiting": "overview",
            "postgres/cpu": "Overview",
            "node/cpu": "…",
            "postgres/query-time": "a" * 300,
            "postgres/rows-read": "nul\x00 <b>",
        },
    )

    names = [chart.name for chart in charts_for(story)]

    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,85}", name) for name in names), names


def test_an_anomaly_that_was_over_before_the_window_gets_no_chart() -> None:
    story = made.classic()
    start = story.evidence.window.start
    early = [
        replace(
            a,
            onset=replace(a.onset, time=start - pd.Timedelta("30min")),
            recovery=None if a.recovery is None else replace(a.recovery, time=start - pd.Timedelta("10min")),
        )
        if a.signal.id == "node/cpu"
        else a
        for a in story.anomalies
    ]

    signals = {chart.signal for chart in charts_for(replace(story, anomalies=tuple(early)))}

    assert "node/cpu" not in signals
    assert "postgres/cpu" in signals


def test_a_rule_that_repeats_a_signal_comes_last() -> None:
    story = renamed(made.classic(), {"http/latency-p95": "alert/ShopLatencyHigh", "haproxy/response-time": "http/slow"})
    layers = tuple(
        replace(m, signal=replace(m.signal, layer="app", aspect="latency")) if m.signal.id == "http/slow" else m
        for m in story.evidence.metrics
    )
    story = replace(story, evidence=replace(story.evidence, metrics=layers))

    signals = [chart.signal for chart in charts_for(story)]

    assert signals.index("http/slow") < signals.index("alert/ShopLatencyHigh")


def test_the_alt_text_of_the_overview_tells_the_story_with_its_figures() -> None:
    alt = alt_text(made.classic(), "overview")

    for fact in ("13:56:22", "13:57:30", "15:20:00", "15:27:08", "5 changes", "7 alert rules"):
        assert fact in alt
    assert alt.endswith(".")


def test_no_alt_text_is_longer_than_a_breath() -> None:
    for story in (made.classic(), made.hostile(), made.many_series(), made.quiet(), made.fortnight()):
        assert all(len(chart.alt) <= 250 for chart in charts_for(story))


def test_the_alt_text_of_a_signal_says_from_what_to_what_when_and_how_many() -> None:
    alt = alt_text(made.classic(), "http/latency-p95")

    assert alt.startswith("Request latency, 95th percentile, 17 Nov 2026, UTC; 48 ms before, peak 4.")
    assert "for shop-1:8000; anomalous from 13:56:22 UTC, back at 15:27:08 UTC; 2 of 3 series affected." in alt


def test_the_alt_text_of_what_is_not_over_says_so() -> None:
    assert "not back by the end" in alt_text(made.ongoing(), "http/latency-p95")
    assert "no data" not in alt_text(made.ongoing(), "before-after")


def test_the_alt_text_of_a_healthy_signal_says_that_it_stayed_within_its_baseline() -> None:
    assert "within its baseline, 2.1 ms" in alt_text(made.classic(), "netprobe/round-trip")


@pytest.mark.parametrize("name", STORIES)
def test_every_chart_has_an_alt_text_of_one_clean_line(name: str) -> None:
    for chart in charts_for(STORIES[name]()):
        assert chart.alt == alt_text(STORIES[name](), chart.name)
        assert len(chart.alt) > 40
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", chart.alt + chart.title)


def test_an_unknown_chart_names_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        alt_text(made.classic(), "http/nothing")

    assert "http-latency-p95" in caught.value.hint


def test_images_hold_the_encodings_that_the_formats_need() -> None:
    story = made.forty_minutes()

    both = images(story, formats=("md", "html", "png"), most=1)
    only = images(story, formats=("md", "png"), most=0)

    assert [image.name for image in both] == [chart.name for chart in charts_for(story, most=1)]
    assert all(
        i.png.startswith(b"\x89PNG") and i.svg.startswith(b"<?xml") and i.dark.startswith(b"<?xml") for i in both
    )
    assert all(i.png and not i.svg and not i.dark for i in only)
    assert only[0].png == both[0].png


def test_the_builders_draw_both_themes() -> None:
    chart = charts_for(made.forty_minutes())[0]

    light, dark = (picture_bytes(chart.build(theme=theme), fmt="svg") for theme in ("light", "dark"))

    assert LIGHT.paper.encode() in light
    assert LIGHT.paper.encode() not in dark
