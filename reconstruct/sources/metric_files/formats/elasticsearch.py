"""Answers of Elasticsearch and OpenSearch with a date histogram inside any number of terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder


def read_elasticsearch(content: Content, *, tz: str) -> Parsed | None:
    """`aggregations`: buckets of terms are labels, buckets with `key_as_string` samples; a `doc_count` alone counts.

    A bucket counts at its beginning. Source: elastic.co, Aggregations: date histogram, terms, percentiles.
    """
    document = content.document
    found = document.get("aggregations", document.get("aggs")) if isinstance(document, dict) else None
    if not isinstance(found, dict):
        return None
    recorder = Recorder(tz=tz)
    for name, labels, time, value in _samples(found, labels={}):
        recorder.add(name, labels, [time], [value])
    tracks = recorder.tracks()
    return Parsed(tracks) if tracks else None


def _samples(
    aggregations: Mapping[str, Any], *, labels: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, str], Any, Any]]:
    for name, one in aggregations.items():
        buckets = one.get("buckets") if isinstance(one, dict) else None
        for bucket in buckets if isinstance(buckets, list) else ():
            inner = {key: value for key, value in bucket.items() if isinstance(value, dict)}
            if "key_as_string" not in bucket or not isinstance(bucket.get("key"), int | float):
                yield from _samples(inner, labels={**labels, name: str(bucket.get("key"))})
                continue
            measured = list(_measured(inner)) or [("doc_count", bucket.get("doc_count"))]
            for metric, value in measured:
                yield metric, labels, bucket["key"], value
            yield from ((metric, more, bucket["key"], value) for metric, more, value in _within(inner, labels=labels))


def _within(
    aggregations: Mapping[str, Any], *, labels: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, str], Any]]:
    """What terms inside a bucket of time measured: `date histogram, then terms`."""
    for name, one in aggregations.items():
        for bucket in one.get("buckets") or () if isinstance(one.get("buckets"), list) else ():
            inner = {key: value for key, value in bucket.items() if isinstance(value, dict)}
            own = {**labels, name: str(bucket.get("key"))}
            for metric, value in list(_measured(inner)) or [("doc_count", bucket.get("doc_count"))]:
                yield metric, own, value


def _measured(inner: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, one in inner.items():
        if "value" in one:
            yield name, one["value"]
        values = one.get("values")
        if isinstance(values, dict):
            yield from ((f"{name}.p{key.removesuffix('.0')}", value) for key, value in values.items())
