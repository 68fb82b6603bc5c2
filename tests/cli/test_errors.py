"""What a user can do wrong: one message, one hint, the right exit code, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app

RUNNER = CliRunner()
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["incident", "--from", "-1h"], 2, "nothing to ask"),
        (["incident", "--prometheus", NOBODY], 3, "127.0.0.1:9"),
        (["incident", "--prometheus", NOBODY, "--from", "-1h", "--to", "now"], 3, "127.0.0.1:9"),
        (["incident", "--prometheus", "db:9090", "--from", "-1h"], 2, "http://"),
        (["incident", "--prometheus", NOBODY, "--from", "yesterdayish"], 2, "not a time"),
        (["incident", "--prometheus", NOBODY, "--from", "15:00", "--to", "14:00"], 2, "empty"),
        (["incident", "--prometheus", NOBODY, "--from", "-1h", "--tz", "Mars/Olympus"], 2, "time zone"),
        (["incident", "--prometheus", NOBODY, "--from", "-1h", "--baseline", "soon"], 2, "duration"),
        (["incident", "--prometheus", NOBODY, "--from", "-1h", "--format", "docx"], 2, "docx"),
        (["incident", "--prometheus", NOBODY, "--from", "-1h", "--stdout", "html"], 2, "md or json"),
        (["incident", "--bundle", "nowhere.zip"], 2, "nowhere.zip"),
        (["incident", "--metrics", "nowhere.csv"], 2, "nowhere.csv"),
        (["incident", "--config", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["incident", "--prometheus", NOBODY, "--from", "-1h", "--pack", "nosuch"], 2, "nosuch"),
        (["queries", "show", "nosuch"], 2, "nosuch"),
        (["events", "--from", "-1h"], 2, "no source of changes"),
        (["doctor"], 2, "--prometheus"),
        (["report", "--fail-on", "everything"], 2, "never or anomalies"),
    ],
)
def test_a_mistake_is_told_with_a_hint_and_its_exit_code(
    arguments: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "hint:" in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not list(tmp_path.iterdir())


PACK = """\
id: mine
title: Mine
applies: [my_metric]
layer: app
signals:
  - {id: one, title: One, promql: "my_metric{$scope}", unit: count, aspect: work, worse: up, min_effect: 1,
     tags: [by-instnce]}
"""
MECHANISM = """\
mechanisms:
  - id: mine
    title: Mine
    statement: mine
    must:
      - {moves: up, tags: [conections]}
"""


@pytest.mark.parametrize(
    ("file", "text", "said", "near"),
    [
        ("mine.yaml", PACK, "mine.yaml:7: tags: unknown 'by-instnce'", "did you mean 'by-instance'?"),
        ("mechanisms.yaml", MECHANISM, "mechanisms.yaml:6: tags: unknown 'conections'", "did you mean 'connections'?"),
        (
            "conventions.yaml",
            "rules:\n- {words: [a], tags: [pol]}\n",
            "conventions.yaml:2: tags: unknown 'pol'",
            "'pool'",
        ),
    ],
)
@pytest.mark.parametrize("command", ["incident", "capture", "report", "doctor"])
def test_a_tag_that_no_rule_knows_is_refused_with_its_place_before_a_server_is_asked(
    command: str, file: str, text: str, said: str, near: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_text(text)
    window = [] if command == "report" else ["--from", "-1h"]
    result = RUNNER.invoke(app, [command, "--prometheus", NOBODY, "--queries", ".", *window])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert near in result.stderr


def test_credentials_never_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(app, ["incident", "--prometheus", "http://me:hunter2@127.0.0.1:9", "--from", "-1h"])
    assert result.exit_code == 3
    assert "hunter2" not in result.output
