"""Graphite's render API."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, TIMES, before_and_after, lines, metrics_of, written


def test_csv_has_no_header(tmp_path: Path) -> None:
    text = lines(lambda n: f"shop.http.p95,{TIMES[n]:%Y-%m-%d %H:%M:%S},{LATENCY[n]}")
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["shop.http.p95"]) == pytest.approx((0.0203, 0.9))
    assert gaps == ()


def test_raw_has_start_end_and_step_in_front(tmp_path: Path) -> None:
    values = ",".join(map(str, LATENCY))
    text = f"latency_seconds;service=shop,{SECONDS[0]},{SECONDS[-1] + 60},60|{values}\n"
    metric = metrics_of(written(tmp_path, text, name="raw.txt"))[0]["latency_seconds"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.services[0].name == "shop"
