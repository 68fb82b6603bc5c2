"""What `report` remembers between runs: one JSON file, replaced whole, behind a lock.

The file holds the episodes that were announced, the outbox (messages that are promised and not yet delivered) and
counters. A run that is killed leaves either the old file or the new one; what it promised is in the outbox, and the
next run delivers it first.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd
from filelock import FileLock, Timeout

from reconstruct.codec import DecodeError, decode, encode
from reconstruct.deliver.episodes import Known
from reconstruct.errors import UsageError
from reconstruct.files import write_whole
from reconstruct.json_text import read_json

SCHEMA: Final = "reconstruct/report-state/2"
OLD_SCHEMA: Final = "reconstruct/report-state/1"
"""The same, but for how a time says that it is UTC."""
LOCK_WAIT_S: Final = 120.0
"""A report takes seconds; a lock held for longer is a run that hangs."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to deliver to one target: written down before it is sent, struck out after."""

    id: str
    """The announcement's id: the idempotency key."""
    target: str
    """Name of the target in the configuration."""
    payload: Mapping[str, Any]
    created: pd.Timestamp


@dataclass(frozen=True, slots=True)
class ReportState:
    """Everything that outlives a run."""

    known: tuple[Known, ...] = ()
    outbox: tuple[Message, ...] = ()
    counters: Mapping[str, float] = field(default_factory=dict)
    """By metric name and labels, as they stand in the textfile."""


@contextlib.contextmanager
def locked(path: Path, *, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Hold the lock of the state file `path`; the system lets it go when the process ends, however it ends.

    Raises
    ------
    UsageError
        If another run holds it for longer than `wait_s`, or the folder cannot be written to.
    """
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=wait_s)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"another run has held {lock.lock_file} for {wait_s:g} s",
            hint="is one hanging? give each report its own state file",
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot lock {lock.lock_file}: {error.strerror}", hint="check the folder of the state file"
        ) from error
    try:
        yield
    finally:
        lock.release()


def load_state(path: Path) -> ReportState:
    """The state in `path`; an empty one where there is no file yet.

    Raises
    ------
    UsageError
        If it cannot be read or understood: starting over would announce everything again.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ReportState()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the state file {path}: {error}", hint="check its permissions") from error
    try:
        return _read(read_json(text))
    except (DecodeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the state file {path} is damaged, or of another version: {error}",
            hint="move it away to start afresh; everything in the window is then announced again",
        ) from error


def _read(whole: object) -> ReportState:
    if not isinstance(whole, dict) or whole.pop("schema", None) not in (SCHEMA, OLD_SCHEMA):
        raise DecodeError("it is no state of a report that this version knows")
    state: ReportState = decode(whole, ReportState)
    return state


def save_state(path: Path, state: ReportState) -> None:
    """Replace the state file whole: whoever reads it, or is killed, finds the old one or the new one.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    text = json.dumps({"schema": SCHEMA, **encode(state)}, indent=1, ensure_ascii=True) + "\n"
    write_whole(path, text.encode("ascii"), what="the state file")
