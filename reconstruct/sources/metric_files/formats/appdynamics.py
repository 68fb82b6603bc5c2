"""AppDynamics: `/controller/rest/applications/APP/metric-data` with `output=JSON` and `rollup=false`."""

from __future__ import annotations

import re

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import unit_of_vendor


def read_appdynamics(content: Content, *, tz: str) -> Parsed | None:
    """A list of objects with `metricPath` and `metricValues`; the path's last part is the metric, that before it whose.

    Source: docs.appdynamics.com, Metric and Snapshot API.
    """
    document = content.document
    if not isinstance(document, list) or not document:
        return None
    if not all(isinstance(one, dict) and "metricPath" in one and "metricValues" in one for one in document):
        return None
    recorder = Recorder(tz=tz)
    for one in document:
        *path, name = str(one["metricPath"]).split("|")
        unit = re.search(r"\(([^)]+)\)$", name)
        values = one["metricValues"] or []
        recorder.add(
            re.sub(r"\s*\([^)]*\)$", "", name),
            {"service": path[-1] if path else "", "path": "|".join(path)},
            [value["startTimeInMillis"] for value in values],
            [value["value"] for value in values],
            unit=unit_of_vendor(unit[1]) if unit else None,
        )
    return Parsed(recorder.tracks())
