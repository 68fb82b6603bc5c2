"""Locust's `_stats_history.csv`."""

from __future__ import annotations

import csv
import io
from typing import Final

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import WrittenUnit

_MS: Final = WrittenUnit("seconds", 1e-3)
_COLUMNS: Final = {
    "Requests/s": ("requests_per_second", WrittenUnit("per second")),
    "Failures/s": ("failed_requests_per_second", WrittenUnit("per second")),
    "95%": ("response_time_p95", _MS),
    "50%": ("response_time_p50", _MS),
    "User Count": ("users", None),
}
"""Its averages and totals are of the whole run so far, and show a change late or not at all."""


def read_locust(content: Content, *, tz: str) -> Parsed | None:
    """Requests, failures and response times by request; the row `Aggregated` is all of them.

    Raises
    ------
    UsageError
        If it is one of Locust's files without times.

    Source: docs.locust.io, Retrieve test statistics in CSV format.
    """
    first = content.text.lstrip("\ufeff").partition("\n")[0]
    if first.startswith("Type,Name,Request Count"):
        raise UsageError(
            f"{content.path} is Locust's summary, which has no times",
            hint="give the file that ends in _stats_history.csv (locust --csv NAME --csv-full-history)",
        )
    if not first.startswith("Timestamp,User Count,Type,Name"):
        return None
    recorder = Recorder(tz=tz)
    for row in csv.DictReader(io.StringIO(content.text.lstrip("\ufeff"))):
        whole = row["Name"] == "Aggregated"
        labels = {} if whole else {"request": row["Name"], "method": row["Type"]}
        for column, (name, unit) in _COLUMNS.items():
            cell = row.get(column) or ""
            if cell not in ("", "N/A") and (whole or column != "User Count"):
                recorder.add(name, labels, [float(row["Timestamp"])], [cell], unit=unit)
    return Parsed(recorder.tracks())
