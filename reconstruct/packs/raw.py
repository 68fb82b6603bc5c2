"""Which metrics to read as they are exported, series by series: what the meaning of everything is read from."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconstruct import promql
from reconstruct.model import Signal
from reconstruct.packs.survey import Seen
from reconstruct.packs.words import words_of

MAX_RAW_METRICS: Final = 600
"""Queries: at four at once and some 10 ms each they cost a few seconds; what tells most is asked first."""
MAX_OTHERS: Final = 250
"""No metric without a known meaning is asked once there are so many: exporters of a database and a proxy have 1,500 of
them, which tell at most whose labels are whose."""
MAX_RAW_SERIES: Final = 8000
"""Of all together: with 1,000 samples each 64 MB. Where there are more, only the packs' signals read them, as sums."""
MAX_SERIES_A_METRIC: Final = 1500
"""A metric with more would take the place of all others: of a counter of requests or calls the sum over its instances
is read in its place, others are left out. A guess."""
MAX_SUMMED: Final = 40
"""Counters read as sums: each costs the server a rate of all its series."""
SUMMED: Final = "summed"
"""Tag of what is read as a rate, summed over instances, and counted up again: `summed_counters.counted`."""
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
    """The signals that read metrics as they are (or summed over instances), and the metrics that were left out."""

    signals: tuple[Signal, ...]
    left_out: tuple[str, ...]


def raw_signals(
    seen: Mapping[str, Seen],
    *,
    scope: str = "",
    over: Sequence[str] = (),
    telling: Collection[str] = (),
    rate_interval_s: Callable[[Sequence[str]], float] | None = None,
) -> RawRequest:
    """One signal `raw/<metric>` a metric, within the budget; tags tell counters from gauges.

    Parameters
    ----------
    over : sequence of str
        Labels that tell instances apart: what has too many series is summed over them.
    telling : collection of str
        Metrics that a meaning is known for (`meaning.telling_metrics`): of the others only some are asked, after them,
        and none is said to be left out. Where none is given any metric may be one.
    rate_interval_s : callable
        Metric names to the range of their rates, in seconds; nothing is summed where it is not given.

    >>> raw_signals({"http_requests_total": Seen("counter", 3), "go_threads": Seen("gauge", 1)}).signals[0].promql
    'http_requests_total'
    """
    wanted = [name for name in seen if not NOT_READ.fullmatch(name)]
    known = frozenset(telling) or frozenset(wanted)
    wanted.sort(key=lambda name: (name not in known, _rank(name), seen[name].count, name))
    signals: list[Signal] = []
    left_out: list[str] = []
    total = 0
    for name in wanted:
        count = seen[name].count
        most = MAX_RAW_METRICS if name in known else MAX_OTHERS
        if len(signals) >= most or count > MAX_SERIES_A_METRIC or total + count > MAX_RAW_SERIES:
            left_out += [name] if name in known else []
            continue
        total += count
        signals += _as_exported(name, seen[name], scope=scope)
    if rate_interval_s is not None and over:
        summed = [name for name in left_out if _rank(name) == 0 and seen[name].kind == "counter"][:MAX_SUMMED]
        signals += [_summed(name, scope=scope, over=over, range_s=rate_interval_s([name])) for name in summed]
        left_out = [name for name in left_out if name not in summed]
    return RawRequest(tuple(sorted(signals, key=lambda one: one.id)), tuple(sorted(left_out)))


def _summed(name: str, *, scope: str, over: Sequence[str], range_s: float) -> Signal:
    selector = f"{promql.selector(name, scope=scope)}[{promql.duration(range_s)}]"
    return Signal(
        id=f"raw/{name}",
        title=name,
        promql=f"sum without ({', '.join(over)}) (rate({selector}))",
        unit="count",
        layer="app",
        aspect="work",
        inferred=True,
        range_s=range_s,
        tags=("raw", "counter", SUMMED),
    )


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
        tags=("raw", "counter" if seen.kind == "counter" else "gauge"),
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
