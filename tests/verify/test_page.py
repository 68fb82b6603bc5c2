"""The page is true: its example comes back as it says, and every kind of claim has its line."""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from reconstruct.model.verification import ClaimKind

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "verify.md").read_text()


def test_its_example_comes_back_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (document,) = re.findall(r"```markdown\n(.*?)```", PAGE, flags=re.DOTALL)
    (answer,) = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    postmortem = tmp_path / "postmortem.md"
    postmortem.write_text(document)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        result = CliRunner().invoke(app, ["verify", str(postmortem), "--bundle", str(bundle)])
    assert result.exit_code == 11
    assert result.stdout == answer


def test_every_kind_of_claim_has_a_line() -> None:
    first = re.findall(r"^\| (`[a-z]+`(?:, `[a-z]+`)*) \|", PAGE.split("## What is claimed")[1], flags=re.MULTILINE)
    told = {name for cell in first for name in re.findall(r"`([a-z]+)`", cell)}
    assert told == set(get_args(ClaimKind))
