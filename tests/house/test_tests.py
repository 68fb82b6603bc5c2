"""The tests keep rules too: each says what must hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
RAISED = frozenset({"raises", "warns", "fail"})


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def asserts(function: ast.FunctionDef) -> bool:
    """Whether it holds an `assert`, expects an error, or calls what by its name asserts (`assert_same`)."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    told = any(isinstance(node, ast.Assert) for node in ast.walk(function))
    return told or bool(names & RAISED) or any(name.startswith("assert_") for name in names)


def test_a_test_without_a_visible_assertion_is_found() -> None:
    ran, helped, caught = functions_of(
        "def test_a():\n    load(x)\ndef test_b():\n    assert_same(1, 2)\n"
        "def test_c():\n    with pytest.raises(E):\n        load(x)\n"
    )
    assert [asserts(one) for one in (ran, helped, caught)] == [False, True, True]


def functions_of(source: str) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def test_every_test_asserts_and_so_does_every_helper_that_says_so() -> None:
    silent = [
        f"{path.relative_to(TESTS)}:{function.lineno} {function.name}"
        for path in sorted(TESTS.rglob("*.py"))
        for function in functions(path)
        if function.name.startswith(("test_", "assert_")) and not asserts(function)
    ]
    assert not silent
