"""The file that `init` writes is one that the program reads."""

from __future__ import annotations

from pathlib import Path

from reconstruct.config import load_config
from reconstruct.surroundings.yaml_file import Found, yaml_text


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    found = Found(
        prometheus="http://prometheus:9090/prefix",
        packs=("node", "redis"),
        services=("shop",),
        events=("github:acme/shop", "pagerduty:*", "kubernetes:https://10.0.0.1:6443"),
        silent=(("sentry:ORGANISATION", "SENTRY_TOKEN is set: fill in the name"),),
        names={"shop-api-prod": "shop"},
        grafana="https://grafana.example",
    )
    (tmp_path / "reconstruct.yaml").write_text(yaml_text(found))
    config = load_config(None, env={}, folder=tmp_path)
    assert config.prometheus.url == "http://prometheus:9090/prefix"
    assert [source.spec for source in config.events] == list(found.events)
    assert dict(config.service_names) == {"shop-api-prod": "shop"}


def test_a_file_of_nothing_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "reconstruct.yaml").write_text(yaml_text(Found()))
    assert load_config(None, env={}, folder=tmp_path).events == ()
