"""Data frames of Grafana, in the shapes that its inspector, its API and its older versions give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, metrics_of, written

MS = [1000 * second for second in SECONDS]
LATENCY_MS = [1000 * value for value in LATENCY]
LABELS = {"__name__": "p95_latency", "job": "shop"}
TIME = {"name": "Time", "type": "time"}
VALUE = {"name": "Value", "type": "number", "labels": LABELS, "config": {"unit": "ms"}}
SPLIT = {"schema": {"fields": [TIME, VALUE]}, "data": {"values": [MS, LATENCY_MS]}}
INSPECTED = {"refId": "A", "fields": [{**TIME, "values": MS}, {**VALUE, "values": LATENCY_MS}]}
BUFFERED = {"fields": [{**TIME, "values": {"buffer": MS}}, {**VALUE, "values": {"buffer": LATENCY_MS}}]}


@pytest.mark.parametrize(
    "document",
    [
        {"results": {"A": {"status": 200, "frames": [SPLIT]}}},
        SPLIT,
        [INSPECTED],
        [BUFFERED],
        {"state": "Done", "series": [INSPECTED]},
    ],
)
def test_every_shape_of_a_frame_gives_one_series_with_its_unit(tmp_path: Path, document: object) -> None:
    metrics, gaps = metrics_of(written(tmp_path, json.dumps(document), name="panel.json"))
    metric = metrics["p95_latency"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert (metric.signal.unit, metric.services[0].name) == ("seconds", "shop")
    assert gaps == ()


def test_a_field_of_text_is_a_label_of_its_rows(tmp_path: Path) -> None:
    twice = [ms for ms in MS for _ in "ab"]
    frame = {
        "fields": [
            {**TIME, "values": twice},
            {"name": "pod", "type": "string", "values": ["a", "b"] * len(MS)},
            {"name": "latency_seconds", "type": "number", "values": [v for one in LATENCY for v in (one, 0.02)]},
        ]
    }
    metric = metrics_of(written(tmp_path, json.dumps([frame]), name="panel.json"))[0]["latency_seconds"]
    assert [service.name for service in metric.services] == ["a", "b"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert before_and_after(metric, 1) == (0.02, 0.02)


def test_older_series_are_pairs_of_value_and_time(tmp_path: Path) -> None:
    points = [[value, ms] for value, ms in zip(LATENCY, MS, strict=True)]
    text = json.dumps([{"target": "shop.latency_seconds", "datapoints": points}])
    metrics, _ = metrics_of(written(tmp_path, text, name="render.json"))
    assert before_and_after(metrics["shop.latency_seconds"]) == pytest.approx((0.0203, 0.9))
