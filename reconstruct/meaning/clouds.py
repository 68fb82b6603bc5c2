"""What exporters of a cloud's monitoring tell: one target for all resources, statistics of a period as gauges.

CloudWatch's two exporters (`dimension_QueueName`, `queue_name`), Stackdriver's (`database_id`), Azure's
(`resource_name`): the resource stands in a label, the statistic at the end of the name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.meaning.vocabulary import CLOUDS
from reconstruct.model import Metric
from reconstruct.packs.words import words_of

_RESOURCE: Final = re.compile(
    r"(dimension_)?(db_?(instance|cluster)_?identifier|(cache_?|replication_?group_?)(cluster_?)?id|queue_?name|topic_?name"
    r"|load_?balancer(_?name)?|database_?id|subscription_?id|resource_?name|table_?name|function_?name)",
    re.IGNORECASE,
)
"""Labels that name the resource; `subscription_id` is Pub/Sub's."""
_STATISTIC: Final = re.compile(r"_(average|avg|mean|maximum|max|minimum|min|sum|total|sample_?count|p\d+(_\d+)?)$")
_COUNTED: Final = re.compile(r"(^|_)(count|number_of|requests?|errors?|invocations?)(_|$)")
"""Names of what is counted: their sums tell, of others the mean."""
_APPROXIMATE: Final = "approximate"
"""`ApproximateNumberOfMessagesVisible` is a level."""
_LEAST_PERIOD_S: Final = 60.0
"""No exporter of a cloud's asks for a shorter period unless told to."""


def statistic_of(name: str) -> str:
    """The statistic at the end of a metric's name; "" where the metric is none of a cloud's, or tells none.

    >>> statistic_of("aws_sqs_number_of_messages_sent_sum"), statistic_of("http_request_duration_seconds_sum")
    ('sum', '')
    """
    match = _STATISTIC.search(name) if words_of(name)[:1] and words_of(name)[0] in CLOUDS else None
    return match[1] if match else ""


def plain_of(name: str) -> str:
    """The name without its statistic.

    >>> plain_of("aws_rds_database_connections_average"), plain_of("pg_stat_activity_count")
    ('aws_rds_database_connections', 'pg_stat_activity_count')
    """
    statistic = statistic_of(name)
    return name[: -len(statistic) - 1] if statistic else name


def of_clouds(raw: Sequence[Metric]) -> frozenset[str]:
    """Queries of the metrics whose names tell a statistic and whose labels a resource.

    A process may count what it asks of a cloud (`aws_requests_total`): that names no resource, and is a counter.
    """
    return frozenset(m.query for m in raw if statistic_of(_name(m)) and any(_resource(labels) for labels in m.labels))


def is_sum(name: str) -> bool:
    """Whether a statistic is the sum of a period, of what is counted.

    >>> is_sum("aws_sqs_number_of_messages_sent_sum"), is_sum("aws_sqs_approximate_number_of_messages_visible_sum")
    (True, False)
    """
    return statistic_of(name) in ("sum", "total") and _is_counted(plain_of(name))


def period_s(spacing_s: float) -> float:
    """Seconds that a statistic is taken over, as far as the distance of its samples tells."""
    return max(_LEAST_PERIOD_S, spacing_s)


def by_resource(raw: Sequence[Metric]) -> tuple[Metric, ...]:
    """Metrics of clouds as if each resource were a target; of several statistics of one metric the one that tells most.

    Sums of what is counted, means of what is not; all other metrics as they are.
    """
    told = of_clouds(raw)
    kept: dict[str, list[Metric]] = defaultdict(list)
    for metric in raw:
        if metric.query in told:
            kept[plain_of(_name(metric))].append(metric)
    best = {m.query for group in kept.values() for m in _telling(group)}
    renamed = (
        replace(m, labels=tuple(_renamed(labels) for labels in m.labels)) if m.query in told else m
        for m in raw
        if m.query not in told or m.query in best
    )
    return tuple(renamed)


def _telling(group: Sequence[Metric]) -> Sequence[Metric]:
    statistics = {statistic_of(_name(m)) for m in group}
    counted = _is_counted(plain_of(_name(group[0])))
    order = ("sum", "total", "average") if counted else ("average", "avg", "mean", "maximum", "max")
    best = next((s for s in order if s in statistics), min(statistics))
    return [m for m in group if statistic_of(_name(m)) == best]


def _is_counted(plain: str) -> bool:
    return _APPROXIMATE not in plain and bool(_COUNTED.search(plain))


def _resource(labels: Mapping[str, str]) -> str | None:
    """The label that names the resource; None = none does."""
    return next((name for name in sorted(labels) if _RESOURCE.fullmatch(name) and labels[name]), None)


def _renamed(labels: Mapping[str, str]) -> dict[str, str]:
    """A resource's series with its name for an instance: `public` of `app/public/50dc6c4`, `orders` of `p:orders`."""
    label = _resource(labels)
    if label is None:
        return dict(labels)
    value = labels[label]
    parts = value.split("/")
    name = parts[1] if len(parts) == 3 and parts[0] in ("app", "net", "gwy") else re.split(r"[/:]", value)[-1]
    return {k: v for k, v in labels.items() if k != label} | {"job": "exporter", "instance": name}


def _name(metric: Metric) -> str:
    return metric.signal.id.partition("/")[2]
