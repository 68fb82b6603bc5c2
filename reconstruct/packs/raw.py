"""Which metrics to read as they are exported, series by series: what the meaning of everything is read from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from reconstruct import promql
from reconstruct.model import Signal
from reconstruct.packs.survey import Seen
from reconstruct.packs.words import words_of

MAX_RAW_METRICS: Final = 250
"""Queries: at four at once and some 10 ms each they cost a second or two; what tells most is asked first."""
MAX_RAW_SERIES: Final = 8000
"""Of all together: with 1,000 samples each 64 MB. Where there are more, only the packs' signals read them, as sums."""
MAX_SERIES_A_METRIC: Final = 1500
"""A metric with more is left out: it alone would take the place of all others. A guess."""
NOT_READ: Final = re.compile(
    r".*_(bucket|created)|ALERTS(_FOR_STATE)?|(go(?!_sql)|python|promhttp|prometheus|scrape|net_conntrack|vm|alertmanager|otelcol|grafana"
    r"|apiserver|etcd|workqueue|rest_client|logback|jvm_gc|jvm_buffer|jvm_classes|nodejs_gc)_.*"
)
"""Runtimes' and the monitoring's own figures: they tell how these are, not how the system is. `go_sql_*` is a pool."""
_FIRST: Final = (
    "request",
    "call",
    "http",
    "grpc",
    "rpc",
    "error",
    "latency",
    "duration",
    "message",
    "queue",
    "pool",
    "connection",
)
"""Words of what arrives and is waited for."""

_OBJECTIVES: Final = re.compile(r"slo:(objective|time_period|sli_error):|pyrra_(objective|window|errors|requests)")
"""What Sloth and Pyrra record of objectives: error budgets are told by them."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """The signals that read metrics as they are, and how many metrics had to be left out."""

    signals: tuple[Signal, ...]
    left_out: tuple[str, ...]


def raw_signals(seen: Mapping[str, Seen], *, scope: str = "") -> RawRequest:
    """One signal `raw/<metric>` a metric, within the budget; tags tell counters from gauges.

    >>> raw_signals({"http_requests_total": Seen("counter", 3), "go_threads": Seen("gauge", 1)}).signals[0].promql
    'http_requests_total'
    """
    wanted = [name for name in seen if not NOT_READ.fullmatch(name)]
    wanted.sort(key=lambda name: (_rank(name), seen[name].count, name))
    signals: list[Signal] = []
    left_out: list[str] = []
    total = 0
    for name in wanted:
        count = seen[name].count
        if len(signals) >= MAX_RAW_METRICS or count > MAX_SERIES_A_METRIC or total + count > MAX_RAW_SERIES:
            left_out.append(name)
            continue
        total += count
        signals += _as_exported(name, seen[name], scope=scope)
    return RawRequest(tuple(sorted(signals, key=lambda one: one.id)), tuple(sorted(left_out)))


def _as_exported(name: str, seen: Seen, *, scope: str) -> Iterator[Signal]:
    """The metric as it is; a native histogram as the count and the sum that a classic one would export."""
    selector = promql.selector(name, scope=scope)
    signal = Signal(
        id=f"raw/{name}",
        title=name,
        promql=selector,
        unit=seen.unit or "count",
        layer="app",
        aspect="work",
        inferred=True,
        tags=("raw", seen.kind),
    )
    if seen.kind != "histogram":
        yield signal
        return
    for part in ("count", "sum"):
        asked = f"histogram_{part}({selector})"
        yield replace(signal, id=f"raw/{name}_{part}", title=f"{name}_{part}", promql=asked, tags=("raw", "counter"))


def _rank(name: str) -> int:
    words = words_of(name)
    if _OBJECTIVES.match(name):
        return 0
    return 0 if name == "up" or any(word in words for word in _FIRST) else 1
