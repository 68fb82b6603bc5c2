"""A real Prometheus on the loopback, with samples that a test has written."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.programs import free_port, program, running
from tests.servers.samples import Samples


def backfilled(folder: Path, samples: Samples) -> Path:
    """A data directory with these samples."""
    text = folder / "samples.om"
    text.write_text(samples.openmetrics(), encoding="utf-8")
    data = folder / "data"
    subprocess.run(
        [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text.unlink()
    return data


@contextmanager
def prometheus(
    folder: Path,
    *,
    data: Path | None = None,
    flags: Sequence[str] = (),
    config: str = "global: {}\n",
    scheme: str = "http",
    ready_path: str = "/-/ready",
    ready_status: int = 200,
    newer: bool = False,
) -> Iterator[str]:
    """The address of a Prometheus that serves `data` (empty when not given) with these flags.

    `ready_status` is for a server that lets nobody in: 401 tells that it is there, too; with `scheme` https nothing is
    waited for by HTTPS but the plain-text refusal of its TLS port. `newer` is the newest suite's, version 3.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    port = free_port()
    command = [
        program("prometheus", newer=newer),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={data or folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    wait = f"http://127.0.0.1:{port}{ready_path}"
    with running(command, log=folder / "log", ready_url=wait, ready_status=400 if scheme == "https" else ready_status):
        yield f"{scheme}://127.0.0.1:{port}"
