"""The pure core finds facts; English stands in `reconstruct/text/` only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconstruct

ROOT = Path(reconstruct.__file__).parent
CORE = ("model", "timeline", "rank")
"""Stages whose nouns carry facts alone; detect, explain and verify still word some of theirs."""
SENTENCE = re.compile(r"^[A-Za-z][a-z]+(?:,? [a-z]+){3,}")
"""Four words in a row that begin like a sentence or a clause."""


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Strings of a module that are neither docstrings, nor errors, nor notes on constants; with their line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.Raise) and node.exc is not None:
            skipped |= {id(inner) for inner in ast.walk(node.exc)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


@pytest.mark.parametrize("stage", CORE)
def test_no_string_of_the_core_is_a_sentence_that_a_user_reads(stage: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:60]}"
        for path in sorted((ROOT / stage).rglob("*.py"))
        for line, text in literals(path)
        if SENTENCE.match(text.strip())
    ]
    assert not found


def test_the_rule_finds_a_sentence(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""A docstring that is long enough."""\nx = "users felt it from then on"\nraise ValueError("a b c d e")\n'
    )
    assert [text for _, text in literals(module) if SENTENCE.match(text)] == ["users felt it from then on"]
