"""JSON lines of VictoriaMetrics' `/api/v1/export`."""

from __future__ import annotations

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder


def read_victoriametrics(content: Content, *, tz: str) -> Parsed | None:
    """`{"metric": {...}, "values": [...], "timestamps": [ms, ...]}`, one a line.

    Source: docs.victoriametrics.com, How to export data in JSON line format.
    """
    lines = content.json_lines
    if not lines or not all({"metric", "values", "timestamps"} <= set(line) for line in lines):
        return None
    recorder = Recorder(tz=tz)
    for line in lines:
        labels = {str(k): str(v) for k, v in line["metric"].items()}
        name = labels.pop("__name__", content.stem)
        recorder.add(name, labels, line["timestamps"], line["values"])
    return Parsed(recorder.tracks())
