"""A dashboard's panels, asked of a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.sources.dashboards.read import read_dashboard

START, END = pd.Timestamp("2026-03-02T13:30Z"), pd.Timestamp("2026-03-02T14:30Z")
DASHBOARD = {
    "title": "Shop",
    "templating": {"list": [{"name": "job", "type": "query", "query": "label_values(up, job)", "current": {}}]},
    "panels": [
        {"id": 1, "type": "row", "title": "Users", "panels": []},
        {
            "id": 2,
            "type": "timeseries",
            "title": "Errors",
            "fieldConfig": {"defaults": {"unit": "reqps"}},
            "targets": [
                {"refId": "A", "expr": 'sum by (service) (rate(http_errors_total{job="$job"}[$__rate_interval]))'}
            ],
        },
        {"id": 3, "type": "timeseries", "title": "Broken", "targets": [{"refId": "A", "expr": "sum(up{"}]},
        {"id": 4, "type": "timeseries", "title": "Absent", "targets": [{"refId": "A", "expr": "no_such_metric"}]},
    ],
}


@pytest.mark.server
def test_panels_are_asked_and_drawn_or_listed(prometheus_url: str, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps(DASHBOARD))
    board = read_dashboard(str(tmp_path / "d.json"), env={})
    request = Request(start=START, end=END, prometheus=HttpSettings(prometheus_url), dashboards=(board,))
    found = gather(request, now=END)
    (metric,) = [one for one in found.metrics if one.signal.id.startswith("dashboard/")]
    assert (metric.signal.title, metric.signal.unit) == ("Users: Errors", "per second")
    assert 'job=~".+"' in metric.signal.promql
    assert "[60s]" in metric.signal.promql
    left = {gap.missing: gap.cause for gap in found.gaps}
    assert left["panel Absent"] == "this server has no no_such_metric"
    assert "refused" in left["dashboard/users-broken"]
    assert "Shop: variables without a value stand for all: $job" in found.notes
