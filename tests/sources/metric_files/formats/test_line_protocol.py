"""InfluxDB's line protocol: tags are labels, fields are metrics, texts are neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, metrics_of, written


def test_fields_are_metrics_and_tags_labels(tmp_path: Path) -> None:
    text = "".join(
        f'http,service=shop,path=/a\\ b latency_seconds={LATENCY[n]},requests=10i,note="a, b=c" {time}000000000\n'
        for n, time in enumerate(SECONDS)
    )
    found, _ = metrics_of(written(tmp_path, text, name="m.txt"))
    assert set(found) == {"http_latency_seconds", "http_requests"}
    assert found["http_latency_seconds"].labels[0]["path"] == "/a b"
    assert before_and_after(found["http_latency_seconds"]) == pytest.approx((0.0203, 0.9))
