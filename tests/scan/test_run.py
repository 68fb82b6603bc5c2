"""Scans of real servers: blocks of a metric, a stopped scan that goes on, counters, and what is refused."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from reconstruct.http import HttpSettings
from reconstruct.packs import load, packs_folder
from reconstruct.scan import ScanPlan, plan_blocks, scan_blocks
from reconstruct.scan.checkpoint import tally_dict
from reconstruct.scan.cluster import scan_on_cluster
from reconstruct.sources.prometheus.client import Prometheus
from tests.scan.made import WINDOW
from tests.servers.programs import heeds_signals
from tests.servers.samples import Samples
from tests.servers.victoria import victoria_metrics

CONVENTIONS = load((packs_folder(),)).conventions
IN_SMALL_BLOCKS = """
import itertools, os, time
from reconstruct.cli import main
from reconstruct.scan import blocks, run
blocks.MAX_SERIES, run.SAVE_EVERY_S = 15, 0.0
read, calls = run.read_block, itertools.count()
def slowly(*args, **more):
    time.sleep(float(os.environ.get("LATER_BLOCKS_TAKE_S", 0)) if next(calls) else 0)
    return read(*args, **more)
run.read_block = slowly
main()
"""
"""The command with small blocks; where told so all but the first take their time: a middle to be stopped in."""
CHANGED = {f"i{n}" for n in range(0, 60, 12)}


def silent(done: int, total: int, text: str) -> None:
    del done, total, text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    samples = Samples()
    draw = np.random.default_rng(5)
    times = [t.timestamp() for t in WINDOW.index]
    for metric in ("load", "jobs_total", "plain_counter"):
        for n in range(60):
            values = draw.normal(50, 2, len(times)).round(3)
            if f"i{n}" in CHANGED:
                values[300:360] *= 3
            if metric != "load":
                values = np.cumsum(np.maximum(values, 0))
            labels = {"instance": f"i{n}", "zone": "abc"[n % 3], "version": "2" if f"i{n}" in CHANGED else "1"}
            samples.add(metric, labels, zip(times, values, strict=True))
    with victoria_metrics(tmp_path_factory.mktemp("vm"), samples=samples) as url:
        yield url


@pytest.mark.server
def test_each_metric_finds_its_changed_series_whole_or_in_parts(server: str) -> None:
    client = Prometheus(HttpSettings(server))
    whole = plan_blocks(client, WINDOW, matchers="", conventions=CONVENTIONS, size=1000)
    parts = plan_blocks(client, WINDOW, matchers="", conventions=CONVENTIONS, size=15)
    assert len(whole) == 2 < len(parts)  # two gauges share a question
    tallies = []
    for blocks in (whole, parts):
        done = scan_blocks(client, ScanPlan(blocks, WINDOW, CONVENTIONS), progress=silent)
        assert not done.unread
        tallies.append(done.tally)
        for metric in ("load", "jobs_total", "plain_counter"):
            found = {one.labels["instance"] for one in done.tally.top if one.metric == metric}
            assert found == CHANGED, metric
        assert done.tally.common()[0].selector == 'version="2"'
    assert json.dumps(tally_dict(tallies[0])) == json.dumps(tally_dict(tallies[1]))


@pytest.mark.server
def test_a_stopped_scan_goes_on_to_the_same_answer(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconstruct.scan.run.SAVE_EVERY_S", 0.0)
    client = Prometheus(HttpSettings(server))
    blocks = plan_blocks(client, WINDOW, matchers="", conventions=CONVENTIONS, size=15)
    plan = ScanPlan(blocks, WINDOW, CONVENTIONS, in_flight=1)
    whole = scan_blocks(client, plan, progress=silent).tally

    def stopping(done: int, total: int, text: str) -> None:
        if done == total // 2:
            raise KeyboardInterrupt

    state = tmp_path / "scan.json"
    with pytest.raises(KeyboardInterrupt):
        scan_blocks(client, plan, progress=stopping, checkpoint=state)
    asked: list[int] = []
    again = scan_blocks(client, plan, progress=lambda done, *_: asked.append(done), checkpoint=state)
    assert 0 < len(asked) < len(blocks)
    assert json.dumps(tally_dict(again.tally)) == json.dumps(tally_dict(whole))
    assert not state.exists()


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_is_killed_resumes_to_the_same_answer(server: str, tmp_path: Path, how: signal.Signals) -> None:
    state = tmp_path / "scan.json"
    given = [sys.executable, "-c", IN_SMALL_BLOCKS, "scan", "--prometheus", server, "--from", str(WINDOW.start)]
    given += ["--to", str(WINDOW.end), "--baseline", "1h", "--step", "15s", "--format", "json"]
    whole = subprocess.run(given, capture_output=True, check=True, timeout=600).stdout
    stopped = subprocess.Popen(
        [*given, "--resume", str(state)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LATER_BLOCKS_TAKE_S": "5"},
        preexec_fn=heeds_signals,
    )
    while not state.exists() and stopped.poll() is None:
        time.sleep(0.01)
    stopped.send_signal(how)
    out, _ = stopped.communicate(timeout=600)
    assert stopped.returncode != 0
    assert not out
    assert json.loads(state.read_text())["done"]
    again = subprocess.run([*given, "--resume", str(state)], capture_output=True, check=True, timeout=600).stdout
    assert again == whole
    assert not state.exists()


@pytest.mark.server
@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_also_when_a_worker_dies(server: str) -> None:
    distributed = pytest.importorskip("distributed")
    settings = HttpSettings(server)
    blocks = plan_blocks(Prometheus(settings), WINDOW, matchers="", conventions=CONVENTIONS, size=15)
    plan = ScanPlan(blocks, WINDOW, CONVENTIONS)
    alone = scan_blocks(Prometheus(settings), plan, progress=silent)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        killed: list[int] = []

        def killing(done: int, total: int, text: str) -> None:
            if done == 2 and not killed:
                killed.append(next(iter(cluster.workers.values())).process.pid)
                os.kill(killed[0], signal.SIGKILL)

        two = scan_on_cluster(settings, plan, scheduler=cluster.scheduler_address, progress=killing)
    assert killed
    assert not two.unread
    assert json.dumps(tally_dict(two.tally)) == json.dumps(tally_dict(alone.tally))


@pytest.mark.server
def test_the_command_says_when_what_and_which_metrics(server: str) -> None:
    given = ["scan", "--prometheus", server, "--from", str(WINDOW.start), "--to", str(WINDOW.end), "--baseline", "1h"]
    result = CliRunner().invoke(app, [*given, "--step", "15s"])
    assert result.exit_code == 0, result.stderr
    assert re.search(r"^Most of what moved \(1[0-9] of 15\) began (between|at) 13:1", result.stdout)
    assert '{version="2"}: 15 of the 15 changed series, none of the 165 others' in result.stdout
    assert "load: 5 of 60" in result.stdout
    csv = CliRunner().invoke(app, [*given, "--step", "15s", "--format", "csv", "--top", "3"]).stdout.splitlines()
    assert len(csv) == 4
    assert csv[0].startswith("rank,metric,unit,")
    parquet = CliRunner().invoke(app, [*given, "--step", "15s", "--format", "parquet"])
    frame = pd.read_parquet(io.BytesIO(parquet.stdout_bytes))
    assert len(frame) == 15


@pytest.mark.server
def test_a_metric_that_the_server_will_not_count_is_read_in_parts(tmp_path: Path) -> None:
    samples = Samples()
    times = [t.timestamp() for t in WINDOW.index]
    draw = np.random.default_rng(3)
    for n in range(90):
        values = draw.normal(50, 2, len(times)).round(2)
        if n % 30 == 0:
            values[300:360] *= 3
        zone = {} if n % 3 == 0 else {"zone": "abc"[n % 3]}
        samples.add("load", {"instance": f"i{n}", **zone}, zip(times, values, strict=True))
    with victoria_metrics(tmp_path / "vm", samples=samples, flags=["-search.maxUniqueTimeseries=40"]) as url:
        client = Prometheus(HttpSettings(url))
        blocks = plan_blocks(client, WINDOW, matchers="", conventions=CONVENTIONS, size=40)
        assert len(blocks) > 1
        done = scan_blocks(client, ScanPlan(blocks, WINDOW, CONVENTIONS), progress=silent)
    assert not done.unread
    assert done.tally.series == 90
    assert {one.labels["instance"] for one in done.tally.top} == {"i0", "i30", "i60"}


@pytest.mark.server
def test_a_picture_shows_the_changed_series_side_by_side(server: str, tmp_path: Path) -> None:
    picture = tmp_path / "moved.svg"
    given = ["scan", '{__name__=~"load|jobs_total"}', "--prometheus", server, "--from", str(WINDOW.start)]
    given += ["--to", str(WINDOW.end), "--baseline", "1h", "--step", "15s", "--picture", str(picture)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.stderr
    drawn = picture.read_text()
    assert "10 of 120 series changed." in drawn
    for name in ("load", "jobs_total"):
        assert all(f"{name} {instance} 2 " in drawn for instance in CHANGED)
    assert drawn.count('id="axes_') == 1 + 10


def test_a_picture_has_a_format(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["scan", "--bundle", "x.zip", "--picture", str(tmp_path / "moved.gif")])
    assert result.exit_code == 2
    assert "takes a .png or .svg file" in result.stderr


def test_a_checkpoint_of_a_file_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["scan", "--bundle", "x.zip", "--resume", str(tmp_path / "s.json")])
    assert result.exit_code == 2
    assert "--resume cannot act on a file" in result.stderr
