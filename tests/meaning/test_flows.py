"""Requests and calls under the names of many libraries and proxies."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.meaning import read_system
from tests.meaning.made import Labels, Values, counter, evidence, gauge, later

Series = list[tuple[str, Labels, Values]]


@pytest.mark.parametrize("dotted", [False, True])
def test_opentelemetry_in_either_spelling(dotted: bool) -> None:
    def name(text: str) -> str:
        return text if dotted else text.replace(".", "_")

    shop = {name("service.name"): "shop", name("service.instance.id"): "a-1"}
    stock = {name("service.name"): "stock", name("service.instance.id"): "b-1"}
    status = name("http.response.status_code")
    base = name("http.server.request.duration") + ("" if dotted else "_seconds")
    client = name("http.client.request.duration") + ("" if dotted else "_seconds")
    query = name("db.client.operation.duration") + ("" if dotted else "_seconds")
    series: Series = []
    for labels in (shop, stock):
        series += [
            (f"{base}_count", {**labels, status: "200", name("http.route"): "/a"}, counter(9.0)),
            (f"{base}_count", {**labels, status: "500", name("http.route"): "/a"}, counter(1.0)),
            (f"{base}_sum", {**labels, status: "200", name("http.route"): "/a"}, counter(9.0 * 0.2)),
            (f"{base}_sum", {**labels, status: "500", name("http.route"): "/a"}, counter(1.0 * 0.2)),
        ]
    series += [
        (f"{client}_count", {**shop, name("server.address"): "stock", status: "200"}, counter(10.0)),
        (f"{client}_sum", {**shop, name("server.address"): "stock", status: "200"}, counter(10.0 * 0.1)),
        (
            f"{query}_count",
            {**stock, name("server.address"): "orders-db", name("db.system.name"): "postgresql"},
            counter(30.0),
        ),
        (
            f"{query}_sum",
            {**stock, name("server.address"): "orders-db", name("db.system.name"): "postgresql"},
            counter(0.3),
        ),
    ]
    system = read_system(evidence(series))
    assert system.served["shop"].share()[-1] == pytest.approx(0.1)
    mean = system.served["shop"].mean()
    assert mean is not None
    assert mean[-1] == pytest.approx(0.2)
    assert {("shop", "stock"), ("stock", "orders-db")} <= system.calls
    assert system.kinds["orders-db"] == "database"
    assert system.outermost == "shop"


def test_istio_tells_both_ends_of_a_call() -> None:
    mesh = {"job": "envoy-stats", "source_workload": "shop", "destination_workload": "stock"}
    series: Series = [
        (
            "istio_requests_total",
            {**mesh, "instance": "b", "reporter": "destination", "response_code": "200"},
            counter(8.0),
        ),
        (
            "istio_requests_total",
            {**mesh, "instance": "b", "reporter": "destination", "response_code": "503"},
            counter(2.0),
        ),
        ("istio_requests_total", {**mesh, "instance": "a", "reporter": "source", "response_code": "200"}, counter(8.0)),
        ("istio_requests_total", {**mesh, "instance": "a", "reporter": "source", "response_code": "503"}, counter(3.0)),
        (
            "istio_request_duration_milliseconds_sum",
            {**mesh, "instance": "b", "reporter": "destination"},
            counter(10.0 * 30),
        ),
        (
            "istio_request_duration_milliseconds_count",
            {**mesh, "instance": "b", "reporter": "destination"},
            counter(10.0),
        ),
    ]
    system = read_system(evidence(series))
    assert system.served["stock"].total[-1] == pytest.approx(10.0)
    assert system.served["stock"].share()[-1] == pytest.approx(0.2)
    mean = system.served["stock"].mean()
    assert mean is not None
    assert mean[-1] == pytest.approx(0.03)
    assert system.called["shop", "stock"].total[-1] == pytest.approx(11.0)


def test_traefik_counts_what_arrives_and_what_it_passes_on() -> None:
    edge = {"job": "traefik", "instance": "10.0.0.3:8080"}
    shop = {"job": "shop", "instance": "10.0.0.4:80"}
    series: Series = [
        ("traefik_entrypoint_requests_total", {**edge, "entrypoint": "web", "code": "200"}, counter(10.0)),
        ("traefik_entrypoint_requests_total", {**edge, "entrypoint": "web", "code": "502"}, counter(5.0)),
        ("traefik_service_requests_total", {**edge, "service": "shop@docker", "code": "200"}, counter(10.0)),
        ("http_requests_total", {**shop, "code": "200"}, counter(10.0)),
    ]
    system = read_system(evidence(series, changes=[(3, "deploy", "shop")]))
    assert system.outermost == "traefik"
    assert system.served["traefik"].share()[-1] == pytest.approx(1 / 3)
    assert ("traefik", "shop") in system.calls


def test_envoy_clusters_are_whom_it_calls() -> None:
    edge = {"job": "envoy", "instance": "edge-1:9901"}
    series: Series = [
        ("envoy_http_downstream_rq_xx", {**edge, "envoy_response_code_class": "2"}, counter(10.0)),
        ("envoy_http_downstream_rq_xx", {**edge, "envoy_response_code_class": "5"}, counter(1.0)),
        (
            "envoy_cluster_upstream_rq_xx",
            {**edge, "envoy_cluster_name": "shop", "envoy_response_code_class": "2"},
            counter(10.0),
        ),
        ("http_requests_total", {"job": "shop", "instance": "10.0.0.4:80", "code": "200"}, counter(10.0)),
    ]
    system = read_system(evidence(series))
    assert system.outermost == "edge"
    assert system.served["edge"].share()[-1] == pytest.approx(1 / 11)
    assert ("edge", "shop") in system.calls


def test_one_target_that_speaks_for_many_services_is_read_service_by_service() -> None:
    gateway = {"job": "otel-collector", "instance": "collector:8889"}
    series: Series = [
        ("http_requests_total", {**gateway, "service_name": name, "code": code}, counter(rate))
        for name, code, rate in (("shop", "200", 9.0), ("shop", "500", 1.0), ("cart", "200", 5.0))
    ]
    system = read_system(evidence(series))
    assert set(system.served) == {"shop", "cart"}
    assert system.served["shop"].share()[-1] == pytest.approx(0.1)


def test_statuses_that_a_client_caused_are_no_failures_but_too_many_requests_are() -> None:
    shop = {"job": "shop", "instance": "10.0.0.4:80"}
    codes = {"200": 6.0, "404": 2.0, "401": 1.0, "429": 1.0}
    system = read_system(evidence([("http_requests_total", {**shop, "code": c}, counter(r)) for c, r in codes.items()]))
    assert system.served["shop"].share()[-1] == pytest.approx(0.1)


def test_restarts_of_processes_are_no_requests() -> None:
    shop = {"job": "shop", "instance": "10.0.0.4:80"}
    values = counter(10.0)
    values[60:] = counter(10.0, begins=0.0)[:60]
    system = read_system(evidence([("http_requests_total", {**shop, "code": "200"}, values)]))
    assert np.nanmax(system.served["shop"].total) == pytest.approx(10.0)
    assert np.nanmin(system.served["shop"].total) == pytest.approx(10.0)


def test_a_kafka_group_tells_who_consumes_what() -> None:
    exporter = {"job": "kafka-exporter", "instance": "broker:9308"}
    worker = {"job": "mailer", "instance": "10.0.0.7:80"}
    series: Series = [
        (
            "kafka_consumergroup_lag",
            {**exporter, "consumergroup": "mailer-group", "topic": "mails", "partition": p},
            gauge(4.0),
        )
        for p in ("0", "1")
    ]
    series += [("messages_processed_total", {**worker, "topic": "mails", "status": "ok"}, counter(3.0))]
    system = read_system(evidence(series))
    assert system.consumers == {"mailer": "mails"}
    assert system.readings["mails", "depth"].values[-1] == 8.0


def test_failures_that_a_metric_of_their_own_counts_are_failures_of_all() -> None:
    series: Series = [
        ("checkout_requests_total", {"job": "checkout", "instance": "c:1"}, counter(10.0)),
        ("checkout_request_errors_total", {"job": "checkout", "instance": "c:1"}, counter(0.5)),
    ]
    flow = read_system(evidence(series)).served["checkout"]
    assert flow.total[-1] == pytest.approx(10.0)
    assert flow.share()[-1] == pytest.approx(0.05)


def test_abbreviated_names_are_read_and_microseconds_are_seconds() -> None:
    shop, stock = ({"job": "java", "microservice": name, "instance": f"10.0.0.{n}:1"} for n, name in enumerate("ab"))
    series: Series = []
    for labels, other in ((shop, "b"), (stock, "c")):
        series += [
            ("svc_req_cnt", {**labels, "op": "home", "rc": "200"}, counter(9.0)),
            ("svc_req_cnt", {**labels, "op": "home", "rc": "500"}, counter(1.0)),
            ("svc_req_dur_us_sum", {**labels, "op": "home"}, counter(10.0 * 250_000)),
            ("svc_req_dur_us_count", {**labels, "op": "home"}, counter(10.0)),
            ("svc_out_req_cnt", {**labels, "dst": other, "rc": "200"}, counter(5.0)),
        ]
    system = read_system(evidence(series, changes=[(70, "deploy", "a"), (71, "deploy", "b")]))
    assert set(system.served) == {"a", "b"}
    assert ("a", "b") in system.calls
    mean = system.served["a"].mean()
    assert mean is not None
    assert mean[-1] == pytest.approx(0.25)
    assert system.served["a"].share()[-1] == pytest.approx(0.1)


def test_a_name_is_found_in_addresses_connection_strings_and_proxies_names() -> None:
    edge = {"job": "traefik", "instance": "t:1"}
    shop = {"job": "shop", "instance": "s:1", "namespace": "live"}
    series: Series = [
        (
            "traefik_service_requests_total",
            {**edge, "service": "live-shop-8080@kubernetescrd", "code": "200"},
            counter(9.0),
        ),
        ("http_requests_total", {**shop, "code": "200"}, counter(9.0)),
        ("npgsql_connections_usage", {**shop, "pool_name": "Host=orders-pg;Database=app", "state": "used"}, gauge(2.0)),
        ("npgsql_connections_max", {**shop, "pool_name": "Host=orders-pg;Database=app"}, gauge(10.0)),
        ("pg_up", {"job": "postgres", "instance": "orders-pg:9187"}, gauge(1.0)),
        ("pg_stat_database_numbackends", {"job": "postgres", "instance": "orders-pg:9187"}, gauge(5.0)),
    ]
    system = read_system(evidence(series))
    assert ("t", "shop") in system.calls
    assert system.outermost == "t"
    assert ("shop", "orders-pg") in system.pools


def test_the_parts_of_a_pool_are_told_by_what_they_do_where_no_word_tells_them() -> None:
    labels = {"job": "shop", "instance": "s:1", "db": "orders"}
    used = 3.0 + (np.arange(120) % 3).astype(float)
    waits = np.where(np.arange(120) > 90, 4.0, 0.0)
    series: Series = [
        ("db_pool_a", labels, gauge(used)),
        ("db_pool_b", labels, gauge(10.0)),
        ("db_pool_c", labels, gauge(waits)),
    ]
    (pool,) = read_system(evidence(series)).pools.values()
    assert pool.used is not None
    assert pool.size is not None
    assert pool.pending is not None
    assert (pool.used[1], pool.size[1], pool.pending[-1]) == (4.0, 10.0, 4.0)


@pytest.mark.parametrize(("known", "told"), [(5, False), (7, True)])
def test_a_label_names_the_far_side_where_most_of_its_values_are_known_services(known: int, told: bool) -> None:
    shop = {"job": "shop", "instance": "10.0.0.99:80"}
    series: Series = [("http_requests_total", {**shop, "code": "200"}, counter(10.0))]
    for n in range(10):
        name = f"part{n}"
        if n < known:
            series.append(
                ("http_requests_total", {"job": name, "instance": f"10.0.0.{n}:80", "code": "200"}, counter(1.0))
            )
        series.append(("http_client_requests_total", {**shop, "towards": name, "status": "200"}, counter(1.0)))
    assert (("shop", "part0") in read_system(evidence(series)).calls) is told


def sidecars() -> Series:
    """A front Envoy, two services behind sidecars, and a provider outside."""
    series: Series = []

    def proxy(name: str, prefix: str, rate: float, sends_to: dict[str, float]) -> None:
        labels = {"job": "envoy", "instance": f"{name}-0:9901", "app": name}
        here = {**labels, "envoy_http_conn_manager_prefix": prefix}
        for status, share in (("2", 0.9), ("5", 0.1)):
            series.append(
                ("envoy_http_downstream_rq_xx", {**here, "envoy_response_code_class": status}, counter(rate * share))
            )
        series.append(("envoy_http_downstream_rq_time_sum", here, counter(rate * 80.0)))
        series.append(("envoy_http_downstream_rq_time_count", here, counter(rate)))
        for other, calls in sends_to.items():
            there = {**labels, "envoy_cluster_name": other, "envoy_response_code_class": "2"}
            series.append(("envoy_cluster_upstream_rq_xx", there, counter(calls)))

    proxy("front", "ingress", 10.0, {"shop": 10.0})
    proxy("shop", "local", 10.0, {"stock": 20.0, "pay.example.com": 3.0})
    proxy("stock", "local", 20.0, {})
    return series


def test_a_proxy_that_others_call_speaks_for_a_service() -> None:
    system = read_system(evidence(sidecars()))
    assert system.kinds["front"] == "edge"
    assert {system.kinds["shop"], system.kinds["stock"]} == {"app"}
    assert system.outermost == "front"
    assert system.served["shop"].mean()[-1] == pytest.approx(0.08)  # type: ignore[index]


def test_a_host_that_a_proxy_names_beside_known_services_is_outside() -> None:
    system = read_system(evidence(sidecars()))
    assert system.kinds["pay.example.com"] == "external"
    assert system.called["shop", "pay.example.com"].total[-1] == pytest.approx(3.0)


def test_what_an_error_label_affirms_failed() -> None:
    labels = {"job": "api", "instance": "a:1", "method": "list"}
    system = read_system(
        evidence(
            [
                ("request_count", {**labels, "error": "false"}, counter(9.0)),
                ("request_count", {**labels, "error": "true"}, counter(1.0)),
            ]
        )
    )
    assert system.served["api"].share()[-1] == pytest.approx(0.1)


def of_classes(ok: Values, mistakes: Values) -> Series:
    labels = {"job": "haproxy", "instance": "lb:8405", "proxy": "public"}
    name = "haproxy_frontend_http_responses_total"
    return [(name, {**labels, "code": "2xx"}, counter(ok)), (name, {**labels, "code": "4xx"}, counter(mistakes))]


def test_clients_turned_away_in_the_place_of_being_served_failed() -> None:
    system = read_system(evidence(of_classes(later(99.0, 70.0), later(1.0, 30.0))))
    (flow,) = system.served.values()
    assert flow.share()[40] == 0.0
    assert flow.share()[-1] == pytest.approx(0.29, abs=0.01)


def test_mistakes_that_come_on_top_of_what_is_served_are_the_clients_own() -> None:
    system = read_system(evidence(of_classes(later(99.0, 99.0), later(1.0, 30.0))))
    (flow,) = system.served.values()
    assert np.nanmax(flow.share()) == 0.0


def test_who_counts_answers_by_the_service_that_gave_them_is_a_proxy_whatever_it_is_called() -> None:
    proxy = {"job": "front", "instance": "front:9091"}
    series: Series = [
        ("sesame_http_status_total", {**proxy, "code": "200", "service": "shop"}, counter(9.0)),
        ("sesame_http_status_total", {**proxy, "code": "500", "service": "shop"}, counter(1.0)),
        ("http_requests_total", {"job": "shop", "instance": "shop-1:80", "code": "200"}, counter(10.0)),
        ("http_requests_total", {"job": "stock", "instance": "stock-1:80", "code": "200"}, counter(40.0)),
    ]
    system = read_system(evidence(series))
    assert system.kinds["front"] == "edge"
    assert system.outermost == "front"
    assert system.served["front"].share()[-1] == pytest.approx(0.1)
    assert ("front", "shop") in system.calls


@pytest.mark.parametrize("library", ["httpclient", "finch", "okhttp", "axios", "feign"])
def test_what_a_library_of_clients_counts_is_no_request_that_arrived(library: str) -> None:
    shop = {"job": "shop", "instance": "shop-1:80"}
    series: Series = [
        ("http_requests_received_total", {**shop, "code": "200"}, counter(10.0)),
        (f"{library}_requests_received_total", {**shop, "code": "200", "host": "ads.example"}, counter(3.0)),
        (f"{library}_requests_received_total", {**shop, "code": "429", "host": "ads.example"}, counter(1.0)),
    ]
    system = read_system(evidence(series))
    assert system.served["shop"].total[-1] == pytest.approx(10.0)
    assert system.called["shop", "ads.example"].total[-1] == pytest.approx(4.0)
    assert system.kinds["ads.example"] == "external"
