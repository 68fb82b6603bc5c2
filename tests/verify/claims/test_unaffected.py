"""What is said to have had no part."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "The network was not affected.",
        "Lock contention was ruled out.",
        "ruled out: traffic surge",
        "catalog stayed healthy",
    ],
)
def test_what_the_evidence_clears_holds(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize("line", ["shop was not affected", "No impact on shop", "A slow query was ruled out."])
def test_what_users_felt_or_the_evidence_supports_is_contradicted(line: str) -> None:
    assert verdict(line) == "contradicted"


@pytest.mark.parametrize(
    "line",
    [
        "Disk exhaustion was ruled out.",
        "The queue was not affected.",
        "The database was fine throughout, and stayed healthy",  # it moved, and whether users felt that is not shown
        "14:10 we ruled out a slow query",
    ],
)
def test_what_is_not_shown_is_not_checked(line: str) -> None:
    assert verdict(line) == "not checked"


@pytest.mark.parametrize(
    "line", ["The weather stayed fine.", "Everything was normal again.", "The database was fine at first"]
)
def test_it_is_silent_on_what_it_does_not_know(line: str) -> None:
    assert verdict(line) == "silent"


def test_the_figures_stand_in_the_answer() -> None:
    found = checked("The network was not affected.")
    assert found is not None
    assert "2.1 ms" in found.says
    assert found.evidence == ("q13",)
