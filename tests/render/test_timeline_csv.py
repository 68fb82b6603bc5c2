"""timeline.csv: one row an entry, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd

from reconstruct.render.timeline_csv import COLUMNS, to_csv
from tests.render import stories as made
from tests.render.stories import classic


def test_each_entry_is_one_row_with_its_evidence() -> None:
    story = classic()
    rows = list(csv.DictReader(io.StringIO(to_csv(story), newline="")))
    assert [row["id"] for row in rows] == [entry.id for entry in story.timeline]
    deploy = rows[2]
    assert (deploy["time"], deploy["kind"], deploy["service"]) == ("2026-11-17T13:55:30Z", "change", "shop")
    assert deploy["evidence"] == "e3"


def test_pandas_reads_it_with_times() -> None:
    frame = pd.read_csv(io.StringIO(to_csv(classic())), parse_dates=["time", "earliest", "latest"])
    assert list(frame.columns) == list(COLUMNS)
    assert frame["time"].dt.tz is not None
    assert (frame["earliest"] <= frame["time"]).all()


def test_no_cell_is_a_formula_a_line_break_or_a_control_character() -> None:
    story = made.hostile()
    titles = ["=cmd|'/c calc'!A0", "+1", "-2", "@SUM(A1)", "\t=1", "first\r\n=second", "\x1b[31m"]
    timeline = tuple(
        replace(entry, facts={"title": title}) for entry, title in zip(story.timeline, titles, strict=False)
    )
    text = to_csv(replace(story, timeline=timeline))
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r\n|")]
    assert len(text.splitlines()) == len(timeline) + 1
    assert "\x1b" not in text
