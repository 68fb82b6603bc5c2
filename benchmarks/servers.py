"""Recorded incidents on several servers: the same verdict, hints and milestones, and gaps that are real.

    python -m benchmarks.servers --kit .../bench --cases CASE ... --prometheus NAME=PROGRAM --victoria NAME=PROGRAM

CASE is a folder of a recorded incident (`tsdb.tar.xz`, `expect.json`, `deploys.jsonl`). A Prometheus
serves the recorded data directory with the recorded rules; a VictoriaMetrics is given the same samples by its import
API. Both options may be given more than once.
Printed a case and server: the kit's scores, then what differs from the first server.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.worlds import gathered, module
from reconstruct.model import Settings
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.pipeline import draft
from reconstruct.render.incident_json import incident_dict
from tests.servers.programs import free_port, running

SCORED = ("verdict", "trigger@1", "mechanism@1", "service@1", "onset", "detected", "mitigated", "recovered")
BATCH = 400
"""Series in one request of the import API."""


@contextmanager
def prometheus(program: str, case: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        root, port = Path(folder), free_port()
        with tarfile.open(case / "tsdb.tar.xz") as archive:
            archive.extractall(root, filter="data")
        data = next(path.parent.parent for path in root.rglob("meta.json"))
        rules = case / "config" / "rules.yml"
        (root / "config.yml").write_text(f"rule_files: ['{rules.resolve()}']\n" if rules.exists() else "global: {}\n")
        command = [
            program,
            f"--config.file={root}/config.yml",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running(command, log=root / "log", ready_url=f"http://127.0.0.1:{port}/-/ready"):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def victoria(program: str, *, lines: Sequence[str]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        root, port = Path(folder), free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            program,
            f"-storageDataPath={root / 'data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=256MB",
        ]
        with running(command, log=root / "log", ready_url=f"{url}/health"):
            for first in range(0, len(lines), BATCH):
                body = "\n".join(lines[first : first + BATCH]).encode()
                urllib.request.urlopen(f"{url}/api/v1/import", data=body, timeout=60).close()
            urllib.request.urlopen(f"{url}/internal/force_flush", timeout=60).close()
            time.sleep(2)
            yield url


def recorded(url: str, until: pd.Timestamp) -> list[str]:
    """All samples that a Prometheus holds, one line a series, as VictoriaMetrics's import API takes them."""
    names = _data(f"{url}/api/v1/label/__name__/values")
    lines = []
    for name in names:
        query = urllib.parse.urlencode({"query": f'{{__name__="{name}"}}[1d]', "time": until.timestamp()})
        for series in _data(f"{url}/api/v1/query?{query}")["result"]:
            times = [round(at * 1000) for at, _ in series["values"]]
            values = [float(value) for _, value in series["values"]]
            lines.append(json.dumps({"metric": series["metric"], "values": values, "timestamps": times}))
    return lines


def _data(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answered:
        return json.load(answered)["data"]


def answer(url: str, case: Path) -> dict[str, Any]:
    """incident.json of the case as this server gives it."""
    return incident_dict(draft(gathered(url, case), settings=Settings(mechanisms=load_mechanisms())))


def told(incident: dict[str, Any]) -> dict[str, Any]:
    """What must not depend on the server: verdict, hint 1, milestones."""
    ids = {event["id"]: event.get("source_id") for event in incident["events"]}
    first = min(incident["hints"], key=lambda h: h["rank"], default=None)
    hint = first and (ids.get(first["trigger"]), first["mechanism"], first["service"], first["verdict"])
    stones = {name: stone and stone["time"] for name, stone in incident["milestones"].items()}
    return {"verdict": incident["verdict"], "hint": hint, **stones}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--cases", type=Path, nargs="+", required=True)
    parser.add_argument("--prometheus", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--victoria", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--gaps", action="store_true", help="name every gap")
    options = parser.parse_args()
    score = module(options.kit / "incidents" / "run.py", "incidents_run").score
    for case in options.cases:
        first: dict[str, Any] | None = None
        expect = json.loads((case / "expect.json").read_text())
        lines: list[str] = []
        for kind, given in [("p", g) for g in options.prometheus] + [("v", g) for g in options.victoria]:
            name, _, program = given.partition("=")
            try:
                with prometheus(program, case) if kind == "p" else victoria(program, lines=lines) as url:
                    incident = answer(url, case)
                    if kind == "p" and not lines:
                        lines = recorded(url, pd.Timestamp(expect["to"]) + pd.Timedelta("1h"))
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                print(f"| {case.name} | {name} | failed: {error} |", flush=True)
                continue
            row, said = score(incident, expect), told(incident)
            marks = ", ".join(f"{key} {'yes' if row[key] else 'NO'}" for key in SCORED if row.get(key) is not None)
            differs = {k: (first[k], v) for k, v in said.items() if first[k] != v} if first else {}
            first = first or said
            gaps = [f"{gap['missing']}: {gap['cause']}" for gap in incident["gaps"]]
            print(f"| {case.name} | {name} | {marks} | {differs or 'same'} | {len(gaps)} gaps |", flush=True)
            for gap in gaps if options.gaps else ():
                print(f"    {gap[:220]}", flush=True)


if __name__ == "__main__":
    main()
