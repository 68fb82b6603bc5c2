"""OpenTSDB's answers: samples by their time, or in pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.metric_files.recording import COUNT, LATENCY, SECONDS, before_and_after, metrics_of, written


@pytest.mark.parametrize("arrays", [False, True])
def test_an_answer_is_read_with_its_tags(tmp_path: Path, arrays: bool) -> None:
    samples = [[SECONDS[n], LATENCY[n]] for n in range(COUNT)]
    dps = samples if arrays else {str(time): value for time, value in samples}
    document = [{"metric": "http.latency_seconds", "tags": {"service": "shop"}, "aggregateTags": [], "dps": dps}]
    (found,) = metrics_of(written(tmp_path, json.dumps(document), name="m.json"))[0].values()
    assert before_and_after(found) == pytest.approx((0.0203, 0.9))
    assert found.services[0].name == "shop"
