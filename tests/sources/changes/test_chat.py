from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.chat import parse_chat
from reconstruct.sources.result import SourceRequest, SourceResult

START = pd.Timestamp("2026-11-17T13:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("3h"), pd.Timedelta("15s"), START)


def read(text: str, *, tz: str = "UTC", authors: bool = False) -> SourceResult:
    return parse_chat(text, name="chat.md", ask=SourceRequest("chat.md", WINDOW, tz=tz, authors=authors))


@pytest.mark.parametrize(
    "line",
    [
        "13:45 rolled back shop",
        "- 13:45 rolled back shop",
        "* 13:45 UTC - rolled back shop",
        "[13:45] rolled back shop",
        "**13:45** rolled back shop",
        "13:45Z: rolled back shop",
        "| 13:45 | rolled back shop |",
        "`13:45` rolled back shop",
        "1:45 PM rolled back shop",
        "> 13:45 – rolled back shop",
        "2026-11-17 13:45 rolled back shop",
        "2026-11-17T13:45:00Z rolled back shop",
        "17.11.2026, 13:45 rolled back shop",
    ],
)
def test_the_usual_ways_to_write_a_line_are_read(line: str) -> None:
    (event,) = read(line).events
    assert event.time == pd.Timestamp("2026-11-17T13:45:00Z")
    assert event.title == "rolled back shop"
    assert event.kind == "note"  # what people say of a rollback is not the rollback
    assert event.source_id == "line 1"


def test_times_to_the_minute_are_given_to_the_minute() -> None:
    events = read("13:45 a\n13:45:30 b").events
    assert [event.resolution_s for event in events] == [60.0, 0.0]


def test_lines_below_a_time_belong_to_it_and_lines_above_the_first_are_one_gap() -> None:
    ledger = read("# Notes\nby nobody\n\n13:45 page\nsecond line\n\n13:50 next")
    assert [event.title for event in ledger.events] == ["page second line", "next"]
    assert [gap.missing for gap in ledger.gaps] == ["notes on 2 lines (1, 2)"]


def test_a_date_heading_dates_what_stands_below_it() -> None:
    events = read("## 2026-11-16\n23:50 a\n--- 2026-11-17 ---\n00:10 b").events
    assert [str(event.time) for event in events] == ["2026-11-16 23:50:00+00:00", "2026-11-17 00:10:00+00:00"]


def test_who_said_it_is_dropped_unless_asked_for() -> None:
    text = "13:45 <anna> looks like the database\n13:46 @tomek: agreed\n13:47 Page: response times high"
    assert [event.title for event in read(text).events] == [
        "looks like the database",
        "agreed",
        "Page: response times high",
    ]
    assert [dict(event.labels) for event in read(text, authors=True).events] == [
        {"author": "anna"},
        {"author": "tomek"},
        {},
    ]


def test_a_time_that_cannot_be_is_a_gap_that_names_its_line() -> None:
    ledger = read("13:45 a\n27:99 b")
    assert [gap.missing for gap in ledger.gaps] == ["the note on line 2"]


def test_the_zone_of_bare_times_is_said() -> None:
    ledger = read("14:45 a", tz="Europe/Berlin")
    assert ledger.events[0].time == pd.Timestamp("2026-11-17T13:45:00Z")
    assert ledger.notes == ("times without a zone in chat.md are read as Europe/Berlin",)


def test_a_time_with_its_own_zone_needs_no_note() -> None:
    assert read("2026-11-17T13:45:00Z a", tz="Europe/Berlin").notes == ()


def test_text_without_any_time_is_refused() -> None:
    with pytest.raises(UsageError, match="no line begins with a time"):
        read("all is well")


@pytest.mark.parametrize(
    "line",
    [
        "<165>1 2026-11-17T13:45:00Z shop-1 deployer 12 ID47 - rolled back shop",
        'time="2026-11-17T13:45:00Z" level=info msg="rolled back shop"',
        "ts=2026-11-17T13:45:00Z rolled back shop",
        "[1794923100] EXTERNAL: rolled back shop",
        "2026-11-17 13:45:00\tanna\trolled back shop",
    ],
)
def test_logs_whose_time_does_not_stand_bare_in_front_are_read(line: str) -> None:
    (event,) = read(line + "\n").events
    assert event.time == pd.Timestamp("2026-11-17T13:45:00Z")
    assert "rolled back shop" in event.title
    assert "anna" not in event.title


def test_who_came_and_went_is_no_note() -> None:
    told = read("2026-11-17 13:45:00\tanna\thello\n2026-11-17 13:46:00\t-->\tbob joined\n")
    assert [event.title for event in told.events] == ["hello"]


def test_a_messengers_copy_with_the_name_beside_the_time_keeps_no_name() -> None:
    told = read("[11/17/2026 1:45 PM] Anna Bee\nrolling back\n[11/17/2026 1:50 PM] Bob\nthanks\n")
    assert [event.title for event in told.events] == ["rolling back", "thanks"]
