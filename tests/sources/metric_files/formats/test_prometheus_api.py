"""Saved answers of the Prometheus API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, metrics_of, written

RESULT = [
    {
        "metric": {"__name__": "http_p95_latency_seconds", "job": "shop", "instance": "shop-1"},
        "values": [[second, str(value)] for second, value in zip(SECONDS, LATENCY, strict=True)],
    }
]


@pytest.mark.parametrize(
    "document",
    [
        {"status": "success", "data": {"resultType": "matrix", "result": RESULT}},
        {"resultType": "matrix", "result": RESULT},
        RESULT,
    ],
)
def test_an_answer_its_data_and_its_result_alone_are_one(tmp_path: Path, document: object) -> None:
    metrics, gaps = metrics_of(written(tmp_path, json.dumps(document), name="a.json"))
    metric = metrics["http_p95_latency_seconds"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert [service.name for service in metric.services] == ["shop"]
    assert metric.labels == ({"instance": "shop-1", "job": "shop"},)
    assert gaps == ()


def test_an_error_of_the_api_is_told_as_one(tmp_path: Path) -> None:
    text = json.dumps({"status": "error", "errorType": "bad_data", "error": "parse error"})
    with pytest.raises(UsageError, match="is an error of the Prometheus API: parse error"):
        metrics_of(written(tmp_path, text, name="a.json"))
