"""Two services that push metrics by the real OpenTelemetry SDK; a release of one makes it slow and failing.

The translator's rules (prometheus/otlptranslator) are followed here, since Debian's Prometheus has no OTLP receiver;
VictoriaMetrics takes OTLP as it is.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from tests.servers.remote_write import counted, distributed

Strategy = Literal["UnderscoreEscapingWithSuffixes", "NoUTF8EscapingWithSuffixes", "NoTranslation"]
STEP_S: Final = 15
LENGTH_S: Final = 4800
BAD: Final = (3000, 4200)
"""Seconds after the beginning between which the bad release runs."""
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
UNITS: Final = {"s": "seconds", "ms": "milliseconds", "By": "bytes", "1": "ratio"}
PROMOTED: Final = ("service.name", "service.namespace", "service.version", "k8s.namespace.name", "k8s.pod.name")


@dataclass(frozen=True)
class Told:
    """What one instance exported at one moment, as the SDK gives it."""

    resource: Mapping[str, Any]
    data: Any


def exported(begin_s: int, *, exponential: bool, grpc: bool = False) -> Iterator[list[Told]]:
    """What all instances export at each step."""
    from opentelemetry.sdk.metrics import Histogram, MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.metrics.view import (
        ExplicitBucketHistogramAggregation,
        ExponentialBucketHistogramAggregation,
        View,
    )
    from opentelemetry.sdk.resources import Resource

    now_ns = [begin_s * 10**9]
    put_back = _with_clock(lambda: now_ns[0])
    rng = random.Random(7)
    bounds = [bound * (1000 if grpc else 1) for bound in BOUNDS]
    aggregation = ExponentialBucketHistogramAggregation() if exponential else ExplicitBucketHistogramAggregation(bounds)
    view = View(instrument_type=Histogram, aggregation=aggregation)

    def instance(service: str, number: int, version: str) -> tuple[Any, Any, Any]:
        name = f"{service}-{version}-{number}"
        attributes = {
            "service.name": service,
            "service.namespace": "shop",
            "service.instance.id": name,
            "service.version": version,
            "k8s.namespace.name": "shop",
            "k8s.pod.name": name,
        }
        reader = InMemoryMetricReader()
        provider = MeterProvider(metric_readers=[reader], resource=Resource(attributes), views=[view])
        name, unit = ("rpc.server.duration", "ms") if grpc else ("http.server.request.duration", "s")
        histogram = provider.get_meter("test").create_histogram(name, unit=unit)
        return attributes, reader, histogram

    running = {service: [instance(service, n, "1.4.0") for n in (1, 2)] for service in ("checkout", "catalog")}
    version = "1.4.0"
    try:
        for second in range(0, LENGTH_S, STEP_S):
            now_ns[0] = (begin_s + second) * 10**9
            bad = BAD[0] <= second < BAD[1]
            wanted = "1.5.0" if bad else "1.4.0" if second < BAD[0] else "1.4.1"
            if wanted != version:
                version = wanted
                running["checkout"] = [instance("checkout", n, version) for n in (1, 2)]
            told: list[Told] = []
            for service, instances in running.items():
                for attributes, reader, histogram in instances:
                    hit = bad and service == "checkout"
                    for _ in range(20):
                        taken_s = rng.lognormvariate(math.log(0.02), 0.4) * (8 if hit else 1)
                        failed = rng.random() < (0.25 if hit else 0.001)
                        route = rng.choice(["cart", "pay"])
                        if grpc:
                            attributes_of_call = {"rpc.system": "grpc", "rpc.service": "shop.Shop", "rpc.method": route}
                            code = {"rpc.grpc.status_code": 13 if failed else 0}
                            histogram.record(1000 * taken_s, {**attributes_of_call, **code})
                            continue
                        attributes_of_call = {"http.request.method": "GET", "http.route": f"/{route}"}
                        code = {"http.response.status_code": 500 if failed else 200}
                        histogram.record(taken_s, {**attributes_of_call, **code})
                    told.append(Told(attributes, reader.get_metrics_data()))
            yield told
    finally:
        put_back()


def translated(told: Told, strategy: Strategy) -> Iterator[bytes]:
    """As a Prometheus with an OTLP receiver would store it."""
    resource = told.resource
    target = {"job": f"shop/{resource['service.name']}", "instance": str(resource["service.instance.id"])}
    promoted = {_label(name, strategy): str(resource[name]) for name in PROMOTED}
    ms = 0
    for metric in told.data.resource_metrics[0].scope_metrics[0].metrics:
        name = _name(metric.name, metric.unit, strategy)
        for point in metric.data.data_points:
            ms = point.time_unix_nano // 10**6
            labels = {**target, **promoted, **{_label(k, strategy): str(v) for k, v in point.attributes.items()}}
            if hasattr(point, "explicit_bounds"):
                total = 0
                for bound, count in zip([*point.explicit_bounds, math.inf], point.bucket_counts, strict=True):
                    total += count
                    le = "+Inf" if math.isinf(bound) else repr(float(bound))
                    yield counted({**labels, "__name__": f"{name}_bucket", "le": le}, total, ms=ms)
                yield counted({**labels, "__name__": f"{name}_count"}, point.count, ms=ms)
                yield counted({**labels, "__name__": f"{name}_sum"}, point.sum, ms=ms)
                continue
            scale, first, counts = _downscaled(point)
            yield distributed(
                {**labels, "__name__": name},
                ms=ms,
                count=point.count,
                total=point.sum,
                scale=scale,
                zeros=point.zero_count,
                first=first + 1,
                counts=counts,
            )
    info = {_label(k, strategy): str(v) for k, v in resource.items() if not k.startswith("service.na")}
    yield counted({**target, **info, "__name__": "target_info"}, 1, ms=ms)


def _downscaled(point: Any) -> tuple[int, int, list[int]]:
    """Prometheus stores scales up to 8: pairs of buckets are put together until then, as its receiver does."""
    scale, first, counts = point.scale, point.positive.offset, list(point.positive.bucket_counts)
    while scale > 8:
        halved: dict[int, int] = {}
        for number, count in enumerate(counts):
            halved[(first + number) >> 1] = halved.get((first + number) >> 1, 0) + count
        first = min(halved, default=0)
        counts = [halved.get(index, 0) for index in range(first, max(halved, default=first - 1) + 1)]
        scale -= 1
    return scale, first, counts


def _name(name: str, unit: str, strategy: Strategy) -> str:
    if strategy == "NoTranslation":
        return name
    if strategy == "UnderscoreEscapingWithSuffixes":
        name = re.sub(r"[^a-zA-Z0-9_:]", "_", name)
    return f"{name}_{UNITS[unit]}"


def _label(name: str, strategy: Strategy) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", name) if strategy.startswith("Under") else name


def _with_clock(clock: Callable[[], int]) -> Callable[[], None]:
    """Let the SDK read this clock; the answer undoes that."""
    import opentelemetry.sdk.metrics as sdk

    changed: list[tuple[Any, Any]] = []
    for found in pkgutil.walk_packages(sdk.__path__, "opentelemetry.sdk.metrics."):
        module = importlib.import_module(found.name)
        if hasattr(module, "time_ns"):
            changed.append((module, module.time_ns))
            module.time_ns = clock  # type: ignore[attr-defined]

    def put_back() -> None:
        for module, before in changed:
            module.time_ns = before

    return put_back
