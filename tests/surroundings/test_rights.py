"""What permission a source needs, as the program and its documentation tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.sources.changes.registry import BUILT_IN
from reconstruct.surroundings.rights import RIGHTS, more_with

ROOT = Path(__file__).resolve().parents[2]


def test_every_kind_of_source_has_its_least_permission() -> None:
    assert set(BUILT_IN) - {"file"} == set(RIGHTS)


@pytest.mark.checkout
@pytest.mark.parametrize("kind", sorted(RIGHTS))
def test_the_documentation_says_the_same(kind: str) -> None:
    rows = (ROOT / "docs" / "events.md").read_text().splitlines()
    row = next(line for line in rows if line.startswith(f"| `{kind}:"))
    assert RIGHTS[kind].permission.split(",")[0] in row


def test_an_unknown_kind_and_one_that_needs_nothing_say_nothing() -> None:
    assert more_with("plugin", variable="") == more_with("statuspage", variable="") == ""
