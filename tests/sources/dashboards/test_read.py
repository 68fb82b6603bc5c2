"""A dashboard by its source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconstruct.errors import ReconstructError, UsageError
from reconstruct.sources.dashboards.read import read_dashboard
from tests.fake_http import Answer, as_json, fake_http

DATA = Path(__file__).parent / "data"
RULES = """
groups:
- name: shop
  rules:
  - {alert: Slow, expr: 'p95_latency_seconds{job="shop"} > 0.5', for: 5m}
  - {alert: Gone, expr: 'absent(up)'}
  - {record: 'job:errors:rate5m', expr: 'sum by (job) (rate(errors_total[5m]))'}
"""


def test_a_dashboard_is_fetched_by_its_uid_with_a_viewers_token() -> None:
    inner = json.loads((DATA / "node.json").read_text())
    with fake_http(lambda _: as_json({"dashboard": inner, "meta": {"slug": "node"}})) as server:
        found = read_dashboard("grafana:abc", env={"GRAFANA_URL": server.url, "GRAFANA_TOKEN": "t0ken"})
    assert found.name == "Node Exporter"
    assert server.requests[0].path == "/api/dashboards/uid/abc"
    assert server.requests[0].headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_what_grafana_refuses_is_said(status: int) -> None:
    with fake_http(lambda _: Answer(status, b'{"message": "no"}')) as server, pytest.raises(ReconstructError) as caught:
        read_dashboard("grafana:abc", env={"GRAFANA_URL": server.url, "GRAFANA_TOKEN": "t0ken"})
    assert caught.value.hint
    assert "t0ken" not in caught.value.message


def test_a_rule_file_is_its_conditions_and_what_it_records(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    found = read_dashboard(str(tmp_path / "rules.yml"), env={})
    assert [(q.title, q.group, q.threshold) for q in found.queries] == [
        ("Slow", "shop", 0.5),
        ("job:errors:rate5m", "shop", None),
    ]
    assert found.not_asked[0].title == "Gone"


@pytest.mark.parametrize(
    ("text", "says"), [("{}", "no dashboard that is known"), ("{", "neither JSON nor YAML"), ("- 1", "no dashboard")]
)
def test_what_is_no_dashboard_says_what_to_give(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "d.json").write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        read_dashboard(str(tmp_path / "d.json"), env={})
    assert caught.value.hint


def test_without_an_address_and_with_a_wrong_uid() -> None:
    with pytest.raises(UsageError, match="no Grafana to ask"):
        read_dashboard("grafana:abc", env={})
    with pytest.raises(UsageError, match="no dashboard's uid"):
        read_dashboard("grafana:../../etc", env={"GRAFANA_URL": "http://127.0.0.1:1"})
