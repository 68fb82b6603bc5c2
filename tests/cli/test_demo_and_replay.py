"""The command line on the incident that ships with the package: files, streams, replay, refusal to overwrite."""

from __future__ import annotations

import json
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("demo") / "outage.zip"
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as shipped:
        shutil.copy(shipped, copy)
    return copy


@pytest.fixture(scope="session")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answer") / "out"
    result = RUNNER.invoke(app, ["demo", "--out", str(folder), "--format", "md,html,json,png,csv"])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def incident(answer: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((answer / "incident.json").read_text())
    return document


def test_the_demo_writes_every_file_of_the_contract(answer: Path) -> None:
    there = {str(path.relative_to(answer)) for path in answer.rglob("*") if path.is_file()}
    assert {"timeline.md", "report.html", "incident.json", "timeline.csv", "charts/overview.png"} <= there
    assert all(path.stat().st_size < 1_000_000 for path in (answer / "charts").iterdir())


def test_the_missions_story_comes_out(incident: dict[str, Any]) -> None:
    events = {event["id"]: event for event in incident["events"]}
    first = incident["hints"][0]
    assert incident["verdict"] == "incident"
    assert events[first["trigger"]]["source_id"] == "57413"
    assert (first["mechanism"], first["verdict"]) == ("slow-query", "supported")
    assert {"network-degradation", "traffic-surge"} <= {row["mechanism"] for row in incident["ruled_out"]}
    assert incident["milestones"]["mitigated"]["time"] == "2026-11-17T15:20:00Z"
    assert incident["durations"]["time_to_detect_s"]["value"] > 0


def test_incident_json_is_as_the_schema_says_and_every_id_resolves(incident: dict[str, Any]) -> None:
    schema = json.loads((files("reconstruct") / "render" / "schema" / "incident-2.json").read_text())
    jsonschema.validate(incident, schema)
    known = {
        row["id"]
        for part in ("timeline", "anomalies", "events", "alerts", "gaps", "queries", "episodes")
        for row in incident[part]
    }
    cited = {i for part in ("timeline", "ruled_out", "impact") for row in incident[part] for i in row["evidence"]}
    cited |= {i for hint in incident["hints"] for side in ("for", "against") for r in hint[side] for i in r["evidence"]}
    cited |= {i for stone in incident["milestones"].values() if stone for i in stone["evidence"]}
    assert cited <= known
    assert all(entry["evidence"] for entry in incident["timeline"])


def test_a_replay_gives_the_same_bytes(bundle: Path, answer: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(
        app, ["incident", "--bundle", str(bundle), "--out", str(tmp_path / "again"), "--format", "json"]
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again" / "incident.json").read_bytes() == (answer / "incident.json").read_bytes()


def test_standard_output_holds_the_artefact_and_nothing_else(bundle: Path, tmp_path: Path) -> None:
    options = ["--out", str(tmp_path / "o"), "--format", "json", "--stdout", "json"]
    result = RUNNER.invoke(app, ["incident", "--bundle", str(bundle), *options])
    assert json.loads(result.stdout)["schema"] == "reconstruct/incident/2"
    assert "Onset" in result.stderr
    assert "\x1b[" not in result.stderr


def test_a_folder_with_files_is_left_alone_without_force(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "timeline.md").write_text("mine")
    arguments = ["incident", "--bundle", str(bundle), "--out", str(tmp_path), "--format", "md"]
    refused = RUNNER.invoke(app, arguments)
    assert (refused.exit_code, (tmp_path / "timeline.md").read_text()) == (2, "mine")
    assert "--force" in refused.stderr
    assert RUNNER.invoke(app, [*arguments, "--force"]).exit_code == 0


def test_a_truncated_or_altered_bundle_is_refused_with_the_part_named(bundle: Path, tmp_path: Path) -> None:
    whole = bundle.read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "flipped": whole[:5000] + b"\0\1\2" + whole[5003:]}.items():
        bad = tmp_path / f"{name}.zip"
        bad.write_bytes(content)
        result = RUNNER.invoke(app, ["incident", "--bundle", str(bad), "--out", str(tmp_path / name)])
        assert result.exit_code == 2, name
        assert f"{name}.zip" in result.stderr
        assert "hint:" in result.stderr
        assert not (tmp_path / name).exists()


def test_an_incident_cut_off_in_the_middle_is_still_going_on(bundle: Path, tmp_path: Path) -> None:
    options = ["--to", "2026-11-17T14:45:00Z", "--out", str(tmp_path / "o"), "--format", "json"]
    result = RUNNER.invoke(app, ["incident", "--bundle", str(bundle), *options])
    assert result.exit_code == 0, result.output
    cut = json.loads((tmp_path / "o" / "incident.json").read_text())
    assert cut["verdict"] == "incident"
    assert cut["milestones"]["recovered"] is None
    assert cut["milestones"]["mitigated"] is None


def test_explain_says_which_threshold_fired(bundle: Path, tmp_path: Path) -> None:
    options = ["--out", str(tmp_path / "o"), "--format", "json", "--explain"]
    told = RUNNER.invoke(app, ["incident", "--bundle", str(bundle), *options, "a1"])
    assert told.exit_code == 0
    assert "threshold" in told.stderr
    assert (tmp_path / "o" / "charts" / "a1-why.png").read_bytes().startswith(b"\x89PNG")
    unknown = RUNNER.invoke(app, ["incident", "--bundle", str(bundle), *options, "a9999", "--force"])
    assert unknown.exit_code == 2
