"""Dynatrace's `/api/v2/metrics/query`."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder

_TRANSFORMED: Final = re.compile(r":(?:splitBy|filter|sort|limit|names|fold|parents|merge)\b.*$")
"""What a selector does to a metric behind its name; how it is aggregated (`:percentile(95)`) stays."""


def read_dynatrace(content: Content, *, tz: str) -> Parsed | None:
    """`result[].data[]`: dimensions, times in milliseconds, values.

    Source: docs.dynatrace.com, Metrics API - GET data points.
    """
    document = content.document
    result = document.get("result") if isinstance(document, dict) else None
    if not isinstance(result, list) or not any(isinstance(one, dict) and "metricId" in one for one in result):
        return None
    recorder = Recorder(tz=tz)
    for metric in result:
        name = _TRANSFORMED.sub("", str(metric.get("metricId") or content.stem))
        for one in metric.get("data") or []:
            labels = one.get("dimensionMap") or {
                f"dimension_{place}": text for place, text in enumerate(one.get("dimensions") or [], start=1)
            }
            recorder.add(name, labels, [float(t) for t in one.get("timestamps") or []], one.get("values") or [])
    return Parsed(recorder.tracks())
