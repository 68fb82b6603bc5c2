"""Order and distance of two things."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "shop 2.20.0 was deployed 45 s before the onset",
        "ProbeFailed fired 2 min after the deploy of shop 2.20.0",
        "ProbeFailed fired before the rollback of shop",
        "The first alert came 1 minute after the onset.",
        "| 13:31:00 | catalog 1.10.0. 25 min 22 s before the onset | `e1` |",
        "taken back at 15:20:00, and the symptoms were gone 7 min later",
    ],
)
def test_what_came_so_holds(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("shop 2.20.0 was deployed 30 min before the onset", "the deploy of shop 2.20.0 was 45 s before the onset"),
        ("The deploy of shop 2.20.0 came after ProbeFailed fired", "not after it"),
        ("The rollback of shop came before ProbeFailed fired", "not before it"),
        ("taken back at 15:20:00, and the symptoms were gone 40 min later", "not 40 min"),
    ],
)
def test_the_other_way_round_is_contradicted(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


def test_it_is_silent_where_one_of_the_two_is_not_known() -> None:
    assert verdict("The meeting was before the deploy.") == "silent"
    assert verdict("20 min before the meeting nothing was known") == "not checked"
