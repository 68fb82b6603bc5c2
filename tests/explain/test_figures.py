"""What a system's readings say per unit of work."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.explain.figures import figures, hosts_of, says_database
from reconstruct.model.system import Pool, Reading
from tests.explain.made_system import ONSET, ROWS, flow, level, reading, span, system


def told(found: object, place: str, name: str) -> list[float]:
    return [
        float(np.nanmedian(f.values[ONSET : ONSET + 30]))
        for f in figures(found, span(), rollouts={})  # type: ignore[arg-type]
        if (f.place, f.name) == (place, name)
    ]


def test_cpu_is_told_for_each_request() -> None:
    busier = system(
        served={"shop": flow(level(100.0, 200.0), mean_s=0.05)},
        readings={("shop", "cpu"): reading(level(2.0, 4.0), unit="cores")},
    )
    assert told(busier, "service", "cpu-per-request") == [pytest.approx(0.02, rel=0.05)]


def test_rows_are_told_for_each_statement_and_statements_for_each_request() -> None:
    found = system(
        readings={
            ("orders-db", "rows"): reading(level(5000.0, 50000.0), unit="rows per second"),
            ("orders-db", "operations"): reading(level(500.0), unit="per second"),
        }
    )
    assert told(found, "database", "rows-per-statement") == [pytest.approx(100, rel=0.05)]
    assert told(found, "database", "statements-per-request") == [pytest.approx(5, rel=0.05)]


def test_the_fullest_instance_is_told_of_memory() -> None:
    full, limit = level(100.0, 990.0), level(1000.0)
    both = Reading(
        full + level(100.0), "bytes", instances={"a": full, "b": level(100.0)}, instance_bounds={"a": limit, "b": limit}
    )
    found = system(readings={("cart", "memory"): both})
    assert told(found, "service", "memory-share") == [pytest.approx(0.99, rel=0.02)]


def test_restarts_in_a_rollout_are_the_rollouts_own() -> None:
    restarts = np.zeros(ROWS)
    restarts[ONSET + 2] = 1.0
    found = system(readings={("cart", "restarts"): reading(restarts)})
    rows = np.zeros(ROWS, dtype=bool)
    rows[ONSET : ONSET + 8] = True
    ended = [f for f in figures(found, span(), rollouts={}) if f.name == "ended"]
    calm = [f for f in figures(found, span(), rollouts={"cart": rows}) if f.name == "ended"]
    assert ended[0].values.max() == 1
    assert calm[0].values.max() == 0


def test_a_pool_is_told_by_its_share_taken_and_its_size_on_each_instance() -> None:
    pool = Pool(
        used=level(8.0, 20.0), size=level(20.0), instances={"a": {"size": level(10.0)}, "b": {"size": level(10.0)}}
    )
    found = system(pools={("shop", "orders-db"): pool})
    assert told(found, "pool", "taken") == [pytest.approx(1.0, rel=0.05)]
    assert told(found, "pool", "size") == [pytest.approx(10, rel=0.05)]


def test_a_probe_of_a_service_is_no_wire() -> None:
    found = system(readings={("shop", "round_trip"): reading(level(0.01, 0.5), unit="seconds")})
    assert told(found, "path", "round-trip") == []


def test_the_machine_of_a_database_is_the_one_told_else_the_one_named_so() -> None:
    from dataclasses import replace

    plain = system()
    named = replace(plain, kinds={**plain.kinds, "db-node-1": "host"})
    assert hosts_of(named, "orders-db") == ("db-node-1",)
    assert hosts_of(replace(named, hosts={"orders-db": ("node-1",)}), "orders-db") == ("node-1",)
    assert says_database("mysql-2")
    assert not says_database("node-1")
