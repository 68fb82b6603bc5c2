"""Programs that tests run for real: found on PATH, started on the loopback, waited for, ended by their own id."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0


NEWER: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconstruct-servers/unpacked/usr/bin"
"""Where .ci/servers unpacks Debian's newest suite."""


def program(*names: str, newer: bool = False) -> str:
    """The path of the first of these that is installed; skips the test where none is, or fails where all must be.

    `newer` takes those of Debian's newest suite, which are unpacked beside the installed ones.
    """
    for name in names:
        if path := shutil.which(name, path=str(NEWER) if newer else None):
            return path
    missing = f"{' or '.join(names)} is not {'fetched from the newest suite' if newer else 'installed'}"
    if os.environ.get("RECONSTRUCT_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{missing}, and RECONSTRUCT_REQUIRE_SERVERS=1 asks for it")
    pytest.skip(missing)


def free_port() -> int:
    """A port of the loopback that nobody listens on now, below those that outgoing connections are given."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(
    command: Sequence[str], *, log: Path, ready_url: str, ready_status: int = 200
) -> Iterator[subprocess.Popen[bytes]]:
    """A process from when it answers until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            _wait(process, ready_url, ready_status, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_TIMEOUT_S)


def heeds_signals() -> None:
    """For `preexec_fn`: what a shell ignores in its background (Ctrl-C) or under nohup (a hang-up) ends the child."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _wait(process: subprocess.Popen[bytes], url: str, status: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=2) as answer:
                if answer.status == status:
                    return
        except urllib.error.HTTPError as error:
            if error.code == status:
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{url} did not answer {status}:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)
