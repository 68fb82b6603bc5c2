"""`reconstruct scan` over very many series of a real VictoriaMetrics: memory, growth, cost, and what it finds.

    python benchmarks/scan.py [--series 10000,100000,1000000] [--data FOLDER] [--seed 1] [--layout names]

Needs `victoria-metrics` on PATH, and cramjam; or `--prometheus URL` of a server that takes remote write. One series in
a thousand is anomalous in a known way (a level, a ramp, a spike, a drop, gone flat) and carries a planted label value
that one other series in forty carries too. Each measurement is a process of its own; its CPU and most memory are what
the kernel counted, interpreter and libraries included. "Read" asks the same questions and throws the bodies away.
`--layout one` puts all series under one name, `names` 250 under each.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLES, FIRST, STEP_S = 480, 240, 15
END_S = 1_763_388_000
"""2025-11-17T14:00Z: the end of the window."""
INSTANCES = 250
"""Series of a metric, with `--layout names`."""
RARITY = 1_000
"""One series in so many is anomalous."""
CARRIERS = 40
"""One healthy series in so many carries the planted label value."""
TOGETHER = 0.8
"""Of the anomalies that begin within a minute of each other."""
KINDS = ("level", "ramp", "spike", "drop", "flat")
PLANTED = "2.20.0"
A_REQUEST = 500
"""Series in one remote write."""


class Figures(NamedTuple):
    """What one process cost."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    out: str


