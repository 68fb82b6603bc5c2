from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reconstruct.sources.changes.registry import Reading, read_source
from reconstruct.sources.result import SourceResult
from tests.sources.changes.reading import WINDOW


def calendar(tmp_path: Path, *lines: str, tz: str = "UTC") -> SourceResult:
    path = tmp_path / "maintenance.ics"
    whole = ("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR")
    path.write_bytes("\r\n".join(whole).encode())
    return read_source(str(path), window=WINDOW, reading=Reading(tz=tz))


@pytest.mark.parametrize(
    "begins",
    [
        "DTSTART:20261117T135501Z",
        "DTSTART;TZID=Europe/Berlin:20261117T145501",
        'DTSTART;X-A="a:b;c";TZID="Europe/Berlin":20261117T145501',
        "DTSTART;TZID=America/New_York:20261117T085501",
    ],
)
def test_a_planned_change_is_asked_for_at_the_instant_that_its_zone_means(tmp_path: Path, begins: str) -> None:
    (event,) = calendar(tmp_path, begins, "DURATION:PT1H30M", "SUMMARY:Deploy shop 2.20.0", "UID:7").events
    assert event.time == pd.Timestamp("2026-11-17T13:55:01Z")
    assert event.end == pd.Timestamp("2026-11-17T15:25:01Z")
    assert (event.kind, event.state, event.took_effect, event.source_id) == ("deploy", "requested", False, "7")


def test_lines_are_unfolded_escapes_are_read_and_parts_of_an_appointment_are_not_it(tmp_path: Path) -> None:
    lines = ("DTSTART:20261117T135501Z", "SUMMARY:Move the database\\, both", "  replicas", "STATUS:CANCELLED")
    alarm = ("BEGIN:VALARM", "SUMMARY:reminder", "TRIGGER:-PT15M", "DURATION:PT5M", "END:VALARM")
    (event,) = calendar(tmp_path, *lines, *alarm).events
    assert (event.title, event.state, event.end) == ("Move the database, both replicas", "cancelled", None)


def test_what_repeats_is_a_gap_and_not_its_first_time(tmp_path: Path) -> None:
    told = calendar(tmp_path, "DTSTART:20261103T135501Z", "RRULE:FREQ=WEEKLY", "SUMMARY:Patch day")
    assert told.events == ()
    assert "repeats" in told.gaps[0].cause


@pytest.mark.parametrize("begins", ["DTSTART;TZID=Somewhere/Else:20261117T145501", "DTSTART:tomorrow", "SUMMARY:x"])
def test_a_time_that_is_not_understood_is_a_gap(tmp_path: Path, begins: str) -> None:
    told = calendar(tmp_path, begins)
    assert (told.events, len(told.gaps)) == ((), 1)


def test_a_time_of_no_zone_is_read_in_the_users_and_said(tmp_path: Path) -> None:
    told = calendar(tmp_path, "DTSTART:20261117T145501", "SUMMARY:x", tz="Europe/Berlin")
    assert told.events[0].time == pd.Timestamp("2026-11-17T13:55:01Z")
    assert any("Europe/Berlin" in note for note in told.notes)


def test_who_was_invited_is_nowhere(tmp_path: Path) -> None:
    people = ("ORGANIZER;CN=Mona Lisa:mailto:mona@acme.example", "ATTENDEE;CN=Anna:mailto:anna@acme.example")
    told = calendar(tmp_path, "DTSTART:20261117T135501Z", "SUMMARY:Reboot with Mona Lisa", *people)
    assert not {"Mona", "Anna", "@acme"} & set(repr(told).replace("'", " ").split())
    assert "Mona" not in repr(told)
