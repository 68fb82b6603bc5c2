"""Onset, detection, mitigation and recovery against their intervals."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "The outage began at 13:56.",
        "The incident started about 13:55.",
        "| Onset | 13:56:22 | 13:56:00 to 13:56:30 |",
        "Detected at 13:57",
        "The first alert fired at 13:57:30.",
        "Mitigated: 15:20",
        "Mitigation was at 15:24",
        "Recovered at 15:27",
        "The incident was resolved at 15:27.",
        "15:27 back to normal",
        "Users of shop felt it from 13:56 to 15:27.",
        "# Incident on shop, 13:56 to 15:27 UTC",
        "Impact start: 13:56",
        "Impact end: 15:27",
    ],
)
def test_times_within_the_interval_hold(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("The outage began at 14:05.", "the onset was at 13:56:00 to 13:56:30 (a2, a4), not 14:05"),
        ("| Onset | 13:58:22 | 13:56:00 to 13:56:30 |", "not 13:58:22"),
        ("| Onset | 13:56:22 | 13:56:00 to 13:58:30 |", "not 13:58:30"),
        ("Detected at 14:30", "the first alert was at 13:57:15 to 13:57:30 (al1)"),
        ("Mitigated at 14:50.", "what undid it was at 15:20:00 (e5)"),
        ("Recovered at 14:40", "the recovery was at 15:26:45 to 15:28:15"),
    ],
)
def test_times_outside_it_are_contradicted_with_the_interval(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


@pytest.mark.parametrize(
    "line",
    [
        "Detected by customers at 14:02",
        "The incident was declared resolved at 15:40",
        "Incident closed at 16:00",
        "14:50 mitigation attempt, no effect",
        "The outage might have begun at 13:00.",
        "The job started at 14:05",
    ],
)
def test_what_people_saw_tried_or_declared_is_not_called_wrong(line: str) -> None:
    assert verdict(line) == "not checked"


def test_it_is_silent_without_a_time() -> None:
    assert verdict("The onset was sudden and recovery took long.") == "silent"
