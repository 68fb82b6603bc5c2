"""Dynatrace's answers: dimensions, and times in milliseconds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, metrics_of, written


def test_an_answer_is_read_by_its_dimensions(tmp_path: Path) -> None:
    data = {"dimensionMap": {"service": "shop"}, "timestamps": [1000 * t for t in SECONDS], "values": LATENCY}
    result = [{"metricId": "builtin:service.latency_seconds:splitBy(service)", "data": [data]}]
    document = {"totalCount": 1, "nextPageKey": None, "resolution": "1m", "result": result}
    found, _ = metrics_of(written(tmp_path, json.dumps(document), name="m.json"))
    metric = found["builtin:service.latency_seconds"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.services[0].name == "shop"
