"""Whom labels speak of: a label that a user's own conventions list names the service everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Evidence
from reconstruct.packs import load, packs_folder

OWN = "identity: [squad]\n"
ALERT = {
    "labels": {"alertname": "Slow", "service": "proxy", "squad": "pay"},
    "startsAt": "2026-01-01T13:40:00Z",
    "endsAt": "2026-01-01T13:50:00Z",
    "updatedAt": "2026-01-01T13:55:00Z",
    "status": {"state": "active"},
}


@pytest.mark.parametrize("given", ["--queries", "reconstruct.yaml"])
def test_a_files_series_and_an_alertmanagers_alerts_are_named_by_a_users_own_label(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    times = pd.date_range("2026-01-01T13:00Z", periods=240, freq="15s")
    rows = [
        f"{time:%Y-%m-%dT%H:%M:%SZ},http_request_latency_seconds,{0.1 + n % 3 / 500 + (n >= 120) * rise},proxy,{squad}"
        for n, time in enumerate(times)
        for squad, rise in (("pay", 2), ("cart", 0))
    ]
    Path("m.csv").write_text("\n".join(["timestamp,metric,value,service,squad", *rows]))
    Path("alerts.json").write_text(json.dumps([ALERT]))
    Path("words").mkdir()
    Path("words/conventions.yaml").write_text(OWN)
    if given == "reconstruct.yaml":
        Path(given).write_text("queries: [words]\n")
    more = ["--queries", "words"] if given == "--queries" else []
    asked = ["incident", "--metrics", "m.csv", "--events", "alerts.json", "--format", "json", "--out", "out", "-q"]
    result = CliRunner().invoke(app, [*asked, *more])
    assert result.exit_code == 0, result.stderr
    incident = json.loads(Path("out/incident.json").read_text())
    assert {one["service"] for one in incident["anomalies"]} == {"pay"}
    assert [one["service"] for one in incident["alerts"]] == ["pay"]
    assert incident["hints"][0]["service"] == "pay"


@pytest.mark.server
def test_a_servers_series_alerts_restarts_and_versions_are_named_by_a_users_own_label(
    prometheus_url: str, tmp_path: Path
) -> None:
    """The story's shop has a queue: series and an alert with job="shop", service="queue"."""
    start, end = pd.Timestamp("2026-03-02T13:00Z"), pd.Timestamp("2026-03-02T14:30Z")
    (tmp_path / "conventions.yaml").write_text("identity: [job]\n")
    catalogue = load([packs_folder(), tmp_path], only=["http", "process"])
    found = gather(Request(start=start, end=end, prometheus=HttpSettings(prometheus_url), catalogue=catalogue), now=end)
    assert "queue" not in _named(found)
    queue = [alert for alert in found.alerts if alert.rule == "QueueLong"]
    assert {(alert.labels["service"], alert.service.name) for alert in queue} == {("queue", "shop")}
    assert {"deploy", "restart"} <= {event.kind for event in found.events if event.service.name}
    assert {m.signal.service_label for m in found.raw if any("job" in labels for labels in m.labels)} == {"job"}


def _named(evidence: Evidence) -> set[str]:
    """Every name of a service."""
    metrics = {service.name for metric in (*evidence.metrics, *evidence.raw) for service in metric.services}
    return metrics | {alert.service.name for alert in evidence.alerts} | {e.service.name for e in evidence.events}
