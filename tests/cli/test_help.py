"""Every command explains itself, with an example, and its page in docs is the one the program prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("incident", "report", "events", "scan", "backtest", "capture", "verify", "init", "doctor", "demo")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_the_command_does(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert command == "demo" or "Examples" in result.output


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'matplotlib', 'requests', 'pyarrow'}"
    code = f"import sys, reconstruct.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.checkout
def test_the_pages_of_the_commands_are_what_the_program_prints(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / ".ci/command-docs.py"), str(tmp_path)], check=True, cwd=ROOT)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in (ROOT / "docs/commands").iterdir()}
    assert made == kept, "run `make docs`"
