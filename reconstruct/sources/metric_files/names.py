"""What the columns of a table are called by, and what their values are: metrics, statistics, things."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from reconstruct.packs.words import words_of

_METRIC_WORDS_TEXT: Final = (
    "cpu mem memory disk fs io network net latency duration response time rtt error fail failure "
    "exception timeout rate ratio request rps qps hit throughput traffic load usage used util utilization "
    "utilisation byte second ms percent pct count queue depth lag backlog connection session thread heap "
    "gc availability available success saturation iops read write receive received transmit sent drop "
    "dropped packet restart p50 p90 p95 p99 status 4xx 5xx"
)
_METRIC_WORDS: Final = frozenset(_METRIC_WORDS_TEXT.split())
"""Words that stand in names of what is measured; a thing is called by them seldom."""
_STATISTIC: Final = re.compile(
    r"^(?:avg|average|mean|median|min|minimum|max|maximum|sum|total|count|samplecount|n|last|stddev|std|"
    r"[pq][\s_-]?\d{1,3}(?:\.\d+)?|0?\.\d+|1(?:\.0)?|\d{1,2}(?:\.\d+)?(?:%|th|th percentile| percentile)|\d{2,3})$",
    re.IGNORECASE,
)
_QUANTILE: Final = re.compile(r"p\d{2}(?:\.\d+)?", re.IGNORECASE)
_VIEW_LABELS_TEXT: Final = (
    "statistic statistics stat quantile percentile agg aggregation aggregate aggregator aggregation_type "
    "rollup reducer stats_type"
)
_VIEW_LABELS: Final = frozenset(_VIEW_LABELS_TEXT.split())
LIKE_A_METRIC: Final = 0.5
"""Of a column's values, from which on the column names metrics. A guess: half."""


def label_word(label: str) -> str:
    """A label's name in one spelling: `ServiceName`, `service-name` and `service.name` are `service_name`.

    >>> label_word("ServiceName"), label_word("KPI ID"), label_word("cmdb_id")
    ('service_name', 'kpi_id', 'cmdb_id')
    """
    humps = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", label.strip())
    return re.sub(r"[^a-z0-9]+", "_", humps.lower()).strip("_")


def is_statistic(text: str) -> bool:
    """Whether a value says how a signal was summed up.

    >>> [one for one in ("p95", "Average", "0.99", "shop", "95th percentile") if is_statistic(one)]
    ['p95', 'Average', '0.99', '95th percentile']
    """
    return bool(_STATISTIC.match(text.strip()))


def is_view(label: str, values: Collection[str]) -> bool:
    """Whether a label tells several ways to look at one signal: it is called so, or all its values are statistics."""
    if label_word(label) in _VIEW_LABELS:
        return all(is_statistic(value) for value in values)
    return bool(values) and all(is_statistic(value) and not value.strip().isdigit() for value in values)


def looks_like_metric(text: str) -> bool:
    """Whether a text may be the name of what is measured.

    >>> [one for one in ("system.cpu.pct_usage", "cartservice", "node-1", "latency") if looks_like_metric(one)]
    ['system.cpu.pct_usage', 'latency']
    """
    return not _METRIC_WORDS.isdisjoint(words_of(text))


def metric_share(values: Collection[str]) -> float:
    """The share of texts that may be names of what is measured."""
    return sum(looks_like_metric(value) for value in values) / len(values) if values else 0.0


def metric_level(cells: Sequence[str]) -> int:
    """Which of a header's levels names what is measured; the last that is no statistic where none looks like it.

    >>> metric_level(("a", "latency", "p95")), metric_level(("p95_latency_seconds", "shop")), metric_level(("x", "p95"))
    (1, 0, 1)
    """
    likely = [at for at, cell in enumerate(cells) if looks_like_metric(cell) and not is_statistic(cell)]
    if likely:
        return likely[0]
    if quantiles := [at for at, cell in enumerate(cells) if _QUANTILE.fullmatch(cell)]:
        return quantiles[0]  # of things: their latency
    named = [at for at, cell in enumerate(cells) if not is_statistic(cell)]
    return named[-1] if named else 0
