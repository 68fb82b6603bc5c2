"""Sources that the surroundings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.surroundings.candidates import candidates

KUBECONFIG = """
current-context: prod
contexts:
- {name: prod, context: {cluster: eu-1, user: me}}
clusters:
- {name: eu-1, cluster: {server: "https://10.0.0.1:6443"}}
users:
- {name: me, user: {token: s3cr3t}}
"""


def test_without_the_package_kubernetes_the_address_of_the_cluster_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kube").write_text(KUBECONFIG)
    monkeypatch.setattr("reconstruct.surroundings.candidates.find_spec", lambda _: None)
    (found,) = candidates({"KUBECONFIG": str(tmp_path / "kube")}, folder=tmp_path, home=tmp_path)
    assert found.spec == "kubernetes:https://10.0.0.1:6443"


def test_clouds_are_named_where_their_credentials_are(tmp_path: Path) -> None:
    env = {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "prod", "AZURE_TOKEN": "x", "AZURE_SUBSCRIPTION_ID": "s-1",
           "GOOGLE_TOKEN": "x"}  # fmt: skip
    assert [(one.spec, one.complete) for one in candidates(env, folder=tmp_path, home=tmp_path)] == [
        ("aws:eu-west-1", True),
        ("codedeploy:eu-west-1", True),
        ("azure:s-1", True),
        ("google:PROJECT-ID", False),
    ]
    assert candidates({"AWS_REGION": "eu-west-1"}, folder=tmp_path, home=tmp_path) == ()


def test_variables_a_kubeconfig_and_the_checkouts_remote_name_sources(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text('[remote "origin"]\n\turl = git@github.com:acme/shop.git\n')
    (tmp_path / "kube").write_text(KUBECONFIG)
    env = {
        "GRAFANA_URL": "https://grafana.example",
        "ALERTMANAGER_URL": "http://am:9093",
        "PAGERDUTY_TOKEN": "x",
        "SENTRY_TOKEN": "x",
        "KUBECONFIG": str(tmp_path / "kube"),
    }
    found = candidates(env, folder=tmp_path, home=tmp_path)
    assert [(one.spec, one.complete) for one in found] == [
        ("alertmanager:http://am:9093", True),
        ("grafana:https://grafana.example", True),
        ("github:acme/shop", True),
        ("kubernetes:context/prod", True),
        ("pagerduty:*", True),
        ("sentry:ORGANISATION", False),
    ]
    assert not any("s3cr3t" in repr(one) for one in found)


def test_nothing_is_named_where_nothing_is_there(tmp_path: Path) -> None:
    assert candidates({}, folder=tmp_path, home=tmp_path) == ()
    (tmp_path / "broken").write_text("a: [")
    assert candidates({"KUBECONFIG": str(tmp_path / "broken")}, folder=tmp_path, home=tmp_path) == ()
