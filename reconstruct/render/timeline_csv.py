"""timeline.csv: one row an entry, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from typing import Final

from reconstruct.model import Incident
from reconstruct.text.entries import entry_words
from reconstruct.text.escape import csv_cell
from reconstruct.text.times import clock_of, iso, iso_or_none

COLUMNS: Final = (
    "id",
    "time",
    "end",
    "earliest",
    "latest",
    "level",
    "kind",
    "rule",
    "service",
    "namespace",
    "cluster",
    "title",
    "detail",
    "evidence",
)


def to_csv(incident: Incident) -> str:
    """The timeline as RFC 4180, times RFC 3339 UTC, evidence as ids with a space between.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    words = entry_words(incident, clock=clock_of(incident))
    for entry in incident.timeline:
        moment = entry.moment
        evidence = " ".join(entry.evidence)
        told = (entry.level, entry.kind, entry.rule, *entry.service, *words[entry.id], evidence)
        times = (iso(moment.time), iso_or_none(entry.end) or "", iso(moment.earliest), iso(moment.latest))
        rows.writerow((entry.id, *times, *(csv_cell(cell) for cell in told)))
    return text.getvalue()
