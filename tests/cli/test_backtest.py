"""`reconstruct backtest`, end to end."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reconstruct.cli import app
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.story import RULES, story

WINDOW = ("--from", "2026-03-02T12:00Z", "--to", "2026-03-02T15:00Z")
MORE = """
- name: more
  rules:
  - {alert: Typo, expr: 'up{job="shpo"} == 0', for: 1m}
  - {alert: Nowhere, expr: 'no_such_metric > 5'}
  - {record: service:errors:rate1m, expr: 'sum by (service) (rate(http_errors_total[1m]))'}
  - {alert: Recorded, expr: 'service:errors:rate1m{service="shop"} > 2', for: 2m}
  - {alert: Gone, expr: 'absent(no_such_metric)'}
  - {alert: Muted, expr: 'queue_depth > 50 unless on () no_such_metric'}
  - {alert: Ranged, expr: 'max_over_time(service:errors:rate1m[5m]) > 2'}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["backtest", *arguments, "--quiet"], env={"COLUMNS": "100"})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("backtest")
    with prometheus(folder / "server", data=backfilled(folder, story())) as address:
        yield address


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yml"
    path.write_text(RULES + MORE)
    return str(path)


@pytest.mark.server
def test_each_rule_is_told_with_its_firings_and_what_was_not_tried_is_not_called_quiet(url: str, rules: str) -> None:
    found = run(rules, "--prometheus", url, *WINDOW, "--interval", "15s", "--format", "json")
    assert found.exit_code == 0, found.output
    told = {rule["rule"]: rule for rule in json.loads(found.stdout)["rules"]}
    assert told["Watchdog"]["always"]
    assert told["HighErrors"]["interval_s"] == 15
    assert told["Typo"]["outcome"] == "judged"
    assert told["Typo"]["notes"][0]["text"] == 'up{job="shpo"} matched no series in this time.'
    assert told["Nowhere"]["outcome"] == "no-data"
    assert (told["Gone"]["always"], told["Gone"]["data_share"]) == (True, 1)
    assert told["Muted"]["outcome"] == "judged"
    assert told["Ranged"]["outcome"] == "no-data"
    assert told["Ranged"]["notes"][0]["kind"] == "needs-recorded"
    assert [span["start"] for span in told["Recorded"]["firing"]] == [
        span["start"] for span in told["HighErrors"]["firing"]
    ]
    assert told["HighErrors"]["firing"], "the story has errors"


@pytest.mark.server
def test_the_table_and_the_csv_tell_the_same(url: str, rules: str) -> None:
    text = run(rules, "--prometheus", url, *WINDOW, "--interval", "15s").stdout
    assert "HighErrors" in text
    assert "no data" in next(line for line in text.splitlines() if line.startswith("Nowhere"))
    rows = list(csv.DictReader(io.StringIO(run(rules, "--prometheus", url, *WINDOW, "--format", "csv").stdout)))
    assert {row["rule"] for row in rows} >= {"HighErrors", "Watchdog"}
    assert all(row["pending_at"].endswith("Z") for row in rows)


@pytest.mark.server
def test_a_rule_can_be_chosen_and_nothing_to_show_has_its_own_exit_code(url: str, rules: str) -> None:
    only = run(rules, "--prometheus", url, *WINDOW, "--rule", "Recorded", "--format", "json")
    assert [rule["rule"] for rule in json.loads(only.stdout)["rules"]] == ["Recorded"]
    assert run(rules, "--prometheus", url, *WINDOW, "--rule", "Nowhere").exit_code == 4
    unknown = run(rules, "--prometheus", url, *WINDOW, "--rule", "Watchdg")
    assert unknown.exit_code == 2
    assert "Watchdog" in unknown.stderr


@pytest.mark.server
def test_an_expression_that_the_server_refuses_is_named_with_its_line(url: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: sum(up\n")
    found = run(str(path), "--prometheus", url, *WINDOW)
    assert found.exit_code == 2
    assert "rules.yml:5" in found.stderr


def test_a_bundle_answers_for_the_rules_that_it_holds_and_says_which_it_does_not(tmp_path: Path) -> None:
    from reconstruct.bundle import read_bundle

    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        evidence, _ = read_bundle(bundle)
        metric = next(m for m in evidence.metrics if m.signal.threshold is not None and m.labels)
        path = tmp_path / "rules.yml"
        held = {"alert": "Held", "expr": f"{metric.signal.promql} {metric.signal.comparator} {metric.signal.threshold}"}
        other = {"alert": "Other", "expr": "something_else > 1"}
        path.write_text(json.dumps({"groups": [{"name": "g", "rules": [held, other]}]}))
        found = run(str(path), "--bundle", str(bundle), "--format", "json")
        refused = run(str(path), "--bundle", str(bundle), "--interval", "15s")
    assert found.exit_code == 0, found.output
    assert [rule["outcome"] for rule in json.loads(found.stdout)["rules"]] == ["judged", "not-evaluated"]
    assert refused.exit_code == 2
    assert "--interval cannot act" in refused.stderr
