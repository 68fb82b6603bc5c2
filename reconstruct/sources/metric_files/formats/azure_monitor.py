"""Azure Monitor: `az monitor metrics list`."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

AGGREGATIONS: Final = ("average", "total", "maximum", "minimum", "count")
_RATES: Final = {"": "per second", "count": "per second", "bytes": "bytes per second"}
"""What a total in some unit is a second."""
_DURATION: Final = re.compile(r"P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?")


def read_azure_monitor(content: Content, *, tz: str) -> Parsed | None:
    """`{"value": [{"name", "unit", "timeseries": [{"metadatavalues", "data": [{"timeStamp", "average", ...}]}]}]}`.

    The resource of the metric's id is a label. A total is what came in each interval, and becomes its rate per second.

    Source: learn.microsoft.com, Metrics - List (Azure Monitor).
    """
    document = content.document
    values = document.get("value") if isinstance(document, dict) else None
    if not isinstance(values, list) or not all(isinstance(one, dict) and "timeseries" in one for one in values):
        return None
    recorder = Recorder(tz=tz)
    interval = str(document.get("interval") or "")
    interval_s = pd.Timedelta(interval).total_seconds() if _DURATION.fullmatch(interval) else 0.0
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
                rated = how == "total" and interval_s > 0 and (unit is None or unit.unit in _RATES)
                recorder.add(
                    name,
                    labels | ({"aggregation": how} if len(told) > 1 else {}),
                    [point["timeStamp"] for point in points],
                    [float(point[how]) / interval_s if rated else point[how] for point in points],
                    unit=_rate(unit) if rated else None if how == "count" else unit,
                )
    return Parsed(recorder.tracks())


def _rate(unit: WrittenUnit | None) -> WrittenUnit:
    return WrittenUnit(_RATES[unit.unit if unit else ""], unit.factor if unit else 1.0)
