from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.errors import UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.times import TimeReading, leading_time, read_span
from reconstruct.sources.metric_files.cells import NO_TIME, read_times

NOON = pd.Timestamp("2026-11-17T12:00Z")
READING = TimeReading(Window(NOON, NOON + pd.Timedelta("6h"), pd.Timedelta("15s"), NOON), "UTC")


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("14:00-14:30", "17 14:00", "17 14:30"),
        ("10:00-10:30", "17 10:00", "17 10:30"),
        ("13:55 - 14:10", "17 13:55", "17 14:10"),
        ("14:00–14:30", "17 14:00", "17 14:30"),
        ("14:00 — 14:30 CET", "17 13:00", "17 13:30"),
        ("from_", "", ""),
        ("14:00 to 14:30 UTC", "17 14:00", "17 14:30"),
        ("5:00 - 6:10 PM", "17 17:00", "17 18:10"),
        ("11:30 - 1:00 PM", "17 11:30", "17 13:00"),
        ("23:50-00:10", "17 23:50", "18 00:10"),
        ("2026-11-17 14:00-14:30", "17 14:00", "17 14:30"),
        ("2026-11-17T14:00Z/2026-11-17T14:30Z", "17 14:00", "17 14:30"),
        ("14:00-05:00", "17 19:00", None),
        ("2026-11-17T05:00-08:00", "17 13:00", None),
        ("2026-11-17 15:55:30 +0200", "17 13:55", None),
    ],
)
def test_a_dash_between_clocks_is_a_range_and_before_an_offset_a_zone(text: str, begin: str, end: str | None) -> None:
    if not begin:
        with pytest.raises(UsageError):
            read_span(text, reading=READING)
        return
    first, last = read_span(text, reading=READING)
    assert f"{first.time:%d %H:%M}" == begin
    assert (None if last is None else f"{last.time:%d %H:%M}") == end


def test_what_can_be_a_range_or_an_offset_is_asked_about() -> None:
    with pytest.raises(UsageError, match="from 05:00 to 08:00, or 05:00 at the offset -08:00"):
        read_span("05:00-08:00", reading=READING)


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("14:55 CET deployed shop", "14:55 CET"),
        ("14:05 GET /orders is slow", "14:05"),
        ("2026-11-17 15:55:30 +0200 find orders", "2026-11-17 15:55:30 +0200"),
        ("14:00-14:30 network checked", "14:00-14:30"),
        ("13:55 - deploy of shop", "13:55"),
        ("14:00 +2 from me", "14:00"),
        ("Nov 17 13:55:30 web-1 restarted", "Nov 17 13:55:30"),
        ("14:00 IST page", "14:00 IST"),
        ("no time", None),
    ],
)
def test_all_that_belongs_to_a_lines_time_is_taken(line: str, time: str | None) -> None:
    found = leading_time(line)
    assert (None if found is None else found[0]) == time


@pytest.mark.parametrize("line", ["14:00+2 x", "14:55h30 x", "14:00.5 x", "14:00-3 x", "14:00°"])
def test_a_time_that_goes_on_in_a_way_that_is_not_known_is_not_read_shorter(line: str) -> None:
    with pytest.raises(UsageError):
        leading_time(line)


@given(st.text(max_size=40))
def test_any_text_is_a_span_or_an_error_for_the_user(text: str) -> None:
    try:
        first, last = read_span(text, reading=READING)
    except UsageError:
        return
    assert str(first.time.tz) == "UTC"
    assert last is None or str(last.time.tz) == "UTC"


FORMS = (
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y, %H:%M:%S"),
    *("%d %b %Y %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%b %d, %Y, %I:%M:%S %p", "%a, %d %b %Y %H:%M:%S", "%Y%m%dT%H%M%S"),
    *("%A, %B %d, %Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000"),
    *("%Y-%m-%d %H:%M:%S,000", "%d/%b/%Y:%H:%M:%S", "%a %b %d %H:%M:%S %Y", "%d. %B %Y %H:%M:%S"),
    *("%Y-%m-%d %I:%M:%S %p", "%H:%M:%S %d.%m.%Y", "%b %d, %Y @ %H:%M:%S", "%d %B %Y at %H:%M:%S", "%Y-%m-%d %H.%M.%S"),
)
ZONES = {
    **dict.fromkeys(("", "Z", " Z", " UTC", " GMT", "+00:00", " +0000", " +0000 UTC"), "UTC"),
    **dict.fromkeys(("+01:00", " +0100", "+01", " CET", " (CET)", " UTC+1", " GMT+01:00", " MEZ"), "Europe/Berlin"),
    **dict.fromkeys((" Europe/Berlin", "+01:00[Europe/Berlin]", " +0100 CET"), "Europe/Berlin"),
    **dict.fromkeys((" EST", " -0500", "-05:00", "\u221205:00", " Eastern Standard Time"), "America/New_York"),
    "+05:30": "Asia/Kolkata",
    " PT": "America/Los_Angeles",
    " JST": "Asia/Tokyo",
    "+14:00": "Etc/GMT-14",
    " -0330": "America/St_Johns",
    " America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires",
}
MEANT = pd.Timestamp("2026-11-17T13:55:30Z")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zone", sorted(ZONES))
def test_a_spelling_is_read_as_what_it_means_or_not_at_all(form: str, zone: str) -> None:
    text = MEANT.tz_convert(ZONES[zone]).strftime(form) + zone
    try:
        read = read_span(text, reading=READING)[0].time
    except UsageError:
        read = None
    (cell,) = read_times(pd.Series([text]), tz="UTC").values
    for found in (read, None if cell == NO_TIME else pd.Timestamp(int(cell), tz="UTC")):
        assert found in (None, MEANT)


def test_most_spellings_are_read() -> None:
    texts = [MEANT.tz_convert(place).strftime(form) + zone for form in FORMS[:15] for zone, place in ZONES.items()]
    unread = [text for text, cell in zip(texts, read_times(pd.Series(texts), tz="UTC").values, strict=True) if cell < 0]
    assert all(text.endswith("MZ") for text in unread)


@pytest.mark.parametrize(
    "text",
    ["1.79E+12", "1.7949237E+09", "2026-11-17T13:55:30+01:00+02:00", "2026-11-17 13:55:30 IST", "17/11/26 13:55"],
)
def test_what_has_lost_digits_or_tells_two_zones_is_not_read(text: str) -> None:
    with pytest.raises(UsageError):
        read_span(text, reading=READING)
    assert read_times(pd.Series([text]), tz="UTC").values[0] == NO_TIME
