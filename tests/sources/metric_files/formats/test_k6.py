"""k6, one sample a request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from tests.sources.metric_files.recording import ISO, LATENCY, SECONDS, before_and_after, lines, metrics_of, written

HEADER = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,scenario,status"


def test_csv_gives_latency_rate_and_failures(tmp_path: Path) -> None:
    def minute(n: int) -> str:
        status = "503" if LATENCY[n] > 0.5 else "200"
        one = f"http_req_duration,{SECONDS[n]},{1000 * LATENCY[n]},,,,,,GET,default,{status}"
        return "\n".join([one] * 4 + [f"http_reqs,{SECONDS[n]},1,,,,,,GET,default,{status}"])

    metrics, gaps = metrics_of(written(tmp_path, lines(minute, header=HEADER)))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.0203, 0.9))
    assert before_and_after(metrics["failed_requests"]) == (0.0, 1.0)
    assert before_and_after(metrics["requests_per_second"])[0] == pytest.approx(4 / 60)
    assert gaps == ()


def test_json_has_points_with_tags(tmp_path: Path) -> None:
    points = [
        {
            "type": "Point",
            "metric": "http_req_duration",
            "data": {"time": time, "value": 1000 * value, "tags": {"scenario": "browse", "status": "200"}},
        }
        for time, value in zip(ISO, LATENCY, strict=True)
    ]
    text = "\n".join(map(json.dumps, [{"type": "Metric", "metric": "http_req_duration", "data": {}}, *points]))
    metric = metrics_of(written(tmp_path, text, name="k6.json"))[0]["request_duration_p95"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.labels == ({"scenario": "browse"},)


def test_samples_without_requests_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hold no http_req_duration"):
        metrics_of(written(tmp_path, f"{HEADER}\nvus,{SECONDS[0]},1,,,,,,,,\n"))
