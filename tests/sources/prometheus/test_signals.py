"""Signals asked of both real servers: what comes back is on the window's grid, in order, and told of whom it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reconstruct.http import HttpSettings
from reconstruct.model import Service, Signal, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.signals import gather_signals
from tests.servers.misbehaving import Exchange, misbehaving
from tests.servers.story import END, START

WINDOW = Window(pd.Timestamp("2026-03-02T13:15Z"), END, pd.Timedelta("15s"), START)
SPACINGS = {"http_requests_total": 15.0, "queue_depth": 15.0, "database_connections": 30.0, "up": 30.0}


def signal(name: str, promql: str, *, service_label: str = "", service: str = "") -> Signal:
    return Signal(
        id=name,
        title=name,
        promql=promql,
        unit="count",
        layer="app",
        aspect="traffic",
        service_label=service_label,
        service=service,
    )


SIGNALS = (
    signal("a/requests", "sum by (service) (rate(http_requests_total[1m]))"),
    signal("a/queue", "queue_depth"),
    signal("a/database", "database_connections", service="orders-db"),
    signal("a/nothing", "no_such_metric"),
    signal("a/up", "up", service_label="job"),
    signal("a/wrong", "sum(rate(up[5m])"),
)


@pytest.mark.server
def test_answers_come_in_the_order_of_the_signals_on_the_windows_grid(server: Prometheus) -> None:
    told: list[tuple[int, int, str]] = []
    metrics, queries, gaps = gather_signals(
        server,
        SIGNALS,
        WINDOW,
        spacings=SPACINGS,
        on_progress=lambda done, total, text: told.append((done, total, text)),
    )
    assert [metric.signal.id for metric in metrics] == ["a/requests", "a/queue", "a/database", "a/up"]
    assert [(query.id, query.series) for query in queries] == [
        ("a/requests", 1),
        ("a/queue", 1),
        ("a/database", 1),
        ("a/nothing", 0),
        ("a/up", 16),
    ]
    for metric in metrics:
        assert metric.values.index.equals(WINDOW.index)
        assert metric.values.columns.equals(pd.RangeIndex(len(metric.labels)))
        assert (metric.values.dtypes == np.float64).all()
        assert metric.query in {query.id for query in queries}
    assert [gap.missing for gap in gaps] == ["a/up", "a/wrong"]
    assert "merged into 16" in gaps[0].cause
    assert "parse" in gaps[1].cause
    assert "\n" not in gaps[1].cause
    assert [done for done, _, _ in told] == [1, 2, 3, 4, 5, 6]
    assert {text for _, _, text in told} == {signal.id for signal in SIGNALS}


@pytest.mark.server
def test_the_service_is_told_by_the_label_the_signal_or_the_usual_labels(server: Prometheus) -> None:
    metrics, _, _ = gather_signals(server, SIGNALS, WINDOW, spacings=SPACINGS)
    by_id = {metric.signal.id: metric for metric in metrics}
    assert by_id["a/requests"].services == (Service("shop"),)
    assert by_id["a/database"].services == (Service("orders-db"),)
    assert {service.name for service in by_id["a/up"].services} == {
        *("db", "ended-trial", "failed-trial", "ha", "pods", "received", "shop", "thin", "web")
    }


@pytest.mark.server
def test_the_spacing_is_the_widest_that_the_expression_reads_and_at_least_the_step(server: Prometheus) -> None:
    coarse = replace(WINDOW, step=pd.Timedelta("60s"))
    for window, spacings_s in ((WINDOW, [15.0, 15.0, 30.0, 30.0]), (coarse, [60.0] * 4)):
        metrics, _, _ = gather_signals(server, SIGNALS, window, spacings=SPACINGS)
        assert [metric.spacing_s for metric in metrics] == spacings_s


@pytest.mark.server
def test_what_only_the_look_back_repeats_is_no_sample(server: Prometheus) -> None:
    (metric,), _, _ = gather_signals(server, [signal("a/queue", "queue_depth")], WINDOW, spacings=SPACINGS)
    seen = metric.values[0].notna()
    assert seen[WINDOW.index < pd.Timestamp("2026-03-02T14:00Z")].all()
    assert not seen[WINDOW.index > pd.Timestamp("2026-03-02T14:00:30Z")].any()


def test_where_the_second_question_fails_the_first_answer_stays_and_that_is_said() -> None:
    values = ",".join(f'[{START.timestamp() + 15 * row:.0f},"7"]' for row in range(100))

    def behave(exchange: Exchange) -> None:
        if "last_over_time" in exchange.form["query"]:
            exchange.answer("oops", status=500, kind="text/plain")
        elif exchange.path.endswith("/query"):
            now = END.timestamp() + 60
            exchange.answer(f'{{"status":"success","data":{{"resultType":"scalar","result":[{now},"{now}"]}}}}')
        else:
            exchange.answer(
                f'{{"status":"success","data":{{"result":[{{"metric":{{"a":"b"}},"values":[{values}]}}]}}}}'
            )

    with misbehaving(behave) as (url, _):
        server = Prometheus(HttpSettings(url))
        (metric,), _, (gap,) = gather_signals(server, [signal("a/q", "queue_depth")], WINDOW, spacings=SPACINGS)
    assert metric.values[0].notna().sum() == 100
    assert "up to 5 min late" in gap.cause


@pytest.mark.server
def test_a_gap_in_the_middle_is_seen_behind_an_aggregation_too(server: Prometheus) -> None:
    up = signal("a/db", 'sum by (job) (up{job="db"})')
    (metric,), _, _ = gather_signals(server, [up], WINDOW, spacings=SPACINGS)
    away = (WINDOW.index > pd.Timestamp("2026-03-02T13:41Z")) & (WINDOW.index < pd.Timestamp("2026-03-02T13:50Z"))
    assert metric.values[0][away].isna().all()
    assert metric.values[0][~away].notna().mean() > 0.98


@pytest.mark.server
def test_series_of_a_replica_pair_become_one_and_that_is_said(server: Prometheus) -> None:
    (metric,), (query,), gaps = gather_signals(server, [signal("a/ha", "ha_gauge")], WINDOW, spacings={"ha_gauge": 15})
    assert len(metric.labels) == 1
    assert "prometheus_replica" not in metric.labels[0]
    assert metric.values[0].notna().all()
    assert query.series == 1
    assert "2 series of replicas (prometheus_replica) were merged into 1" in gaps[0].cause


@pytest.mark.server
def test_both_servers_give_the_same_evidence(prometheus_url: str, victoria_url: str) -> None:
    asked = [each for each in SIGNALS if each.id != "a/wrong"]
    both = [
        gather_signals(Prometheus(HttpSettings(url)), asked, WINDOW, spacings=SPACINGS)
        for url in (prometheus_url, victoria_url)
    ]
    assert both[0][1] == both[1][1]
    for one, other in zip(both[0][0], both[1][0], strict=True):
        assert one.labels == other.labels
        assert one.services == other.services
        together = one.values.notna() & other.values.notna()
        assert together.to_numpy().mean() > 0.9 * one.values.notna().to_numpy().mean()
        settled = WINDOW.index > START + pd.Timedelta("5min")  # the first rates have less to go by
        np.testing.assert_allclose(
            one.values[settled].where(together[settled]), other.values[settled].where(together[settled]), rtol=1e-9
        )


def test_no_more_than_four_questions_are_under_way() -> None:
    import threading

    ongoing_at_start, most = [0], [0]
    lock = threading.Lock()
    four = threading.Semaphore(0)

    def behave(exchange: Exchange) -> None:
        if exchange.path.endswith("/query"):
            now = END.timestamp() + 60
            exchange.answer(f'{{"status":"success","data":{{"resultType":"scalar","result":[{now},"{now}"]}}}}')
            return
        with lock:
            ongoing_at_start[0] += 1
            most[0] = max(most[0], ongoing_at_start[0])
            if ongoing_at_start[0] == 4:
                for _ in range(100):
                    four.release()
        four.acquire(timeout=120)  # the first wait until four are here: so many there are
        with lock:
            ongoing_at_start[0] -= 1
        exchange.answer('{"status":"success","data":{"resultType":"matrix","result":[]}}')

    with misbehaving(behave) as (url, _):
        signals = [signal(f"a/{number}", f"metric_{number}") for number in range(24)]
        _, queries, _ = gather_signals(Prometheus(HttpSettings(url)), signals, WINDOW)
    assert len(queries) == 24
    assert most[0] == 4


def test_a_run_asks_for_no_more_signals_than_it_may_and_for_what_users_feel_first(prometheus_url: str) -> None:
    felt = replace(signal("z/errors", "http_errors_total"), aspect="errors")
    signals = [signal("a/one", "queue_depth"), signal("a/two", "database_connections"), felt]
    server = Prometheus(HttpSettings(prometheus_url, requests=2))
    metrics, _, gaps = gather_signals(server, signals, WINDOW)
    assert [metric.signal.id for metric in metrics] == ["a/one", "z/errors"]
    assert [(gap.missing, gap.matters) for gap in gaps if "requests" in gap.cause] == [("1 signals", False)]
