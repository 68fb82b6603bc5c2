"""Databases, caches, queues, probes and resolvers, as their public exporters tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.clouds import plain_of
from reconstruct.meaning.names import Names
from reconstruct.meaning.readings import Readings, Source
from reconstruct.meaning.rows import Row
from reconstruct.model.system import Role, Series, plain_name


def _table(*rows: tuple[Role | None, str]) -> tuple[tuple[Role | None, re.Pattern[str]], ...]:
    return tuple((role, re.compile(pattern)) for role, pattern in rows)


BOUNDS: Final = {
    "database": re.compile(r"max_connections|connections_max|connections.*state=available"),
    "cache": re.compile(r"memory_max|limit_maxbytes|maxmemory"),
    "queue": re.compile(r"$^"),
}
"""What is the bound of a figure: of connections; of memory."""
STORES: Final[dict[str, tuple[tuple[Role | None, re.Pattern[str]], ...]]] = {
    "database": _table(
        ("up", r"_up\b"),
        (None, r"exporter|scrape|_size_bytes|uptime|_variables_|_settings?_"),
        ("slow_queries", r"slow_quer"),
        ("lock_time", r"row_lock_time\b"),
        (None, r"row_lock_waits"),
        (
            "lock_waits",
            r"accessexclusive|row_lock_current_waits|wait_event_type=lock|blocked|lock_wait|currentqueue"
            r"|locks_waiting|lock.*waiting|granted=false|metadata_lock",
        ),
        ("deadlocks", r"deadlock"),
        ("oldest_transaction", r"max_tx_duration|longest|oldest"),
        ("statements", r"statements?_calls|statement.*_count$|latenc\w*_ops|latencies_ops|^sql_service_latency_count"),
        (
            "statement_time",
            r"statements?_seconds|statement.*_sum$|statements_.*time|latenc\w*_latency|latency_total|latencies_latency"
            r"|^sql_service_latency_sum",
        ),
        (
            "active",
            r"state=active|sql_statements_active|threads_running|active_(sessions|connections)|dbload\b|activeclients.*total",
        ),
        (
            "rows",
            r"tup_returned|row_ops.*read|rows_read|read_rnd_next|documents?_(scanned|examined)|scanned_?objects|rows_examined|full_scan"
            r"|select_scan",
        ),
        ("aborted", r"xact_rollback|aborted"),
        ("misses", r"blks_read|buffer_pool_reads"),
        ("hits", r"blks_hit|buffer_pool_read_requests"),
        ("connections", r"numbackends|threads_connected|connections.*state=current|_connections\b"),
        (
            "operations",
            r"xact_commit|global_status_questions|op_?counters|global_status_queries|queries_total|transactions_total",
        ),
    ),
    "cache": _table(
        ("up", r"_up\b"),
        (None, r"exporter|scrape|ratio|defrag"),
        ("hits", r"hits|=hit\b"),
        ("misses", r"misses|=miss\b"),
        ("evictions", r"evict"),
        ("memory", r"memory_used_bytes|current_bytes"),
        ("operation_time", r"commands_duration"),
        ("operations", r"commands_processed|commands_total"),
        ("connections", r"connected_clients|curr_connections"),
    ),
    "queue": _table(
        ("up", r"_up\b"),
        (None, r"exporter|scrape|memory|disk|bytes|connections|channels?\b|erlang|raft"),
        ("redelivered", r"redeliver"),
        ("unacked", r"unack|inflight|not_visible|delivering"),
        ("consumers", r"consumers\b|members\b|num_consumers|consumers?_count\b"),
        (
            "consumed",
            r"acked_total|messages_acknowledged|ack_floor_stream_seq|messages_deleted|consumergroup_current_offset(_sum)?\b|acknowledged|delivered_ack",
        ),
        (
            "published",
            r"published|(?<!of_messages_)received|messages_in\b|in_messages|messages_added|partition_current_offset"
            r"|last_seq|messages_sent",
        ),
        (
            "depth",
            r"messages_ready\b|lag\b|pending|messages_visible|back_?log|lag_sum|consumer_lag|queue_messages\b|depth"
            r"|(?<!routed_)messages?_count\b|queue_size\b",
        ),
    ),
}
"""Role of a figure by the metric's name and its labels, the first that fits; None = of no use."""
IN_PARTS: Final = (
    (re.compile(r"row_lock_time\b"), 1e-3),
    (re.compile(r"latencies_latency"), 1e-6),
    (re.compile(r"^sql_\w+_latency_sum"), 1e-9),
)
"""Times that are no seconds though no name says so: of InnoDB, MongoDB, CockroachDB, as their manuals have them."""
ONE_MEASURE: Final = (
    "operations",
    "rows",
    "published",
    "consumed",
    "depth",
    "connections",
    "statements",
    "statement_time",
)
"""Told by several metrics at once: the first in the table's order counts, never their sum."""


