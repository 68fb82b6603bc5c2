"""Which metrics are read as they are exported."""

from __future__ import annotations

from reconstruct.packs.raw import MAX_RAW_SERIES, MAX_SERIES_A_METRIC, SUMMED, raw_signals
from reconstruct.packs.survey import Seen


def test_what_is_asked_and_waited_for_is_read_and_what_the_runtime_says_of_itself_is_not() -> None:
    seen = {
        "http_requests_total": Seen("counter", 10),
        "http_request_duration_seconds_bucket": Seen("counter", 10),
        "go_goroutines": Seen("gauge", 10),
        "ALERTS": Seen("gauge", 1),
    }
    assert [signal.id for signal in raw_signals(seen).signals] == ["raw/http_requests_total"]


def test_a_metric_with_too_many_series_is_left_out_and_named() -> None:
    asked = raw_signals({"requests_total": Seen("counter", MAX_SERIES_A_METRIC + 1), "up": Seen("gauge", 3)})
    assert [signal.title for signal in asked.signals] == ["up"]
    assert asked.left_out == ("requests_total",)


def test_of_a_counter_of_requests_with_too_many_series_the_sum_over_instances_is_read() -> None:
    seen = {"requests_total": Seen("counter", MAX_SERIES_A_METRIC + 1), "sensor_total": Seen("counter", 5000)}
    asked = raw_signals(seen, scope='cluster="eu"', over=("pod", "instance"), rate_interval_s=lambda _: 60.0)
    (signal,) = asked.signals
    assert signal.promql == 'sum without (pod, instance) (rate(requests_total{cluster="eu"}[60s]))'
    assert (signal.id, signal.range_s) == ("raw/requests_total", 60.0)
    assert set(signal.tags) == {"raw", "counter", SUMMED}
    assert asked.left_out == ("sensor_total",)


def test_requests_come_before_other_figures_where_not_all_can_be_read() -> None:
    many = {f"sensor_{n}": Seen("gauge", 1000) for n in range(MAX_RAW_SERIES // 1000)}
    asked = raw_signals({**many, "http_requests_total": Seen("counter", 1000)})
    assert "raw/http_requests_total" in [signal.id for signal in asked.signals]
    assert len(asked.left_out) == 1


def test_the_scope_and_the_kind_go_with_each_metric() -> None:
    (signal,) = raw_signals({"queue.depth": Seen("gauge", 1)}, scope='cluster="eu"').signals
    assert signal.promql == '{__name__="queue.depth",cluster="eu"}'
    assert signal.tags == ("raw", "gauge")
