from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.config import localize, parse_duration_s, parse_time, parse_zone, read_time
from reconstruct.errors import UsageError

NOW = pd.Timestamp("2026-11-22T19:00:30Z")


@pytest.mark.parametrize(
    ("text", "tz", "utc"),
    [
        ("now", "UTC", "2026-11-22T19:00:30Z"),
        ("-2h", "UTC", "2026-11-22T17:00:30Z"),
        ("now-1d12h", "UTC", "2026-11-21T07:00:30Z"),
        ("13:45", "UTC", "2026-11-22T13:45:00Z"),
        ("13:45:30", "Europe/Berlin", "2026-11-22T12:45:30Z"),
        ("00:30", "Asia/Tokyo", "2026-11-22T15:30:00Z"),  # it is the 23rd in Tokyo already
        ("today 13:45", "UTC", "2026-11-22T13:45:00Z"),
        ("yesterday 13:45", "UTC", "2026-11-21T13:45:00Z"),
        ("Yesterday", "UTC", "2026-11-21T00:00:00Z"),
        ("14:00Z", "Europe/Berlin", "2026-11-22T14:00:00Z"),
        ("2026-11-17", "Europe/Berlin", "2026-11-16T23:00:00Z"),
        ("2026-11-17 13:45", "UTC", "2026-11-17T13:45:00Z"),
        ("2026-11-17T13:45:00Z", "Europe/Berlin", "2026-11-17T13:45:00Z"),
        ("2026-11-17T13:45:00.25+01:00", "UTC", "2026-11-17T12:45:00.25Z"),
        ("2026-11-17t13:45:00z", "UTC", "2026-11-17T13:45:00Z"),
        ("2026-11-17 13:45 UTC", "Europe/Berlin", "2026-11-17T13:45:00Z"),
        ("2026-11-17T13:45:00-0530", "UTC", "2026-11-17T19:15:00Z"),
        ("1795010700", "Europe/Berlin", "2026-11-18T14:05:00Z"),
        ("1795010700.5", "UTC", "2026-11-18T14:05:00.5Z"),
        ("1795010700123", "UTC", "2026-11-18T14:05:00.123Z"),
    ],
)
def test_a_time_is_read_in_its_own_zone_or_else_in_the_given_one(text: str, tz: str, utc: str) -> None:
    time, _ = parse_time(text, now=NOW, tz=tz)
    assert time == pd.Timestamp(utc)
    assert str(time.tz) == "UTC"
    assert time.unit == "ns"


@pytest.mark.parametrize("text", ["-2h", "now", "2026-11-17T13:45:00Z", "1795010700", "14:00Z"])
def test_nothing_is_said_back_where_the_zone_is_no_question(text: str) -> None:
    assert parse_time(text, now=NOW, tz="Europe/Berlin")[1] == ""


def test_the_zone_is_said_back_where_the_text_told_none() -> None:
    assert parse_time("13:45", now=NOW)[1] == "13:45 is read as 2026-11-22 13:45:00 UTC"
    assert "Europe/Berlin, 2026-11-17 12:45:00 UTC" in parse_time("2026-11-17 13:45", now=NOW, tz="Europe/Berlin")[1]


@pytest.mark.parametrize(("text", "how"), [("2026-10-25 02:30", "comes twice"), ("2026-03-29 02:30", "does not exist")])
def test_a_time_that_the_clocks_show_twice_or_never_names_both_candidates(text: str, how: str) -> None:
    with pytest.raises(UsageError, match=how) as raised:
        parse_time(text, now=NOW, tz="Europe/Berlin")
    assert raised.value.hint == f"write {text[:10]}T00:30:00Z or {text[:10]}T01:30:00Z, as meant"


def test_a_date_alone_is_the_first_instant_of_that_day_even_where_midnight_is_skipped() -> None:
    time, note = parse_time("2024-03-31", now=NOW, tz="Asia/Beirut")
    assert time == pd.Timestamp("2024-03-30T22:00:00Z")
    assert "2024-03-31 01:00:00 Asia/Beirut" in note


@pytest.mark.parametrize(
    "text",
    ["", "soon", "25:00", "13:60", "2026-02-30", "2026-13-01", "9999-01-01", "05/06/2026", "-2", "2h", "-0s", "--2h",
     "12345", "99999999999", "2026-11-17T13:45:00+99:00", "today-2h", "2026-11-17T13:45:00Zx", "\x00", "١٣:٤٥"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_time(text, now=NOW)
    assert raised.value.hint


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "", "/etc/localtime", "Europe", "a\x00b"])
def test_an_unknown_zone_is_the_users_to_correct(name: str) -> None:
    with pytest.raises(UsageError, match="not known here"):
        parse_zone(name)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("2h30m", 9000), ("1d", 86400), ("500ms", 0.5), ("1.5h", 5400), (" 15s ", 15)]
)
def test_durations_are_those_of_promql(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "m", "-1h", "1h 30m", "0s", "1000y", "1M", "9" * 400 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_duration_s(text)


@pytest.mark.parametrize(
    ("text", "resolution_s"),
    [("2026-11-17", 86400.0), ("2026-11-17 13:45", 60.0), ("2026-11-17 13:45:00", 0.0), ("1795010700", 0.0)],
)
def test_how_finely_a_time_was_given_is_kept(text: str, resolution_s: float) -> None:
    assert read_time(text, tz="UTC").resolution_s == resolution_s


def test_a_clock_time_alone_needs_a_date() -> None:
    with pytest.raises(UsageError, match="has no date"):
        read_time("13:45", tz="UTC")


@given(
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2037, 1, 1)),  # noqa: DTZ001 - wall times are meant
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Beirut", "Africa/Casablanca"]),
)
def test_a_wall_time_is_either_read_so_that_the_clocks_show_it_or_refused(wall: datetime, tz: str) -> None:
    wall = wall.replace(microsecond=0)
    shown = {wall.replace(tzinfo=parse_zone(tz), fold=fold).astimezone(UTC) for fold in (0, 1)}
    if len(shown) == 2:
        with pytest.raises(UsageError, match="where the clocks change"):
            localize(wall, tz=tz)
    else:
        assert localize(wall, tz=tz).tz_convert(parse_zone(tz)).tz_localize(None) == pd.Timestamp(wall)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_an_error_for_the_user(text: str) -> None:
    try:
        time, _ = parse_time(text, now=NOW)
    except UsageError:
        return
    assert time.tz is not None
