"""dstat, dool and pcp-dstat: `--output FILE` with `-T`, which writes the epoch."""

from __future__ import annotations

import csv
import re

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import unit_of_vendor


def read_dstat(content: Content, *, tz: str) -> Parsed | None:
    """Two lines of headers, of which the first names groups of columns; the shares of a CPU are percent.

    Raises
    ------
    UsageError
        If it has no column `epoch`: dstat's own times tell no year.
    """
    text = content.text
    if not re.match(r'"?(?:pcp-)?(?:dstat|dool) ', text, re.IGNORECASE):
        return None
    rows = [row for row in csv.reader(text.splitlines()) if row]
    place = next((n for n, row in enumerate(rows) if n and "epoch" in row and "epoch" in rows[n - 1]), None)
    if place is None:
        raise UsageError(f"{content.path} has no column epoch", hint="run dstat with -T: its own times tell no year")
    groups, names = rows[place - 1], rows[place]
    host = next((row[1] for row in rows[:place] if row[0] == "Host:" and len(row) > 1), "")
    samples = [row for row in rows[place + 1 :] if len(row) == len(names)]
    times = [float(row[names.index("epoch")]) for row in samples]
    recorder = Recorder(tz=tz)
    group = ""
    for column, name in enumerate(names):
        group = (groups[column] if column < len(groups) else "") or group
        if name == "epoch" or ("cpu" in group and name in ("idl", "idle")):  # what the other shares leave
            continue
        unit = unit_of_vendor("percent") if "cpu" in group else None
        recorder.add(f"{group} {name}", {"host": host}, times, [row[column] for row in samples], unit=unit)
    return Parsed(recorder.tracks())
