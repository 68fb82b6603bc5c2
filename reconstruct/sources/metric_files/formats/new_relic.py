"""New Relic: results of NRQL with TIMESERIES, from NerdGraph and from the query API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import WrittenUnit

_IN_SECONDS: Final = frozenset(
    {"duration", "webDuration", "totalTime", "databaseDuration", "externalDuration", "queueDuration", "backendDuration"}
)
"""Attributes of Transaction, PageView and Span."""
_TIMES: Final = ("beginTimeSeconds", "endTimeSeconds", "inspectedCount")


def read_new_relic(content: Content, *, tz: str) -> Parsed | None:
    """Buckets with `beginTimeSeconds`; facets are labels, every other number a metric. A bucket counts at its end.

    Source: docs.newrelic.com, NerdGraph tutorial: NRQL time series.
    """
    buckets = list(_buckets(content.document, facet=None))
    if not buckets:
        return None
    recorder = Recorder(tz=tz)
    attribute = _attribute(content.document)
    for bucket, facet in buckets:
        labels = _labels(bucket, facet)
        time = bucket.get("endTimeSeconds", bucket["beginTimeSeconds"])
        for name, value in _numbers(bucket):
            named = f"{name}.{attribute}" if name and attribute and "." not in name else name
            recorder.add(named or content.stem, labels, [float(time)], [value], unit=_unit(named))
    return Parsed(recorder.tracks())


def _labels(bucket: Mapping[str, Any], facet: Any) -> dict[str, Any]:
    """Facets by the attributes that a bucket repeats them under; where it does not, by their place."""
    values = facet if isinstance(facet, list) else [] if facet is None else [facet]
    labels: dict[str, Any] = {}
    for place, value in enumerate(values, start=1):
        names = [name for name, told in bucket.items() if name != "facet" and told == value and name not in labels]
        labels[names[0] if names else "facet" if len(values) == 1 else f"facet_{place}"] = str(value)
    return labels


def _unit(name: str) -> WrittenUnit | None:
    """Seconds for what New Relic's own events measure: `average.duration`, `percentile.databaseDuration.p95`."""
    return WrittenUnit("seconds") if set(name.split(".")) & _IN_SECONDS else None


def _attribute(document: Any) -> str:
    """What the query API's only function was asked of: `average` of `duration`."""
    contents = document.get("metadata", {}).get("contents", {}) if isinstance(document, dict) else {}
    asked = contents.get("contents", contents) if isinstance(contents, dict) else contents
    attributes = [one.get("attribute") for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []
    return str(attributes[0]) if len(attributes) == 1 and attributes[0] else ""


def _buckets(node: Any, *, facet: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    if isinstance(node, list):
        for one in node:
            yield from _buckets(one, facet=facet)
    elif isinstance(node, dict):
        if "beginTimeSeconds" in node:
            yield node, node.get("facet", facet)
            return
        named = node.get("name") if "timeSeries" in node else facet
        for key, value in node.items():
            if key != "metadata":
                yield from _buckets(value, facet=named if key == "timeSeries" else facet)


def _numbers(bucket: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in bucket.items():
        if name in (*_TIMES, "facet"):
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value
        elif isinstance(value, dict):  # percentile.duration: {"95": 0.3}
            for key, part in value.items():
                if isinstance(part, int | float):
                    yield f"{name}.p{key}" if key.replace(".", "").isdigit() else f"{name}.{key}", part
        elif isinstance(value, Sequence) and not isinstance(value, str):  # the query API: results: [{"average": 1}]
            for part in value:
                if isinstance(part, dict):
                    yield from _numbers(part)
