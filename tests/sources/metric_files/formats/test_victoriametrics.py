"""VictoriaMetrics' export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, metrics_of, written


def test_json_lines_with_milliseconds(tmp_path: Path) -> None:
    lines = [
        {
            "metric": {"__name__": "latency_seconds", "service": service},
            "values": [None, *(factor * value for value in LATENCY[1:])],
            "timestamps": [1000 * second for second in SECONDS],
        }
        for service, factor in (("shop", 1), ("cart", 0.5))
    ]
    metrics, gaps = metrics_of(written(tmp_path, "\n".join(map(json.dumps, lines)), name="export.jsonl"))
    metric = metrics["latency_seconds"]
    assert [service.name for service in metric.services] == ["cart", "shop"]
    assert before_and_after(metric, 1) == pytest.approx((0.0203, 0.9))
    assert gaps == ()
