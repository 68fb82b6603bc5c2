"""New Relic: results of NRQL with TIMESERIES, from NerdGraph and from the query API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder

_TIMES: Final = ("beginTimeSeconds", "endTimeSeconds", "inspectedCount")


def read_new_relic(content: Content, *, tz: str) -> Parsed | None:
    """Buckets with `beginTimeSeconds`; `facet` is a label, every other number a metric. A bucket counts at its end.

    Source: docs.newrelic.com, NerdGraph tutorial: NRQL time series.
    """
    buckets = list(_buckets(content.document, facet=None))
    if not buckets:
        return None
    recorder = Recorder(tz=tz)
    for bucket, facet in buckets:
        labels: dict[str, Any] = {} if facet is None else {"facet": _facet(facet)}
        time = bucket.get("endTimeSeconds", bucket["beginTimeSeconds"])
        for name, value in _numbers(bucket):
            recorder.add(name or content.stem, labels, [float(time)], [value])
    return Parsed(recorder.tracks())


def _facet(given: Any) -> str:
    return ", ".join(map(str, given)) if isinstance(given, list) else str(given)


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
