"""Spans of firing alerts, episodes, and the window around one."""

from __future__ import annotations

import pandas as pd

from reconstruct.window_finder.spans import FoundWindow, Span, around, widened, window_of, without_watchdogs

NOW = pd.Timestamp("2026-11-17T18:00Z")
STEP = pd.Timedelta("15s")


def at(clock: str) -> pd.Timestamp:
    return pd.Timestamp(f"2026-11-17T{clock}Z")


def test_the_window_has_margins_and_says_what_it_was_found_by() -> None:
    found = window_of([Span("A", at("14:00"), at("14:20")), Span("B", at("14:05"), None)], what="the last one", now=NOW)
    assert (found.start, found.end) == (at("13:30"), NOW)
    assert found.note == ("window: the last one, A, B from 2026-11-17 14:00 UTC, still firing; 30 min before and after")


def test_an_episode_that_does_not_end_is_cut_to_its_last_hours() -> None:
    found = window_of([Span("A", at("02:00"), None)], what="the last one", now=NOW)
    assert found.start == at("05:30")
    assert "(the last 12 h of it)" in found.note


def test_what_fires_all_the_time_is_a_watchdog() -> None:
    spans = [Span("Watchdog", at("06:00"), None), Span("A", at("14:00"), at("14:20"))]
    assert [one.alert for one in without_watchdogs(spans, start=at("06:00"), now=NOW)] == ["A"]


def test_a_watchdog_of_a_server_that_started_minutes_ago_is_no_episode() -> None:
    spans = [Span("Watchdog", at("17:50"), None), Span("A", at("14:00"), at("14:20"))]
    assert [one.alert for one in without_watchdogs(spans, start=at("06:00"), now=NOW)] == ["A"]
    always = [Span("NobodyCares", at("06:00"), None), Span("A", at("14:00"), at("14:20"))]
    assert [one.alert for one in without_watchdogs(always, start=at("06:00"), now=NOW)] == ["A"]


def test_a_time_means_the_episode_that_holds_it_or_is_near() -> None:
    spans = [Span("A", at("14:10"), at("14:40")), Span("B", at("09:00"), at("09:10"))]
    assert (around(at("14:00"), spans, now=NOW).start, around(at("14:00"), spans, now=NOW).end) == (
        at("13:30"),
        at("15:10"),
    )
    alone = around(at("06:00"), spans, now=NOW)
    assert (alone.start, alone.end) == (at("05:00"), at("07:00"))
    assert alone.note == "window: 1 h before and after 2026-11-17 06:00 UTC"


def test_an_onset_at_the_edge_and_no_recovery_make_the_window_longer_and_it_says_so() -> None:
    found = FoundWindow(at("14:00"), at("15:00"), "window: x; 30 min before and after")
    wider = widened(found, onset=at("14:00:30"), recovered=None, ongoing=True, step=STEP, now=NOW)
    assert wider is not None
    assert (wider.start, wider.end) == (at("13:00"), at("16:00"))
    assert wider.note.endswith(
        "it begins earlier, since the onset lay at its edge and ends later, since nothing had recovered at its end"
    )


def test_a_window_that_holds_onset_and_recovery_stays() -> None:
    found = FoundWindow(at("14:00"), at("15:00"), "window: x")
    assert widened(found, onset=at("14:20"), recovered=at("14:40"), ongoing=True, step=STEP, now=NOW) is None
    assert widened(found, onset=None, recovered=None, ongoing=False, step=STEP, now=NOW) is None
