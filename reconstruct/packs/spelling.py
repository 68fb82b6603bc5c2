"""One spelling for packs: metric names as Prometheus writes OpenTelemetry's (`http_server_active_requests`).

A server may have the same metric with dots, without the unit's suffix, or as one native histogram. Packs are chosen
among the names that it would have in the one spelling, and what they ask is written back in the server's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconstruct import promql
from reconstruct.packs.catalogue import MetricInfo
from reconstruct.promql import Written
from reconstruct.promql.spelling import Part

_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_:]")
_NATIVE_PARTS: Final[tuple[Part, ...]] = ("bucket", "count", "sum")
_KINDS: Final = re.compile(r"_(bucket|count|sum|total)$")
UNIT_SUFFIXES: Final[Mapping[str, str]] = {
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "Cel": "celsius",
    "1": "ratio",
    "%": "percent",
}
"""UCUM, as OpenTelemetry tells units -> the suffix of the name (prometheus/otlptranslator)."""
SEMANTIC_UNITS: Final[Mapping[str, str]] = {
    "http_server_request_duration": "seconds",
    "http_server_duration": "milliseconds",
    "http_client_request_duration": "seconds",
    "http_client_duration": "milliseconds",
    "http_client_connection_duration": "seconds",
    "http_server_request_body_size": "bytes",
    "http_server_response_body_size": "bytes",
    "rpc_server_call_duration": "seconds",
    "rpc_client_call_duration": "seconds",
    "rpc_server_duration": "milliseconds",
    "rpc_client_duration": "milliseconds",
    "db_client_operation_duration": "seconds",
    "db_client_connection_create_time": "seconds",
    "db_client_connection_wait_time": "seconds",
    "db_client_connection_use_time": "seconds",
    "db_client_connections_wait_time": "milliseconds",
    "db_client_connections_use_time": "milliseconds",
    "db_client_connection_timeouts": "total",
    "db_client_connections_timeouts": "total",
    "messaging_client_operation_duration": "seconds",
    "messaging_client_sent_messages": "total",
    "messaging_client_consumed_messages": "total",
    "messaging_process_duration": "seconds",
    "jvm_gc_duration": "seconds",
    "jvm_memory_used": "bytes",
    "jvm_memory_committed": "bytes",
    "jvm_memory_limit": "bytes",
    "jvm_memory_used_after_last_gc": "bytes",
    "jvm_cpu_time": "seconds_total",
    "jvm_cpu_recent_utilization": "ratio",
    "process_cpu_time": "seconds_total",
    "process_cpu_utilization": "ratio",
    "process_memory_usage": "bytes",
    "process_memory_virtual": "bytes",
    "process_runtime_jvm_memory_usage": "bytes",
    "system_cpu_time": "seconds_total",
    "system_cpu_utilization": "ratio",
    "system_memory_usage": "bytes",
    "system_memory_utilization": "ratio",
    "system_filesystem_usage": "bytes",
    "system_filesystem_utilization": "ratio",
    "system_network_errors": "total",
    "system_network_dropped": "total",
    "container_cpu_time": "seconds_total",
    "container_memory_usage": "bytes",
    "k8s_pod_cpu_time": "seconds_total",
    "k8s_pod_cpu_limit_utilization": "ratio",
    "k8s_pod_memory_limit_utilization": "ratio",
    "k8s_pod_memory_working_set": "bytes",
    "nodejs_eventloop_delay_p99": "seconds",
    "nodejs_eventloop_utilization": "ratio",
    "v8js_gc_duration": "seconds",
    "kestrel_connection_duration": "seconds",
    "dotnet_gc_pause_time": "seconds_total",
}
"""OpenTelemetry's semantic conventions: name -> suffixes, for servers that leave them off and tell no unit."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The names that a server has, in the one spelling."""

    available: Mapping[str, MetricInfo]
    """What packs are chosen among."""
    metrics: Mapping[str, Written] = field(default_factory=dict)
    """Name in the one spelling -> how the server has it, where that differs."""

    def written(self, expression: str) -> str:
        """An expression of the one spelling, with the server's names."""
        return promql.respelled(expression, metrics=self.metrics, labels={}) if self.metrics else expression

    def plain_names(self) -> dict[str, str]:
        """A server's name -> the one spelling, where they differ; of a native histogram with `_count`, ...."""
        return {
            f"{written.name}_{written.part}" if written.part else written.name: plain
            for plain, written in self.metrics.items()
        }

    def theirs(self, names: Iterable[str]) -> tuple[str, ...]:
        """The server's names for names of the one spelling, each once."""
        return tuple(dict.fromkeys(self.metrics[name].name if name in self.metrics else name for name in names))


def spelling_of(names: Mapping[str, MetricInfo], *, native: Collection[str] = ()) -> Spelling:
    """The one spelling of every name; `native` are those that are native histograms.

    A name that the server has in both spellings keeps the plain one.
    """
    available = dict(names)
    metrics: dict[str, Written] = {}
    for name, info in names.items():
        plain = plain_name(name, info)
        of_parts: tuple[Part, ...] = _NATIVE_PARTS if name in native else ("",)
        for part in of_parts:
            spelt = f"{plain}_{part}" if part else plain
            if spelt not in available:
                available[spelt] = info
                metrics[spelt] = Written(name, part)
        if plain != name and plain in metrics:
            available.pop(name)
    return Spelling(available, metrics)


def plain_name(name: str, info: MetricInfo) -> str:
    """A metric's name in the one spelling: underscores, and the suffix of the unit that is known of it."""
    plain = _NO_NAME.sub("_", name)
    kind = _KINDS.search(plain)
    stem = plain[: kind.start()] if kind else plain
    suffix = SEMANTIC_UNITS.get(stem, "")
    told = UNIT_SUFFIXES.get(info.unit, info.unit if promql.legacy(info.unit) else "")
    if told and (plain != name or suffix):  # what the server says of its metric counts before what is usual
        suffix = "" if told == "ratio" and info.type != "gauge" else told
        suffix += "_total" if suffix and info.type == "counter" and kind is None else ""
    if not suffix or stem.endswith(f"_{suffix}") or (kind and suffix.endswith(kind.group(1))):
        return plain
    return f"{stem}_{suffix}{kind.group() if kind else ''}"
