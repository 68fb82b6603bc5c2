"""The picture to paste: its size, its title, its lanes, and that no text overlaps or is cut off."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.charts.crop import cropped
from reconstruct.charts.export import picture_bytes
from reconstruct.charts.summary import MAX_LANES, summary_lanes, summary_picture
from reconstruct.charts.text import plain
from reconstruct.model import Incident
from tests.charts.chart_reading import outside, overlaps, shown_texts
from tests.incidents.recorded import incident
from tests.render import stories as made

STORIES: tuple[Callable[[], Incident], ...] = (
    made.classic,
    made.ongoing,
    made.quiet,
    made.hostile,
    made.fortnight,
    made.many_series,
)


@pytest.mark.parametrize("story", STORIES)
def test_it_is_1200_by_630_and_no_text_is_cut_off_or_overlaps(story: Callable[[], Incident]) -> None:
    figure = summary_picture(story())
    texts = shown_texts(figure)
    assert outside(figure, texts) == []
    assert overlaps(texts) == []
    assert struct.unpack(">II", picture_bytes(figure)[16:24]) == (1200, 630)


def test_a_recorded_incident_states_its_finding_above_the_users_lanes() -> None:
    found = incident("00-seed")
    said = [text.says for text in shown_texts(summary_picture(found))]
    assert said[0].startswith("lb failed 23 % ")
    lanes = summary_lanes(found)
    assert 2 <= len(lanes) <= MAX_LANES
    assert [lane.name for lane in lanes[:2]] == ["failed requests, lb", "mean latency, shop"]
    assert len({(lane.anomaly.service.name, lane.anomaly.signal.aspect) for lane in lanes}) == len(lanes)
    assert any(one.startswith("deploy shop 2.20.0") for one in said)
    assert any(one.startswith("rollback shop 2.14.1") for one in said)


@pytest.mark.parametrize("story", STORIES)
def test_the_figures_of_a_lane_are_never_cut(story: Callable[[], Incident]) -> None:
    found = story()
    said = [text.says for text in shown_texts(summary_picture(found))]
    for lane in summary_lanes(found):
        assert any(text.endswith(plain(lane.figures)) for text in said), lane.figures


def test_a_window_much_longer_than_the_incident_is_cropped_to_about_three_times_it() -> None:
    found = incident("01-bad-query")
    length = found.durations["time_to_recover_s"].value_s
    window = cropped(found).evidence.window
    assert (window.end - window.start).total_seconds() <= 3.2 * length
    onset = found.milestones["onset"]
    assert onset is not None
    assert window.start < onset.moment.time < window.end


def test_what_set_it_off_stays_in_the_picture_however_long_before() -> None:
    found = incident("01-bad-query")
    trigger = next(h.trigger for h in found.explanation.hints if h.trigger)
    early = found.evidence.window.start + pd.Timedelta("10s")
    events = tuple(replace(e, time=early, end=None) if e.id == trigger else e for e in found.evidence.events)
    assert cropped(replace(found, evidence=replace(found.evidence, events=events))).evidence.window.start <= early


def test_an_incident_that_fills_its_window_is_not_cropped() -> None:
    assert cropped(made.classic()) is not None
    assert cropped(made.quiet()).evidence.window == made.quiet().evidence.window
