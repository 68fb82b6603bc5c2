"""Whom labels speak of: service, namespace and cluster, by the labels that people really use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from reconstruct.model import Service

SERVICE_LABELS: Final = (
    "service",
    "service_name",
    "app",
    "app_kubernetes_io_name",
    "label_app_kubernetes_io_name",
    "k8s_app",
    "application",
    "workload",
    "destination_workload",
    "deployment",
    "statefulset",
    "daemonset",
    "k8s_deployment_name",
    "k8s_statefulset_name",
    "k8s_daemonset_name",
    "component",
    "exported_job",
    "job",
)
"""First one present wins: what people set themselves, then OpenTelemetry's and Kubernetes's, then what scraped it."""
NAMESPACE_LABELS: Final = (
    "namespace",
    "kubernetes_namespace",
    "k8s_namespace_name",
    "exported_namespace",
    "service_namespace",
)
CLUSTER_LABELS: Final = ("cluster", "k8s_cluster_name", "cluster_name", "kubernetes_cluster")
IDENTITY_LABELS: Final = (*SERVICE_LABELS, *NAMESPACE_LABELS, *CLUSTER_LABELS)


def service_of(labels: Mapping[str, str], *, label: str = "", own: Collection[str] = (), default: str = "") -> Service:
    """The service that labels tell: `label` first, then those of a user's own conventions, the usual ones, `default`.

    A job such as `shop/api` (Prometheus operator: namespace/name) gives its last part.

    >>> service_of({"job": "prod/api", "namespace": "prod"}), service_of({"app": "shop", "job": "pods"}).name
    (Service(name='api', namespace='prod', cluster=''), 'shop')
    >>> service_of({"team": "pay", "service": "proxy"}, own=["namespace", "team"]).name
    'pay'
    >>> service_of({"datname": "orders", "job": "pg"}, label="datname").name, service_of({}, default="edge").name
    ('orders', 'edge')
    """
    around = (*NAMESPACE_LABELS, *CLUSTER_LABELS)
    name = next((labels[each] for each in (label, *own) if each not in around and labels.get(each)), "")
    if not name and default and not label:
        name = default
    if not name:
        found = next((each for each in SERVICE_LABELS if labels.get(each)), "")
        name = labels.get(found, default)
        if found in ("job", "exported_job"):
            name = name.rpartition("/")[2] or name
    return Service(name, _first(labels, NAMESPACE_LABELS), _first(labels, CLUSTER_LABELS))


def _first(labels: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")
