"""Requests and calls under the names of many libraries and proxies."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.meaning import read_system
from tests.meaning.made import Labels, Values, counter, evidence, gauge

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
