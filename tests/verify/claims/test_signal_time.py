"""When a signal moved, was at its worst, or came back."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "Mean query time rose at 13:56",
        "| 13:56:22 −22 s +7.5 s | Mean query time rises | `a8` postgres/query-time |",
        "| 14:28:00 | Mean query time at its worst | `a8` |",
        "15:27 mean query time was back",
        "Mean query time was up from 13:56 to 15:27",
    ],
)
def test_times_of_its_anomaly_hold(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "| 14:16:22 | Mean query time rises | `a8` postgres/query-time |",
            "left its baseline at 13:56:00 to 13:56:30",
        ),
        ("| 15:28:00 | Mean query time at its worst | `a8` |", "at its worst at 14:28:00 (a8), not 15:28:00"),
        ("| 14:27:00 | back within its baseline: Mean query time | `a8` |", "was back at"),
    ],
)
def test_another_time_beside_the_anomaly_s_id_is_contradicted(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


def test_without_the_id_a_signal_may_have_risen_at_other_times_too() -> None:
    assert verdict("Mean query time rose again at 14:30") == "not checked"


def test_it_is_silent_on_a_signal_without_a_time() -> None:
    assert verdict("Mean query time rose and fell.") == "silent"
