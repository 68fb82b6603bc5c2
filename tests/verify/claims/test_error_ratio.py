"""How much users felt."""

from __future__ import annotations

import pytest

from tests.verify.asked import verdict


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("33 % of requests failed", "holds"),
        ("about a third (33 %) of all requests to shop failed", "holds"),
        ("131,420 failed requests", "holds"),
        ("95 % of requests failed", "contradicted"),
        ("900,000 failed requests", "contradicted"),
        ("12 % of requests failed", "not checked"),
        ("50,000 requests failed", "not checked"),
        ("12 customers complained", "silent"),
    ],
)
def test_shares_and_counts_of_failed_requests(line: str, expected: str) -> None:
    assert verdict(line) == expected
