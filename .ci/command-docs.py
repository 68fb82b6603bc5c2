#!/usr/bin/env python3
"""Write a page a command from the program's own --help: `.ci/command-docs.py DIR`; a test compares the pages."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

os.environ.update(COLUMNS="100", TERM="dumb", NO_COLOR="1", TERMINAL_WIDTH="100")  # read when typer is imported

from typer.testing import CliRunner

from reconstruct.cli import app

COMMANDS = (
    *("incident", "report", "events", "scan", "backtest", "capture", "verify", "init", "doctor", "demo"),
    *("queries", "queries list", "queries check", "queries show", "queries import"),
)


def pages() -> dict[str, str]:
    """File name -> text, one a command."""
    runner = CliRunner()
    made = {"README.md": f"# Commands\n\n```text\n{_plain(runner.invoke(app, ['--help']).output)}\n```\n"}
    for command in COMMANDS:
        told = _plain(runner.invoke(app, [*command.split(), "--help"]).output)
        made[f"{command.replace(' ', '-')}.md"] = f"# reconstruct {command}\n\n```text\n{told}\n```\n"
    return made


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).strip("\n").splitlines())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text)
