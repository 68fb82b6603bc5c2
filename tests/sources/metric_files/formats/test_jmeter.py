"""JMeter's results."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, lines, metrics_of, written


def test_csv_gives_each_labels_latency_and_failures(tmp_path: Path) -> None:
    header = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,URL,Latency"

    def minute(n: int) -> str:
        success = str(LATENCY[n] < 0.5).lower()
        return f'{SECONDS[n]}000,{1000 * LATENCY[n]:.0f},checkout,200,"OK, fine",Users 1-1,{success},9,http://a,5'

    metrics, gaps = metrics_of(written(tmp_path, lines(minute, header=header), name="results.jtl"))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.02, 0.9))
    assert before_and_after(metrics["failed_requests"]) == (0.0, 1.0)
    assert metrics["failed_requests"].labels == ({"request": "checkout"},)
    assert gaps == ()


def test_xml_says_the_same(tmp_path: Path) -> None:
    text = lines(lambda n: f'<httpSample t="{1000 * LATENCY[n]:.0f}" ts="{SECONDS[n]}000" s="true" lb="home"/>')
    text = f'<?xml version="1.0"?>\n<testResults version="1.2">\n{text}</testResults>'
    metrics, _ = metrics_of(written(tmp_path, text, name="results.jtl"))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.02, 0.9))


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has a document type"):
        metrics_of(written(tmp_path, "<!DOCTYPE x []><testResults></testResults>", name="r.xml"))


def test_a_log_without_a_header_has_jmeters_own_columns(tmp_path: Path) -> None:
    def minute(n: int) -> str:
        return f"{SECONDS[n]}000,{1000 * LATENCY[n]:.0f},GET /cart,200,OK,Users 1-1,text,true,3478,1016"

    metrics, gaps = metrics_of(written(tmp_path, lines(minute), name="results.jtl"))
    assert before_and_after(metrics["request_duration_p95"]) == pytest.approx((0.02, 0.9))
    assert metrics["request_duration_p95"].labels == ({"request": "GET /cart"},)
    assert gaps == ()
