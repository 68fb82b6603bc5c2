"""Gatling's simulation.log, in the columns of two generations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, lines, metrics_of, written


@pytest.mark.parametrize("front", ["REQUEST\tcheckout\t", "REQUEST\t\t", "REQUEST\tScenario\t17\t\t"])
def test_each_request_has_its_latency_and_failures(tmp_path: Path, front: str) -> None:
    def minute(n: int) -> str:
        start, status = f"{SECONDS[n]}000", "KO" if LATENCY[n] > 0.5 else "OK"
        return f"{front}pay\t{start}\t{int(start) + round(1000 * LATENCY[n])}\t{status}\t "

    header = "RUN\tshop.Load\tload\t1794916800000\t \t3.9.5\nUSER\tShop\tSTART\t1794916800000"
    metrics, gaps = metrics_of(written(tmp_path, lines(minute, header=header), name="simulation.log"))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.02, 0.9))
    assert before_and_after(metrics["failed_requests"]) == (0.0, 1.0)
    assert metrics["failed_requests"].labels == ({"request": "pay"},)
    assert gaps == ()
