"""Each schedule in docs/schedules is held against the schema or the linter of what runs it, and against our options."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from reconstruct.cli import app

FOLDER = Path(__file__).parents[1] / "docs" / "schedules"
FIELD = re.compile(r"(\*|\d+(-\d+)?(,\d+(-\d+)?)*)(/\d+)?")
REQUIRED = os.environ.get("RECONSTRUCT_REQUIRE_SERVERS") == "1"


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None and not REQUIRED:
        pytest.skip(f"{name} is not installed")
    assert found, f"{name} is not installed, and this run requires it"
    return found


def report_line(text: str) -> list[str]:
    """The words after `reconstruct report` up to the end of the command."""
    command = re.search(r"reconstruct\"? report (.*?)(?:2>>.*)?$", text, re.MULTILINE)
    assert command, text
    return shlex.split(command[1])


def as_kubernetes(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def test_the_crontab_is_one_that_cron_takes() -> None:
    text = (FOLDER / "reconstruct.crontab").read_text(encoding="utf-8")
    assert text.endswith("\n")  # cron ignores a last line without one
    jobs = [line for line in text.splitlines() if line and not re.match(r"#|\w+=", line)]
    (job,) = jobs
    *when, command = job.split(None, 5)
    assert all(FIELD.fullmatch(field) for field in when)
    assert "%" not in command  # a line break to cron
    assert len(job) < 999  # what cron reads of a command
    assert subprocess.run(["bash", "-n", "-c", command], capture_output=True, timeout=120).returncode == 0


@pytest.mark.server
def test_crontab_itself_takes_it() -> None:
    command = [tool("crontab"), "-n", str(FOLDER / "reconstruct.crontab")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.server
def test_systemd_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    for name in ("reconstruct-report.service", "reconstruct-report.timer"):
        shutil.copy(FOLDER / name, tmp_path)
    command = [tool("systemd-analyze"), "verify", "--recursive-errors=no", "--man=no"]
    done = subprocess.run(
        [*command, *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert (done.returncode, "reconstruct" in done.stderr) == (0, False), done.stderr


def test_kubernetes_objects_hold_against_their_published_schema() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="the development dependencies are not installed")
    claim, job = as_kubernetes(FOLDER / "kubernetes-cronjob.yaml")
    for version in ("1.27", validate.latest_version()):
        for item in (claim, job):
            validate.validate(item, version, strict=True)
    with pytest.raises(validate.ValidationError):  # the check does find things
        validate.validate({**job, "spec": {**job["spec"], "concurencyPolicy": "Forbid"}}, version, strict=True)


@pytest.mark.parametrize(
    ("name", "schema"), [("github-workflow.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")]
)
def test_pipelines_hold_against_their_published_schema(name: str, schema: str, tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="the development dependencies are not installed")

    def check(path: Path) -> int:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
        return subprocess.run(command, capture_output=True, timeout=120).returncode

    assert check(FOLDER / name) == 0
    broken = tmp_path / name
    broken.write_text(
        (FOLDER / name).read_text(encoding="utf-8").replace("script:", "skript:").replace("jobs:", "job:")
    )
    assert check(broken) != 0  # the check does find things


def test_every_schedule_uses_options_that_report_has() -> None:
    known = set(re.findall(r"--[a-z][a-z-]+", CliRunner().invoke(app, ["report", "--help"]).output))
    job = as_kubernetes(FOLDER / "kubernetes-cronjob.yaml")[1]
    container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    commands = [container["args"]] + [
        report_line((FOLDER / name).read_text(encoding="utf-8"))
        for name in ("reconstruct.crontab", "reconstruct-report.service", "github-workflow.yml", "gitlab-ci.yml")
    ]
    for words in commands:
        used = {word for word in words if word.startswith("--")}
        assert used
        assert used <= known


def test_every_schedule_is_listed() -> None:
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in FOLDER.iterdir() if path.name != "README.md"}
    assert not [name for name in names if f"({name})" not in listed]
