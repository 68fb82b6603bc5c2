"""Ids of our own draft resolve, and to what is said beside them."""

from __future__ import annotations

import pytest

from reconstruct.verify import verify
from tests.verify.asked import checked, story, verdict


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("It began with `e99`.", "nothing in the evidence has the id e99"),
        ("See `q999` for the query.", "q999"),
        ("| x | `a8` http/latency-p95 |", "a8 is postgres/query-time, not http/latency-p95"),
        ("| x | `al1` HostCpuHigh |", "al1 is ProbeFailed, not HostCpuHigh"),
        ("`q1` http/latency-p95: 2 series, 2026-11-17 09:30:00 to 16:00:00, step 15 s", "q1 is haproxy/response-time"),
        ("`q1` haproxy/response-time: 2 series, 2026-11-17 07:30:00 to 16:00:00, step 15 s", "not 2026-11-17 07:30:00"),
    ],
)
def test_an_id_of_nothing_or_of_something_else_is_contradicted(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


@pytest.mark.parametrize(
    "line",
    [
        "| x | `a8` postgres/query-time, `e3` deploys.jsonl 57413, 2 more |",
        "The `a8` anomaly is the one to look at",  # words after an id are no name that a draft writes
        "An instance of type (t2) and (m5)",
        "`ep1` and `t1` resolve",
    ],
)
def test_it_is_silent_where_an_id_is_right_or_is_none(line: str) -> None:
    assert verdict(line) == "silent"


def test_ids_of_another_run_are_left_alone_and_that_is_told() -> None:
    names = [a.signal.id for a in story().anomalies]
    rows = "\n".join(f"| x | `a{n}` {name} |" for n, name in enumerate(reversed(names), 1))
    outcome = verify(rows, story())
    assert outcome.foreign == ("a",)
    assert outcome.count("contradicted") == 0
