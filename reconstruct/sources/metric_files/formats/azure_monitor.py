"""Azure Monitor: `az monitor metrics list`."""

from __future__ import annotations

from typing import Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import unit_of_vendor

AGGREGATIONS: Final = ("average", "total", "maximum", "minimum", "count")


def read_azure_monitor(content: Content, *, tz: str) -> Parsed | None:
    """`{"value": [{"name", "unit", "timeseries": [{"metadatavalues", "data": [{"timeStamp", "average", ...}]}]}]}`.

    The resource of the metric's id is a label.

    Source: learn.microsoft.com, Metrics - List (Azure Monitor).
    """
    document = content.document
    values = document.get("value") if isinstance(document, dict) else None
    if not isinstance(values, list) or not all(isinstance(one, dict) and "timeseries" in one for one in values):
        return None
    recorder = Recorder(tz=tz)
    for one in values:
        name = str((one.get("name") or {}).get("value") or content.stem)
        unit = unit_of_vendor(one.get("unit"))
        resource = str(one.get("id") or "").partition("/providers/Microsoft.Insights/metrics")[0].rpartition("/")[2]
        for series in one["timeseries"] or ():
            labels = {str(m["name"]["value"]): str(m["value"]) for m in series.get("metadatavalues") or ()}
            labels |= {"resource": resource} if resource else {}
            data = series.get("data") or ()
            told = [how for how in AGGREGATIONS if any(point.get(how) is not None for point in data)]
            for how in told:
                points = [point for point in data if point.get(how) is not None]
                recorder.add(
                    name,
                    labels | ({"aggregation": how} if len(told) > 1 else {}),
                    [point["timeStamp"] for point in points],
                    [point[how] for point in points],
                    unit=None if how == "count" else unit,
                )
    return Parsed(recorder.tracks())
