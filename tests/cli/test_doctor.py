"""`reconstruct doctor`: what each source shows, and with what permission it would show more."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from tests.fake_http import Answer, as_json, fake_http

RUNNER = CliRunner()
WINDOW = ("--from", "2026-03-02T13:00Z", "--to", "2026-03-02T15:00Z")


def test_each_source_is_tried_and_a_refusal_names_the_least_permission(
    prometheus_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with fake_http(lambda _: as_json([])) as there, fake_http(lambda _: Answer(403, b'{"message": "no"}')) as away:
        sources = ("--events", f"alertmanager:{there.url}", "--events", f"grafana:{away.url}")
        env = {"GRAFANA_TOKEN": "s3cr3t", "PAGERDUTY_TOKEN": "s3cr3t", "GRAFANA_URL": away.url}
        result = RUNNER.invoke(app, ["doctor", "--prometheus", prometheus_url, *WINDOW, *sources, "-q"], env=env)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert any(line.startswith("jobs") and "shop every 15 s" in line for line in lines)
    assert any(f"alertmanager:{there.url}: 0 events" in line for line in lines)
    assert any(
        "asked without a token: a token with read in ALERTMANAGER_TOKEN would show the alerts" in x for x in lines
    )
    assert "             a token with annotations:read in GRAFANA_TOKEN would show annotations" in lines
    assert "pages        --page knows pagerduty" in lines
    assert "s3cr3t" not in result.output


def test_a_time_without_samples_is_said_to_be_one(
    prometheus_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    window = ("--from", "2026-02-01T13:00Z", "--to", "2026-02-01T15:00Z")
    result = RUNNER.invoke(app, ["doctor", "--prometheus", prometheus_url, *window, "-q"])
    assert "no data      the server holds no samples of that time" in result.stdout
    assert "packs" not in result.stdout


def test_sources_of_changes_can_be_looked_at_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploys.csv").write_text("time,kind,service,title\n2026-03-02T14:00Z,deploy,shop,shop 2\n")
    env = {"PROMETHEUS_URL": "", "GRAFANA_URL": ""}
    result = RUNNER.invoke(app, ["doctor", *WINDOW, "--events", "deploys.csv", "-q"], env=env)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[0].startswith("metrics      no server is named")
    assert "changes      deploys.csv: 1 events" in result.stdout
