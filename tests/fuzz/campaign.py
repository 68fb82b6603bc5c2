"""Many changed inputs, one after the other, and what came of each: told, read, traceback, over budget."""

from __future__ import annotations

import math
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final, Literal, NoReturn

from reconstruct.errors import ReconstructError
from tests.fuzz.inputs import INPUTS, Input

BUDGET_S: Final = 60.0
"""Of one input: some hundred times what the dearest takes on an idle machine, since none is idle."""
CORPUS: Final = Path(__file__).with_name("corpus")
"""`<input>/<hash>-<name>`: every input that once failed."""

Outcome = Literal["told", "read", "traceback", "over budget"]


class _OverBudgetError(BaseException):
    """It took longer than it may."""


@dataclass(slots=True)
class Tally:
    """What came of the inputs so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Where it failed, to the file of the corpus that shows it, and how often."""


def tried(name: str, raw: bytes, file_name: str, folder: Path, *, budget_s: float = BUDGET_S) -> tuple[Outcome, str]:
    """What the program makes of one input; of a failure, its kind: the error and the place in our code."""
    with _budget(budget_s), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            INPUTS[name].read(raw, file_name, folder)
        except ReconstructError:
            return "told", ""
        except _OverBudgetError as error:
            return "over budget", _kind(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, that is what is counted
            return "traceback", _kind(error)
    return "read", ""


def run(
    names: list[str],
    *,
    number: int,
    seed: int,
    keep: Path | None = None,
    budget_s: float = BUDGET_S,
    round_s: float = math.inf,
) -> Tally:
    """So many changed inputs of each of these, the same for the same seed; failures go to `keep`, one of a kind.

    With `round_s` each kind ends after that time, however many of its inputs were tried.
    """
    tally = Tally()
    with tempfile.TemporaryDirectory() as work:
        for name in names:
            rng = Random(f"{seed}/{name}")
            seeds = _seeds(name)
            until_s = time.monotonic() + round_s
            for _ in range(number):
                if time.monotonic() > until_s:
                    break
                file_name, raw = seeds[rng.randrange(len(seeds))]
                changed = INPUTS[name].change(raw, rng)
                folder = Path(work) / name
                folder.mkdir(exist_ok=True)
                outcome, kind = tried(name, changed, file_name, folder, budget_s=budget_s)
                shutil.rmtree(folder, ignore_errors=True)
                tally.outcomes[outcome] += 1
                tally.outcomes[f"{name}: {outcome}"] += 1
                if kind:
                    _noted(tally, f"{name}: {outcome}: {kind}", changed, file_name, keep=keep, name=name)
    return tally


def _noted(tally: Tally, kind: str, raw: bytes, file_name: str, *, keep: Path | None, name: str) -> None:
    shown, count = tally.kinds.get(kind, ("", 0))
    if not shown and keep is not None:
        path = keep / name / f"{sha256(raw).hexdigest()[:10]}-{file_name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        shown = str(path)
    tally.kinds[kind] = (shown, count + 1)


def corpus() -> Iterator[tuple[str, Path]]:
    """(input, file) of everything that once failed."""
    for path in sorted(CORPUS.glob("*/*")):
        yield path.parent.name, path


@cache
def _seeds(name: str) -> list[tuple[str, bytes]]:
    one: Input = INPUTS[name]
    return list(one.seeds())


def _kind(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/reconstruct/" in f.filename]
    place = f"{frames[-1].filename.rpartition('/reconstruct/')[2]}:{frames[-1].lineno}" if frames else "outside"
    return f"{type(error).__name__} at {place}: {str(error)[:90]!r}"


@contextmanager
def _budget(seconds: float) -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> NoReturn:
        raise _OverBudgetError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
