"""Google Cloud Monitoring."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.sources.metric_files.recording import LATENCY, TIMES, before_and_after, metrics_of, written


def _series(kind: str, value_type: str, values: list[dict[str, object]]) -> dict[str, object]:
    points = [
        {
            "interval": {"startTime": (time - pd.Timedelta("1min")).isoformat(), "endTime": time.isoformat()},
            "value": value,
        }
        for time, value in zip(TIMES, values, strict=True)
    ]
    return {
        "metric": {"type": "run.googleapis.com/request_latencies", "labels": {"code": "200"}},
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "shop", "project_id": "p"}},
        "metricKind": kind,
        "valueType": value_type,
        "points": points[::-1],
    }


def test_of_a_distribution_the_mean_counts_and_the_unit_is_ucum(tmp_path: Path) -> None:
    values: list[dict[str, object]] = [{"distributionValue": {"count": "9", "mean": 1000 * one}} for one in LATENCY]
    document = {"timeSeries": [{**_series("DELTA", "DISTRIBUTION", values), "unit": "ms"}]}
    metrics, gaps = metrics_of(written(tmp_path, json.dumps(document), name="g.json"))
    metric = metrics["run.googleapis.com/request_latencies"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.services[0].name == "shop"
    assert gaps == ()


def test_a_delta_is_a_rate_over_its_interval(tmp_path: Path) -> None:
    values: list[dict[str, object]] = [{"int64Value": "120"} for _ in LATENCY]
    metrics, _ = metrics_of(
        written(tmp_path, json.dumps({"timeSeries": [_series("DELTA", "INT64", values)]}), name="g.json")
    )
    metric = metrics["run.googleapis.com/request_latencies"]
    assert before_and_after(metric) == (2.0, 2.0)
    assert metric.signal.unit == "per second"


def test_answers_of_the_query_language(tmp_path: Path) -> None:
    document = {
        "timeSeriesDescriptor": {
            "labelDescriptors": [{"key": "resource.service_name"}],
            "pointDescriptors": [{"key": "value.latency", "valueType": "DOUBLE", "unit": "s"}],
        },
        "timeSeriesData": [
            {
                "labelValues": [{"stringValue": "shop"}],
                "pointData": [
                    {"values": [{"doubleValue": value}], "timeInterval": {"endTime": time.isoformat()}}
                    for time, value in zip(TIMES, LATENCY, strict=True)
                ],
            }
        ],
    }
    metric = metrics_of(written(tmp_path, json.dumps(document), name="g.json"))[0]["value.latency"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert (metric.signal.unit, metric.services[0].name) == ("seconds", "shop")


def test_pages_a_line_each_are_one_answer(tmp_path: Path) -> None:
    half = len(LATENCY) // 2
    whole = _series("GAUGE", "DOUBLE", [{"doubleValue": one} for one in LATENCY])
    points = whole["points"]
    assert isinstance(points, list)
    pages = [{"timeSeries": [{**whole, "points": part}]} for part in (points[:half], points[half:])]
    metrics, gaps = metrics_of(written(tmp_path, "\n".join(map(json.dumps, pages)), name="g.jsonl"))
    assert before_and_after(metrics["run.googleapis.com/request_latencies"]) == pytest.approx((0.0203, 0.9))
    assert gaps == ()