def read_store(family: str, name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> None:
    """A metric of an exporter of databases, caches or queues."""
    for row in rows:
        thing = names.thing(row)
        text = plain_of(name).lower() + "".join(f" {k}={v}".lower() for k, v in sorted(row.own.items()))
        where = thing
        if family == "queue":
            where = queue_of(row, names, thing)
        told = Source(row.query, name)
        if BOUNDS[family].search(text):
            found.bound(
                where,
                "memory" if family == "cache" else "connections",
                np.where(row.values > 0, row.values, np.nan),
                told,
            )
            continue
        for rank, (role, pattern) in enumerate(STORES[family]):
            if not pattern.search(text):
                continue
            rate_wanted = role not in LEVELS
            if role is None or (rate_wanted and row.rate is None and role not in ("published", "consumed")):
                break
            if not rate_wanted and row.rate is not None and role != "depth":
                break
            values = row.signal if rate_wanted or role != "depth" else row.values
            if role in ("published", "consumed") and row.rate is None:
                break
            values = values * next((unit for pattern, unit in IN_PARTS if pattern.search(text)), 1.0)
            order = _measure(role, text) if role in ONE_MEASURE else rank
            found.add(
                where, role, values, told._replace(instance=_part(row, role)), rank=order if role in ONE_MEASURE else 0
            )
            break


LEVELS: Final = frozenset(
    {"up", "lock_waits", "oldest_transaction", "active", "connections", "memory", "unacked", "consumers", "depth"}
)
"""Figures that are levels; the others are counted."""
_FIRST_MEASURE: Final = (
    r"messages_ready\b",
    r"consumergroup_lag\b",
    r"published|messages_in|partition_current_offset",
    r"acked_total|consumergroup_current_offset\b",
    r"xact_commit|global_status_questions",
    r"tup_returned|row_ops.*read|rows_examined",
    r"numbackends|threads_connected",
    r"statements_calls|statements_seconds",
)


def _measure(role: Role, text: str) -> int:
    del role
    return next((n for n, pattern in enumerate(_FIRST_MEASURE) if re.search(pattern, text)), len(_FIRST_MEASURE))


def _part(row: Row, role: Role) -> str:
    keys = ("partition", "datname", "queryid", "digest") if role != "up" else ()
    return " ".join(row.own[k] for k in keys if row.own.get(k))


def queue_of(row: Row, names: Names, broker: str) -> str:
    """The queue that a series is about, known under its own name; the broker's where no label names one."""
    label = next((k for k in words_for.QUEUE_LABELS[:-1] if row.own.get(k)), None)
    if label is None:
        return broker
    queue = plain_queue(row.own[label])
    names.kinds.setdefault(queue, "queue")
    names.spelled[queue].add(broker)
    names.alias.setdefault(plain_name(queue), queue)
    return queue


def plain_queue(text: str) -> str:
    """The queue's own name in an address of it: what stands last.

    >>> plain_queue("persistent://shop/live/orders-partition-2"), plain_queue("orders.fifo")
    ('orders', 'orders.fifo')
    """
    address = re.fullmatch(r"[a-z-]+://(?:[^/]+/)*([^/]+?)(-partition-\d+)?", text)
    return address[1] if address else text


def consumer_of(row: Row, names: Names) -> tuple[str, str] | None:
    """(worker, queue) that a consumer group's series tells."""
    group = next((row.own[k] for k in words_for.GROUP_LABELS if row.own.get(k)), None)
    queue = next((plain_queue(row.own[k]) for k in words_for.QUEUE_LABELS[:-1] if row.own.get(k)), None)
    worker = (
        names.known(group) or names.known(re.sub(r"[-_.](group|consumer|cg|consumers)$", "", group)) if group else None
    )
    return (worker, queue) if worker and queue and worker != queue else None


def read_probe(name: str, rows: Sequence[Row], *, times_s: Series, names: Names, found: Readings) -> None:
    """A metric of the blackbox exporter or another prober."""
    for row in rows:
        text = name + " " + " ".join(row.labels.values())
        target = row.labels.get("instance") or row.labels.get("target") or "?"
        told = Source(row.query, name)
        if re.search(r"\bicmp|ping", text):
            source = row.labels.get("source") or row.labels.get("from") or ""
            path = f"{source}>{target}" if source else target
            names.kinds.setdefault(path, "path")
            if "success" in name or "reach" in name:
                found.add(path, "reachable", row.values, told)
            elif re.search(r"icmp_duration.*rtt|rtt|round_?trip", text) and row.rate is None:
                found.add(path, "round_trip", row.values, told)
            continue
        names.kinds.setdefault(target, "probe")
        if "expiry" in name or "not_after" in name:
            found.add(target, "certificate_left", row.values - times_s, told)
        elif name.endswith("success"):
            found.add(target, "probe_ok", row.values, told)
        elif name == "probe_duration_seconds":
            found.add(target, "round_trip", row.values, told)


def read_dns(name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> None:
    """A metric of a resolver."""
    for row in rows:
        thing = names.thing(row)
        names.kinds[thing] = "dns"
        if "response" in row.words and row.own.get("rcode") and row.rate is not None:
            told = Source(row.query, name)
            found.add(thing, "dns_queries", row.rate, told)
            bad = row.own["rcode"] in ("SERVFAIL", "REFUSED")
            found.add(thing, "dns_failures", row.rate if bad else 0.0 * row.rate, told)
