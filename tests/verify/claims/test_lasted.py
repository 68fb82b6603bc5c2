"""Lengths of time between milestones, and of ranges in the same line."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "Time to detect: 1 min",
        "TTD was about 70 s",
        "Time to mitigate: 84 minutes",
        "MTTR: 1 h 31 min",
        "The outage lasted 1.5 hours",
        "Duration: 91 min",
        "Time to detect was 1 min, time to mitigate 84 min, time to recover 91 min",
        "The outage lasted from 13:56 to 15:27 (91 min).",
    ],
)
def test_lengths_within_the_interval_hold(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Time to detect: 12 min", "detected - onset = 30 s to 1 min 30 s (a2, al1), not 12 min"),
        ("The outage lasted 3 h", "recovered - onset"),
        ("Time to detect was 1 min, time to mitigate 8 min", "mitigated - onset"),
        ("The outage lasted from 13:56 to 14:27 (31 min).", "the recovery was at"),
        ("Degraded from 14:00 to 14:30 (50 min)", "14:00 to 14:30 is 30 min, not 50 min"),
    ],
)
def test_others_are_contradicted(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


def test_a_duration_of_something_else_is_not_called_wrong() -> None:
    assert verdict("The deploy took 12 min") == "not checked"
    assert verdict("DbQueryLatencyHigh took 4 min 30 s to fire") == "not checked"


def test_arithmetic_alone_is_no_evidence() -> None:
    assert verdict("Degraded from 14:00 to 14:30 (30 min)") == "not checked"


def test_it_is_silent_without_a_length() -> None:
    assert verdict("Duration of probes is measured each minute") == "silent"