def healthy(draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Series without an anomaly, (count, SAMPLES): of five natures, about levels between 1 and 1,000."""
    level = np.exp(draw.uniform(0, math.log(1000), (count, 1)))
    share = draw.uniform(0.02, 0.15, (count, 1))
    noise = draw.standard_normal((count, SAMPLES))
    wander = noise.copy()
    for row in range(1, SAMPLES):
        wander[:, row] = 0.8 * wander[:, row - 1] + 0.6 * noise[:, row]
    period, phase = draw.uniform(40, 400, (count, 1)), draw.uniform(0, 2 * math.pi, (count, 1))
    natures = (
        level * (1 + share * noise),
        level * (1 + share * wander),
        level * np.exp(4 * share * noise),
        np.rint(level + np.sqrt(level) * noise).clip(0),
        level * (1 + share * (2 * np.sin(2 * math.pi * np.arange(SAMPLES) / period + phase) + noise)),
    )
    return np.choose(draw.integers(0, len(natures), (count, 1)), natures)


def anomalous(draw: np.random.Generator, series: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """The same series with an anomaly of 10 to 25 of its own standard deviations, in the window."""
    begin = FIRST + 60 + int(draw.integers(0, 4)) if draw.random() < TOGETHER else int(draw.integers(FIRST + 8, 400))
    long = int(draw.integers(60, 121))
    end = min(SAMPLES, begin + (int(draw.integers(3, 9)) if kind == "spike" else long))
    height = float(draw.uniform(10, 25)) * float(series[:FIRST].std())
    changed = series.copy()
    if kind == "ramp":
        changed[begin:end] += np.linspace(0, height, end - begin)
    elif kind == "flat":
        changed[begin:end] = changed[begin - 1]
    else:
        changed[begin:end] += -height if kind == "drop" else height
    return changed


def blocks(
    count: int, *, seed: int, layout: str
) -> Iterator[tuple[list[dict[str, str]], NDArray[np.float64], list[str]]]:
    """(labels, values, kind or "" of each) of A_REQUEST series at a time."""
    draw = np.random.default_rng(seed)
    chosen = set(draw.choice(count, count // RARITY, replace=False).tolist())
    for low in range(0, count, A_REQUEST):
        numbers = range(low, min(low + A_REQUEST, count))
        values = healthy(draw, len(numbers))
        labels, kinds = [], []
        for row, n in enumerate(numbers):
            kind = KINDS[n % len(KINDS)] if n in chosen else ""
            if kind:
                values[row] = anomalous(draw, values[row], kind)
            new = bool(kind) or draw.random() < 1 / CARRIERS
            name, instance = ("load", n) if layout == "one" else (f"load_metric_{n // INSTANCES}", n % INSTANCES)
            labels.append(
                {
                    "__name__": name,
                    "instance": f"i{instance}",
                    "version": PLANTED if new else f"2.{draw.integers(12, 20)}.0",
                    "zone": "abc"[int(draw.integers(0, 3))],
                }
            )
            kinds.append(kind)
        yield labels, np.round(values, 3), kinds


def load(url: str, count: int, *, seed: int, layout: str) -> dict[str, str]:
    """Write all series into the server; gives (name and labels) -> kind of the anomalous ones."""
    import cramjam

    stamps = [END_S - (SAMPLES - row) * STEP_S for row in range(SAMPLES)]
    sample = np.zeros((SAMPLES, 18), np.uint8)
    sample[:, :3] = 0x12, 0x10, 0x09  # a field of 16 bytes, whose first is a double
    sample[:, 11] = 0x10
    sample[:, 12:] = [list(varint(1000 * stamp)) for stamp in stamps]
    truth: dict[str, str] = {}
    begun = time.monotonic()
    for number, (labels, values, kinds) in enumerate(blocks(count, seed=seed, layout=layout)):
        body = np.repeat(sample[None], len(labels), axis=0)
        body[:, :, 3:11] = np.ascontiguousarray(values).view(np.uint8).reshape(len(labels), SAMPLES, 8)
        parts = []
        for held, samples, kind in zip(labels, body, kinds, strict=True):
            head = b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in held.items())
            parts.append(field(1, head + samples.tobytes()))
            if kind:
                truth[key_of(held)] = kind
        headers = {"Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
        data = bytes(cramjam.snappy.compress_raw(b"".join(parts)))
        urllib.request.urlopen(urllib.request.Request(f"{url}/api/v1/write", data, headers), timeout=120).close()
        if number % 100 == 0:
            print(f"{number * A_REQUEST:,} written, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return truth


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """As protocol buffers write it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def key_of(labels: dict[str, str]) -> str:
    """One text for a name and labels."""
    return json.dumps(labels, sort_keys=True)


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[str]:
    """A server on the loopback whose data lie in `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")
    if binary is None:
        raise SystemExit("victoria-metrics is not on PATH")
    url = f"http://127.0.0.1:{port}"
    command = [binary, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        server = subprocess.Popen([*command, "-search.latencyOffset=0s"], stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{url}/health", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(120)


def run(command: list[str]) -> Figures:
    """A command in a process of its own."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} ended with {process.returncode}")
        out.seek(0)
        said = out.read().decode()
    return Figures(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def window() -> Any:
    """The window that is scanned."""
    import pandas as pd

    from reconstruct.model import Window

    end, step = pd.Timestamp(END_S, unit="s", tz="UTC"), pd.Timedelta(seconds=STEP_S)
    return Window(end - (SAMPLES - FIRST) * step, end, step, end - SAMPLES * step)


def read_and_drop(url: str) -> None:
    """In a process of its own: the questions of a scan, every body read and thrown away."""
    import requests

    from reconstruct.http import HttpSettings
    from reconstruct.packs import load as packs
    from reconstruct.packs import packs_folder
    from reconstruct.scan import block_size, plan_blocks
    from reconstruct.sources.prometheus.client import Prometheus

    asked = window()
    size = block_size(asked, memory_bytes=2 << 30, in_flight=4)
    plan = plan_blocks(
        Prometheus(HttpSettings(url)), asked, matchers="", conventions=packs((packs_folder(),)).conventions, size=size
    )
    session = requests.Session()
    total = 0
    before = time.process_time()
    for block in plan:
        form: dict[str, str | int] = {"query": block.expression(range_s=60), "step": STEP_S, "nocache": 1}
        form |= {"start": END_S - SAMPLES * STEP_S, "end": END_S - STEP_S}
        with session.post(
            f"{url}/api/v1/query_range", data=form, headers={"Accept-Encoding": "identity"}, stream=True
        ) as answer:
            answer.raise_for_status()
            total += sum(len(some) for some in answer.iter_content(1 << 20))
    print(json.dumps({"bytes": total, "cpu_s": time.process_time() - before, "blocks": len(plan)}))


def measure(url: str, truth: dict[str, str], *, count: int) -> dict[str, Any]:
    """A scan and a mere read of the same series, and how the answer stands beside the truth."""
    asked = window()
    top = min(1000, len(truth))
    options = ["--prometheus", url, "--from", str(asked.start), "--to", str(asked.end), "--baseline", "1h"]
    options += ["--step", f"{STEP_S}s", "--top", str(top), "--format", "json", "--quiet"]
    read = run([sys.executable, __file__, "--child", url])
    scanned = run([sys.executable, "-m", "reconstruct", "scan", *options])
    answer = json.loads(scanned.out)
    found = [key_of({"__name__": one["metric"], **one["labels"]}) for one in answer["top"]]
    hits = [key for key in found if key in truth]
    missed = Counter(kind for key, kind in truth.items() if key not in found)
    body = json.loads(read.out)
    common = answer["common"]
    return {
        "series": count,
        "seen": answer["series"],
        "changed": answer["changed"],
        "blocks": body["blocks"],
        "body_mb": body["bytes"] / 1e6,
        "wall_s": scanned.wall_s,
        "cpu_s": scanned.cpu_s,
        "read_cpu_s": body["cpu_s"],
        "times_the_read": scanned.cpu_s / body["cpu_s"],
        "peak_mib": scanned.peak_mib,
        "precision": len(hits) / max(len(found), 1),
        "recall": len(hits) / max(min(len(truth), top), 1),
        "missed": dict(missed),
        "first_label": common[0]["selector"] if common else None,
        "most_began": answer["most_began"],
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    lines = [
        "| series x samples | peak, MiB | wall, s | CPU, s | x reading the bodies | growth exponent "
        "| precision / recall | first label |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for number, row in enumerate(rows):
        growth = "-"
        if number:
            last = rows[number - 1]
            grown = math.log(row["cpu_s"] / last["cpu_s"]) / math.log(row["series"] / last["series"])
            walled = math.log(row["wall_s"] / last["wall_s"]) / math.log(row["series"] / last["series"])
            growth = f"{grown:.2f} CPU, {walled:.2f} wall"
        lines.append(
            f"| {row['series']:,} x {SAMPLES} | {row['peak_mib']:.0f} | {row['wall_s']:.0f} | {row['cpu_s']:.1f} "
            f"| {row['times_the_read']:.1f} | {growth} | {row['precision']:.3f} / {row['recall']:.3f} "
            f"| `{row['first_label']}` |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", default="10000,100000,1000000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layout", choices=("names", "one"), default="names")
    parser.add_argument("--data", type=Path, help="keep the servers' data here, for the next time")
    parser.add_argument("--prometheus", metavar="URL", help="an empty server that takes remote write; one size")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--child", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        read_and_drop(options.child)
        return
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch)
        for count in map(int, options.series.split(",")):
            name = f"{count}-{options.layout}-{options.seed}"
            data, known = folder / name, folder / f"{name}.json"
            data.mkdir(parents=True, exist_ok=True)
            with victoria_metrics(data) if options.prometheus is None else given(options.prometheus) as url:
                if not known.exists():
                    known.write_text(json.dumps(load(url, count, seed=options.seed, layout=options.layout)))
                    urllib.request.urlopen(f"{url}/internal/force_flush", timeout=120).close()
                    time.sleep(5)
                rows.append(measure(url, json.loads(known.read_text()), count=count))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(table(rows))
    if options.markdown:
        options.markdown.write_text(table(rows) + "\n")


@contextmanager
def given(url: str) -> Iterator[str]:
    """A server that is there already."""
    yield url


if __name__ == "__main__":
    main()
