"""A real VictoriaMetrics (single node) on the loopback, with samples that a test has written."""

from __future__ import annotations

import itertools
import json
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.programs import free_port, program, running
from tests.servers.samples import Samples

IMPORT_LINES = 50_000
VISIBLE_TIMEOUT_S = 120.0


@contextmanager
def victoria_metrics(
    folder: Path, *, samples: Samples, flags: Sequence[str] = (), newer: bool = False, wait: bool = True
) -> Iterator[str]:
    """The address of a VictoriaMetrics that holds these samples; `newer` is the newest suite's."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        program("victoria-metrics", "victoria-metrics-prod", newer=newer),
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-memory.allowedBytes=256MB",
        *flags,
    ]
    with running(command, log=folder / "log", ready_url=f"{url}/health"):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        lines = samples.with_milliseconds()
        while some := "\n".join(itertools.islice(lines, IMPORT_LINES)):
            opener.open(f"{url}/api/v1/import/prometheus", data=some.encode(), timeout=60).close()
        opener.open(
            f"{url}/internal/force_flush", timeout=60
        ).close()  # samples become visible a second later otherwise
        if wait:
            wait_until_indexed(url)
        yield url


def wait_until_indexed(url: str, names: Iterable[str] = ("",)) -> None:
    """Until the index, which is a second or two behind the samples, has a name that begins with each of these."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + VISIBLE_TIMEOUT_S
    while time.monotonic() < deadline:
        with opener.open(f"{url}/api/v1/label/__name__/values?start=1", timeout=60) as answer:
            there = json.load(answer)["data"]
        if all(any(one.startswith(name) for one in there) for name in names):
            return
        time.sleep(0.2)
    raise RuntimeError(f"VictoriaMetrics does not show {names}")
