"""Which way of going wrong the signals show, and which neighbours they clear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconstruct.model import Explanation
from tests.explain.made import Line, Move, event, told
from tests.explain.stories import FROM, TO, database, quiet, web


def told_with(**moves: float) -> Explanation:
    return told([*web(), *quiet(), *database(**moves)], events=[event("e1", "13:54", "deploy", "shop", version="2")])


CONSEQUENCES = {"pool": 20.0, "host": 0.99}
"""What rises in the wake of most faults of a database."""


@pytest.mark.parametrize(
    ("moves", "mechanism"),
    [
        ({"latency": 0.55, "cpu": 0.7, "rows": 9000.0, "network": 0.003, **CONSEQUENCES}, "slow-query"),
        ({"latency": 3.0, "cpu": 0.006, "locks": 20.0, "pool": 20.0}, "lock-contention"),
        ({"pool": 20.0, "cpu": 0.01}, "pool-exhaustion"),
        ({"pool": 20.0}, "pool-exhaustion"),
        ({"host": 0.99, "latency": 0.009}, "cpu-contention"),
        ({"network": 0.2, "latency": 0.21, "pool": 20.0}, "network-degradation"),
        ({}, "bad-change"),
    ],
)
def test_the_mechanism_that_explains_the_others_wins(moves: dict[str, float], mechanism: str) -> None:
    story = told_with(**moves)
    assert story.hints[0].mechanism == mechanism
    assert mechanism not in {r.mechanism for r in story.ruled_out}


@pytest.mark.parametrize(
    ("moves", "cleared"),
    [
        (
            {"latency": 0.55, "cpu": 0.7, "rows": 9000.0, "network": 0.003, **CONSEQUENCES},
            {"lock-contention", "network-degradation", "traffic-surge", "pool-exhaustion"},
        ),
        (
            {"latency": 3.0, "cpu": 0.006, "locks": 20.0, "pool": 20.0},
            {"slow-query", "network-degradation", "traffic-surge", "pool-exhaustion", "cpu-contention"},
        ),
        ({"pool": 20.0, "cpu": 0.01}, {"slow-query", "lock-contention", "network-degradation", "traffic-surge"}),
    ],
)
def test_the_neighbours_are_ruled_out_with_figures_and_queries(moves: dict[str, float], cleared: set[str]) -> None:
    story = told_with(**moves)
    out = {r.mechanism: r for r in story.ruled_out}
    assert cleared <= set(out)
    for name in cleared:
        assert any(e.startswith("q") for e in out[name].evidence), name
        assert any(c.isdigit() for c in out[name].says), name


def test_a_round_trip_that_rose_a_little_cannot_account_for_the_effect() -> None:
    story = told_with(latency=0.55, cpu=0.7, rows=9000.0, network=0.006)
    network = next(r for r in story.ruled_out if r.mechanism == "network-degradation")
    assert "round trip 1 ms to 6 ms" in network.says
    assert "cannot account for requests that took 3.5 s longer" in network.says


def test_a_signal_that_moved_after_the_impact_is_no_explanation() -> None:
    late = [replace(line, moves=(Move("14:10", TO, 0.2),)) if line.layer == "network" else line for line in database()]
    story = told([*web(), *quiet(), *late], events=[event("e1", "13:54", "deploy", "shop")])
    network = next(r for r in story.ruled_out if r.mechanism == "network-degradation")
    assert "after the impact had begun" in network.says


def test_what_nothing_measures_is_not_checked_and_says_what_is_needed() -> None:
    story = told([*web(), *quiet()], events=[event("e1", "13:54", "deploy", "shop")])
    unchecked = {n.mechanism: n.reason for n in story.not_checked}
    assert {"slow-query", "disk-exhaustion", "certificate-expiry"} <= set(unchecked)
    assert "node_exporter" in unchecked["disk-exhaustion"]
    assert "traffic-surge" in {r.mechanism for r in story.ruled_out}


def test_another_services_trouble_does_not_show_a_mechanism_here() -> None:
    pool = Line("mail/pool-waiting", "app", "saturation", "count", "mail", 0.1, (Move(FROM, TO, 20.0),), tags=("pool",))
    story = told([*web(), *quiet(), pool], events=[event("e1", "13:54", "deploy", "shop")])
    assert story.hints[0].mechanism == "bad-change"


def with_network(*moves: Move) -> Explanation:
    shown = [replace(line, moves=moves) if line.layer == "network" else line for line in database()]
    return told([*web(), *quiet(), *shown], events=[event("e1", "13:54", "deploy", "shop")])


def test_a_burst_beside_a_long_impact_is_no_explanation() -> None:
    network = next(r for r in with_network(Move(FROM, "14:03", 0.2)).ruled_out if r.mechanism == "network-degradation")
    assert "back at 14:03" in network.says
    assert "the impact lasted until 14:2" in network.says


def test_what_was_over_while_the_symptom_stayed_did_not_cause_it() -> None:
    assert "network-degradation" in {r.mechanism for r in with_network(Move(FROM, "14:15", 0.2)).ruled_out}
    assert "network-degradation" not in {r.mechanism for r in with_network(Move(FROM, TO, 0.2)).ruled_out}


def test_several_bursts_of_one_series_count_together() -> None:
    flapping = (Move(FROM, "14:08", 0.2), Move("14:09", "14:18", 0.2), Move("14:19", TO, 0.2))
    assert "network-degradation" not in {r.mechanism for r in with_network(*flapping).ruled_out}


@pytest.mark.parametrize(("left", "shown"), [(0.88, False), (0.4, True), (0.15, True)])
def test_memory_has_not_run_out_while_most_of_it_is_free(left: float, shown: bool) -> None:
    free = Line(
        "node/memory-available",
        "host",
        "saturation",
        "ratio",
        "",
        0.95,
        (Move(FROM, TO, left),),
        worse="down",
        tags=("memory", "host"),
    )
    story = told([*web(), *quiet(), free], events=[event("e1", "13:54", "deploy", "shop")])
    told_of = {h.mechanism for h in story.hints}
    assert ("memory-exhaustion" in told_of) == shown
    assert ("memory-exhaustion" in {r.mechanism for r in story.ruled_out}) == (not shown)


def test_a_count_of_processes_is_no_work() -> None:
    slow = [line for line in database(latency=0.55) if line.id != "postgres/rows-per-statement"]
    more = Line(
        "ps/count", "runtime", "work", "count", "postgres", 17.0, (Move(FROM, TO, 40.0),), tags=("process", "count")
    )
    story = told([*web(), *quiet(), *slow, more], events=[event("e1", "13:54", "deploy", "shop")])
    assert "slow-query" not in {h.mechanism for h in story.hints}


def test_signals_that_went_silent_with_the_impact_are_not_checked_and_named() -> None:
    silent = [replace(line, missing=((FROM, "15:00"),)) if line.aspect == "locks" else line for line in database()]
    story = told([*web(), *quiet(), *silent], events=[event("e1", "13:54", "deploy", "shop")])
    lock = next(n for n in story.not_checked if n.mechanism == "lock-contention")
    assert "no samples while the impact lasted" in lock.reason


@pytest.mark.parametrize(("host", "out"), [(0.9, True), (0.99, False)])
def test_a_resource_with_nothing_left_rules_nothing_out(host: float, out: bool) -> None:
    story = told_with(latency=0.55, cpu=0.7, rows=9000.0, network=0.003, pool=20.0, host=host)
    assert ("cpu-contention" in {r.mechanism for r in story.ruled_out}) == out
