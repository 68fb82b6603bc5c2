"""Run a command again and again, and let each run meet its end at one write later than the run before.

`python every_write.py FOLDER END WORDS` forks a run for the first write, creation, rename or removal below its working
directory, for the second and so on, until a run is not hit. One run in `FOLDER/first`, which nothing ends, imports what
the others then have. END is the number of a signal, or
`full` for a disk that is full from then on. A run's directory is `FOLDER/<n>`, a copy of `FOLDER/before` where that is
there; what it said is in `FOLDER/<n>.said`. Its exit status goes to standard output, a line a run.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from typer.testing import CliRunner

from reconstruct.cli import app, main

MAKING = {"os.mkdir", "os.rename", "os.remove", "os.rmdir"}


def runs(folder: Path, end: str, words: list[str]) -> None:
    """All of them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.chdir(begun(folder, "first"))
    CliRunner().invoke(app, words, catch_exceptions=False)
    at, hit = 0, True
    while hit:
        at += 1
        work = begun(folder, str(at))
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            run(work, end, words, at=at, hits=write)
        os.close(write)
        _, status = os.waitpid(child, 0)
        hit = bool(os.read(read, 1))
        os.close(read)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def begun(folder: Path, name: str) -> Path:
    """The directory of a run."""
    if (folder / "before").is_dir():
        shutil.copytree(folder / "before", folder / name)
    else:
        (folder / name).mkdir()
    return folder / name


def run(work: Path, end: str, words: list[str], *, at: int, hits: int) -> None:
    """One, in this process, which it ends."""
    said = os.open(work.with_name(f"{work.name}.said"), os.O_CREAT | os.O_WRONLY)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.chdir(work)
    seen = 0

    def hook(event: str, given: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event in MAKING or (event == "open" and isinstance(given[2], int) and given[2] & 3 != os.O_RDONLY)
        if not writes or isinstance(given[0], int):
            return
        if Path(str(given[0])).is_absolute() and work not in Path(str(given[0])).parents:
            return
        seen += 1
        if seen == at:
            os.write(hits, b"x")
        if end != "full" and seen == at:
            os.kill(os.getpid(), int(end))
        if end == "full" and seen >= at and event not in ("os.remove", "os.rmdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(given[0]))

    sys.addaudithook(hook)
    sys.argv = ["reconstruct", *words]
    main()


if __name__ == "__main__":
    runs(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
