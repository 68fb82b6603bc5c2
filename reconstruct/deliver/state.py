"""What `report` remembers between runs: one JSON file, replaced whole, behind a lock.

The file holds the episodes that were announced, the outbox (messages that are promised and not yet delivered) and
counters. A run that is killed leaves either the old file or the new one; what it promised is in the outbox, and the
next run delivers it first.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from reconstruct.deliver.episodes import Known
from reconstruct.errors import UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

SCHEMA: Final = "reconstruct/report-state/1"
LOCK_WAIT_S: Final = 120.0
"""A report takes seconds; a lock held for longer is a run that hangs."""
_LOCK_PAUSE_S: Final = 0.1


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
def locked(path: Path, *, wait_s: float = LOCK_WAIT_S, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the lock of the state file `path`; the system lets it go when the process ends, however it ends.

    Raises
    ------
    UsageError
        If another run holds it for longer than `wait_s`, or the folder cannot be written to.
    """
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a+b")
    except OSError as error:
        raise UsageError(f"cannot lock {lock}: {error.strerror}", hint="check the folder of the state file") from error
    with file:
        for _ in range(max(1, round(wait_s / _LOCK_PAUSE_S))):
            if _try_lock(file.fileno()):
                break
            sleep(_LOCK_PAUSE_S)
        else:
            raise UsageError(
                f"another run has held {lock} for {wait_s:g} s",
                hint="is one hanging? give each report its own state file",
            )
        yield


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
        return _decode(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"the state file {path} is damaged, or of another version: {error}",
            hint="move it away to start afresh; everything in the window is then announced again",
        ) from error


def save_state(path: Path, state: ReportState) -> None:
    """Replace the state file whole: whoever reads it, or is killed, finds the old one or the new one.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    write_whole(path, json.dumps(_encode(state), indent=1, ensure_ascii=True) + "\n", what="the state file")


def write_whole(path: Path, text: str, *, what: str, mode: int | None = None) -> None:
    """Write `text` to `path` by way of a temporary file, flushed to disk, and a rename.

    `mode` are its permissions (None: as the process's umask says).

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write {what} {path}: {error.strerror}", hint="check the folder and the space"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what killed runs left beside the state file; call it under the lock."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        left.unlink(missing_ok=True)


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _encode(state: ReportState) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "known": [
            {
                "key": one.key,
                "start": one.start.isoformat(),
                "end": one.end.isoformat() if one.end is not None else None,
                "series": list(one.series),
                "headline": one.headline,
                "sequence": one.sequence,
                "told_at": one.told_at.isoformat(),
                "seen_until": one.seen_until.isoformat(),
            }
            for one in state.known
        ],
        "outbox": [
            {"id": one.id, "target": one.target, "payload": one.payload, "created": one.created.isoformat()}
            for one in state.outbox
        ],
        "counters": dict(sorted(state.counters.items())),
    }


def _decode(whole: Any) -> ReportState:
    if whole["schema"] != SCHEMA:
        raise ValueError(f"its schema is {whole['schema']}")
    known: Sequence[Mapping[str, Any]] = whole["known"]
    outbox: Sequence[Mapping[str, Any]] = whole["outbox"]
    return ReportState(
        known=tuple(
            Known(
                key=str(one["key"]),
                start=pd.Timestamp(one["start"]),
                end=pd.Timestamp(one["end"]) if one["end"] is not None else None,
                series=tuple(map(str, one["series"])),
                headline=str(one["headline"]),
                sequence=int(one["sequence"]),
                told_at=pd.Timestamp(one["told_at"]),
                seen_until=pd.Timestamp(one["seen_until"]),
            )
            for one in known
        ),
        outbox=tuple(
            Message(str(one["id"]), str(one["target"]), dict(one["payload"]), pd.Timestamp(one["created"]))
            for one in outbox
        ),
        counters={str(name): float(value) for name, value in whole["counters"].items()},
    )
