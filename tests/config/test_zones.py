from __future__ import annotations

import pytest

from reconstruct.config import read_time
from reconstruct.errors import UsageError

SECOND = "2026-11-17 13:55:30+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-17 15:55:30 +0200",
        "2026-11-17T15:55:30+02:00",
        "2026-11-17 14:55:30 CET",
        "2026-11-17 14:55:30 (MEZ)",
        "2026-11-17 08:55:30 EST",
        "2026-11-17 5:55:30 AM PST",
        "2026-11-17 05:55:30 Pacific Time",
        "2026-11-17 14:55:30 Europe/Berlin",
        "2026-11-17T14:55:30+01:00[Europe/Berlin]",
        "2026-11-17 15:55:30 UTC+2",
        "2026-11-17 13:55:30 +0000 UTC",
        "2026-11-17 14:55:30 +0100 CET m=+0.012",
        "Tue, 17 Nov 2026 13:55:30 GMT",
        "Tue, 17 Nov 2026 14:55:30 +0100 (CET)",
        "Tue Nov 17 15:55:30 2026 +0200",
        "Tue Nov 17 13:55:30 UTC 2026",
        "Tue Nov 17 2026 14:55:30 GMT+0100 (Central European Standard Time)",
        "17/Nov/2026:13:55:30 +0000",
        "17-Nov-2026 13:55:30 UTC",
        "November 17th, 2026 at 1:55:30 PM UTC",
        "13:55:30 UTC on 17 Nov 2026",
        "2026/11/17 13:55:30Z",
        "20261117T135530Z",
        "1794923730",
        "1794923730000",
        "1794923730000000",
        "1794923730000000000",
        "1.794923730E+09",
    ],
)
def test_one_instant_is_read_in_every_way_that_it_is_written(text: str) -> None:
    read = read_time(text, tz="Asia/Tokyo")
    assert str(read.time) == SECOND
    assert read.zone_told


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("2026-11-17 14:00 IST", ("+05:30 (India)", "+01:00 (Ireland)", "+02:00 (Israel)")),
        ("2026-11-17 14:00 BST", ("+01:00 (Britain)", "+06:00 (Bangladesh)")),
        ("2026-11-17 14:00 CST", ("-06:00", "+08:00 (China)")),
        ("2026-07-17 14:00 CET", ("+01:00", "+02:00")),
        ("2026-11-17 14:00 EDT", ("-04:00", "-05:00")),
    ],
)
def test_an_abbreviation_that_can_be_two_zones_is_asked_about(text: str, candidates: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as raised:
        read_time(text, tz="UTC")
    assert all(one in raised.value.message for one in candidates)


def test_the_zone_that_times_are_read_in_decides_between_places() -> None:
    assert str(read_time("2026-11-17 19:25:30 IST", tz="Asia/Kolkata").time) == SECOND
    assert str(read_time("2026-07-17 14:00 BST", tz="Europe/London").time) == "2026-07-17 13:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-17 14:00 XYZ",
        "2026-11-17 14:00 local time",
        "2026-11-17 14:00-14:30",
        "2026-11-17 14:00 +15:00",
        "2026-11-17 14:00 +0100 UTC",
        "Mon, 17 Nov 2026 13:55:30 GMT",
        "2026-11-17 14:00:00.1234567890Z",
        "2026-11-17 14:00 and more",
        "11/17/26 14:00",
        "1.79E+12",
        "0",
        "1969-12-31T00:00Z",
        "2300-01-01T00:00Z",
        "0001-01-01T00:00:00Z",
    ],
)
def test_what_stands_beside_a_time_and_is_not_understood_makes_it_unread(text: str) -> None:
    with pytest.raises(UsageError):
        read_time(text, tz="UTC")


def test_a_year_that_is_not_written_is_the_nearest_one() -> None:
    from datetime import date

    assert str(read_time("Dec 31 23:59:59", tz="UTC", today=date(2027, 1, 1)).time) == "2026-12-31 23:59:59+00:00"
    with pytest.raises(UsageError):
        read_time("Dec 31 23:59:59", tz="UTC")


def test_a_spreadsheets_day_number_is_a_time_only_where_one_is_expected() -> None:
    assert str(read_time("46343.5802083333", tz="UTC", serials=True).time) == SECOND
    with pytest.raises(UsageError):
        read_time("46343.5802083333", tz="UTC")
