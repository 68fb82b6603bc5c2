"""CloudWatch: `get-metric-data`, `get-metric-statistics`, and the console's CSV."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import unit_of_vendor

STATISTICS: Final = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
_NO_DIMENSION: Final = frozenset({"full label", "id", "label", "account id", "region", "period", "statistic"})


def read_cloudwatch(content: Content, *, tz: str) -> Parsed | None:
    """What the AWS CLI prints or the console exports.

    A `Label` such as `TargetResponseTime p95` is the metric and its statistic, as the CLI's default label says.

    Source: docs.aws.amazon.com, GetMetricData and GetMetricStatistics.
    """
    document = content.document
    recorder = Recorder(tz=tz)
    if isinstance(document, dict) and isinstance(document.get("MetricDataResults"), list):
        for one in document["MetricDataResults"]:
            name = str(one.get("Label") or one.get("Id") or content.stem)
            recorder.add(name, {}, one.get("Timestamps") or [], one.get("Values") or [])
        return Parsed(recorder.tracks())
    if isinstance(document, dict) and isinstance(document.get("Datapoints"), list):
        _statistics(document, recorder=recorder, stem=content.stem)
        return Parsed(recorder.tracks())
    if content.json_lines and all("metric_name" in one and "dimensions" in one for one in content.json_lines):
        return _stream(content, tz=tz)
    return _console(content, tz=tz) if document is None else None


def _stream(content: Content, *, tz: str) -> Parsed:
    """A metric stream in JSON: one object a metric and minute, with sum and count, and percentiles where asked for."""
    recorder = Recorder(tz=tz)
    for one in content.json_lines:
        value: dict[str, Any] = one["value"] if isinstance(one.get("value"), dict) else {}
        name, labels = str(one["metric_name"]), dict(one.get("dimensions") or {})
        unit = unit_of_vendor(one.get("unit"))
        count = float(value.get("count") or 0)
        statistics = {key: cell for key, cell in value.items() if key.startswith(("p", "tm"))}
        if count and unit is not None and "sum" in value:
            statistics["Average"] = float(value["sum"]) / count
        elif "sum" in value:
            statistics["Sum"] = value["sum"]
        for statistic, cell in statistics.items():
            recorder.add(name, {**labels, "statistic": statistic}, [float(one["timestamp"])], [cell], unit=unit)
    return Parsed(recorder.tracks())


def _statistics(document: dict[str, Any], *, recorder: Recorder, stem: str) -> None:
    name = str(document.get("Label") or stem)
    for point in document["Datapoints"]:
        unit = unit_of_vendor(point.get("Unit"))
        found = {key: point[key] for key in STATISTICS if key in point} | (point.get("ExtendedStatistics") or {})
        for statistic, value in found.items():
            recorder.add(
                name,
                {"statistic": statistic} if len(found) > 1 or statistic not in ("Average", "Sum") else {},
                [point["Timestamp"]],
                [value],
                unit=None if statistic == "SampleCount" else unit,
            )


def _console(content: Content, *, tz: str) -> Parsed | None:
    """Rows `Full label`, `Label`, dimensions, then times: the console's export has its header on the left."""
    if not content.text[:200].lstrip('\ufeff"').lower().startswith("full label"):
        return None
    rows = [row for row in csv.reader(io.StringIO(content.text)) if row]
    about: dict[str, list[str]] = {}
    samples: list[list[str]] = []
    for row in rows:
        if samples or row[0][:4].isdigit():
            samples.append(row)
        else:
            about[row[0].strip()] = row[1:]
    recorder = Recorder(tz=tz)
    count = max((len(row) for row in samples), default=1) - 1
    names = about.get("Label") or about.get("Full label") or []
    dimensions = {name: cells for name, cells in about.items() if name.lower() not in _NO_DIMENSION}
    for place in range(count):
        labels = {("namespace_of_metric" if n == "Service" else n): _cell(c, place) for n, c in dimensions.items()}
        name = _cell(names, place) or content.stem
        filled = [row for row in samples if _cell(row, place + 1)]
        recorder.add(name, labels, [row[0] for row in filled], [row[place + 1] for row in filled])
    return Parsed(recorder.tracks(), zoneless=True)


def _cell(row: list[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""
