"""Episodes of alerts, as real servers tell them."""

from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.errors import NothingToShowError, UsageError
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.window_finder.alert_episodes import alert_selector, at_time, firing_spans, last_episode, of_alert

START, END = pd.Timestamp("2026-03-02T12:00Z"), pd.Timestamp("2026-03-02T15:00Z")
SLACK = pd.Timedelta("6min")
"""The server repeats the last sample for five minutes."""


def test_an_alert_that_flaps_is_one_episode(server: Prometheus) -> None:
    spans = firing_spans(server, matchers=alert_selector("HighErrors"), start=START, end=END)
    found = of_alert(spans, text="HighErrors", now=END)
    assert found.start == pd.Timestamp("2026-03-02T13:03Z")
    assert pd.Timestamp("2026-03-02T14:55Z") - SLACK <= found.end <= pd.Timestamp("2026-03-02T14:55Z") + SLACK
    assert "HighErrors from 2026-03-02 13:33 UTC" in found.note


def test_matchers_narrow_it(server: Prometheus) -> None:
    matchers = alert_selector('HighErrors{severity="ticket"}')
    with pytest.raises(NothingToShowError, match="did not fire"):
        of_alert(firing_spans(server, matchers=matchers, start=START, end=END), text="HighErrors", now=END)


def test_without_a_name_the_last_episode_counts_and_a_watchdog_does_not(server: Prometheus) -> None:
    found = last_episode(firing_spans(server, matchers="", start=START, end=END), start=START, now=END)
    assert "HighErrors, QueueLong from 2026-03-02 13:33 UTC" in found.note
    near = at_time(
        firing_spans(server, matchers="", start=START, end=END), pd.Timestamp("2026-03-02T13:50Z"), start=START, now=END
    )
    assert near.start == found.start


def test_where_nothing_fired_the_hint_says_what_to_give(server: Prometheus) -> None:
    end = START + pd.Timedelta("30min")
    with pytest.raises(NothingToShowError, match="no alert fired") as caught:
        last_episode(firing_spans(server, matchers="", start=START, end=end), start=START, now=end)
    assert "--from" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{}", "two words"])
def test_what_is_no_alert_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no alert"):
        alert_selector(text)
