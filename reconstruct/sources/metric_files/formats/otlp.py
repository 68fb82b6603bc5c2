"""Metrics as OpenTelemetry's JSON has them: what the Collector's file exporter writes, one export request a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconstruct.model import Gap
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder, number
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

_KINDS: Final = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")
_DELTA: Final = frozenset({1, "1", "AGGREGATION_TEMPORALITY_DELTA"})
_NANO: Final = 1e9


def read_otlp(content: Content, *, tz: str) -> Parsed | None:
    """`{"resourceMetrics": [...]}`, one or one a line; attributes of resource and point are labels.

    A histogram `x` in `ms` becomes `x_seconds_bucket`, `_sum` and `_count`, an exponential one the last two.
    Source: github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto, in proto3's JSON.
    """
    documents = content.json_lines or ((content.document,) if isinstance(content.document, dict) else ())
    if not documents or not all("resourceMetrics" in one for one in documents):
        return None
    recorder, totals = Recorder(tz=tz), _Totals()
    exponential: set[str] = set()
    for metric, resource in _metrics(documents):
        kind = next((one for one in _KINDS if one in metric), "")
        held = metric.get(kind) or {}
        delta = held.get("aggregationTemporality") in _DELTA
        name, unit = str(metric.get("name") or content.stem), unit_of_vendor(str(metric.get("unit") or ""))
        if kind == "exponentialHistogram":
            exponential.add(name)
        for point in held.get("dataPoints") or ():
            labels = resource | _attributes(point)
            time = number(point.get("timeUnixNano")) / _NANO
            if kind in ("gauge", "sum"):
                value = number(point.get("asDouble", point.get("asInt")))
                counts = kind == "sum" and bool(held.get("isMonotonic"))
                if counts and delta:
                    value = totals.add(name, labels, value)
                recorder.add(name, labels, [time], [value], unit=unit, kind="counter" if counts else "")
                continue
            base, factor = _in_base_unit(name, unit)
            for suffix, more, value in _parts(point, factor=factor):
                total = totals.add(base + suffix, labels | more, value) if delta else value
                recorder.add(base + suffix, labels | more, [time], [total])
            for one in point.get("quantileValues") or ():
                recorder.add(
                    name, labels | {"quantile": str(one.get("quantile"))}, [time], [one.get("value")], unit=unit
                )
    cause = "buckets of an exponential histogram are not read here; its mean and its rate are"
    return Parsed(
        recorder.tracks(),
        gaps=tuple(Gap("", content.name, f"quantiles of {name}", cause) for name in sorted(exponential)),
    )


def _metrics(documents: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], dict[str, str]]]:
    for document in documents:
        for of_resource in document["resourceMetrics"] or ():
            resource = _attributes(of_resource.get("resource") or {})
            labels = {name: text for name, text in resource.items() if not name.startswith("telemetry.")}
            for scope in of_resource.get("scopeMetrics") or ():
                for metric in scope.get("metrics") or ():
                    yield metric, labels


def _attributes(holder: Mapping[str, Any]) -> dict[str, str]:
    """Attributes as texts; lists and maps are left out."""
    found = {str(one.get("key")): one.get("value") or {} for one in holder.get("attributes") or ()}
    plain = ("stringValue", "intValue", "doubleValue", "boolValue")
    return {key: str(value[kind]) for key, value in found.items() for kind in plain if kind in value}


def _in_base_unit(name: str, unit: WrittenUnit | None) -> tuple[str, float]:
    """A histogram's name with its base unit, as Prometheus has it, and what its figures are multiplied with."""
    if unit is None or unit.unit not in ("seconds", "bytes") or name.endswith(unit.unit):
        return name, 1.0 if unit is None else unit.factor
    return f"{name}_{unit.unit}", unit.factor


def _parts(point: Mapping[str, Any], *, factor: float) -> Iterator[tuple[str, dict[str, str], float]]:
    """The buckets, the sum and the count of a point, as Prometheus calls them, in the base unit."""
    bounds = [*(str(number(bound) * factor) for bound in point.get("explicitBounds") or ()), "+Inf"]
    total = 0.0
    for bound, count in zip(bounds, point.get("bucketCounts") or (), strict=False):
        total += number(count)
        yield "_bucket", {"le": bound}, total
    if "sum" in point:
        yield "_sum", {}, number(point["sum"]) * factor
    yield "_count", {}, number(point.get("count"))


class _Totals:
    """Increases of delta temporality added up, series by series, in the file's order."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def add(self, name: str, labels: Mapping[str, str], increase: float) -> float:
        """The total with this increase."""
        key = (name, tuple(sorted(labels.items())))
        self._found[key] = self._found.get(key, 0.0) + increase
        return self._found[key]
