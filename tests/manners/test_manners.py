"""Every manner of tests/servers/manners.py: no traceback, in time, and what docs/manners.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.servers.manners import MANNERS, Manner
from tests.servers.tried_manners import HEAD, row, tried

PAGE = Path(__file__).resolve().parents[2] / "docs" / "manners.md"
HANGS_S = 300.0
"""What is not over by then, with a deadline of 8 s, hangs; anything less may be a slow machine."""
TIMED = re.compile(r"within|still sending|time is over|not enough memory|more than")
"""Which of several limits is met first depends on how fast the machine is."""


@pytest.mark.checkout
@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.says)
def test_every_manner_ends_as_the_page_says(manner: Manner, tmp_path: Path) -> None:
    came = tried(manner, tmp_path)
    assert "Traceback" not in came.said
    assert "\x1b" not in came.said
    assert came.exit_code in (0, 2, 3, 4)
    assert came.exit_code == 0 or "hint: " in came.said
    assert came.seconds < HANGS_S
    said = row(manner, came)
    documented = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| {manner.says} |"))
    assert said == documented or TIMED.search(said) or TIMED.search(documented)


@pytest.mark.checkout
def test_the_page_lists_each_manner_once() -> None:
    text = PAGE.read_text()
    assert text.startswith(HEAD)
    assert [line.split(" | ")[0].removeprefix("| ") for line in text.removeprefix(HEAD).splitlines()] == [
        manner.says for manner in MANNERS
    ]
    assert len({manner.says for manner in MANNERS}) == len(MANNERS) >= 150
