from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.changes.tools.kubernetes_api import fetch_objects
from reconstruct.sources.result import SourceRequest
from tests.fake_http import Answer, Request, as_json, fake_http
from tests.sources.changes.reading import WINDOW

ISO = "2026-11-17T13:55:01Z"


def cluster(request: Request) -> Answer:
    if request.path.endswith("/secrets"):
        marks = {"name": "shop", "version": "7", "status": "deployed"}
        metadata = {"namespace": "p", "creationTimestamp": ISO, "labels": marks}
        return as_json({"items": [{"metadata": metadata, "data": {"release": "c2VjcmV0"}}], "metadata": {}})
    if request.path.endswith("/jobs"):
        return as_json({"kind": "Status", "message": "jobs is forbidden"}, status=403)
    return as_json({"items": [], "metadata": {}})


def test_a_kind_that_may_not_be_listed_is_a_gap_and_the_others_are_read() -> None:
    with fake_http(cluster) as server:
        ledger = fetch_objects(SourceRequest(server.url, WINDOW, options={"token": "abcdefghijklmnop", "helm": "true"}))
    assert [gap.missing for gap in ledger.gaps] == ["jobs"]
    (event,) = ledger.events
    assert (event.service, event.source_id, event.state) == (("shop", "p", ""), "shop/7", "done")
    asked = next(request for request in server.requests if request.path.endswith("/secrets"))
    assert asked.query["labelSelector"] == ["owner=helm"]


def test_secrets_are_not_asked_for_unless_helm_is_wanted() -> None:
    with fake_http(cluster) as server:
        fetch_objects(SourceRequest(server.url, WINDOW, options={"namespace": "p"}))
    assert {request.path for request in server.requests} == {
        "/apis/apps/v1/namespaces/p/replicasets",
        "/apis/apps/v1/namespaces/p/deployments",
        "/apis/apps/v1/namespaces/p/controllerrevisions",
        "/apis/batch/v1/namespaces/p/jobs",
        "/api/v1/namespaces/p/events",
    }


def test_a_context_of_the_kubeconfig_tells_address_and_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kubernetes")
    path = tmp_path / "config"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    with fake_http(cluster) as server:
        path.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: shop\n"
            f"clusters: [{{name: c, cluster: {{server: '{server.url}'}}}}]\n"
            "contexts: [{name: shop, context: {cluster: c, user: u}}]\n"
            "users: [{name: u, user: {token: abcdefghijklmnop}}]\n"
        )
        fetch_objects(SourceRequest("context/shop", WINDOW))
        with pytest.raises(UsageError, match="context nowhere cannot be used") as raised:
            fetch_objects(SourceRequest("context/nowhere", WINDOW))
    assert server.requests[0].headers["Authorization"] == "Bearer abcdefghijklmnop"
    assert "abcdefghijklmnop" not in repr(raised.value)


def test_outside_a_cluster_there_is_no_service_account() -> None:
    with pytest.raises(UsageError, match="no service account"):
        fetch_objects(SourceRequest("in-cluster", WINDOW))
