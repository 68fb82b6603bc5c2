from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.errors import UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.files import read_events
from reconstruct.sources.result import SourceRequest, SourceResult

START = pd.Timestamp("2026-11-17T13:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("3h"), pd.Timedelta("15s"), START - pd.Timedelta("1h"))


def read(folder: Path, name: str, content: str | bytes, *, tz: str = "UTC", authors: bool = False) -> SourceResult:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_events(SourceRequest(str(path), WINDOW, tz=tz, authors=authors))


def test_json_lines_keep_every_field_of_the_contract(tmp_path: Path) -> None:
    row = {
        "id": 41023, "time": "2026-11-17T13:55:30Z", "end": "2026-11-17T14:05:30Z", "kind": "deploy",
        "service": "shop", "title": "shop 2.20.0", "version": "2.20.0", "previous": "2.14.1",
        "url": "https://ci.example/41023", "namespace": "prod", "cluster": "eu-1", "region": "eu",
    }  # fmt: skip
    (event,) = read(tmp_path, "deploys.jsonl", json.dumps(row)).events
    assert (event.source_id, event.kind, event.version, event.previous) == ("41023", "deploy", "2.20.0", "2.14.1")
    assert event.time == pd.Timestamp("2026-11-17T13:55:30Z")
    assert event.end == pd.Timestamp("2026-11-17T14:05:30Z")
    assert event.service == ("shop", "prod", "eu-1")
    assert event.url == "https://ci.example/41023"
    assert event.source == "deploys.jsonl"
    assert event.labels == {"region": "eu"}
    assert event.resolution_s == 0


@pytest.mark.parametrize("column", ["time", "timestamp", "at", "created_at"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.json", '[{{"{column}": "2026-11-17T13:55:30Z", "title": "x"}}]'),
        ("e.json", '{{"events": [{{"{column}": "2026-11-17T13:55:30Z", "title": "x"}}]}}'),
        ("e.json", '{{"{column}": 1794923730, "title": "x"}}'),
        ("e.jsonl", '\n{{"{column}": 1794923730000, "title": "x"}}\n\n'),
        ("e.csv", "{column},title\n2026-11-17T13:55:30Z,x\n"),
        ("e.csv", "\ufeffTitle;{column}\r\nx;2026-11-17 13:55:30\r\n"),
        ("e.csv", "sep=;\r\ntitle;{column}\r\nx;2026-11-17 13:55:30\r\n"),
        ("e.tsv", "title\t{column}\nx\t17.11.2026 13:55:30\n"),
    ],
)
def test_each_shape_and_each_name_of_the_time_is_read(tmp_path: Path, name: str, content: str, column: str) -> None:
    ledger = read(tmp_path, name, content.format(column=column))
    (event,) = ledger.events
    assert event.time == pd.Timestamp("2026-11-17T13:55:30Z")
    assert event.title == "x"
    assert ledger.gaps == ()


def test_a_row_that_cannot_be_read_is_a_gap_that_names_its_line_and_the_others_are_kept(tmp_path: Path) -> None:
    lines = [
        '{"time": "2026-11-17T13:55:30Z", "title": "good"}',
        '{"time": "soon", "title": "bad time"}',
        '{"title": "no time"}',
        "",
        "{not json",
        '["a list"]',
        '{"time": "2026-11-17T13:56:30Z"}',
        '{"time": "2026-11-17T13:57:30Z", "end": "2026-11-17T13:00:00Z", "title": "ends first"}',
        '{"time": "2026-11-17T13:58:30Z", "title": "good too"}',
    ]
    ledger = read(tmp_path, "e.jsonl", "\n".join(lines))
    assert [event.title for event in ledger.events] == ["good", "good too"]
    assert [gap.missing.rpartition(" ")[2] for gap in ledger.gaps] == ["2", "3", "5", "6", "7", "8"]
    assert all(gap.source == "e.jsonl" and gap.cause for gap in ledger.gaps)


def test_lines_of_a_csv_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    content = 'time,title\n2026-11-17 13:55,"two\nlines"\nsoon,x\n\n2026-11-17 14:00,a,b\n'
    ledger = read(tmp_path, "e.csv", content)
    assert [event.title for event in ledger.events] == ["two lines"]
    assert [gap.missing for gap in ledger.gaps] == ["the event on line 4", "the event on line 6"]
    assert "3 cells, the header 2" in ledger.gaps[1].cause


def test_a_spreadsheet_with_date_and_time_columns_and_full_minutes_is_read_to_the_minute(tmp_path: Path) -> None:
    content = "Date,Time,What\n17.11.2026,13:45,deploy shop\n17.11.2026,14:05:00,looked\n"
    ledger = read(tmp_path, "log.csv", content)
    assert [f"{event.time:%d %H:%M}" for event in ledger.events] == ["17 13:45", "17 14:05"]
    assert ledger.events[0].resolution_s == 60
    assert (ledger.events[0].kind, ledger.events[0].title) == ("deploy", "deploy shop")


def test_a_file_whose_times_all_lie_on_the_full_minute_was_written_to_the_minute(tmp_path: Path) -> None:
    def rows(*seconds: int) -> str:
        return "time,title\n" + "".join(f"2026-11-17T13:{m:02}:{s:02}Z,x{m}\n" for m, s in enumerate(seconds))

    assert {event.resolution_s for event in read(tmp_path, "a.csv", rows(0, 0, 0, 0)).events} == {60.0}
    assert {event.resolution_s for event in read(tmp_path, "b.csv", rows(0, 0, 0, 30)).events} == {0.0}
    assert {event.resolution_s for event in read(tmp_path, "c.csv", rows(0, 0, 0)).events} == {0.0}


def test_slashed_dates_are_read_as_the_rest_of_the_file_tells_and_else_are_gaps(tmp_path: Path) -> None:
    told = read(tmp_path, "a.csv", "time,title\n05/11/2026 13:45,a\n17/11/2026 13:45,b\n")
    assert [f"{event.time:%m-%d}" for event in told.events] == ["11-05", "11-17"]
    american = read(tmp_path, "b.csv", "time,title\n11/05/2026 1:45 PM,a\n11/17/2026 13:45,b\n")
    assert [f"{event.time:%m-%d %H:%M}" for event in american.events] == ["11-05 13:45", "11-17 13:45"]
    untold = read(tmp_path, "c.csv", "time,title\n05/11/2026 13:45,a\n11/11/2026 13:45,same either way\n")
    assert [event.title for event in untold.events] == ["same either way"]
    assert untold.gaps[0].missing == "the event on line 2"
    assert "2026-05-11 or 2026-11-05" in untold.gaps[0].cause
    mixed = read(tmp_path, "d.csv", "time,title\n17/11/2026,a\n11/17/2026,b\n05/06/2026,c\n")
    assert [gap.missing for gap in mixed.gaps] == ["the event on line 4"]


def test_a_clock_time_takes_the_date_that_the_window_tells(tmp_path: Path) -> None:
    (event,) = read(tmp_path, "e.csv", "time,title\n13:45,x\n").events
    assert event.time == pd.Timestamp("2026-11-17T13:45:00Z")
    assert event.resolution_s == 60
    (outside,) = read(tmp_path, "e.csv", "time,title\n17:30,outside it the nearest\n").events
    assert outside.time == pd.Timestamp("2026-11-17T17:30:00Z")


def test_a_clock_time_over_midnight_takes_the_day_that_lies_in_the_window(tmp_path: Path) -> None:
    night = pd.Timestamp("2026-11-17T23:00:00Z")
    window = Window(night, night + pd.Timedelta("3h"), pd.Timedelta("15s"), night)
    path = tmp_path / "e.csv"
    path.write_text("time,title\n23:30,a\n00:30,b\n", encoding="utf-8")
    events = read_events(SourceRequest(str(path), window)).events
    assert [str(event.time) for event in events] == ["2026-11-17 23:30:00+00:00", "2026-11-18 00:30:00+00:00"]


def test_a_clock_time_in_a_window_of_days_is_a_gap(tmp_path: Path) -> None:
    window = Window(START, START + pd.Timedelta("3D"), pd.Timedelta("15s"), START)
    path = tmp_path / "e.csv"
    path.write_text("time,title\n13:45,x\n2026-11-18 13:45,y\n", encoding="utf-8")
    ledger = read_events(SourceRequest(str(path), window))
    assert len(ledger.events) == 1
    assert "the window has several" in ledger.gaps[0].cause


def test_times_without_a_zone_are_read_in_the_given_one_and_that_is_said(tmp_path: Path) -> None:
    ledger = read(tmp_path, "e.csv", "time,title\n2026-11-17 14:45,a\n2026-10-25 02:30,twice\n", tz="Europe/Berlin")
    assert ledger.events[0].time == pd.Timestamp("2026-11-17T13:45:00Z")
    assert ledger.notes == ("times without a zone in e.csv are read as Europe/Berlin",)
    assert "comes twice" in ledger.gaps[0].cause
    assert (
        read(tmp_path, "e.csv", "time,title\n2026-11-17T14:45:00+01:00,a\n1794923730,b\n", tz="Asia/Tokyo").notes == ()
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("rollout", "deploy"), ("Release", "deploy"), ("feature flag", "flag"), ("feature_flag", "flag"),
        ("cron", "job"), ("revert", "rollback"), ("Roll-back", "rollback"), ("incident", "alert"), ("page", "alert"),
        ("config change", "config"), ("schema-change", "migration"), ("reboot", "restart"), ("autoscale", "scale"),
        ("comment", "note"),
    ],
)  # fmt: skip
def test_other_tools_words_for_kinds_are_known(tmp_path: Path, word: str, kind: str) -> None:
    (event,) = read(tmp_path, "e.csv", f"time,kind,title\n13:45,{word},x\n").events
    assert event.kind == kind
    assert "kind" not in event.labels


