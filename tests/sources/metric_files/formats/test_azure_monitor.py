"""Azure Monitor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import BAD, CPU, ISO, before_and_after, metrics_of, written


def test_metrics_list_names_the_resource_and_its_parts(tmp_path: Path) -> None:
    value = {
        "id": "/subscriptions/0/resourceGroups/g/providers/W/sites/shop/providers/Microsoft.Insights/metrics/C",
        "name": {"value": "CpuPercentage", "localizedValue": "CPU"},
        "unit": "Percent",
        "timeseries": [
            {
                "metadatavalues": [{"name": {"value": "instance"}, "value": "i-1"}],
                "data": [{"timeStamp": time, "average": cpu} for time, cpu in zip(ISO, CPU, strict=True)],
            }
        ],
    }
    metrics, gaps = metrics_of(written(tmp_path, json.dumps({"value": [value]}), name="az.json"))
    metric = metrics["CpuPercentage"]
    assert before_and_after(metric) == pytest.approx((0.303, 0.95))
    assert metric.labels == ({"instance": "i-1", "resource": "shop"},)
    assert metric.services[0].name == "shop"
    assert gaps == ()


def test_a_total_is_a_rate_over_its_interval_and_a_class_of_codes_is_read(tmp_path: Path) -> None:
    data = [{"timeStamp": at, "total": 600.0 if n in BAD else 0.0} for n, at in enumerate(ISO)]
    value = {"name": {"value": "Http5xx"}, "unit": "Count", "timeseries": [{"metadatavalues": [], "data": data}]}
    document = {"interval": "PT1M", "value": [value]}
    metrics, _ = metrics_of(written(tmp_path, json.dumps(document), name="a.json"))
    signal = metrics["Http5xx"].signal
    assert (signal.aspect, signal.unit, before_and_after(metrics["Http5xx"])) == ("errors", "per second", (0.0, 10.0))
