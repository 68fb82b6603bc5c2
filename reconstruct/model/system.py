"""The system as its metrics show it: things by name, what they are asked, whom they ask, what they live on.

Arrays are float64, shape (n_times,), on `Window.index`; NaN = not known. Sums are over all parts, and a part that is
absent beside present ones is 0. `reconstruct.meaning.read_system` makes a System of evidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
Kind = Literal["edge", "app", "database", "cache", "queue", "host", "external", "path", "dns", "probe"]
"""What a thing is; a path leads from one place to another."""
Role = Literal[
    "up",
    "restarts",
    "oom_kills",
    "ready",
    "cpu",
    "cpu_pressure",
    "throttled",
    "memory",
    "threads",
    "in_flight",
    "retries",
    "disk_free",
    "disk_busy",
    "connections",
    "active",
    "slow_queries",
    "lock_waits",
    "lock_time",
    "deadlocks",
    "oldest_transaction",
    "statements",
    "statement_time",
    "rows",
    "operations",
    "operation_time",
    "aborted",
    "hits",
    "misses",
    "evictions",
    "depth",
    "unacked",
    "consumers",
    "published",
    "consumed",
    "redelivered",
    "queue_wait",
    "backends",
    "backend_errors",
    "certificate_left",
    "probe_ok",
    "round_trip",
    "reachable",
    "retransmits",
    "dns_queries",
    "dns_failures",
]
"""What a figure of a thing tells, whatever its metric is called. `docs/meaning.md` has a line each."""

_DOMAIN: Final = re.compile(r"\.(internal|local|svc|cluster|default|lan|corp|intra)(\..*)?$")
_EXPORTER: Final = re.compile(r"[-.](exporter|metrics|group|svc|service-monitor)$")
_POD_HASH: Final = re.compile(r"-[a-z0-9]{7,10}-[a-z0-9]{5}$")
_HASH: Final = re.compile(r"-(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{5,10}$")
_ORDINAL: Final = re.compile(r"-\d{1,3}$")
_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


def plain_name(text: str) -> str:
    """One spelling for a thing: without scheme, port, cluster's domain, exporter's suffix, pod's hash and ordinal.

    >>> plain_name("http://cart.prod.svc.cluster.local:8080/x"), plain_name("orders_db-exporter")
    ('cart', 'orders-db')
    >>> plain_name("cart-7d9f8b6c5-x2x4z")
    'cart'
    >>> plain_name("postgres-0"), plain_name("api.payfast.example"), plain_name("10.0.0.7:9100")
    ('postgres', 'api.payfast.example', '10.0.0.7')
    """
    name = re.sub(r"^[a-z][a-z0-9+]*://", "", text.strip().lower()).split("/")
    name_text = name[0] if "." in name[0] or ":" in name[0] or len(name) == 1 else name[-1] or name[0]
    name_text = re.sub(r"(:\d+|@\w+)$", "", name_text)
    if _ADDRESS.fullmatch(name_text):
        return name_text
    svc = re.fullmatch(r"([a-z0-9-]+)\.[a-z0-9-]+\.svc(\..*)?", name_text)
    name_text = svc[1] if svc else _DOMAIN.sub("", name_text)
    name_text = name_text.replace("_", "-")
    for ending in (_EXPORTER, _POD_HASH, _HASH, _ORDINAL):
        name_text = ending.sub("", name_text) or name_text
    return name_text


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Requests, calls or messages of one kind: how many, how many of them failed, and how long they took."""

    total: Series
    """Per second, over ALL answers."""
    failed: Series | None = None
    """Per second, of the same; None = no status is told."""
    busy: Series | None = None
    """Seconds of answering per second."""
    timed: Series | None = None
    """Answers timed, per second; `busy / timed` is the mean."""
    routes: Mapping[str, Flow] = field(default_factory=dict)
    instances: Mapping[str, Flow] = field(default_factory=dict)
    codes: Mapping[str, Series] = field(default_factory=dict)
    """Per second, by status as exported."""
    queries: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()

    def share(self, samples: int = 1) -> Series:
        """Failed of total over the last `samples` samples; 0 where no status is told, NaN without requests."""
        failed = self.failed if self.failed is not None else np.where(np.isfinite(self.total), 0.0, np.nan)
        return quotient(failed, self.total, samples)

    def mean(self, samples: int = 1) -> Series | None:
        """Mean seconds an answer took, over the last `samples` samples; None where nothing is timed."""
        if self.busy is None or self.timed is None:
            return None
        return quotient(self.busy, self.timed, samples)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Connections of one owner to one other thing, summed over its instances; rates are per second."""

    used: Series | None = None
    size: Series | None = None
    idle: Series | None = None
    pending: Series | None = None
    waits: Series | None = None
    wait_s: Series | None = None
    timeouts: Series | None = None
    held_s: Series | None = None
    held: Series | None = None
    instances: Mapping[str, Mapping[str, Series]] = field(default_factory=dict)
    """Instance -> name of a field above -> its own."""
    queries: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One figure of a thing, with its bound where one was found."""

    values: Series
    unit: str = "count"
    bound: Series | None = None
    """Limit, size or maximum, in the same unit; for what is free (`disk_free`): the whole."""
    instances: Mapping[str, Series] = field(default_factory=dict)
    """By pod, mount point, device or path."""
    instance_bounds: Mapping[str, Series] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """All of it. Names of things are those that changes and other metrics use, where they agree."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """Every other spelling (as `plain_name` leaves it) -> thing."""
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Thing -> spellings that were joined in it."""
    served: Mapping[str, Flow] = field(default_factory=dict)
    handled: Mapping[str, Flow] = field(default_factory=dict)
    """Worker -> messages that it handled."""
    delayed: Mapping[str, Flow] = field(default_factory=dict)
    """Worker -> how long messages had waited."""
    called: Mapping[tuple[str, str], Flow] = field(default_factory=dict)
    """(caller, callee) -> calls as the caller sees them."""
    calls: frozenset[tuple[str, str]] = frozenset()
    inferred: frozenset[tuple[str, str]] = frozenset()
    """Those of `calls` that no configuration names."""
    pools: Mapping[tuple[str, str], Pool] = field(default_factory=dict)
    readings: Mapping[tuple[str, Role], Reading] = field(default_factory=dict)
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    consumers: Mapping[str, str] = field(default_factory=dict)
    """Worker -> queue."""
    outermost: str | None = None
    """The hop that users meet."""
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Thing -> instance -> the version that a label of its series names."""

    def thing(self, text: str) -> str | None:
        """The thing that a name, address or label value means; None = none that is known."""
        name = plain_name(text)
        if name in self.kinds:
            return name
        known = self.names.get(name)
        if known is None:
            known = self.names.get(text.strip().lower())
        return known


def smooth(values: Series, samples: int) -> Series:
    """Mean of what is known over the `samples` samples that end at each.

    >>> smooth(np.array([1.0, 3.0, np.nan, 5.0]), 2).tolist()
    [1.0, 2.0, 3.0, 5.0]
    """
    if samples <= 1 or not len(values):
        return values
    there = np.isfinite(values)
    sums, counts = np.cumsum(np.where(there, values, 0.0)), np.cumsum(there).astype(float)
    sums[samples:], counts[samples:] = sums[samples:] - sums[:-samples], counts[samples:] - counts[:-samples]
    return np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)


def quotient(part: Series, whole: Series, samples: int = 1) -> Series:
    """`part / whole`, each smoothed; a part that is unknown beside a known whole is 0; NaN where there is no whole."""
    above = smooth(np.where(np.isfinite(whole), np.nan_to_num(part), np.nan), samples)
    below = smooth(whole, samples)
    tiny = 1e-9
    return np.where(below > tiny, above / np.maximum(below, tiny), np.nan)
