"""Some changed inputs of every kind, and all that ever failed: told or read, never a traceback, within the budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.campaign import corpus, run, tried
from tests.fuzz.inputs import INPUTS

pytestmark = pytest.mark.checkout
NUMBER = 12
"""Of each kind: some seconds in all. `benchmarks/fuzz.py` makes as many as there is time for."""


@pytest.mark.parametrize("name", INPUTS)
def test_changed_inputs_are_told_or_read(name: str) -> None:
    tally = run([name], number=NUMBER, seed=1)
    assert not tally.kinds
    assert tally.outcomes["told"] + tally.outcomes["read"] == NUMBER


@pytest.mark.parametrize("name", INPUTS)
def test_proper_inputs_are_read(name: str, tmp_path: Path) -> None:
    for number, (file_name, raw) in enumerate(INPUTS[name].seeds()):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert tried(name, raw, file_name, folder)[0] in ("read", "told" if name in MAY_BE_TOLD else "read"), file_name


MAY_BE_TOLD = ("events", "parquet", "command", "metrics", "answer-raw", "answer-range", "answer-vector", "words")
"""Some of their seeds are themselves at the edge: a file of statuses alone, times of the year 9999."""


@pytest.mark.parametrize(("name", "path"), [pytest.param(name, path, id=path.name) for name, path in corpus()])
def test_what_once_failed_is_told_or_read(name: str, path: Path, tmp_path: Path) -> None:
    outcome, kind = tried(name, path.read_bytes(), path.name.partition("-")[2], tmp_path)
    assert outcome in ("told", "read"), kind


def test_a_failure_is_counted_as_one(tmp_path: Path) -> None:
    """The harness itself: an error that is not ours is a traceback, and time that runs out is told apart."""
    outcomes = {tried(name, b"", "x", tmp_path, budget_s=0.3)[0] for name in _broken()}
    assert outcomes == {"traceback", "over budget"}


def _broken() -> list[str]:
    import time

    from tests.fuzz.inputs import Input

    def fails(raw: bytes, name: str, folder: Path) -> object:
        raise IndexError(name)

    def hangs(raw: bytes, name: str, folder: Path) -> object:
        while time.monotonic() > 0:
            time.sleep(0.01)
        return None

    INPUTS["broken"], INPUTS["hanging"] = Input(list, fails), Input(list, hangs)
    return ["broken", "hanging"]
