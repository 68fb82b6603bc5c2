"""A window that finds itself, and evidence that is found the day after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.bundle import read_bundle
from reconstruct.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        yield str(bundle)


def answer(tmp_path: Path, *given: str) -> dict[str, object]:
    out = tmp_path / "out"
    result = RUNNER.invoke(app, ["incident", *given, "--format", "json", "--out", str(out), "-q"])
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads((out / "incident.json").read_text())
    return found


def test_an_alert_in_a_bundle_is_the_window_and_it_is_said(demo: str, tmp_path: Path) -> None:
    found = answer(tmp_path, "--bundle", demo, "--alert", 'DbCpuHigh{severity="warn"}')
    assert found["window"]["start"] == "2026-11-17T13:45:00Z"  # type: ignore[index]
    assert found["window"]["end"] < "2026-11-17T15:56:00Z"  # type: ignore[index]


def test_a_server_is_asked_for_the_last_alerts_where_nobody_names_a_window(prometheus_url: str, tmp_path: Path) -> None:
    given = ("--prometheus", prometheus_url, "--from", "2026-03-02T12:30Z", "--to", "2026-03-02T15:00Z")
    found = answer(tmp_path, *given, "--alert", "HighErrors")
    assert str(found["window"]["start"]) <= "2026-03-02T13:03:00Z"  # type: ignore[index]
    result = RUNNER.invoke(app, ["incident", "--prometheus", prometheus_url])
    assert result.exit_code == 4
    assert "no alert fired between" in result.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--alert", "A", "--page", "pagerduty:1"), "each name a window"),
        (("--around", "14:00", "--from", "13:00"), "--around finds the window itself"),
        (("--alert", "A"), "--alert needs a metrics server"),
    ],
)
def test_what_names_two_windows_or_cannot_act_is_refused(tmp_path: Path, given: tuple[str, ...], says: str) -> None:
    file = tmp_path / "m.csv"
    file.write_text("time,latency_seconds\n2026-11-17 14:00,1\n2026-11-17 14:01,1\n")
    result = RUNNER.invoke(app, ["incident", "--metrics", str(file), *given])
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_deploy_list_found_the_day_after_makes_a_new_bundle(demo: str, tmp_path: Path) -> None:
    deploys = tmp_path / "later.csv"
    deploys.write_text("time,kind,service,title\n2026-11-17T13:50:00Z,deploy,payments,payments 3.1\n")
    metrics = tmp_path / "later-metrics.csv"
    metrics.write_text("time,payments_latency_seconds\n2026-11-17T13:50:00Z,0.1\n2026-11-17T13:50:15Z,0.1\n")
    out = tmp_path / "new.zip"
    given = ["capture", "--bundle", demo, "--events", str(deploys), "--metrics", str(metrics), "--out", str(out)]
    result = RUNNER.invoke(app, given)
    assert result.exit_code == 0, result.stderr
    before, after = read_bundle(Path(demo))[0], read_bundle(out)[0]
    assert len(after.events) == len(before.events) + 1
    assert [event.title for event in after.events if event.service.name == "payments"] == ["payments 3.1"]
    assert len(after.metrics) == len(before.metrics) + 1
    assert {metric.query for metric in after.metrics} <= {query.id for query in after.queries}
    assert [alert.rule for alert in after.alerts] == [alert.rule for alert in before.alerts]
    again = RUNNER.invoke(app, ["events", "--bundle", demo, "--events", str(deploys)])
    assert "payments 3.1" in again.stdout
