"""Files that are written whole or not at all: a reader, or a kill, finds the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from reconstruct.errors import UsageError


def write_whole(path: Path, content: bytes, *, what: str, mode: int | None = None) -> None:
    """Write `content` to `path` by way of a temporary file, flushed to disk, and a rename.

    Parameters
    ----------
    path : Path
        Its folder is made where it is missing.
    content : bytes
        All of the file.
    what : str
        What the file is, for the message.
    mode : int, optional
        Its permissions; as the process's umask says where not given.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise UsageError(
            f"cannot write {what} {path}: {error.strerror}", hint="check the folder and the free space"
        ) from error
    finally:  # after an interrupt too: nothing half-written stays behind
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what killed runs left beside `path`; call it where nobody else writes it."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        left.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where the file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
