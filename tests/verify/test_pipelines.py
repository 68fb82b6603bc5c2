"""The example pipelines hold against their published schemas, and use options that `verify` has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from reconstruct.cli import app

pytestmark = pytest.mark.checkout
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pull-requests"
PIPELINES = {"github-workflow.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_holds_against_its_published_schema(name: str, tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="the development dependencies are not installed")

    def check(path: Path) -> int:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", PIPELINES[name], str(path)]
        return subprocess.run(command, capture_output=True, timeout=120).returncode

    assert check(FOLDER / name) == 0
    broken = tmp_path / name
    text = (FOLDER / name).read_text(encoding="utf-8")
    broken.write_text(text.replace("script:", "skript:").replace("jobs:", "job:"))
    assert check(broken) != 0  # the check does find things


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_uses_options_that_verify_has(name: str) -> None:
    known = set(re.findall(r"--[a-z][a-z-]+", CliRunner().invoke(app, ["verify", "--help"]).output))
    used = re.findall(r"reconstruct verify [^\n]*", (FOLDER / name).read_text(encoding="utf-8"))
    assert used
    assert {option for line in used for option in re.findall(r"--[a-z][a-z-]+", line)} <= known


def test_the_shell_of_the_workflow_is_valid() -> None:
    steps = yaml.safe_load((FOLDER / "github-workflow.yml").read_text())["jobs"]["verify"]["steps"]
    script = next(step["run"] for step in steps if "run" in step)
    assert subprocess.run(["bash", "-n"], input=script, text=True, timeout=120, capture_output=True).returncode == 0
