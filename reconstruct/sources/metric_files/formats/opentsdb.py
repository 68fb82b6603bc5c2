"""OpenTSDB's `/api/query`: metric, tags, and samples by their time."""

from __future__ import annotations

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder


def read_opentsdb(content: Content, *, tz: str) -> Parsed | None:
    """A list of objects with `metric`, `tags` and `dps`; `dps` is an object by time, or pairs (`arrays=true`).

    Source: opentsdb.net, HTTP API, /api/query.
    """
    document = content.document
    if not isinstance(document, list) or not document:
        return None
    if not all(isinstance(one, dict) and "metric" in one and "dps" in one for one in document):
        return None
    recorder = Recorder(tz=tz)
    for one in document:
        pairs = list(one["dps"].items()) if isinstance(one["dps"], dict) else list(one["dps"] or [])
        tags = one.get("tags") if isinstance(one.get("tags"), dict) else {}
        recorder.add(str(one["metric"]), tags, [float(pair[0]) for pair in pairs], [pair[1] for pair in pairs])
    return Parsed(recorder.tracks())
