"""A signal's own query over a longer time, on the same grid."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Metric, Service, Signal, Window
from reconstruct.sources.alert_rules.longer_history import longer_histories
from reconstruct.sources.prometheus.client import Prometheus
from tests.servers.story import at

STEP = pd.Timedelta("15s")


def time(clock: str) -> pd.Timestamp:
    return pd.Timestamp(at(clock), unit="s", tz="UTC")


WINDOW = Window(time("14:40"), time("15:00"), STEP, time("14:30"))


def metric(promql: str, query: str) -> Metric:
    signal = Signal(f"http/{query}", "", promql, "per second", "app", "errors")
    values = pd.DataFrame({0: [0.0] * len(WINDOW.index)}, index=WINDOW.index)
    return Metric(signal, values, ({"service": "shop"},), (Service("shop"),), query, 15.0)


def test_the_answer_begins_so_much_before_the_window_and_a_query_that_fails_is_said(
    prometheus_server: Prometheus,
) -> None:
    asked = [metric("sum by (service) (rate(http_errors_total[1m]))", "q1"), metric("sum(", "q2")]
    told: list[str] = []
    found, failed = longer_histories(
        prometheus_server, asked, WINDOW, back=pd.Timedelta("2h"), progress=lambda done, total, text: told.append(text)
    )
    assert list(found) == ["q1"]
    index = found["q1"].values.index
    assert (index[0], index[-1]) == (time("12:40"), WINDOW.index[-1])
    assert set(WINDOW.index) <= set(index)
    assert found["q1"].services[0] == Service("shop")
    assert len(failed) == 1
    assert "http/q2" in failed[0]
    assert told == ["http/q1, longer history", "http/q2, longer history"]
