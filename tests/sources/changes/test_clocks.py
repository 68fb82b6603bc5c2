from __future__ import annotations

import pandas as pd

from reconstruct.model import Event, Service
from reconstruct.sources.changes.clocks import clock_notes

START = pd.Timestamp("2026-11-17T00:00:00Z")


def told(source: str, *, late_s: float = 0, jitter_s: float = 0, count: int = 4) -> list[Event]:
    return [
        Event(
            "",
            START + pd.Timedelta(hours=2 * n) + pd.Timedelta(seconds=late_s + jitter_s * (n % 2)),
            "deploy",
            Service("shop"),
            f"shop 2.{n}",
            version=f"2.{n}",
            source=source,
        )
        for n in range(count)
    ]


def test_a_steady_difference_between_two_sources_is_said() -> None:
    (note,) = clock_notes([*told("github"), *told("jenkins", late_s=95, jitter_s=4)])
    assert note == "jenkins tells changes 1 min 37 s later than github (median of 4 that both tell)"


def test_differences_that_are_small_or_unsteady_or_of_few_changes_are_not_clocks() -> None:
    assert clock_notes([*told("a"), *told("b", late_s=2)]) == ()
    assert clock_notes([*told("a"), *told("b", late_s=60, jitter_s=200)]) == ()
    assert clock_notes([*told("a", count=2), *told("b", late_s=60, count=2)]) == ()


def test_whole_hours_are_called_local_time_labelled_utc_and_the_odd_one_is_named() -> None:
    notes = clock_notes([*told("a"), *told("b", late_s=3600), *told("c", late_s=20)])
    assert notes[0].startswith("b tells 4 changes 1 h later than a: ")
    assert notes[1].startswith("c tells changes 20 s later than a")
    assert "local time labelled UTC" in notes[2]
    assert notes[3].startswith("b differs from each of the others")
