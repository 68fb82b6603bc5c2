"""A draft over metrics that no pack knows: which pods changed, when, what they run, and the same from its bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from tests.scan.made import STEP, WINDOW
from tests.servers.samples import Samples
from tests.servers.victoria import victoria_metrics

PODS, METRICS = 80, ("wobble", "drag_total", "slack")
NEW = {f"cart-{n}" for n in range(0, PODS, 8)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    samples, draw = Samples(), np.random.default_rng(7)
    times = [t.timestamp() for t in WINDOW.index]
    for n in range(PODS):
        pod = {"job": "cart", "pod": f"cart-{n}"}
        version = "2.20.0" if pod["pod"] in NEW else "2.19.0"
        samples.add("cart_build_info", {**pod, "version": version}, [(t, 1.0) for t in times])
        for metric in METRICS:
            values = draw.normal(50, 2, len(times)).round(2)
            if pod["pod"] in NEW:
                values[300:390] *= 3
            samples.add(metric, pod, zip(times, np.cumsum(values) if "total" in metric else values, strict=True))
    with victoria_metrics(tmp_path_factory.mktemp("vm"), samples=samples) as url:
        yield url


@pytest.mark.server
def test_affected_pods_are_told_with_what_they_run(server: str, tmp_path: Path) -> None:
    deploys = tmp_path / "deploys.csv"
    deploys.write_text(f"time,kind,service,title,version\n{WINDOW.start + 50 * STEP},deploy,cart,cart 2.20.0,2.20.0\n")
    window = ["--from", str(WINDOW.start), "--to", str(WINDOW.end)]
    asked = [*window, "--prometheus", server, "--baseline", "1h", "--step", "15s", "--events", str(deploys)]
    bundle = tmp_path / "outage.zip"
    for given in (
        ["incident", *asked, "--format", "md,json,html", "--out", str(tmp_path / "asked")],
        ["capture", *asked, "--out", str(bundle)],
        ["incident", *window, "--bundle", str(bundle), "--format", "md,json", "--out", str(tmp_path / "again")],
    ):
        result = CliRunner().invoke(app, given)
        assert result.exit_code == 0, result.stderr
    found = json.loads((tmp_path / "asked/incident.json").read_text())
    (scan,) = found["scans"]
    assert (scan["series"], scan["changed"]) == (len(METRICS) * PODS, len(METRICS) * len(NEW))
    assert scan["most_began"]["start"] <= "2026-11-17T13:15:00Z" <= scan["most_began"]["end"]
    assert set(scan["instances"]["affected"]) == NEW
    told = "All 10 affected pods run 2.20.0; none of the 70 others does."
    assert scan["instances"]["text"] == told
    assert told in (tmp_path / "asked/timeline.md").read_text()
    assert told in (tmp_path / "asked/report.html").read_text()
    assert "pod=cart-40" in (tmp_path / "asked/evidence.md").read_text()
    asked_for = [query for query in found["queries"] if query["signal"] == "scan"]
    assert sum(query["series"] for query in asked_for) == scan["series"]
    assert all(any(metric in query["query"] for query in asked_for) for metric in METRICS)
    again = json.loads((tmp_path / "again/incident.json").read_text())
    assert again["scans"] == found["scans"]
    assert told in (tmp_path / "again/timeline.md").read_text()
