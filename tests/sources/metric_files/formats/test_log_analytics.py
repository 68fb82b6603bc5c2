"""Log Analytics' tables of columns and rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import COUNT, ISO, LATENCY, before_and_after, metrics_of, written


def test_the_first_table_is_read_as_one_of_csv(tmp_path: Path) -> None:
    columns = [{"name": "TimeGenerated", "type": "datetime"}, {"name": "cloud_RoleName", "type": "string"},
               {"name": "p95_ms", "type": "real"}]  # fmt: skip
    rows = [
        [ISO[n], service, 1000 * LATENCY[n] if service == "shop" else 20]
        for n in range(COUNT)
        for service in ("shop", "cart")
    ]
    document = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
    found = metrics_of(written(tmp_path, json.dumps(document), name="m.json"))[0]["p95_ms"]
    assert [service.name for service in found.services] == ["cart", "shop"]
    assert before_and_after(found, 1) == pytest.approx((0.0203, 0.9))
