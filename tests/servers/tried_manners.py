"""Each manner tried on the command, and the page that says what came of it.

python -m tests.servers.tried_manners docs/manners.md
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from reconstruct.cli import app
from tests.servers.manners import MANNERS, Manner
from tests.servers.misbehaving import misbehaving

DEADLINE_S: Final = 8
WAIT_S: Final = 600.0
"""Of the whole process: a busy machine needs its time to start Python and to draw a draft."""
MEMORY: Final = 2 << 30
"""Bytes of address space of the process."""
THREADS: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
"""Address space is what is limited: 64 MB for each thread's arena would be counted, and never used."""
HEAD: Final = """\
# How a server may misbehave

What `reconstruct incident` does when a metrics server behaves so: made by `python -m tests.servers.tried_manners`,
held by `tests/manners/test_manners.py`, within a deadline of 8 s; what is about size, within 2 GiB of address space.
Exit code 0 is a draft; what was missing is a gap in it ([limits](limits.md)). 3 and 4 are errors with a hint.

| the server sends | exit | what is said |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one manner."""

    exit_code: int
    said: str
    """On standard error, without what changes from run to run."""
    seconds: float


def tried(manner: Manner, folder: Path, *, deadline_s: int = DEADLINE_S, config: str = "") -> Tried:
    """The command against a server of this manner; what is about memory, in a process of its own with a limit.

    `config` is what reconstruct.yaml says beside the time-out, which is a quarter of the deadline.

    Raises
    ------
    Exception
        Whatever the command did not catch.
    """
    (folder / "reconstruct.yaml").write_text(f"prometheus:\n  timeout: {deadline_s // 4}s\n{config}")
    with misbehaving(manner.behave) as (url, _):
        words = ["incident", "--prometheus", url, "--from", "-10m", "--format", "json", "--out", str(folder / "out")]
        words += ["--config", str(folder / "reconstruct.yaml"), "--deadline", f"{deadline_s}s", "--quiet"]
        begun = time.monotonic()
        exit_code, said = _in_a_process(words, folder) if manner.heavy else _here(words)
        return Tried(exit_code, _steady(said, url), time.monotonic() - begun)


def _here(words: list[str]) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stderr


def _in_a_process(words: list[str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "reconstruct", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": ":".join(map(str, sys.path)), **THREADS},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    return done.returncode, done.stderr.decode()


def first_line(said: str) -> str:
    """The error, or that a draft was written."""
    return next((line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")), "a draft")


def _steady(said: str, url: str) -> str:
    said = said.replace(url.removeprefix("http://"), "HOST")
    said = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "T", said)
    return re.sub(r"after [\d.]+ s", "after some seconds", said)


def row(manner: Manner, came: Tried) -> str:
    """A line of the table."""
    words = first_line(came.said).replace("|", "\\|").replace("<", "&lt;")
    return f"| {manner.says} | {came.exit_code} | {words[:160]} |"


def page() -> str:
    """The whole page."""
    rows = []
    for manner in MANNERS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(row(manner, tried(manner, Path(folder))))
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
