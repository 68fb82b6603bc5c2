"""The README is true: its links lead somewhere, its two commands exist, its Python runs."""

from __future__ import annotations

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(<?([^)>#\s]+)", text)
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    told = re.findall(r"^\$ make ([a-z]+)", README, flags=re.MULTILINE)
    assert told == ["demo", "test"]
    assert set(told) <= made


def test_every_command_that_it_names_exists() -> None:
    for command in set(re.findall(r"`reconstruct ([a-z]+)`", README)):
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command


def test_every_option_that_a_page_shows_exists() -> None:
    known = set()
    for page in (ROOT / "docs/commands").glob("*.md"):
        known |= set(re.findall(r"--[a-z][a-z-]+", page.read_text()))
    for block in re.findall(r"```(?:bash|console|sh)\n(.*?)```", README, flags=re.DOTALL):
        assert set(re.findall(r"(?<=\s)--[a-z-]+", block)) <= known


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as shipped:
        shutil.copy(shipped, tmp_path / "outage.zip")
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert type(names["incident"]).__name__ == "Incident"