def test_an_unknown_kind_is_a_note_that_keeps_the_word(tmp_path: Path) -> None:
    (event,) = read(tmp_path, "e.csv", "time,kind,title\n13:45,Full moon,x\n").events
    assert event.kind == "note"
    assert event.labels == {"kind": "Full moon"}


@pytest.mark.parametrize(
    ("title", "version", "kind"),
    [
        ("Deployed shop", "", "deploy"),
        ("Rollback shop to 2.14", "2.14", "rollback"),
        ("shop is out", "2.15", "deploy"),
        ("the latest deploy is a suspect", "", "note"),
        ("flag new_footer on", "", "flag"),
    ],
)
def test_without_a_kind_the_beginning_of_the_title_or_a_version_tells(
    tmp_path: Path, title: str, version: str, kind: str
) -> None:
    (event,) = read(tmp_path, "e.csv", f"time,title,version\n13:45,{title},{version}\n").events
    assert event.kind == kind


def test_names_of_people_are_dropped_unless_asked_for(tmp_path: Path) -> None:
    content = "time,title,author,Triggered By\n13:45,x,anna,tomek\n"
    assert read(tmp_path, "e.csv", content).events[0].labels == {}
    assert read(tmp_path, "e.csv", content, authors=True).events[0].labels == {
        "author": "anna",
        "triggered_by": "tomek",
    }


