"""What the monitoring missed, and when."""

from __future__ import annotations

import pytest

from tests.verify.asked import verdict


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("| 14:40:00 | Not seen: job catalog: scrape failed until 14:47:00 | `g1` gap in prometheus |", "holds"),
        ("- job catalog, 14:40:00 to 14:47:00: scrape failed (prometheus). (`g1`)", "holds"),
        ("not seen: job catalog from 14:40 to 14:47", "holds"),
        ("| 14:20:00 | Not seen: job catalog: scrape failed until 14:47:00 | `g1` gap in prometheus |", "contradicted"),
        ("| 14:40:00 | Not seen: job catalog: scrape failed until 15:47:00 | `g1` gap in prometheus |", "contradicted"),
        ("no samples of the billing system from 14:00 to 14:10", "not checked"),
        ("Some samples are missing.", "silent"),
    ],
)
def test_times_of_a_gap(line: str, expected: str) -> None:
    assert verdict(line) == expected
