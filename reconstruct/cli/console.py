"""Talk on standard error: what is being asked, and how much is left. Standard output is for the artefact alone."""

from __future__ import annotations

import os
import shutil
import sys
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO


def colour_wanted(stream: TextIO) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns to write in: the terminal's, at most 100, and 80 where there is none."""
    return min(100, shutil.get_terminal_size((80, 24)).columns)


WRITES: ContextVar[dict[Path, dict[Path, int]]] = ContextVar("writes")
"""Folder -> file -> when it was last changed, as the running command found it before it wrote there."""


class StoppedError(KeyboardInterrupt):
    """The process was told to end, by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


def writing(folder: Path) -> None:
    """Remember that files go to `folder` from now on: Ctrl-C then says which were written."""
    if (writes := WRITES.get(None)) is not None and folder not in writes:
        writes[folder] = {path: path.stat().st_mtime_ns for path in _files_in(folder)}


def written() -> str:
    """What a stopped command has written: files that are new, or newer than when it began to write."""
    told = []
    for folder, there in WRITES.get({}).items():
        new = [path for path in _files_in(folder) if there.get(path) != path.stat().st_mtime_ns]
        charts = sum(path.suffix in (".png", ".svg") for path in new)
        names = [path.name for path in new if path.suffix not in (".png", ".svg")]
        names += [f"{charts} chart{'s' if charts > 1 else ''}"] if charts else []
        told += [f"{', '.join(names)} {'was' if len(new) == 1 else 'were'} written to {folder}"] if new else []
    return "; ".join(told) or "nothing was written"


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and ".reconstruct-" not in str(path))


class Progress:
    """One line that is written over on a terminal; a line a stage elsewhere (a log of cron); nothing when quiet."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.verbose = verbose
        self.live = self.stream.isatty() and not verbose
        self.shown = 0
        self.stage = ""

    def __call__(self, done: int, total: int, text: str) -> None:
        """`done` of `total` queries are answered, `text` is being asked."""
        if self.quiet:
            return
        line = f"[{done}/{total}] {_plain(text)}" if total else _plain(text)
        if self.live:
            line = line[: width() - 1]
            self.stream.write("\r" + line.ljust(self.shown))
            self.stream.flush()
            self.shown = len(line)
        elif self.verbose or not total:
            self.stream.write(line + "\n")

    def say(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        if not self.quiet:
            self.stream.write(text + "\n")

    def clear(self) -> None:
        """Take the live line away."""
        if self.live and self.shown:
            self.stream.write("\r" + " " * self.shown + "\r")
            self.stream.flush()
            self.shown = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.clear()


def _plain(text: str) -> str:
    """Label values are hostile text: no control character of theirs reaches the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
