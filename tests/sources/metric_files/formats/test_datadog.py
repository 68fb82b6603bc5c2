"""Datadog, by its API and from a graph."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, TIMES, before_and_after, lines, metrics_of, written

MS = [1000 * second for second in SECONDS]


def test_version_1_has_tags_and_a_unit(tmp_path: Path) -> None:
    series = {
        "metric": "trace.http.request",
        "scope": "service:shop,env:prod",
        "pointlist": [[ms, 1000 * value] for ms, value in zip(MS, LATENCY, strict=True)],
        "unit": [{"name": "millisecond", "scale_factor": 0.001}, None],
    }
    metrics, gaps = metrics_of(written(tmp_path, json.dumps({"status": "ok", "series": [series]}), name="d.json"))
    metric = metrics["trace.http.request"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert (metric.signal.unit, metric.services[0].name) == ("seconds", "shop")
    assert gaps == ()


def test_version_2_has_times_once(tmp_path: Path) -> None:
    inner = {"series": [{"group_tags": ["service:shop"], "query_index": 0}], "times": MS, "values": [LATENCY]}
    text = json.dumps({"data": {"type": "timeseries_response", "attributes": inner}})
    metric = metrics_of(written(tmp_path, text, name="d.json"))[0]["d"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.services[0].name == "shop"


def test_a_graphs_csv_has_queries_as_headers_and_a_browsers_times(tmp_path: Path) -> None:
    header = '"timestamp","avg:http.p95{service:shop}","avg:system.cpu.user{host:a}"'
    stamp = "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)"
    text = lines(lambda n: f"{TIMES[n]:{stamp}},{LATENCY[n]},30", header=header)
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["http.p95"]) == pytest.approx((0.0203, 0.9))
    assert [metrics[name].services[0].name for name in ("http.p95", "system.cpu.user")] == ["shop", "a"]
    assert gaps == ()


def test_a_series_of_version_2_is_called_by_what_its_unit_counts(tmp_path: Path) -> None:
    about = {"group_tags": ["service:shop"], "query_index": 0, "unit": [{"name": "error"}, {"name": "second"}]}
    inner = {"series": [about], "times": [1000 * at for at in SECONDS], "values": [[10 * one for one in LATENCY]]}
    metrics, _ = metrics_of(written(tmp_path, json.dumps({"data": {"attributes": inner}}), name="edge.json"))
    assert metrics["edge error"].signal.aspect == "errors"
