"""Shares decided by values, failures upside down, and the smallest change of interest where no unit tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.metric_files.recording import BAD, COUNT, ISO, LATENCY, before_and_after, lines, metrics_of, written


def _of(folder: Path, header: str, usual: float, bad: float) -> dict[str, object]:
    def minute(n: int) -> str:
        return f"{ISO[n]},{(bad if n in BAD else usual) * (1 + 0.001 * (n % 5))}"

    (metric,) = metrics_of(written(folder, lines(minute, header=f"time,{header}")))[0].values()
    before, after = before_and_after(metric)
    signal = metric.signal
    return {
        "before": before,
        "after": after,
        "unit": signal.unit,
        "aspect": signal.aspect,
        "worse": signal.worse,
        "min_effect": signal.min_effect,
        "title": signal.title,
    }


@pytest.mark.parametrize(
    ("header", "usual", "bad", "before", "after"),
    [
        ("error rate", 0.1, 40.0, 0.001, 0.4),
        ("error rate", 0.001, 0.4, 0.001, 0.4),
        ("checkout error %", 0.1, 40.0, 0.001, 0.4),
        ("error_ratio", 0.1, 40.0, 0.001, 0.4),
        ("cpu_usage", 0.3, 0.95, 0.3, 0.95),
        ("cpu_usage", 30.0, 95.0, 0.3, 0.95),
        ("cpu_percent", 30.0, 95.0, 0.3, 0.95),
    ],
)
def test_percent_or_ratio_is_decided_by_the_values(
    tmp_path: Path, header: str, usual: float, bad: float, before: float, after: float
) -> None:
    found = _of(tmp_path, header, usual, bad)
    assert found["unit"] == "ratio"
    assert found["before"] == pytest.approx(before, rel=0.01)
    assert found["after"] == pytest.approx(after, rel=0.01)


def test_a_name_that_says_percent_over_values_up_to_1_has_no_absolute_floor(tmp_path: Path) -> None:
    found = _of(tmp_path, "cpu_percent", 0.3, 0.95)
    assert found["min_effect"] == pytest.approx(0.2 * 0.003, rel=0.01)


def test_more_than_all_cannot_fail(tmp_path: Path) -> None:
    found = _of(tmp_path, "error rate", 3.0, 400.0)
    assert (found["unit"], found["aspect"]) == ("count", "errors")
    assert found["title"] == "error rate (more than 100 %: not a share)"


@pytest.mark.parametrize(
    ("header", "usual", "bad"),
    [("availability", 0.999, 0.96), ("availability", 99.9, 96.0), ("success_rate", 0.999, 0.96)],
)
def test_availability_and_success_are_failures_upside_down(
    tmp_path: Path, header: str, usual: float, bad: float
) -> None:
    found = _of(tmp_path, header, usual, bad)
    assert (found["aspect"], found["worse"], found["unit"]) == ("errors", "up", "ratio")
    assert found["before"] == pytest.approx(0.0, abs=0.003)
    assert found["after"] == pytest.approx(0.04, abs=0.003)


def test_up_and_down_stays_what_it_is(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{0 if n in BAD else 1}", header="time,service_available")
    (metric,) = metrics_of(written(tmp_path, text))[0].values()
    assert (metric.signal.aspect, before_and_after(metric)) == ("availability", (1.0, 0.0))


def test_a_quantile_of_nothing_named_is_a_latency(tmp_path: Path) -> None:
    found = _of(tmp_path, "p95", 0.02, 0.9)
    assert (found["aspect"], found["unit"]) == ("latency", "count")
    assert isinstance(found["min_effect"], float)
    assert found["min_effect"] < 0.005


def test_failures_a_second_are_a_rate(tmp_path: Path) -> None:
    found = _of(tmp_path, "Failures/s", 0.1, 40.0)
    assert (found["unit"], found["aspect"]) == ("per second", "errors")
    assert found["after"] == pytest.approx(40.0, rel=0.01)


def test_of_an_unknown_unit_the_smallest_series_tells_the_scale(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]},a\n{ISO[n]},{1000 + 0.5 * (n % 2)},b", header="time,foo,thing")
    metric = metrics_of(written(tmp_path, text))[0]["foo"]
    assert metric.signal.min_effect == pytest.approx(0.2 * 0.0203, rel=0.05)
    assert len(metric.values.columns) == 2
    assert len(metric.values) < COUNT


def test_availability_of_two_values_in_whole_percent_is_failures_too(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{96 if n in BAD else 100}", header="time,availability")
    (metric,) = metrics_of(written(tmp_path, text))[0].values()
    assert before_and_after(metric) == pytest.approx((0.0, 0.04))
    assert metric.signal.aspect == "errors"


def test_what_is_certain_and_what_is_only_inferred(tmp_path: Path) -> None:
    header = "time,latency_seconds,error rate,p95,foo"
    text = lines(lambda n: f"{ISO[n]},0.1,0.001,0.1,0.1", header=header)
    metrics, _ = metrics_of(written(tmp_path, text), "foo=latency,seconds")
    inferred = {name: metric.signal.inferred for name, metric in metrics.items()}
    assert inferred == {"latency_seconds": False, "error rate": False, "p95": True, "foo": False}
