"""Rule files: what Prometheus takes is read, what it refuses is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.alerting import AlertingRule, RecordingRule
from reconstruct.errors import UsageError
from reconstruct.sources.alert_rules.rule_files import read_rule_file

GOOD = """
groups:
- name: shop
  interval: 30s
  limit: 10
  rules:
  - record: job:errors:rate1m
    expr: sum by (job) (rate(errors_total[1m]))
    labels: {team: shop}
  - alert: HighErrors
    expr: |
      job:errors:rate1m
        > 5
    for: 0m
    keep_firing_for: 1h30m
    labels: {severity: page, note: ""}
    annotations: {summary: "{{ $value }}"}
- name: other
  rules:
  - {alert: Down, expr: up == 0, for: 5m}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rules.yml"
    path.write_text(text)
    return path


def test_a_rule_file_is_read_with_the_lines_of_its_expressions(tmp_path: Path) -> None:
    shop, other = read_rule_file(written(tmp_path, GOOD))
    record, alert = shop.rules
    assert (shop.interval_s, shop.limit, other.interval_s) == (30.0, 10, None)
    assert isinstance(record, RecordingRule)
    assert (record.name, record.labels) == ("job:errors:rate1m", {"team": "shop"})
    assert isinstance(alert, AlertingRule)
    assert (alert.for_s, alert.keep_firing_for_s, alert.line) == (0.0, 5400.0, 12)
    assert alert.labels == {"severity": "page", "note": ""}
    assert alert.expr == "job:errors:rate1m\n  > 5"


def test_a_kubernetes_prometheus_rule_is_read_too(tmp_path: Path) -> None:
    inner = "\n".join(f"  {line}" for line in GOOD.strip().splitlines())
    text = f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: x}}\nspec:\n{inner}\n"
    assert [group.name for group in read_rule_file(written(tmp_path, text))] == ["shop", "other"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("groups:\n- name: a\n  rules:\n  - {alert: A, exp: up}\n", 4, "'exp'"),
        ("groups:\n- name: a\n  rules:\n  - {alert: A}\n", 4, "'expr' is missing"),
        ("groups:\n- name: a\n  rules:\n  - {expr: up}\n", 4, "without `alert:` or `record:`"),
        ("groups:\n- name: a\n  rules:\n  - {alert: A, record: b, expr: up}\n", 4, "either alerts or records"),
        ("groups:\n- name: a\n  rules:\n  - {alert: A, expr: up, for: 5}\n", 4, "not a duration"),
        ("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      a-b: c\n", 7, "'a-b'"),
        ("groups:\n- name: a\n  rules:\n  - {record: a, expr: up, for: 5m}\n", 4, "'for'"),
        ("groups:\n- {name: a, rules: [{alert: A, expr: up}]}\n- {name: a, rules: []}\n", 3, "stands twice"),
        ("rules: []\n", 1, "'rules'"),
    ],
)
def test_what_prometheus_refuses_is_refused_with_its_line(text: str, line: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_rule_file(written(tmp_path, text))
    assert f"rules.yml:{line}: " in caught.value.message
    assert said in caught.value.message


def test_a_file_without_an_alerting_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no alerting rule"):
        read_rule_file(written(tmp_path, "groups:\n- {name: a, rules: [{record: b, expr: up}]}\n"))
