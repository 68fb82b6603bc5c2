"""New Relic's NRQL with TIMESERIES."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, metrics_of, written


def _bucket(n: int) -> dict[str, object]:
    return {"beginTimeSeconds": SECONDS[n] - 60, "endTimeSeconds": SECONDS[n]}


def test_nerdgraph_with_a_facet_and_a_percentile(tmp_path: Path) -> None:
    rows = [{**_bucket(n), "facet": "shop", "percentile.duration": {"95": LATENCY[n]}} for n in range(len(LATENCY))]
    text = json.dumps({"data": {"actor": {"account": {"nrql": {"results": rows}}}}})
    metrics, gaps = metrics_of(written(tmp_path, text, name="n.json"))
    metric = metrics["percentile.duration.p95"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert (metric.services[0].name, metric.signal.aspect) == ("shop", "latency")
    assert gaps == ()


def test_the_query_api_with_facets(tmp_path: Path) -> None:
    facets = [
        {
            "name": name,
            "timeSeries": [{**_bucket(n), "results": [{"average": LATENCY[n]}]} for n in range(len(LATENCY))],
        }
        for name in ("cart", "shop")
    ]
    text = json.dumps({"facets": facets, "metadata": {"contents": []}})
    metric = metrics_of(written(tmp_path, text, name="latency.json"))[0]["average"]
    assert [service.name for service in metric.services] == ["cart", "shop"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))


def test_several_facets_are_labels_by_the_attributes_that_a_bucket_repeats_them_under(tmp_path: Path) -> None:
    buckets = [
        {"beginTimeSeconds": at - 60, "endTimeSeconds": at, "facet": ["shop", host], "appName": "shop", "host": host,
         "average.duration": value if host == "h1" else 0.02}
        for host in ("h1", "h2")
        for at, value in zip(SECONDS, LATENCY, strict=True)
    ]  # fmt: skip
    metrics, _ = metrics_of(written(tmp_path, json.dumps({"results": buckets}), name="n.json"))
    metric = metrics["average.duration"]
    assert [dict(one) for one in metric.labels] == [{"appName": "shop", "host": host} for host in ("h1", "h2")]
    assert (metric.services[0].name, metric.signal.unit) == ("shop", "seconds")


def test_the_query_api_says_beside_its_rows_what_they_are_of(tmp_path: Path) -> None:
    document = {
        "timeSeries": [
            {"results": [{"average": value}], "beginTimeSeconds": at - 60, "endTimeSeconds": at}
            for at, value in zip(SECONDS, LATENCY, strict=True)
        ],
        "metadata": {"contents": {"contents": [{"function": "average", "attribute": "duration"}]}},
    }
    metrics, gaps = metrics_of(written(tmp_path, json.dumps(document), name="n.json"))
    assert (metrics["average.duration"].signal.unit, gaps) == ("seconds", ())
