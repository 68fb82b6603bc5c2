"""Tags of signals: finer words than (layer, aspect), on which rules and mechanisms decide. The one list of them.

What each says stands in docs/packs.md.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

PackTag = Literal[
    "by-instance",
    "cache",
    "certificate",
    "connections",
    "count",
    "cpu",
    "deadlock",
    "disk",
    "dns",
    "gc",
    "host",
    "input",
    "io",
    "lock",
    "memory",
    "oom",
    "outbound",
    "pool",
    "probe",
    "process",
    "query",
    "replication",
    "restarts",
    "retries",
    "rows",
    "running-mean",
    "scrape",
    "share",
    "swap",
    "tcp",
    "throttled",
    "transaction",
]
"""What packs, conventions and mechanisms may use."""

MadeTag = Literal[
    "counter",
    "gauge",
    "mean",
    "one-caller",
    "raw",
    "requests",
    "summed",
    "users",
    "users-weight",
]
"""What the program itself marks raw series, signals made of several, and columns of a ranking with: no pack may."""

Tag = Literal[PackTag, MadeTag]

PACK_TAGS: Final[tuple[PackTag, ...]] = get_args(PackTag)
TAGS: Final[tuple[Tag, ...]] = get_args(Tag)
