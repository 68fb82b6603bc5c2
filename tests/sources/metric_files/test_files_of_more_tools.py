"""Files of tools that no reader had been written for, in the shapes of their documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from reconstruct.errors import UsageError
from tests.sources.metric_files.recording import (
    BAD,
    COUNT,
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

NORMAL, SLOW = 0.0203, 0.9
OF_TWO = (("shop", LATENCY), ("cart", [0.03] * COUNT))


def otlp(n: int, metric: str, points: Sequence[dict[str, Any]], *, unit: str = "ms", **kind: Any) -> str:
    """One export request of the Collector's file exporter with one metric of shop."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    at = {"startTimeUnixNano": str(SECONDS[0] * 10**9), "timeUnixNano": str(SECONDS[n] * 10**9)}
    (which, held), *_ = kind.items()
    told = {"name": metric, "unit": unit, which: {**held, "dataPoints": [{**at, **point} for point in points]}}
    return json.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [told]}]}]})


def levels(folder: Path, text: str, *, name: str = "m.json") -> dict[tuple[str, str], tuple[float, float]]:
    """By service and metric: the level before and in the middle of what happened."""
    metrics, _ = metrics_of(written(folder, text, name=name))
    return {
        (metric.services[place].name, signal): before_and_after(metric, place)
        for signal, metric in metrics.items()
        for place in range(len(metric.labels))
    }


def test_a_gauge_of_opentelemetrys_json_has_its_resource_as_the_thing(tmp_path: Path) -> None:
    text = lines(lambda n: otlp(n, "request.p95", [{"asDouble": LATENCY[n] * 1000}], gauge={}))
    found = levels(tmp_path, text)
    assert found == {("shop", "request.p95"): pytest.approx((NORMAL, SLOW))}


@pytest.mark.parametrize("delta", [False, True])
def test_a_sum_of_either_temporality_is_a_rate(tmp_path: Path, delta: bool) -> None:
    failed = [60 if n in BAD else 0 for n in range(COUNT)]
    told = failed if delta else [sum(failed[: n + 1]) for n in range(COUNT)]
    sums = {"aggregationTemporality": 1 if delta else 2, "isMonotonic": True}
    text = lines(lambda n: otlp(n, "request.errors", [{"asInt": str(told[n])}], unit="1", sum=sums))
    found = levels(tmp_path, text)
    assert found == {("shop", "request.errors"): pytest.approx((0.0, 1.0))}


@pytest.mark.parametrize("temporality", [1, "AGGREGATION_TEMPORALITY_CUMULATIVE"])
def test_a_histogram_of_opentelemetry_has_quantile_mean_and_rate(tmp_path: Path, temporality: object) -> None:
    def point(n: int) -> dict[str, Any]:
        upto = [k for k in range(n + 1) if temporality != 1 or k == n]
        slow = 60 * sum(k in BAD for k in upto)
        fast = 60 * len(upto) - slow
        counts = {"bucketCounts": [str(fast), str(slow), "0"], "explicitBounds": [25, 900]}
        return {"count": str(fast + slow), "sum": fast * 20.0 + slow * 800.0, **counts}

    text = lines(lambda n: otlp(n, "request.duration", [point(n)], histogram={"aggregationTemporality": temporality}))
    found = levels(tmp_path, text)
    assert found["shop", "request.duration_seconds_mean"] == pytest.approx((0.02, 0.8))
    assert found["shop", "request.duration_seconds_count"] == pytest.approx((1.0, 1.0))
    normal, slow = found["shop", "request.duration_seconds_p95"]
    assert normal < 0.025 < 0.8 < slow <= 0.9


def test_an_exponential_histogram_says_what_is_not_read(tmp_path: Path) -> None:
    def point(n: int) -> dict[str, Any]:
        return {"count": str(60 * n), "sum": 1200.0 * n, "scale": 3, "positive": {"offset": 1, "bucketCounts": ["9"]}}

    held = {"aggregationTemporality": 2}
    text = lines(lambda n: otlp(n, "request.duration", [point(n)], exponentialHistogram=held))
    metrics, gaps = metrics_of(written(tmp_path, text, name="m.json"))
    assert before_and_after(metrics["request.duration_seconds_mean"]) == pytest.approx((0.02, 0.02))
    assert [gap.missing for gap in gaps] == ["quantiles of request.duration"]


@pytest.mark.parametrize("version", [1, 2])
def test_netdatas_dimensions_are_series_of_the_files_name_newest_first(tmp_path: Path, version: int) -> None:
    rows = [[SECONDS[n], CPU[n] if version == 1 else [CPU[n], 0, 0]] for n in reversed(range(COUNT))]
    held = {"labels": ["time", "user"], "data": rows}
    whole = held if version == 1 else {"api": 2, "result": held, "view": {"units": "percentage"}}
    metrics, _ = metrics_of(written(tmp_path, json.dumps(whole), name="chart.json"))
    assert metrics["chart"].labels == ({"dimension": "user"},)
    scale = 1 if version == 1 else 100
    assert before_and_after(metrics["chart"]) == pytest.approx((30.3 / scale, 95 / scale))


