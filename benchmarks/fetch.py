"""Range query -> float64 frame: ours, prometheus-api-client's and prometheus-pandas's ways, against reading the body.

    python benchmarks/fetch.py [--series 1000,10000] [--rounds 3] [--data FOLDER] [--markdown FILE]

Needs `prometheus` and `promtool` on PATH; prometheus-pandas is measured where it is installed. Each way runs in a
process of its own, one after the other, round by round, against the same Prometheus on the loopback: wall time, CPU of
the client, and the most memory that it ever held, interpreter and libraries included. Ratios are to the body read in
the same round; the median round is told. Absolute times of a shared machine mean nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

POINTS = 1_440
STEP_S = 15
BEGIN_S = 1_767_225_600
"""2026-01-01: two-hour blocks begin on even hours, so that no sample is out of order."""
WAYS = ("body", "ours", "prometheus-api-client", "prometheus-pandas")


class Figures(NamedTuple):
    """What one run of one way cost."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    series: int


def write_samples(path: Path, *, series: int) -> None:
    """OpenMetrics text: gauges of 16 to 17 digits, as rates and latencies have, that wander from sample to sample."""
    rng = random.Random(1)
    labels = [
        f'bench{{job="api",instance="10.0.{n // 250}.{n % 250}:8080",path="/v1/orders/{n}"}}' for n in range(series)
    ]
    values = [rng.random() for _ in range(series)]
    with path.open("w") as out:
        for point in range(POINTS):
            stamp = BEGIN_S + point * STEP_S
            for n in range(series):
                values[n] = abs(values[n] + 0.01 * (rng.random() - 0.5))
            out.writelines(f"{label} {value!r} {stamp}\n" for label, value in zip(labels, values, strict=True))
        out.write("# EOF\n")


def data_folder(folder: Path, *, series: int) -> Path:
    """A data directory with that many series, made where it is not there yet."""
    data = folder / f"bench-{series}"
    if not data.exists():
        text = folder / "samples.om"
        write_samples(text, series=series)
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)],
            check=True,
            capture_output=True,
        )
        text.unlink()
    return data


@contextmanager
def prometheus(folder: Path, data: Path) -> Iterator[str]:
    """The address of a Prometheus that serves these data."""
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
    ]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--query.max-samples=200000000"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


# --------------------------------------------------------------------------------------- the ways, each imports its own


def body(url: str) -> Callable[[], int]:
    """Read the answer and throw it away: what no client can beat."""
    import requests

    session = requests.Session()

    def read() -> int:
        form = {"query": "bench", "start": BEGIN_S, "end": BEGIN_S + (POINTS - 1) * STEP_S, "step": STEP_S}
        headers = {"Accept-Encoding": "identity"}
        with session.post(f"{url}/api/v1/query_range", data=form, headers=headers, stream=True) as answer:
            for _ in answer.iter_content(1 << 20):
                pass
        return 0

    return read


def ours(url: str) -> Callable[[], int]:
    """What the program does: range query, matrix, frame."""
    import pandas as pd

    from reconstruct.http import HttpSettings
    from reconstruct.model import Window
    from reconstruct.sources.prometheus.client import Prometheus

    start = pd.Timestamp(BEGIN_S, unit="s", tz="UTC")
    step = pd.Timedelta(seconds=STEP_S)
    window = Window(start, start + POINTS * step, step, start)
    server = Prometheus(HttpSettings(url))

    def fetch() -> int:
        answer = server.range("bench", window)
        frame = pd.DataFrame(answer.values, index=window.index, copy=False)
        if frame.isna().to_numpy().any():
            raise SystemExit("samples are missing")
        return frame.shape[1]

    return fetch


def prometheus_api_client(url: str) -> Callable[[], int]:
    """custom_query_range and MetricRangeDataFrame, as its README shows."""
    from datetime import UTC, datetime

    from prometheus_api_client import MetricRangeDataFrame, PrometheusConnect

    client = PrometheusConnect(url=url)

    def fetch() -> int:
        answer = client.custom_query_range(
            "bench",
            start_time=datetime.fromtimestamp(BEGIN_S, UTC),
            end_time=datetime.fromtimestamp(BEGIN_S + (POINTS - 1) * STEP_S, UTC),
            step=str(STEP_S),
        )
        frame = MetricRangeDataFrame(answer)
        return len(frame) // POINTS

    return fetch


def prometheus_pandas(url: str) -> Callable[[], int]:
    """Its query_range, which gives a wide frame."""
    query = importlib.import_module("prometheus_pandas.query")  # not among our dependencies
    client = query.Prometheus(url)

    def fetch() -> int:
        return int(client.query_range("bench", BEGIN_S, BEGIN_S + (POINTS - 1) * STEP_S, STEP_S).shape[1])

    return fetch


CHILDREN: dict[str, Callable[[str], Callable[[], int]]] = {
    "body": body,
    "ours": ours,
    "prometheus-api-client": prometheus_api_client,
    "prometheus-pandas": prometheus_pandas,
}


def measure(way: str, url: str) -> Figures:
    """Run one way in a fresh process."""
    done = subprocess.run([sys.executable, __file__, "--child", way, url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}: {done.stderr[-2000:]}")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def child(way: str, url: str) -> None:
    """In the fresh process: import and connect first, then measure the fetch alone; memory is the whole process's."""
    fetch = CHILDREN[way](url)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    series = fetch()
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(Figures(wall_s, cpu_s, peak_mb, series)._asdict()))


def table(rows: dict[str, list[Figures]], *, series: int) -> list[str]:
    """One line a way: medians over the rounds, ratios within each round."""
    matrix_mb = series * POINTS * 8 / 2**20
    lines = [
        f"### {series:,} series x {POINTS:,} points (the matrix: {matrix_mb:.0f} MB)",
        "",
        "| way | x the body read | client CPU, s | x ours | peak MB | (peak - 150 MB) / matrix |",
        "|---|---|---|---|---|---|",
    ]
    ours_cpu_s = statistics.median(each.cpu_s for each in rows["ours"])
    for way, figures in rows.items():
        ratio = statistics.median(each.wall_s / limit.wall_s for each, limit in zip(figures, rows["body"], strict=True))
        cpu_s = statistics.median(each.cpu_s for each in figures)
        peak_mb = statistics.median(each.peak_mb for each in figures)
        more = (peak_mb - 150) / matrix_mb
        lines.append(f"| {way} | {ratio:.2f} | {cpu_s:.2f} | {cpu_s / ours_cpu_s:.1f} | {peak_mb:.0f} | {more:.2f} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", default="1000,10000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="keep the data directories here, for the next time")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--child", nargs=2, metavar=("WAY", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    ways = [
        way for way in options.ways.split(",") if importlib.util.find_spec(way.replace("-", "_")) or way in WAYS[:2]
    ]
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for series in map(int, options.series.split(",")):
            rows: dict[str, list[Any]] = {way: [] for way in ways}
            with prometheus(Path(scratch), data_folder(folder, series=series)) as url:
                measure("body", url)  # the server reads its blocks once
                for _ in range(options.rounds):
                    for way in ways:
                        rows[way].append(measure(way, url))
                        print(series, way, rows[way][-1], file=sys.stderr, flush=True)
            lines += table(rows, series=series)
    text = "\n".join(lines)
    print(text)
    if options.markdown:
        options.markdown.write_text(text)


if __name__ == "__main__":
    main()
