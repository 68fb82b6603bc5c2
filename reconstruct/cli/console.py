"""Talk on standard error: what is being asked, and how much is left. Standard output is for the artefact alone."""

from __future__ import annotations

import os
import shutil
import sys
from types import TracebackType
from typing import Self, TextIO


def colour_wanted(stream: TextIO) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns to write in: the terminal's, at most 100, and 80 where there is none."""
    return min(100, shutil.get_terminal_size((80, 24)).columns)


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
