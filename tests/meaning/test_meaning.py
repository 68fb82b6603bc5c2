"""What a system's series mean, read through `read_system`."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from reconstruct.meaning import read_system
from reconstruct.meaning.user_signals import outermost_hops
from reconstruct.model.system import Flow, Reading, System
from tests.meaning.made import N, counter, evidence, gauge, later

API = {"job": "api", "instance": "10.0.0.1:80"}


def test_traffic_is_all_answers_so_that_failures_that_appear_are_no_traffic_that_rose() -> None:
    failures = np.concatenate([np.full(80, np.nan), counter(5.0, begins=0.0)[:40]])
    system = read_system(
        evidence(
            [
                ("http_requests_total", {**API, "code": "200"}, counter(later(20.0, 15.0))),
                ("http_requests_total", {**API, "code": "503"}, failures),
            ]
        )
    )
    flow = system.served["api"]
    assert flow.total[10] == pytest.approx(20.0)
    assert flow.total[-1] == pytest.approx(20.0)
    assert flow.share()[10] == 0.0
    assert flow.share()[-1] == pytest.approx(0.25)
    assert set(flow.codes) == {"200", "503"}


def test_routes_and_methods_of_failed_and_all_are_the_same_set() -> None:
    system = read_system(
        evidence(
            [
                ("http_requests_total", {**API, "code": "200", "method": "GET", "path": "/a"}, counter(8.0)),
                ("http_requests_total", {**API, "code": "500", "method": "POST", "path": "/b"}, counter(2.0)),
            ]
        )
    )
    flow = system.served["api"]
    assert flow.share()[-1] == pytest.approx(0.2)
    assert flow.routes["/b"].share()[-1] == pytest.approx(1.0)
    assert flow.routes["/a"].share()[-1] == 0.0


def test_the_mean_is_time_spent_over_answers_and_milliseconds_are_seconds() -> None:
    system = read_system(
        evidence(
            [
                ("http_server_duration_milliseconds_sum", API, counter(10.0 * 250.0)),
                ("http_server_duration_milliseconds_count", API, counter(10.0)),
            ]
        )
    )
    mean = system.served["api"].mean()
    assert mean is not None
    assert mean[-1] == pytest.approx(0.25)


def test_a_time_without_a_unit_that_nobody_would_wait_for_is_in_milliseconds() -> None:
    system = read_system(
        evidence([("request_timer_sum", API, counter(10.0 * 80.0)), ("request_timer_count", API, counter(10.0))])
    )
    mean = system.served["api"].mean()
    assert mean is not None
    assert mean[-1] == pytest.approx(0.08)


@pytest.mark.parametrize("label", ["pod", "kubernetes_pod_name", "k8s_pod_name", "instance"])
def test_a_rollout_bends_no_total_whatever_the_label_of_pods(label: str) -> None:
    old = np.where(np.arange(N) < 60, counter(10.0), np.nan)
    new = np.where(np.arange(N) < 60, np.nan, counter(10.0, begins=-60 * 150.0))
    labels = {"job": "shop", "code": "200"}
    system = read_system(
        evidence(
            [
                ("http_requests_total", {**labels, label: "shop-7d9f8b6c5-x2x4z"}, old),
                ("http_requests_total", {**labels, label: "shop-5c4d7b8f9-k8j7h"}, new),
            ]
        )
    )
    assert system.served["shop"].total[1:] == pytest.approx(np.full(N - 1, 10.0))


def test_a_scrape_that_was_missed_is_no_moment_without_requests() -> None:
    values = {name: counter(rate) for name, rate in (("http_requests_total", 10.0), ("a_total", 3.0), ("b_total", 7.0))}
    for series in values.values():
        series[50] = series[49]
    system = read_system(evidence([(name, {**API, "code": "200"}, series) for name, series in values.items()]))
    assert system.served["api"].total[50] == pytest.approx(10.0)


def test_calls_are_found_from_what_clients_name_without_any_configuration() -> None:
    shop = {"service_name": "shop", "job": "shop", "instance": "a:1"}
    system = read_system(
        evidence(
            [
                ("http_requests_total", {**shop, "code": "200"}, counter(10.0)),
                (
                    "http_client_request_duration_seconds_count",
                    {**shop, "server_address": "stock.prod.svc.cluster.local"},
                    counter(10.0),
                ),
                ("http_requests_total", {"job": "stock", "instance": "b:1", "code": "200"}, counter(10.0)),
                (
                    "http_client_request_duration_seconds_count",
                    {**shop, "server_address": "api.pay.example"},
                    counter(1.0),
                ),
            ]
        )
    )
    assert system.inferred == {("shop", "stock"), ("shop", "api.pay.example")}
    assert system.kinds["api.pay.example"] == "external"
    assert system.outermost == "shop"


def test_configured_calls_overrule_what_is_inferred_of_their_caller() -> None:
    shop = {"job": "shop", "instance": "a:1"}
    system = read_system(
        evidence([("http_client_requests_total", {**shop, "target": "cart", "status": "200"}, counter(1.0))]),
        calls=[("shop", "stock")],
    )
    assert system.calls == {("shop", "stock")}
    assert system.inferred == frozenset()


def test_an_exporter_is_the_database_that_pools_and_changes_name() -> None:
    exporter = {"job": "postgres", "instance": "orders-db:9187"}
    system = read_system(
        evidence(
            [
                ("pg_up", exporter, gauge(1.0)),
                ("pg_stat_database_numbackends", {**exporter, "datname": "orders"}, gauge(20.0)),
                ("pg_settings_max_connections", exporter, gauge(100.0)),
                ("hikaricp_connections_active", {"job": "shop", "instance": "a:1", "pool": "orders-db"}, gauge(3.0)),
                ("hikaricp_connections_max", {"job": "shop", "instance": "a:1", "pool": "orders-db"}, gauge(10.0)),
            ],
            changes=[(30, "migration", "orders-db")],
        )
    )
    assert system.kinds["orders-db"] == "database"
    assert system.thing("postgres") == "orders-db"
    connections = system.readings["orders-db", "connections"]
    assert connections.bound is not None
    assert (connections.values[-1], connections.bound[-1]) == (20.0, 100.0)
    pool = system.pools["shop", "orders-db"]
    assert pool.used is not None
    assert pool.size is not None
    assert (pool.used[-1], pool.size[-1]) == (3.0, 10.0)
    assert ("shop", "orders-db") in system.inferred


def test_a_proxy_that_names_nobody_leads_to_whom_nobody_else_calls() -> None:
    system = read_system(
        evidence(
            [
                (
                    "nginx_http_requests_total",
                    {"job": "nginx", "instance": "edge-1:9113", "status": "200"},
                    counter(9.0),
                ),
                ("http_requests_total", {"job": "shop", "instance": "10.0.0.2:80", "code": "200"}, counter(9.0)),
            ]
        )
    )
    assert system.outermost == "edge"
    assert ("edge", "shop") in system.calls


def test_memory_has_the_bound_of_its_own_container() -> None:
    kubelet = {"job": "kubelet", "instance": "10.0.0.9:10250", "node": "node-1"}
    shop = {**kubelet, "container": "shop", "pod": "shop-7d9f8b6c5-x2x4z", "namespace": "prod"}
    system = read_system(
        evidence(
            [
                ("container_memory_working_set_bytes", shop, gauge(9e8)),
                ("container_spec_memory_limit_bytes", shop, gauge(1e9)),
                ("container_memory_working_set_bytes", {**shop, "container": "cart", "pod": "cart-1"}, gauge(1e8)),
                ("container_spec_memory_limit_bytes", {**shop, "container": "cart", "pod": "cart-1"}, gauge(4e9)),
            ]
        )
    )
    memory = system.readings["shop", "memory"]
    assert memory.bound is not None
    assert (memory.values[-1], memory.bound[-1]) == (9e8, 1e9)
    assert system.hosts["shop"] == ("node-1",)


def test_a_machine_that_waits_for_its_disk_does_not_compute() -> None:
    node = {"job": "node", "instance": "db-node-1:9100", "cpu": "0"}
    busy = later(0.2, 0.3)
    waits = later(0.1, 0.6)
    series = [
        ("node_cpu_seconds_total", {**node, "mode": "idle"}, counter(1.0 - busy - waits)),
        ("node_cpu_seconds_total", {**node, "mode": "iowait"}, counter(waits)),
        ("node_cpu_seconds_total", {**node, "mode": "user"}, counter(busy)),
    ]
    cpu = read_system(evidence(series)).readings["db-node", "cpu"]
    assert cpu.values[[60, -1]] == pytest.approx([0.2, 0.3])


def test_a_process_whose_cpu_was_counted_once_is_read_without_a_warning() -> None:
    once = np.where(np.arange(N) == 80, 5.0, np.nan)
    unknown = [(name, API, once) for name in ("process_cpu_seconds_total", "http_requests_total")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        system = read_system(evidence(unknown))
    assert ("api", "cpu") not in system.readings


def test_a_worker_whose_messages_are_read_as_requests_is_no_hop_of_users() -> None:
    requests, messages = (Flow(np.full(40, rate)) for rate in (80.0, 4.0))
    system = System(
        kinds={"shop": "app", "mailer": "app", "mails": "queue"},
        served={"shop": requests, "mailer": messages},
        consumers={"mailer": "mails"},
        readings={("mails", "consumed"): Reading(np.full(40, 4.2))},
        outermost="shop",
    )
    assert outermost_hops(system) == ("shop",)
    busy = replace(system, served={"shop": requests, "mailer": requests})
    assert outermost_hops(busy) == ("mailer", "shop")


def test_a_queue_is_known_by_its_own_name_and_who_consumes_it() -> None:
    broker = {"job": "rabbitmq", "instance": "broker:15692", "queue": "mails"}
    worker = {"job": "mailer", "instance": "10.0.0.7:80", "queue": "mails"}
    system = read_system(
        evidence(
            [
                ("rabbitmq_queue_messages_ready", broker, gauge(later(3.0, 900.0))),
                ("rabbitmq_queue_messages_unacked", broker, gauge(1.0)),
                ("rabbitmq_queue_consumers", broker, gauge(2.0)),
                ("worker_messages_total", {**worker, "outcome": "ok"}, counter(4.0)),
            ]
        )
    )
    assert system.readings["mails", "depth"].values[-1] == 900.0
    assert system.consumers == {"mailer": "mails"}
    assert system.kinds["mails"] == "queue"
    assert "mailer" in system.handled


def test_without_raw_series_there_is_an_empty_system() -> None:
    system = read_system(evidence([]))
    assert system.served == {}
    assert system.outermost is None


@pytest.mark.parametrize(("name", "usual"), [("netprobe_rtt_seconds", 0.002), ("pingmesh_round_trip_time_ms", 2.0)])
def test_round_trips_are_read_by_what_a_prober_calls_them_and_the_way_it_names(name: str, usual: float) -> None:
    prober = {"job": "netprobe", "instance": "host-1"}
    system = read_system(
        evidence(
            [
                (name, {**prober, "path": "shop-db"}, gauge(later(usual, 10 * usual))),
                (name, {**prober, "path": "shop-lb"}, gauge(usual)),
            ]
        )
    )
    assert system.kinds["shop-db"] == "path"
    assert system.readings["shop-db", "round_trip"].values[-1] == pytest.approx(0.02)
    assert system.readings["shop-lb", "round_trip"].values[-1] == pytest.approx(0.002)


@pytest.mark.parametrize(("told", "seconds"), [(14.0, 14.0), (17.0, 0.017), (17_000.0, 0.017)])
def test_a_time_without_a_unit_is_in_seconds_up_to_a_quarter_of_a_minute(told: float, seconds: float) -> None:
    series = [("request_timer_sum", API, counter(10.0 * told)), ("request_timer_count", API, counter(10.0))]
    mean = read_system(evidence(series)).served["api"].mean()
    assert mean is not None
    assert mean[-1] == pytest.approx(seconds)


def test_times_of_databases_are_in_the_units_of_their_manuals() -> None:
    cockroach = {"job": "orders-db", "instance": "orders-db-0:8080"}
    mongo = {"job": "carts-db", "instance": "carts-db-0:9216"}
    series = [
        ("sql_service_latency_count", cockroach, counter(100.0)),
        ("sql_service_latency_sum", cockroach, counter(100.0 * 2e6)),
        ("sql_select_count", cockroach, counter(90.0)),
        ("mongodb_ss_opLatencies_ops", {**mongo, "op_type": "reads"}, counter(100.0)),
        ("mongodb_ss_opLatencies_latency", {**mongo, "op_type": "reads"}, counter(100.0 * 2e3)),
    ]
    system = read_system(evidence(series))
    for database in ("orders-db", "carts-db"):
        assert system.kinds[database] == "database"
        time, count = (system.readings[database, role].values[-1] for role in ("statement_time", "statements"))
        assert time / count == pytest.approx(2e-3)
