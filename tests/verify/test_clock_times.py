"""Times as people write them: precision, zones, days."""

from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.model import Window
from reconstruct.verify.clock_times import Days, fits, read_times
from tests.verify.asked import verdict

NIGHT = Window(
    pd.Timestamp("2026-11-17T22:00Z"),
    pd.Timestamp("2026-11-18T02:00Z"),
    pd.Timedelta("1min"),
    pd.Timestamp("2026-11-17T20:00Z"),
)


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("at 23:50", "+00:00", "2026-11-17T23:50Z"),
        ("at 00:10", "+00:00", "2026-11-18T00:10Z"),
        ("at 00:10 CET", "+00:00", "2026-11-17T23:10Z"),
        ("at 00:10", "Europe/Berlin", "2026-11-17T23:10Z"),
        ("2026-11-18T00:10:05Z", "Europe/Berlin", "2026-11-18T00:10:05Z"),
        ("2026-11-18 00:10+01:00", "+00:00", "2026-11-17T23:10Z"),
        ("at 11:50 pm", "+00:00", "2026-11-17T23:50Z"),
        ("12:10 a.m.", "+00:00", "2026-11-18T00:10Z"),
    ],
)
def test_a_clock_time_is_the_one_in_the_window(text: str, zone: str, instant: str) -> None:
    (time,) = read_times(text, Days(NIGHT, zone))
    at = pd.Timestamp(instant)
    assert fits(time, at, at)
    assert not fits(time, at + pd.Timedelta("1h"), at + pd.Timedelta("1h"))


def test_what_is_written_is_as_wide_as_its_precision_and_about_is_five_minutes_more() -> None:
    at = pd.Timestamp("2026-11-17T23:02:15Z")
    exact, minute, about = (read_times(t, Days(NIGHT, "+00:00"))[0] for t in ("23:00:00", "23:01", "about 23:00"))
    assert not fits(exact, at, at)
    assert fits(minute, at, at)
    assert fits(about, at, at)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:25432",
        "shop-1:8000",
        "ratio 3:10",
        "version 1.2:30",
        "10:99",
        "25:10",
        "at 12:30:61",
        "a:12:30",
        "5:4",
    ],
)
def test_ports_scores_and_impossible_times_are_none(text: str) -> None:
    assert read_times(text, Days(NIGHT, "+00:00")) == ()


@pytest.mark.parametrize("text", ["at 23:50 IST", "at 23:50 CST"])
def test_an_abbreviation_of_several_zones_is_not_read(text: str) -> None:
    (time,) = read_times(text, Days(NIGHT, "+00:00"))
    assert time.may_be == ()


def around(day: str) -> Window:
    """Three hours of the night in which clocks are changed."""
    start, end = pd.Timestamp(f"{day}T00:00Z"), pd.Timestamp(f"{day}T03:00Z")
    return Window(start, end, pd.Timedelta("1min"), start - pd.Timedelta("1h"))


def test_the_hour_that_spring_leaves_out_is_no_time_and_the_one_that_autumn_repeats_is_two() -> None:
    spring, autumn = around("2026-03-29"), around("2026-10-25")
    assert not [t for t in read_times("2026-03-29 02:30", Days(spring, "Europe/Berlin")) if t.may_be]
    (twice,) = read_times("2026-10-25 02:30", Days(autumn, "Europe/Berlin"))
    assert len(twice.may_be) == 2


@pytest.mark.parametrize(
    ("document", "zone", "expected"),
    [
        ("14:55 shop 2.20.0 was deployed", "Europe/Berlin", "holds"),
        ("13:55 shop 2.20.0 was deployed", "Europe/Berlin", "contradicted"),
        ("13:55 UTC shop 2.20.0 was deployed", "Europe/Berlin", "holds"),
        ("All times are UTC.\n\n13:55 shop 2.20.0 was deployed", "Europe/Berlin", "holds"),
        ("All times in CET.\n\n14:55 shop 2.20.0 was deployed", "UTC", "holds"),
        ("All times in IST.\n\n19:25 ProbeFailed fired", "UTC", "not checked"),
        ("| Time (Europe/Berlin) | What |\n|---|---|\n| 14:55 | shop 2.20.0 was deployed |", "UTC", "holds"),
        ("## 2026-11-17\n\n13:55 shop 2.20.0 was deployed", "UTC", "holds"),
        ("## 16 November 2026\n\n13:55 shop 2.20.0 was deployed", "UTC", "not checked"),
        (
            "## 17 Nov 2026\n\n| Time (Pacific/Auckland) | What |\n|---|---|\n| 02:55 | shop 2.20.0 was deployed |",
            "UTC",
            "holds",
        ),
        ("Date: 2026-11-20\n\n13:55 shop 2.20.0 was deployed", "UTC", "holds"),
    ],
)
def test_zone_and_date_come_from_the_time_then_the_document_then_the_option(
    document: str, zone: str, expected: str
) -> None:
    assert verdict(document, zone=zone) == expected
