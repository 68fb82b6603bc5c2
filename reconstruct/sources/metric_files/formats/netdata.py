"""Netdata's `/api/v1/data` and `/api/v2/data` with `format=json`: a chart's dimensions, newest first."""

from __future__ import annotations

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import unit_of_vendor


def read_netdata(content: Content, *, tz: str) -> Parsed | None:
    """`labels` whose first is `time`, and rows of `data`; version 2 has `[value, anomaly rate, flags]` in a cell.

    The file's name is the chart's, where nothing else tells it. Source: learn.netdata.cloud, Queries.
    """
    document = content.document
    if not isinstance(document, dict):
        return None
    result = document.get("result", document)
    labels, rows = (result.get("labels"), result.get("data")) if isinstance(result, dict) else (None, None)
    if not isinstance(labels, list) or not isinstance(rows, list) or labels[:1] != ["time"]:
        return None
    view = document.get("view")
    told = view.get("units") if isinstance(view, dict) else None
    unit = unit_of_vendor("percent" if told == "percentage" else told) if isinstance(told, str) else None
    recorder = Recorder(tz=tz)
    for place, dimension in enumerate(labels[1:], start=1):
        cells = [row[place] for row in rows]
        values = [cell[0] if isinstance(cell, list) else cell for cell in cells]
        recorder.add(content.stem, {"dimension": str(dimension)}, [row[0] for row in rows], values, unit=unit)
    return Parsed(recorder.tracks())