def test_appdynamics_path_tells_metric_unit_and_thing(tmp_path: Path) -> None:
    whole = [
        {
            "metricPath": f"Overall Application Performance|{service}|95th Percentile Response Time (ms)",
            "metricValues": [
                {"startTimeInMillis": SECONDS[n] * 1000, "value": round(values[n] * 1000)} for n in range(COUNT)
            ],
        }
        for service, values in OF_TWO
    ]
    found = levels(tmp_path, json.dumps(whole))
    assert found["shop", "95th Percentile Response Time"] == pytest.approx((0.02, 0.9))
    assert found["cart", "95th Percentile Response Time"] == pytest.approx((0.03, 0.03))


@pytest.mark.parametrize("time_first", [False, True])
def test_elasticsearchs_buckets_are_samples_by_terms_in_either_order(tmp_path: Path, time_first: bool) -> None:
    def measured(value: float) -> dict[str, Any]:
        return {"doc_count": 60, "latency_ms": {"values": {"95.0": value * 1000}}}

    def at(n: int) -> dict[str, Any]:
        return {"key_as_string": ISO[n], "key": SECONDS[n] * 1000}

    terms = [
        {"key": service, "per_minute": {"buckets": [at(n) | measured(values[n]) for n in range(COUNT)]}}
        for service, values in OF_TWO
    ]
    moments = [
        at(n) | {"doc_count": 120, "service": {"buckets": [{"key": s} | measured(v[n]) for s, v in OF_TWO]}}
        for n in range(COUNT)
    ]
    aggregations = {"per_minute": {"buckets": moments}} if time_first else {"service": {"buckets": terms}}
    found = levels(tmp_path, json.dumps({"took": 3, "aggregations": aggregations}))
    assert found["shop", "latency_ms.p95"] == pytest.approx((NORMAL, SLOW))
    assert found["cart", "latency_ms.p95"] == pytest.approx((0.03, 0.03))


def test_dstats_columns_are_named_by_their_groups_and_need_the_epoch(tmp_path: Path) -> None:
    head = '"pcp-dstat 5.0"\n"Host:","web1"\n\n"epoch","total cpu usage",,"paging"\n"epoch","usr","idl","in"\n'
    text = head + lines(lambda n: f"{SECONDS[n]}.2,{CPU[n]:.2f},{100 - CPU[n]:.2f},0")
    found = levels(tmp_path, text, name="d.csv")
    assert found["web1", "total cpu usage usr"] == pytest.approx((0.303, 0.95))
    assert set(found) == {("web1", "total cpu usage usr"), ("web1", "paging in")}
    with pytest.raises(UsageError, match="no column epoch"):
        metrics_of(written(tmp_path, text.replace('"epoch"', '"time"'), name="d.csv"))


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"warnings": ["store 10.0.0.1 did not answer"]}, "store 10.0.0.1 did not answer"),
        ({"isPartial": True}, "the server marked its answer as partial"),
    ],
)
def test_an_answer_that_says_it_is_not_whole_is_a_gap(tmp_path: Path, more: dict[str, Any], cause: str) -> None:
    values = [[SECONDS[n], str(LATENCY[n])] for n in range(COUNT)]
    data = {"resultType": "matrix", "result": [{"metric": {"__name__": "p95_seconds"}, "values": values}]}
    _, gaps = metrics_of(written(tmp_path, json.dumps({"status": "success", "data": data, **more}), name="m.json"))
    assert [gap.cause for gap in gaps] == [cause]


@pytest.mark.parametrize("header", ["Datum;Uhrzeit (CET)", "Date;Heure (CET)", "Fecha;Hora (CET)"])
def test_a_sheets_date_and_clock_are_one_time_in_its_language(tmp_path: Path, header: str) -> None:
    local = [time.tz_convert("Europe/Berlin") for time in TIMES]
    figures = [f"{value * 1000:.1f}".replace(".", ",") for value in LATENCY]
    text = lines(lambda n: f"{local[n]:%d.%m.%Y;%H:%M:%S};{figures[n]}", header=f"{header};p95 (ms)")
    assert levels(tmp_path, text, name="m.csv")["", "p95 (ms)"] == pytest.approx((NORMAL, SLOW))


def test_what_belongs_to_the_time_is_no_metric(tmp_path: Path) -> None:
    splunk = lines(lambda n: f"{ISO[n]},{LATENCY[n] * 1000:.1f},60", header="_time,p95_ms,_span")
    assert set(levels(tmp_path, splunk, name="s.csv")) == {("", "p95_ms")}
    zabbix = [
        {"itemid": item, "clock": str(SECONDS[n]), "value": str(values[n]), "ns": "5"}
        for n in range(COUNT)
        for item, (_, values) in zip("78", OF_TWO, strict=True)
    ]
    found, _ = metrics_of(written(tmp_path, json.dumps({"result": zabbix}), name="history.json"))
    assert set(found) == {"history"}