def test_secrets_never_get_past_the_reading(tmp_path: Path) -> None:
    row = {
        "time": "2026-11-17T13:55:30Z",
        "title": "deployed with Authorization: Bearer abcdefgh12345678",
        "url": "https://me:hunter2@ci.example/1?token=sekrit&x=1",
        "dsn": "postgres://app:hunter2@db/shop",
    }
    ledger = read(tmp_path, "e.jsonl", json.dumps(row))
    assert not [word for word in ("hunter2", "sekrit", "abcdefgh12345678", "me:") if word in repr(ledger)]
    assert ledger.events[0].url.endswith("x=1")


def test_a_spreadsheets_encodings_are_read(tmp_path: Path) -> None:
    text = "time\ttitle\n13:45\tZürich\n"
    for content in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), text.encode("cp1252")):
        assert read(tmp_path, "e.csv", content).events[0].title == "Zürich"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.csv", "", "is empty"),
        ("e.csv", "what,who\na,b\n", "none of its columns is known as a time"),
        ("e.json", "{", "not JSON"),
        ("e.json", '"text"', "neither a list nor an object"),
        ("e.json", "[" * 100_000, "not JSON"),
        ("e.xlsx", "PK", "do not know how to read"),
        ("e.txt", "nothing with a time\n", "no line begins with a time"),
        ("e.json", '{"41022": [{"state": "success"}]}', "do not name their service"),
    ],
)
def test_a_file_without_any_events_to_understand_is_refused(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        read(tmp_path, name, content)
    assert raised.value.hint


def test_a_file_that_is_not_there_is_the_users_to_correct(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_events(SourceRequest(str(tmp_path / "absent.jsonl"), WINDOW))
    with pytest.raises(UsageError, match="cannot read"):
        read_events(SourceRequest(str(tmp_path), WINDOW))


def test_an_empty_json_lines_file_tells_nothing_and_lacks_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "e.jsonl", "") == SourceResult()


@given(st.lists(st.dictionaries(st.sampled_from(["time", "title", "id", "end", "kind", "x"]), st.text() | st.floats()
                                | st.integers() | st.none() | st.lists(st.text())), max_size=6))  # fmt: skip
def test_whatever_a_row_holds_it_is_an_event_or_a_gap(
    tmp_path_factory: pytest.TempPathFactory, rows: list[object]
) -> None:
    given = [{"time": "13:45", "title": "first"}, *rows]
    ledger = read(tmp_path_factory.mktemp("rows"), "e.jsonl", "\n".join(json.dumps(row) for row in given))
    assert len(ledger.events) + len(ledger.gaps) == len(given)
    json.dumps([event.title for event in ledger.events], ensure_ascii=False).encode("utf-8")


@given(st.text(max_size=300))
def test_whatever_a_csv_holds_no_line_is_lost_silently(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    content = "time,title\n2026-11-17 13:45,first\n" + text.replace("\ud800", "")
    ledger = read(tmp_path_factory.mktemp("csv"), "e.csv", content.encode("utf-8", "replace"))
    assert ledger.events
    assert ledger.events[0].title == "first"


def test_a_column_called_zone_is_a_time_zone_only_where_it_holds_one(tmp_path: Path) -> None:
    rows = "time,zone,title\n2026-11-17 13:55:30,eu-west-1a,x\n2026-11-17 14:55:30,CET,y\n"
    first, second = read(tmp_path, "e.csv", rows).events
    assert (first.time, second.time) == (pd.Timestamp("2026-11-17T13:55:30Z"), pd.Timestamp("2026-11-17T13:55:30Z"))
    assert (first.labels, second.labels) == ({"zone": "eu-west-1a"}, {})
