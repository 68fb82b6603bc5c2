"""InfluxDB, by Flux and by InfluxQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import ISO, LATENCY, SECONDS, before_and_after, lines, metrics_of, written

ANNOTATIONS = (
    "#group,false,false,true,true,false,false,true,true,true\n"
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\n"
    "#default,_result,,,,,,,,\n"
    ",result,table,_start,_stop,_time,_value,_field,_measurement,host"
)


def test_annotated_csv_with_two_tables(tmp_path: Path) -> None:
    def table(at: int, host: str) -> str:
        span = f",,{at},{ISO[0]},{ISO[-1]}"
        return lines(lambda n: f"{span},{ISO[n]},{LATENCY[n]},p95_seconds,http,{host}", header=ANNOTATIONS)

    tables = [table(0, "web-1"), table(1, "web-2")]
    metrics, gaps = metrics_of(written(tmp_path, "\n".join(tables)))
    metric = metrics["http_p95_seconds"]
    assert metric.labels == ({"host": "web-1"}, {"host": "web-2"})
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert gaps == ()


def test_influxql_as_json_and_as_csv(tmp_path: Path) -> None:
    series = {
        "name": "http",
        "tags": {"host": "web-1"},
        "columns": ["time", "p95_seconds"],
        "values": [[time, value] for time, value in zip(ISO, LATENCY, strict=True)],
    }
    text = json.dumps({"results": [{"statement_id": 0, "series": [series]}]})
    from_json = metrics_of(written(tmp_path, text, name="i.json"))[0]["http_p95_seconds"]
    table = lines(lambda n: f"http,host=web-1,{SECONDS[n]}000000000,{LATENCY[n]}", header="name,tags,time,p95_seconds")
    from_csv = metrics_of(written(tmp_path, table))[0]["http_p95_seconds"]
    for metric in (from_json, from_csv):
        assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
        assert metric.labels == ({"host": "web-1"},)
