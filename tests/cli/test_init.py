"""`reconstruct init`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from reconstruct.config import load_config
from tests.fake_http import Answer, Request, as_json, fake_http

RUNNER = CliRunner()
SECRET = "s3cr3t-t0ken"


def test_what_answers_is_written_and_what_does_not_is_a_comment(
    prometheus_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def alertmanager(_: Request) -> Answer:
        return as_json([])

    def refusing(_: Request) -> Answer:
        return Answer(401, b'{"message": "no"}')

    with fake_http(alertmanager) as there, fake_http(refusing) as away:
        env = {
            "PROMETHEUS_URL": prometheus_url,
            "ALERTMANAGER_URL": there.url,
            "GRAFANA_URL": away.url,
            "GRAFANA_TOKEN": SECRET,
            "SENTRY_TOKEN": SECRET,
            "HOME": str(tmp_path),
            "KUBECONFIG": "",
        }
        result = RUNNER.invoke(app, ["init", "-q"], env=env)
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "reconstruct.yaml").read_text()
    config = load_config(None, env={}, folder=tmp_path)
    assert config.prometheus.url == prometheus_url
    assert [source.spec for source in config.events] == [f"alertmanager:{there.url}"]
    assert "#  - sentry:ORGANISATION   # SENTRY_TOKEN is set: fill in the name" in text
    assert f"#  - grafana:{away.url}" in text
    assert SECRET not in text + result.output
    again = RUNNER.invoke(app, ["init", "-q"], env=env)
    assert again.exit_code == 2
    assert "exists" in again.stderr


def test_without_anything_the_file_says_what_would_stand_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"PROMETHEUS_URL": "", "HOME": str(tmp_path), "KUBECONFIG": "", "GRAFANA_URL": "", "ALERTMANAGER_URL": ""}
    result = RUNNER.invoke(app, ["init", "--out", "-", "-q"], env=env)
    assert result.exit_code == 0
    assert "# prometheus:" in result.stdout
