"""Statistics of one signal are ways to look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.sources.metric_files.reader import read_metric_file
from tests.sources.metric_files.recording import ISO, LATENCY, before_and_after, lines, metrics_of, written


@pytest.mark.parametrize("label", ["statistic", "quantile", "agg", "how"])
def test_of_several_statistics_a_quantile_and_the_mean_are_read_and_the_others_are_said(
    tmp_path: Path, label: str
) -> None:
    def minute(n: int) -> str:
        views = {"avg": 0.5, "p50": 0.4, "p95": 1.0, "max": 2.0}
        return "\n".join(f"{ISO[n]},shop,latency_seconds,{view},{LATENCY[n] * part}" for view, part in views.items())

    file = written(tmp_path, lines(minute, header=f"time,service,metric,{label},value"))
    found = metrics_of(file)[0]
    assert set(found) == {"latency_seconds", "latency_seconds_mean"}
    metric = found["latency_seconds"]
    assert metric.labels == ({"service": "shop"},)
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert metric.signal.title == "latency_seconds (p95)"
    assert before_and_after(found["latency_seconds_mean"]) == pytest.approx((0.01015, 0.45))
    assert read_metric_file(file).notes == (
        f"m.csv: of latency_seconds the {label} p95 is read; max, p50 are other views of it",
    )


def test_a_mean_without_a_quantile_is_the_signal_itself(tmp_path: Path) -> None:
    def minute(n: int) -> str:
        return "\n".join(f"{ISO[n]},shop,cpu_percent,{view},{10 + n % 3}" for view in ("Average", "Maximum"))

    text = lines(minute, header="time,service,metric,statistic,value")
    assert set(metrics_of(written(tmp_path, text))[0]) == {"cpu_percent"}


def test_a_count_of_samples_is_a_signal_of_its_own(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{ISO[n]},latency_seconds,Average,{LATENCY[n]}\n{ISO[n]},latency_seconds,SampleCount,{100 + n}",
        header="time,metric,statistic,value",
    )
    assert set(metrics_of(written(tmp_path, text))[0]) == {"latency_seconds", "latency_seconds_count"}


def test_a_series_without_the_best_view_keeps_its_own(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{ISO[n]},a,latency_seconds,p95,{LATENCY[n]}\n{ISO[n]},b,latency_seconds,Average,{LATENCY[n]}",
        header="time,service,metric,statistic,value",
    )
    metric = metrics_of(written(tmp_path, text))[0]["latency_seconds"]
    assert [service.name for service in metric.services] == ["a", "b"]
