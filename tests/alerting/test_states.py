"""The state machine of an alerting rule; tests/sources/alert_rules holds it against Prometheus itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from reconstruct.alerting import Active, AlertInstance, Labels, advance, still_active

A: Labels = (("alertname", "A"),)
STEP_MS = 10_000


def run(
    pattern: str, *, for_s: float = 0, keep_firing_for_s: float = 0, cuts: Sequence[int] = ()
) -> list[AlertInstance]:
    """What becomes of one alert: `#` is an evaluation with a value, `.` one without, `x` one that failed."""
    states: dict[Labels, Active] = {}
    found: list[AlertInstance] = []
    edges = [0, *cuts, len(pattern)]
    for first, end in pairwise(edges):
        at = np.array([n for n in range(first, end) if pattern[n] != "x"], dtype=np.int64)
        holds = np.array([pattern[n] == "#" for n in at], dtype=bool)
        value = {A: holds} if holds.any() else {}
        states, ended = advance(states, at * STEP_MS, value, for_s=for_s, keep_firing_for_s=keep_firing_for_s)
        found += ended
    return found + still_active(states)


def seconds(found: Sequence[AlertInstance]) -> list[tuple[int | None, ...]]:
    """(pending, firing, last, ended) of each, in evaluations."""
    return [
        tuple(None if t is None else t // STEP_MS for t in (one.active_ms, one.fired_ms, one.last_ms, one.ended_ms))
        for one in found
    ]


def test_without_for_an_alert_fires_at_its_first_evaluation() -> None:
    assert seconds(run(".##.")) == [(1, 1, 2, 3)]


def test_it_fires_at_the_first_evaluation_at_least_for_after_its_first() -> None:
    assert seconds(run(".####", for_s=20)) == [(1, 3, 4, None)]
    assert seconds(run(".####", for_s=21)) == [(1, 4, 4, None)]


def test_one_evaluation_without_a_value_starts_for_again() -> None:
    assert seconds(run("##.###", for_s=20)) == [(0, None, 1, 2), (3, 5, 5, None)]


def test_a_pending_alert_is_not_kept() -> None:
    assert seconds(run("##...", for_s=30, keep_firing_for_s=100)) == [(0, None, 1, 2)]


def test_a_firing_alert_is_kept_for_keep_firing_for_counted_from_the_first_evaluation_without_a_value() -> None:
    assert seconds(run("##.....", keep_firing_for_s=30)) == [(0, 0, 4, 5)]


def test_a_value_that_comes_back_in_time_continues_the_same_alert_and_starts_the_keeping_anew() -> None:
    assert seconds(run("#..#...", for_s=0, keep_firing_for_s=30)) == [(0, 0, 6, None)]
    assert seconds(run("#..#....", for_s=0, keep_firing_for_s=30)) == [(0, 0, 6, 7)]


def test_a_failed_evaluation_changes_nothing() -> None:
    assert seconds(run("#xx##", for_s=30)) == [(0, 3, 4, None)]
    assert seconds(run("##xx..", keep_firing_for_s=15)) == [(0, 0, 5, None)]


def test_nothing_is_active_where_nothing_had_a_value() -> None:
    assert run("....") == []
    assert run("") == []


@pytest.mark.parametrize("for_s", [0, 20])
@pytest.mark.parametrize("keep_s", [0, 15, 40])
def test_pieces_give_what_the_whole_gives(for_s: float, keep_s: float) -> None:
    pattern = "..###.#....####x##...#.#.#xx###....#####"
    whole = run(pattern, for_s=for_s, keep_firing_for_s=keep_s)
    assert whole
    for cut in range(1, len(pattern)):
        pieces = run(pattern, for_s=for_s, keep_firing_for_s=keep_s, cuts=(cut,))
        assert pieces == whole, cut
    assert run(pattern, for_s=for_s, keep_firing_for_s=keep_s, cuts=range(1, len(pattern))) == whole


def test_alerts_are_known_by_their_labels() -> None:
    b: Labels = (("alertname", "A"), ("instance", "b"))
    times = np.arange(4, dtype=np.int64) * STEP_MS
    holds = {A: np.array([True, True, False, False]), b: np.array([False, True, True, True])}
    states, ended = advance({}, times, holds, for_s=10)
    assert seconds(ended) == [(0, 1, 1, 2)]
    assert [(one.labels, one.fired_ms) for one in still_active(states)] == [(b, 20_000)]
