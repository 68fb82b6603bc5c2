"""Which restarts are one event."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Service
from reconstruct.sources.prometheus.history.restarts import _Start, grouped

NOON = pd.Timestamp("2026-03-02T12:00Z")


def starts(*of: tuple[int, str]) -> list[tuple[int, str]]:
    """(second, title) of the events that starts of one service make."""
    begun = [
        _Start(NOON + pd.Timedelta(seconds=at), Service("shop"), what, "process_start_time_seconds", first_seen=False)
        for at, what in of
    ]
    return [(round((e.time - NOON).total_seconds()), e.title) for e in grouped(begun)]


def test_a_rollout_visits_each_instance_once() -> None:
    assert starts((0, "a"), (8, "b"), (70, "c")) == [(0, "3 instances of shop restarted")]


def test_instances_that_die_again_are_told_apart_from_the_rollout_before() -> None:
    rollout_and_two_kills = starts((0, "a"), (8, "b"), (75, "a"), (79, "b"), (148, "a"), (150, "b"))
    assert [second for second, _ in rollout_and_two_kills] == [0, 75, 148]


def test_one_instance_that_dies_again_and_again_is_one_event() -> None:
    assert starts((0, "a"), (60, "a"), (120, "a")) == [(0, "a restarted 3 times")]


def test_restarts_minutes_apart_are_apart() -> None:
    assert [second for second, _ in starts((0, "a"), (200, "b"))] == [0, 200]
