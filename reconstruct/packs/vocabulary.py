"""The closed lists a pack may choose from, so that a typing error is an error and not a signal nobody understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNITS: Final[tuple[str, ...]] = (
    "seconds",
    "bytes",
    "ratio",
    "percent",
    "celsius",
    "count",
    "per second",
    "bytes per second",
    "seconds per second",
    "rows",
    "rows per second",
    "requests per second",
    "messages",
    "messages per second",
    "volts",
    "amperes",
    "watts",
    "joules",
    "hertz",
    "meters",
    "grams",
)
"""Base units, as OpenMetrics asks for them: never milliseconds or megabytes. A ratio is 0..1, percent 0..100."""

TAGS: Final[Mapping[str, str]] = {
    "by-instance": "one series an instance: for the canary comparison, not for the reader",
    "cache": "hits, misses and evictions of a cache",
    "certificate": "seconds until a certificate ends",
    "connections": "connections held, against those allowed",
    "count": "how many there are, of processes say: no work by itself",
    "cpu": "processor time, or waiting for it",
    "deadlock": "transactions that a database had to break",
    "disk": "disk space, time and queues",
    "dns": "name resolution",
    "gc": "garbage collection",
    "host": "what a whole machine sees, not one service of it",
    "input": "data that could not be read: malformed, invalid, dead letters",
    "io": "waiting for storage",
    "lock": "waiting for a lock",
    "memory": "memory used or left",
    "oom": "killed for want of memory",
    "outbound": "seen by the caller of another service: a symptom of the one called",
    "pool": "a pool of connections or workers",
    "probe": "asked from outside by a prober",
    "process": "one program's own use of the machine",
    "query": "single statements of a database",
    "replication": "how far a copy is behind",
    "restarts": "a process or container that began again",
    "retries": "asked again after a failure",
    "rows": "rows read, returned or changed",
    "running-mean": "a mean over the last so many requests, however long ago they came: it lets go late",
    "scrape": "how Prometheus itself reaches the target",
    "share": "a part of a whole, 0..1",
    "swap": "memory that went to disk",
    "tcp": "TCP's own view: retransmissions, resets, refused connections",
    "throttled": "held back by a limit",
    "transaction": "age or number of open transactions",
}
"""Finer words than (layer, aspect), which mechanisms may ask for. Packs of users may use others."""
