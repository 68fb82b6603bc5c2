"""What `target_info` says of a target is known of its series: namespace, cluster, release."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Metric, Service, Signal
from reconstruct.sources.prometheus.target_attributes import with_target_attributes
from reconstruct.sources.service_labels import service_of

INDEX = pd.date_range("2026-03-02T10:00Z", periods=3, freq="15s")


def metric(name: str, *labels: dict[str, str]) -> Metric:
    values = pd.DataFrame(1.0, index=INDEX, columns=range(len(labels)))
    services = tuple(service_of(each) for each in labels)
    return Metric(Signal(f"raw/{name}", name, name, "count", "app", "work"), values, labels, services, "q1", 15.0)


def info(instance: str, **attributes: str) -> dict[str, str]:
    return {"__name__": "target_info", "job": "shop/api", "instance": instance, **attributes}


TOLD = metric(
    "target_info",
    info("a", k8s_namespace_name="prod", k8s_cluster_name="eu", service_version="1.4", telemetry_sdk_name="x"),
    info("b", k8s_namespace_name="prod", k8s_cluster_name="eu", service_version="1.5"),
)


def test_a_series_of_a_target_gets_its_attributes_and_a_sum_what_all_share() -> None:
    of = metric(
        "http_requests_total",
        {"job": "shop/api", "instance": "b", "route": "/"},
        {"job": "shop/api"},
        {"job": "node", "instance": "b"},
    )
    (joined,) = with_target_attributes([of], [TOLD])
    assert joined.labels[0]["service_version"] == "1.5"
    assert joined.labels[1] == {"job": "shop/api", "k8s_namespace_name": "prod", "k8s_cluster_name": "eu"}
    assert joined.labels[2] == {"job": "node", "instance": "b"}
    assert joined.services[:2] == (Service("api", "prod", "eu"),) * 2
    assert joined.services[2] == Service("node")
    assert "telemetry_sdk_name" not in joined.labels[0]


def test_a_label_that_is_there_stays_and_without_target_info_nothing_changes() -> None:
    of = metric("x", {"job": "shop/api", "instance": "a", "k8s_namespace_name": "stage"})
    assert with_target_attributes([of], [TOLD])[0].labels[0]["k8s_namespace_name"] == "stage"
    assert with_target_attributes([of], [of]) == (of,)
