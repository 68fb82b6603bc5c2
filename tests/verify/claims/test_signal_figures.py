"""A signal's figures against its samples."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "Mean query time rose from 8 ms to 280 ms",
        "mean query time went from 0.008 s to 0.28 s",
        "postgres/query-time 8 ms -> 357 ms",
        "p95 latency of shop rose from 50 ms to 3.4 s",
        "The 95th percentile of request latency peaked at 4.5 s",
        "Database CPU peaked at 85 %",
        "CPU in use reached 100 percent",
        "Memory available stayed at 5.2 GiB",
        "the error rate climbed to 35 %",
        "Mean query time: 8 ms to 357 ms (a8)",
        "query time went up to about 0.3 s",
        "the error rate was between 30 and 40 %",
        "mean query time was over 200 ms",
        "mean query time fell back to 8 ms",
    ],
)
def test_figures_that_the_samples_show_hold(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Mean query time rose from 8 ms to 2.8 s", "Mean query time: 8 ms to 360 ms at its worst (a8), not 2.8 s"),
        ("Mean query time rose from 80 ms to 280 ms", "not 80 ms"),
        ("Mean query time peaked at 20 ms", "not 20 ms"),
        ("| 13:56:22 | Mean query time rises: 24 ms to 357 ms | `a8` |", "not 24 ms"),
        ("p95 latency of shop rose from 50 ms to 34 s", "not 34 s"),
        ("Database CPU rose to 300 %", "not 300 %"),
        ("mean query time was over 2 s", "not 2 s"),
    ],
)
def test_figures_that_were_never_reached_are_contradicted(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


@pytest.mark.parametrize(
    "line",
    [
        "Mean query time rose to 100 ms",  # on the way: another step shows another peak
        "the latency SLO is 300 ms",
        "the memory limit was raised to 64 GiB",
        "request latency was 8 s for some users",  # which percentile is not said
        "checkout took 12 s",
        "mean query time should stay below 20 ms",
    ],
)
def test_what_lies_between_or_was_only_wished_is_not_called_wrong(line: str) -> None:
    assert verdict(line) == "not checked"


@pytest.mark.parametrize("line", ["We run 12 instances of version 2.20.0 on port 8000", "PostgreSQL 15 has 5 roles"])
def test_it_is_silent_on_numbers_without_a_unit(line: str) -> None:
    assert verdict(line) == "silent"
