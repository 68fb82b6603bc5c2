"""The recorded incident that ships with the package: the main series found and dated within two samples."""

from __future__ import annotations

from importlib.resources import as_file, files

import pandas as pd
import pytest

from reconstruct.bundle import read_bundle
from reconstruct.detect import Detection, detect, explain_anomaly
from reconstruct.model import Evidence

FAULT = pd.Timestamp("2026-11-17T13:55:45Z"), pd.Timestamp("2026-11-17T13:56:30Z")
"""When the incident began: truth.json of the recording."""
CURED = pd.Timestamp("2026-11-17T15:20:00Z"), pd.Timestamp("2026-11-17T15:30:15Z")
"""From the first instance rolled back to all normal."""


@pytest.fixture(scope="module")
def recorded() -> tuple[Evidence, Detection]:
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as path:
        evidence, _ = read_bundle(path)
    return evidence, detect(evidence)


@pytest.mark.parametrize(
    ("layer", "aspect"), [("app", "latency"), ("app", "errors"), ("database", "latency"), ("edge", "errors")]
)
def test_what_users_and_the_database_felt_is_found_and_dated(
    recorded: tuple[Evidence, Detection], layer: str, aspect: str
) -> None:
    _, found = recorded
    mine = [
        a
        for a in found.anomalies
        if (a.signal.layer, a.signal.aspect) == (layer, aspect) and a.worse and not a.signal.inferred
    ]
    lasting = [a for a in mine if a.recovery is not None]
    longest = max(lasting, key=lambda a: a.recovery.time - a.onset.time if a.recovery else pd.Timedelta(0))
    slack = 2 * pd.Timedelta("15s")
    assert longest.onset.earliest - slack <= FAULT[1]
    assert longest.onset.latest + slack >= FAULT[0]
    assert longest.recovery is not None
    assert longest.recovery.latest >= CURED[0]
    assert longest.recovery.earliest <= CURED[1]


def test_every_anomaly_can_be_explained(recorded: tuple[Evidence, Detection]) -> None:
    evidence, found = recorded
    for anomaly in found.anomalies:
        told = explain_anomaly(evidence, anomaly)
        assert told.startswith(f"{anomaly.id}: ")
        assert "nan" not in told
        assert "inf" not in told.split()


def test_the_same_evidence_gives_the_same_anomalies(recorded: tuple[Evidence, Detection]) -> None:
    evidence, found = recorded
    assert detect(evidence) == found
