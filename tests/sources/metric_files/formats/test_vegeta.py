"""Vegeta's results, as `vegeta encode` writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.formats.vegeta import MAX_REQUESTS
from reconstruct.sources.metric_files.reader import read_metric_file
from tests.sources.metric_files.recording import ISO, LATENCY, SECONDS, before_and_after, lines, metrics_of, written


def row(n: int, *, path: str = "/cart") -> str:
    slow = LATENCY[n] > 0.5
    error = "500 Internal Server Error" if slow else ""
    return json.dumps(
        {
            "attack": "", "seq": n, "code": 500 if slow else 200, "timestamp": ISO[n], "bytes_out": 0, "bytes_in": 24,
            "latency": round(LATENCY[n] * 1e9), "error": error, "body": "b2s=", "method": "GET", "headers": None,
            "url": f"https://shop.example{path}?q={n}",
        }
    )  # fmt: skip


def test_json_tells_latency_and_failures_of_each_request(tmp_path: Path) -> None:
    metrics, gaps = metrics_of(written(tmp_path, lines(row), name="results.json"))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.0203, 0.9), rel=0.02)
    assert before_and_after(metrics["failed_requests"]) == (0.0, 1.0)
    assert metrics["failed_requests"].labels == ({"request": "GET /cart"},)
    assert gaps == ()


def test_csv_says_the_same_without_a_header(tmp_path: Path) -> None:
    def line(n: int) -> str:
        code = 0 if LATENCY[n] > 0.5 else 200
        return f"{SECONDS[n]}000000000,{code},{LATENCY[n] * 1e9:.0f},0,24,,b2s=,,{n},GET,https://shop.example/cart,"

    metrics, gaps = metrics_of(written(tmp_path, lines(line), name="results.csv"))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.0203, 0.9), rel=0.02)
    assert before_and_after(metrics["failed_requests"]) == (0.0, 1.0)
    assert gaps == ()


def test_paths_with_ids_are_one_request(tmp_path: Path) -> None:
    assert len(ISO) > MAX_REQUESTS
    metrics, _ = metrics_of(written(tmp_path, lines(lambda n: row(n, path=f"/cart/{n}")), name="results.json"))
    assert metrics["failed_requests"].labels == ({},)


def test_a_summary_has_no_course(tmp_path: Path) -> None:
    summary = {"latencies": {"mean": 1}, "bytes_in": {}, "bytes_out": {}, "rate": 50.0, "throughput": 49.0}
    with pytest.raises(UsageError, match="summary"):
        read_metric_file(written(tmp_path, json.dumps(summary), name="report.json"))
