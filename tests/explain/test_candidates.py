"""Mechanisms of queries/mechanisms.yaml held against figures: shown, told from their neighbours, ruled out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reconstruct.explain.candidates import candidates, cleared
from reconstruct.explain.locate import Location, locate, met_by_users
from reconstruct.explain.shown import Candidate
from reconstruct.model.system import Pool, Reading, Role, System
from tests.explain.made_system import MECHANISMS, ONSET, ROWS, filling, flow, level, reading, span, system

Readings = dict[tuple[str, Role], Reading]
SLOW = flow(level(100.0), mean_s=level(0.05, 1.05))
AFFECTED = {"edge": SLOW, "shop": SLOW}
LINKS = {("edge", "shop"): SLOW}


def shown(found: System) -> tuple[Candidate, ...]:
    met = met_by_users(found, span())
    where: Location | None = None
    if not met.late and found.outermost:
        where = locate(found, span(), found.outermost, failing=met.failing, slow=met.slow)
    return candidates(found, span(), MECHANISMS, location=where, late=met.late, rollouts={})


def first(found: System) -> tuple[str, str]:
    best = shown(found)[0]
    return best.mechanism.id, best.thing


DATABASE: Readings = {
    ("orders-db", "operations"): reading(level(500.0), unit="per second"),
    ("orders-db", "rows"): reading(level(5e3), unit="rows per second"),
    ("orders-db", "lock_waits"): reading(level(0.0)),
}
FULL = Pool(used=level(8.0, 20.0), size=level(20.0), pending=level(0.0, 12.0), queries=("q3",))
SMALLER = Pool(used=level(4.0), size=level(20.0, 4.0), pending=level(0.0, 12.0), queries=("q3",))


@pytest.mark.parametrize(
    ("extra", "pools", "expected"),
    [
        ({("orders-db", "rows"): reading(level(5e3, 9e4), unit="rows per second")}, {}, ("slow-query", "orders-db")),
        ({("orders-db", "lock_waits"): reading(level(0.0, 9.0))}, {}, ("lock-contention", "orders-db")),
        ({}, {("shop", "orders-db"): FULL}, ("pool-exhaustion", "shop")),
        ({("shop", "throttled"): reading(level(0.0, 0.6), unit="ratio")}, {}, ("cpu-contention", "shop")),
        ({("node-1", "cpu"): reading(level(0.3, 0.98), unit="ratio")}, {}, ("cpu-contention", "node-1")),
        ({("shop", "oom_kills"): reading(level(0.0, 3.0))}, {}, ("memory-exhaustion", "shop")),
    ],
)
def test_a_figure_beyond_its_bound_shows_its_mechanism(extra: dict, pools: dict, expected: tuple[str, str]) -> None:  # type: ignore[type-arg]
    found = system(
        served=AFFECTED, called=LINKS, readings={**DATABASE, **extra}, pools=pools, hosts={"shop": ("node-1",)}
    )
    assert first(found) == expected


def test_a_pool_that_is_full_because_statements_wait_for_a_lock_is_the_lock() -> None:
    waits = {**DATABASE, ("orders-db", "lock_waits"): reading(level(0.0, 9.0))}
    found = system(served=AFFECTED, called=LINKS, readings=waits, pools={("shop", "orders-db"): FULL})
    best, *rest = shown(found)
    assert best.mechanism.id == "lock-contention"
    pool = next(c for c in rest if c.mechanism.id == "pool-exhaustion")
    assert "consequence" in {t.rule for t in pool.terms}


def test_a_pool_that_was_made_smaller_is_nobodys_consequence() -> None:
    waits = {**DATABASE, ("orders-db", "lock_waits"): reading(level(0.0, 2.0))}
    found = system(served=AFFECTED, called=LINKS, readings=waits, pools={("shop", "orders-db"): SMALLER})
    assert first(found) == ("pool-exhaustion", "shop")


def test_a_statement_that_reads_more_because_fewer_come_through_is_no_slow_query() -> None:
    stuck = {**DATABASE, ("orders-db", "operations"): reading(level(500.0, 100.0), unit="per second")}
    found = system(
        served=AFFECTED, called=LINKS, readings={**stuck, ("orders-db", "lock_waits"): reading(level(0.0, 9.0))}
    )
    assert first(found)[0] == "lock-contention"


def test_twice_the_requests_explain_a_busy_machine() -> None:
    more = flow(level(100.0, 220.0), mean_s=level(0.05, 1.05))
    found = system(
        served={"edge": more, "shop": more},
        called={("edge", "shop"): more},
        readings={("node-1", "cpu"): reading(level(0.3, 0.98), unit="ratio")},
    )
    assert first(found) == ("traffic-surge", "edge")
    assert "cpu-contention" not in {c.mechanism.id for c in shown(found)}


@pytest.mark.parametrize(("statements", "neighbour"), [(300.0, True), (900.0, False)])
def test_a_machine_whose_database_is_asked_for_more_has_no_busy_neighbour(statements: float, neighbour: bool) -> None:
    found = system(
        served=AFFECTED,
        called=LINKS,
        readings={
            ("node-1", "cpu"): reading(level(0.3, 0.98), unit="ratio"),
            ("orders-db", "operations"): reading(level(300.0, statements)),
        },
        hosts={"orders-db": ("node-1",)},
    )
    assert ("cpu-contention" in {c.mechanism.id for c in shown(found)}) is neighbour


def test_one_status_that_appears_is_no_surge() -> None:
    failing = flow(level(100.0), failing=level(0.0, 0.2), mean_s=0.05)
    found = system(served={"edge": failing, "shop": failing}, called={("edge", "shop"): failing})
    assert first(found) == ("bad-change", "shop")


def test_a_provider_that_is_slow_is_named_where_its_caller_waits() -> None:
    outside, cart = flow(level(10.0), mean_s=level(0.1, 10.0)), flow(level(100.0), mean_s=level(0.02, 1.0))
    found = system(
        served={**AFFECTED, "cart": cart}, called={**LINKS, ("shop", "cart"): cart, ("cart", "pay.example"): outside}
    )
    assert first(found) == ("dependency-down", "pay.example")


def test_a_disk_that_fills_is_dated_to_the_start_of_its_slope() -> None:
    free = 100.0 - filling(20.0, 100.0, start=100)
    disk = Reading(free, "bytes", bound=level(100.0), queries=("q4",))
    found = system(served=AFFECTED, called=LINKS, readings={("node-1", "disk_free"): disk}, hosts={"shop": ("node-1",)})
    best = shown(found)[0]
    assert (best.mechanism.id, best.thing) == ("disk-exhaustion", "node-1")
    assert abs(best.first - 100) <= 6


def test_late_work_is_the_queues() -> None:
    found = system(readings={("jobs", "depth"): reading(level(5.0, 4000.0))})
    assert first(replace(found, consumers={"mailer": "jobs"})) == ("queue-backlog", "jobs")


def test_one_instance_that_fails_alone_is_a_change_of_its_service() -> None:
    bad, good = flow(level(30.0), failing=level(0.0, 0.6)), flow(level(35.0))
    shop = replace(
        flow(level(100.0), failing=level(0.0, 0.18), mean_s=0.05), instances={"a": bad, "b": good, "c": good}
    )
    found = system(served={"edge": shop, "shop": shop}, called={("edge", "shop"): shop})
    best = shown(found)[0]
    assert (best.mechanism.id, best.thing, best.why) == ("bad-change", "shop", "one-instance")


def test_only_the_figures_of_the_very_resource_rule_out() -> None:
    lock, disk = (next(m for m in MECHANISMS if m.id == i) for i in ("lock-contention", "disk-exhaustion"))
    found = system(readings=DATABASE)
    assert [f.name for f, _ in cleared(found, span(), lock, rollouts={})] == ["lock-waits"]
    assert cleared(found, span(), disk, rollouts={}) == ()


def test_a_quantity_at_its_bound_never_rules_out() -> None:
    disk = next(m for m in MECHANISMS if m.id == "disk-exhaustion")
    full = Reading(np.full(ROWS, 0.5), "bytes", bound=level(100.0), queries=("q4",))
    assert cleared(system(readings={("node-1", "disk_free"): full}), span(), disk, rollouts={}) == ()
    roomy = Reading(np.full(ROWS, 60.0), "bytes", bound=level(100.0), queries=("q4",))
    assert cleared(system(readings={("node-1", "disk_free"): roomy}), span(), disk, rollouts={})


def test_what_begins_after_users_were_affected_loses() -> None:
    late = level(0.0, 0.6, start=ONSET + 30)
    found = system(served=AFFECTED, called=LINKS, readings={("shop", "throttled"): reading(late, unit="ratio")})
    rules = {t.rule for c in shown(found) if c.mechanism.id == "cpu-contention" for t in c.terms}
    assert not rules or "onset-order" in rules


def clears(mechanism: str, found: System) -> tuple[str, ...]:
    """Names of the things whose figures clear a mechanism, each once."""
    one = next(m for m in MECHANISMS if m.id == mechanism)
    return tuple(dict.fromkeys(figure.thing for figure, _ in cleared(found, span(), one, rollouts={})))


def test_the_memory_of_a_process_that_no_request_passes_through_keeps_nothing_from_being_ruled_out() -> None:
    mine: Readings = {("shop", "memory"): reading(level(5e7), unit="bytes")}
    monitoring: Readings = {("prometheus", "memory"): reading(level(6e7, 8e7), unit="bytes")}
    assert clears("memory-exhaustion", system(served=AFFECTED, called=LINKS, readings={**mine, **monitoring})) == (
        "shop",
    )
    grown: Readings = {("shop", "memory"): reading(level(5e7, 8e7), unit="bytes")}
    assert clears("memory-exhaustion", system(served=AFFECTED, called=LINKS, readings={**grown, **monitoring})) == ()


def test_statements_that_read_more_because_fewer_come_through_keep_no_slow_query_from_being_ruled_out() -> None:
    def of(rows: float, statements: float) -> System:
        figures: Readings = {
            ("orders-db", "operations"): reading(level(500.0, statements), unit="per second"),
            ("orders-db", "rows"): reading(level(5e3, rows), unit="rows per second"),
            ("orders-db", "statements"): reading(level(500.0, statements), unit="per second"),
            ("orders-db", "statement_time"): reading(level(0.5, 0.5 * statements / 500.0), unit="seconds per second"),
        }
        return system(served=AFFECTED, called=LINKS, readings=figures)

    assert clears("slow-query", of(rows=4e3, statements=100.0)) == ("orders-db",)
    assert clears("slow-query", of(rows=2e4, statements=500.0)) == ()


@pytest.mark.parametrize(("during_s", "told"), [(0.005, ("shop-db",)), (0.05, ())])
def test_round_trips_that_cannot_account_for_the_wait_rule_the_network_out(
    during_s: float, told: tuple[str, ...]
) -> None:
    """Requests wait a second longer: twenty round trips of 4 ms more are 80 ms of it."""
    trips: Readings = {("shop-db", "round_trip"): reading(level(0.001, during_s), unit="seconds")}
    found = system(served=AFFECTED, called=LINKS, readings=trips)
    found = replace(found, kinds={**found.kinds, "shop-db": "path"})
    assert clears("network-degradation", found) == told
    assert bool(told) == ("network-degradation" not in {c.mechanism.id for c in shown(found)})


@pytest.mark.parametrize(("cores", "ill"), [(0.3, False), (0.9, True)])
def test_a_request_costs_more_of_a_process_only_where_the_process_works_no_less(cores: float, ill: bool) -> None:
    fewer = {**AFFECTED, "cart": flow(level(100.0, 10.0), mean_s=0.02)}
    found = system(served=fewer, readings={("cart", "cpu"): reading(level(0.5, cores), unit="cores")})
    assert any(c.mechanism.id == "cpu-contention" for c in shown(found)) is ill


@pytest.mark.parametrize(("rows", "ill"), [(5e3, True), (9e4, False)])
def test_a_disk_that_is_slow_is_told_unless_more_is_read(rows: float, ill: bool) -> None:
    readings: dict[tuple[str, Role], Reading] = {
        **DATABASE,
        ("node-1", "disk_busy"): reading(level(0.05, 0.7), unit="ratio"),
        ("orders-db", "rows"): reading(level(5e3, rows), unit="rows per second"),
    }
    found = system(served=AFFECTED, called=LINKS, readings=readings)
    assert any(c.mechanism.id == "disk-exhaustion" for c in shown(found)) is ill


@pytest.mark.parametrize(("share", "things"), [(0.5, ("shop",)), (0.96, ())])
def test_a_share_that_stays_clears_its_mechanism_unless_nothing_is_left(share: float, things: tuple[str, ...]) -> None:
    found = system(served=AFFECTED, called=LINKS, readings={("shop", "throttled"): reading(level(share), unit="ratio")})
    assert clears("cpu-contention", found) == things


def stuck_statements(*, stored: float = 100.0) -> System:
    """Calls to the database take 3 s for 2 ms, sessions pile up, a fifth of the statements come through."""
    calls = {**LINKS, ("shop", "orders-db"): flow(level(500.0, stored), mean_s=level(0.002, 3.0))}
    hung: Readings = {
        **DATABASE,
        ("orders-db", "operations"): reading(level(500.0, stored), unit="per second"),
        ("orders-db", "rows"): reading(level(5e3, 10.0 * stored), unit="rows per second"),
        ("orders-db", "active"): reading(level(1.0, 12.0)),
        ("orders-cache", "hits"): reading(level(40.0, 0.0)),
        ("orders-cache", "misses"): reading(level(60.0, 100.0)),
    }
    return system(served=AFFECTED, called=calls, readings=hung)


def test_statements_that_stay_and_do_less_wait_for_a_lock_that_no_exporter_counts() -> None:
    assert first(stuck_statements()) == ("lock-contention", "orders-db")


@pytest.mark.parametrize(("busy", "expected"), [(0.1, "lock-contention"), (0.3, "slow-query"), (0.9, "slow-query")])
def test_statements_that_take_longer_on_a_machine_that_computes_less_are_no_work(busy: float, expected: str) -> None:
    found = stuck_statements()
    timed: Readings = {
        ("orders-db", "statements"): found.readings["orders-db", "operations"],
        ("orders-db", "statement_time"): reading(level(1.0, 300.0)),
        ("node-1", "cpu"): reading(level(0.3, busy), unit="ratio"),
    }
    found = replace(found, readings={**found.readings, **timed}, hosts={"orders-db": ("node-1",)})
    assert first(found) == (expected, "orders-db")


def test_waits_that_an_exporter_does_count_do_not_clear_those_that_it_does_not() -> None:
    lock = next(m for m in MECHANISMS if m.id == "lock-contention")
    assert not cleared(stuck_statements(), span(), lock, rollouts={})
    assert cleared(system(served=AFFECTED, called=LINKS, readings=DATABASE), span(), lock, rollouts={})


def test_slow_statements_are_not_cleared_by_how_few_rows_they_read_while_their_callers_wait() -> None:
    slow = next(m for m in MECHANISMS if m.id == "slow-query")
    assert not cleared(stuck_statements(), span(), slow, rollouts={})


def test_what_cannot_be_read_is_not_kept_and_no_cache_that_stopped_helping() -> None:
    assert "cache-miss-storm" not in {c.mechanism.id for c in shown(stuck_statements())}
    assert "cache-miss-storm" in {c.mechanism.id for c in shown(stuck_statements(stored=900.0))}


@pytest.mark.parametrize(("calls", "ill"), [(1500.0, True), (100.0, False)])
def test_a_request_that_asks_many_statements_more_is_told_at_who_asks_them(calls: float, ill: bool) -> None:
    slower = flow(level(100.0), mean_s=level(0.05, 0.35))
    asked = flow(level(100.0, calls), mean_s=level(0.01, 0.02))  # 10 ms of a request before; 300 or 20 ms during
    found = system(
        served={"edge": slower, "shop": slower},
        called={("edge", "shop"): slower, ("shop", "orders-db"): asked},
        readings=DATABASE,
    )
    told = [(c.mechanism.id, c.thing) for c in shown(found) if c.figure and c.figure.name == "call-time-per-request"]
    assert told == ([("slow-query", "shop")] if ill else [])
