"""Google Cloud Monitoring: `timeSeries.list` and `timeSeries.query`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

_OF_KUBERNETES: Final = {f"{name}_name": name for name in ("container", "pod", "namespace", "cluster", "node")}
"""Labels of Kubernetes' resources, as everybody else calls them."""
_VALUES: Final = ("doubleValue", "int64Value", "boolValue")


def read_google_monitoring(content: Content, *, tz: str) -> Parsed | None:
    """`{"timeSeries": [...]}` with points newest first, or `{"timeSeriesDescriptor", "timeSeriesData"}`.

    A DELTA is what came in each interval and becomes its rate per second; of a distribution its mean counts.
    Of several pages each is a line.

    Source: cloud.google.com/monitoring/api, TimeSeries and QueryTimeSeriesResponse.
    """
    document = content.document
    if len(pages := content.json_lines) > 1 and all("timeSeries" in page for page in pages):
        document = {"timeSeries": [one for page in pages for one in page["timeSeries"] or ()]}
    if isinstance(document, list) and document and all(_is_series(one) for one in document):
        document = {"timeSeries": document}
    if not isinstance(document, dict):
        return None
    recorder = Recorder(tz=tz)
    if isinstance(document.get("timeSeries"), list) and all(_is_series(one) for one in document["timeSeries"]):
        for one in document["timeSeries"]:
            _series(one, recorder=recorder)
        return Parsed(recorder.tracks())
    if isinstance(document.get("timeSeriesData"), list) and "timeSeriesDescriptor" in document:
        _query(document, recorder=recorder, stem=content.stem)
        return Parsed(recorder.tracks())
    return None


def _is_series(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("metric"), dict) and "points" in one and "type" in one["metric"]


def _series(one: Mapping[str, Any], *, recorder: Recorder) -> None:
    labels = {**((one.get("resource") or {}).get("labels") or {}), **(one["metric"].get("labels") or {})}
    labels.pop("project_id", None)
    labels = {_OF_KUBERNETES.get(name, name): value for name, value in labels.items()}
    unit = unit_of_vendor(one.get("unit"))
    delta = one.get("metricKind") == "DELTA" and one.get("valueType") != "DISTRIBUTION"
    times, values = [], []
    for point in one["points"]:
        value = _value(point.get("value") or {})
        if delta and value is not None:
            span = pd.Timestamp(point["interval"]["endTime"]) - pd.Timestamp(point["interval"]["startTime"])
            value = value / span.total_seconds() if span.total_seconds() > 0 else None
        times.append(point["interval"]["endTime"])
        values.append(value)
    if delta:
        unit = WrittenUnit("per second", unit.factor if unit and not unit.unit else 1.0)
    kind = "counter" if one.get("metricKind") == "CUMULATIVE" else ""
    recorder.add(str(one["metric"]["type"]), labels, times, values, unit=unit, kind=kind)


def _value(given: Mapping[str, Any]) -> float | None:
    for key in _VALUES:
        if key in given:
            return float(given[key])
    mean = (given.get("distributionValue") or {}).get("mean")
    return None if mean is None else float(mean)


def _query(document: Mapping[str, Any], *, recorder: Recorder, stem: str) -> None:
    described = document["timeSeriesDescriptor"]
    keys = [str(one.get("key")) for one in described.get("labelDescriptors") or ()]
    points = described.get("pointDescriptors") or ()
    for one in document["timeSeriesData"]:
        cells = [next(iter(cell.values()), "") for cell in one.get("labelValues") or ()]
        labels = {key.rpartition(".")[2]: str(cell) for key, cell in zip(keys, cells, strict=False)}
        for place, about in enumerate(points):
            data = one.get("pointData") or ()
            name = str(about.get("key") or stem)
            times = [point["timeInterval"]["endTime"] for point in data]
            values = [_value((point.get("values") or [{}] * len(points))[place]) for point in data]
            recorder.add(name, labels, times, values, unit=unit_of_vendor(about.get("unit")))
