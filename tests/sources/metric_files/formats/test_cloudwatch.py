"""CloudWatch, by command line and console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import (
    CPU,
    ISO,
    LATENCY,
    SECONDS,
    TIMES,
    before_and_after,
    lines,
    metrics_of,
    written,
)


def test_get_metric_data_newest_first(tmp_path: Path) -> None:
    result = {"Id": "m1", "Label": "TargetResponseTime p95", "Timestamps": ISO[::-1], "Values": LATENCY[::-1]}
    metrics, gaps = metrics_of(written(tmp_path, json.dumps({"MetricDataResults": [result]}), name="cw.json"))
    metric = metrics["TargetResponseTime p95"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.signal.aspect == "latency"
    assert gaps == ()


def test_get_metric_statistics_has_units_and_of_several_statistics_one_is_read(tmp_path: Path) -> None:
    points = [
        {"Timestamp": time, "Average": cpu, "Maximum": cpu + 1, "Unit": "Percent"}
        for time, cpu in zip(ISO, CPU, strict=True)
    ]
    text = json.dumps({"Label": "CPUUtilization", "Datapoints": points})
    metrics, _ = metrics_of(written(tmp_path, text, name="cw.json"))
    assert set(metrics) == {"CPUUtilization"}
    assert before_and_after(metrics["CPUUtilization"]) == pytest.approx((0.303, 0.95))
    assert metrics["CPUUtilization"].labels == ({},)


def test_the_consoles_csv_has_its_header_on_the_left(tmp_path: Path) -> None:
    head = 'Full label,"TargetResponseTime"\nLabel,"TargetResponseTime p95"\nLoadBalancer,"app/shop/50dc6c495c0c9188"'
    text = lines(lambda n: f"{TIMES[n]:%Y/%m/%d %H:%M:%S},{LATENCY[n]}", header=head)
    metric = metrics_of(written(tmp_path, text))[0]["TargetResponseTime p95"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.services[0].name == "shop"


def test_a_metric_stream_tells_sums_and_counts(tmp_path: Path) -> None:
    about = {"namespace": "AWS/ApplicationELB", "metric_name": "TargetResponseTime", "unit": "Seconds"}
    text = lines(
        lambda n: json.dumps(
            {
                **about,
                "dimensions": {"LoadBalancer": "app/shop/1"},
                "timestamp": 1000 * SECONDS[n],
                "value": {"max": 9, "min": 0, "sum": 100 * LATENCY[n], "count": 100},
            }
        )
    )
    (metric,) = metrics_of(written(tmp_path, text, name="m.jsonl"))[0].values()
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.services[0].name == "shop"
