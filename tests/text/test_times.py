"""Every time in every sentence: its zone, its date where it needs one, and its mark where a page makes an element."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Moment
from reconstruct.text.times import MARKS, Clock, retold

LATE = pd.Timestamp("2026-11-17T23:55:45Z")
HOUR = pd.Timedelta("1h")


def test_times_on_two_days_carry_their_dates_and_a_span_within_one_day_carries_one() -> None:
    clock = Clock(dates=True)
    assert clock.span(LATE, LATE + HOUR) == "2026-11-17 23:55:45 to 2026-11-18 00:55:45"
    assert clock.span(LATE - HOUR, LATE) == "2026-11-17 22:55:45 to 23:55:45"


def test_another_zone_moves_the_clock_and_its_midnight() -> None:
    clock = Clock("Europe/Berlin", dates=True)
    assert clock.span(LATE - HOUR, LATE) == "2026-11-17 23:55:45 to 2026-11-18 00:55:45"


def test_an_interval_narrower_than_clocks_agree_is_not_told() -> None:
    assert Clock().bounds(Moment(LATE, LATE, LATE + pd.Timedelta("0.5s"))) == ""
    assert Clock().bounds(Moment(LATE, LATE, LATE + pd.Timedelta("1.2s"))) == "23:55:45 to 23:55:46"
    assert Clock().bounds(Moment(LATE, LATE - pd.Timedelta("15s"), LATE)) == "23:55:30 to 23:55:45"


def test_a_marked_time_holds_the_instant_beside_its_words() -> None:
    first, middle, last = MARKS
    assert Clock(marked=True).time(LATE) == f"{first}2026-11-17T23:55:45Z{middle}23:55:45{last}"


def test_a_finished_sentence_takes_the_date_or_zone_of_times_that_are_known_and_leaves_others_as_they_stand() -> None:
    text = "out at 23:55:45, gone at 00:20:00"
    assert retold(text, [LATE], Clock("Asia/Tokyo")) == "out at 08:55:45, gone at 00:20:00"
    assert retold(text, [LATE, LATE - 24 * HOUR], Clock("Asia/Tokyo")) == text


def test_a_longer_run_of_digits_is_no_clock_time() -> None:
    assert retold("id 123:55:45 or 23:55:451", [LATE], Clock("Asia/Tokyo")) == "id 123:55:45 or 23:55:451"
