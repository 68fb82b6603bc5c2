"""Locust's history."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, lines, metrics_of, written

HEADER = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,95%,99%,Total Request Count,Total Failure Count"


def test_history_gives_rates_and_response_times_by_request(tmp_path: Path) -> None:
    def minute(n: int) -> str:
        ms = 1000 * LATENCY[n]
        row = f"9.5,{0.5 if ms > 500 else 0},{ms / 2},{ms},{ms},{ms},{100 * n},{n}"
        return f"{SECONDS[n]},10,GET,/cart,{row}\n{SECONDS[n]},10,,Aggregated,{row}"

    metrics, gaps = metrics_of(written(tmp_path, lines(minute, header=HEADER)))
    latency = metrics["response_time_p95"]
    assert latency.labels == ({}, {"method": "GET", "request": "/cart"})
    assert before_and_after(latency) == pytest.approx((0.0203, 0.9))
    failures = metrics["failed_requests_per_second"]
    assert (failures.signal.unit, failures.signal.aspect) == ("per second", "errors")
    assert before_and_after(failures) == (0.0, 0.5)
    assert gaps == ()


def test_the_summary_has_no_times_and_says_which_file_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="summary, which has no times") as caught:
        metrics_of(written(tmp_path, "Type,Name,Request Count,Failure Count\nGET,/,1,0\n"))
    assert "_stats_history.csv" in caught.value.hint
