"""What promtool prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, lines, metrics_of, written


def test_a_range_is_a_series_and_its_samples(tmp_path: Path) -> None:
    text = 'latency_seconds{instance="a", job="shop"} =>\n' + lines(lambda n: f"{LATENCY[n]} @[{SECONDS[n]}.000]")
    text += 'up{instance="a", job="shop"} =>\n' + lines(lambda n: f"1 @[{SECONDS[n]}]")
    metrics, gaps = metrics_of(written(tmp_path, text, name="range.txt"))
    assert before_and_after(metrics["latency_seconds"]) == pytest.approx((0.0203, 0.9))
    assert metrics["up"].labels == ({"instance": "a", "job": "shop"},)
    assert gaps == ()


def test_instants_stand_on_one_line_each(tmp_path: Path) -> None:
    text = lines(lambda n: f'{{__name__="latency_seconds", job="shop"}} => {LATENCY[n]} @[{SECONDS[n]}]')
    metrics, _ = metrics_of(written(tmp_path, text, name="instant.txt"))
    assert before_and_after(metrics["latency_seconds"]) == pytest.approx((0.0203, 0.9))
