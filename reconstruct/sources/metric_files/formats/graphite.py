"""Graphite's render API: raw CSV, its raw text, and JSON (which grafana_frames reads)."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder

_RAW: Final = re.compile(r"^(?P<name>[^,|]+),(?P<start>\d{9,10}),(?P<end>\d{9,10}),(?P<step>\d+)\|(?P<values>.*)$")
_CSV_TIME: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")


def read_graphite(content: Content, *, tz: str) -> Parsed | None:
    """`path,2026-11-17 12:00:00,0.02` without a header (`format=csv`), or `path,start,end,step|v,v` (`format=raw`).

    Tags of a tagged series (`name;tag=value`) are labels.

    Source: graphite.readthedocs.io, The Render URL API.
    """
    first = content.text[:4096].partition("\n")[0].strip()
    recorder = Recorder(tz=tz)
    if _RAW.match(first):
        for line in content.lines():
            raw = _RAW.match(line.strip())
            if raw:
                start, step = int(raw["start"]), int(raw["step"])
                values = raw["values"].split(",")
                name, labels = _path(raw["name"])
                recorder.add(name, labels, [float(start + n * step) for n in range(len(values))], values)
        return Parsed(recorder.tracks())
    cells = next(csv.reader([first]), [])
    if len(cells) != 3 or not _CSV_TIME.match(cells[1].strip()):
        return None
    for row in csv.reader(io.StringIO(content.text)):
        if len(row) == 3:
            name, labels = _path(row[0])
            recorder.add(name, labels, [row[1].strip()], [row[2] or None])
    return Parsed(recorder.tracks(), zoneless=True)


def _path(text: str) -> tuple[str, dict[str, str]]:
    name, *tags = text.strip().split(";")
    return name, dict(tag.split("=", 1) for tag in tags if "=" in tag)
