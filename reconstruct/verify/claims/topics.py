"""What alerts, figures and claims are about: a layer, a resource, a symptom, whatever they are called."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

LAYERS: Final[dict[str, str]] = {
    **dict.fromkeys(("network", "networking", "packet", "netzwerk", "netz", "réseau"), "network"),
    **dict.fromkeys(
        ("database", "databases", "db", "postgres", "postgresql", "mysql", "mongo", "mongodb", "sql", "datenbank"),
        "database",
    ),
    **dict.fromkeys(("cache", "caches", "redis", "memcached"), "cache"),
    **dict.fromkeys(("queue", "queues", "kafka", "rabbitmq"), "queue"),
    **dict.fromkeys(("host", "hosts", "node", "nodes", "machine", "machines", "server", "vm"), "host"),
    **dict.fromkeys(("edge", "balancer", "proxy", "ingress", "cdn"), "edge"),
}
_PAIRS: Final = {("la", "red"): "network", ("base", "de"): "database"}


def layer_in(words: Sequence[str]) -> str:
    """The layer that words name; "" where they name none.

    >>> layer_in(("the", "network", "was", "fine")), layer_in(("se", "descarta", "la", "red")), layer_in(("red",))
    ('network', 'network', '')
    """
    alone = next((LAYERS[word] for word in words if word in LAYERS), "")
    return alone or next((_PAIRS[pair] for pair in pairwise(words) if pair in _PAIRS), "")


TOPICS: Final[dict[str, frozenset[str]]] = {
    "latency": frozenset(
        ["latency", "latencies", "slow", "slowness", "duration", "response", "responses", "p95", "p99", "p50"]
    ),
    "errors": frozenset(
        [
            "error",
            "errors",
            "5xx",
            "500s",
            "500",
            "502",
            "503",
            "504",
            "failing",
            "failure",
            "failures",
            "fail",
            "failed",
        ]
    ),
    "cpu": frozenset(["cpu", "processor", "load"]),
    "memory": frozenset(["memory", "oom", "ram", "heap"]),
    "disk": frozenset(["disk", "disks", "storage", "filesystem", "volume"]),
    "pool": frozenset(["pool", "pools", "connections", "connection", "waiting"]),
    "probe": frozenset(
        [
            "probe",
            "probes",
            "health",
            "healthcheck",
            "healthchecks",
            "availability",
            "uptime",
            "synthetic",
            "down",
            "blackbox",
            "unreachable",
        ]
    ),
    "traffic": frozenset(["traffic", "requests", "rps", "qps", "throughput"]),
    "certificate": frozenset(["certificate", "cert", "certificates", "tls", "ssl"]),
    "replication": frozenset(["replication", "replica", "lag"]),
    "restart": frozenset(["restart", "restarts", "crashloop", "crashloopbackoff", "crash", "crashes"]),
}
"""What an alert or a figure is about, whatever it is called."""


MECHANISMS: Final[dict[str, str]] = {
    "memory": "memory-exhaustion",
    "disk": "disk-exhaustion",
    "cpu": "cpu-contention",
    "pool": "pool-exhaustion",
    "traffic": "traffic-surge",
    "certificate": "certificate-expiry",
    "of:network": "network-degradation",
}
"""What would have to be wrong with a topic for it to have had a part."""


def topics(words: frozenset[str]) -> frozenset[str]:
    """What the words speak of.

    >>> sorted(topics(frozenset(("db", "query", "latency", "high"))))
    ['latency', 'of:database']
    >>> sorted(topics(frozenset(("database", "response", "times"))))
    ['latency', 'of:database']
    """
    found = {topic for topic, many in TOPICS.items() if words & many}
    if {"times", "time"} & words and {"response", "query", "queries"} & words:
        found.add("latency")
    found |= {f"of:{LAYERS[word]}" for word in words if word in LAYERS}
    return frozenset(found)
