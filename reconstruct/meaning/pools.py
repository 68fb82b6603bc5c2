"""Connection pools: who holds how many connections to what, of how many, and how long it waits for one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.names import Names, instance_of, total_of
from reconstruct.meaning.rows import Row
from reconstruct.model.system import Pool, Series

Part = Literal["used", "size", "idle", "pending", "waits", "wait_s", "timeouts", "held_s", "held"]
PARTS: Final[tuple[tuple[Part, re.Pattern[str]], ...]] = (
    ("timeouts", re.compile(r"timeout|timed_?out|time_outs")),
    ("waits", re.compile(r"wait_count|waited_for|waits?_total|(acquire|wait)\w*_count|empty_acquire")),
    (
        "wait_s",
        re.compile(
            r"(wait|acquire|create_time)\w*(_sum|seconds_total|duration\w*_total|_ms_total|time_total)|wait_duration|wait_seconds"
        ),
    ),
    ("held_s", re.compile(r"(usage|use_time|held)\w*_sum")),
    ("held", re.compile(r"(usage|use_time|held)\w*_count")),
)
LEVELS: Final[tuple[tuple[Part, re.Pattern[str]], ...]] = (
    ("pending", re.compile(r"pending|waiting|waiters|queue|wait$|waits|blocked")),
    ("idle", re.compile(r"idle|free|available")),
    ("size", re.compile(r"max|limit|size|capacity")),
    ("used", re.compile(r"in_?use|active|busy|checked|used|acquired|borrowed|open|usage")),
    ("size", re.compile(r"total")),
)
OF_STORE: Final = re.compile(r"db|data|store|schema|pool|source")
"""Part of a label's name that says that it names a store."""
SKIPPED: Final = re.compile(
    r"_bucket|creation|created|closed|_destroyed|lifetime|idle_(time|closed)|min_?idle|max_idle|_min\b"
)
"""What says nothing of whether it is full."""


@dataclass(slots=True)
class Pools:
    """What was met so far: (owner, other side) -> part -> instance -> series."""

    parts: dict[tuple[str, str], dict[Part, dict[str, list[Series]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    )
    behind: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """(query, metric) of each."""
    unnamed: dict[tuple[str, str], dict[str, dict[str, list[Series]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    )
    """Levels whose names tell no part: (owner, other side) -> metric -> instance -> series."""


def is_pool(words: Sequence[str], labels: frozenset[str] = frozenset()) -> bool:
    """Whether a metric of a process speaks of a pool of connections.

    >>> is_pool(("hikaricp", "connection", "active")), is_pool(("http", "server", "connection"))
    (True, False)
    >>> is_pool(("db", "client", "connection", "count")), is_pool(("tomcat", "thread", "busy"))
    (True, False)
    """
    said = set(words)
    if said & words_for.NO_POOL:
        return False
    store = bool(said & (words_for.STORE_WORDS | words_for.CACHE_WORDS))
    if said & (words_for.POOL - {"connection", "conn", "sql"}) or any(word.endswith("pool") for word in said):
        return True
    return bool(said & {"connection", "conn"}) and (store or bool(labels & {"pool", "db_name", "pool_name"}))


def read_pool(name: str, rows: Sequence[Row], *, names: Names, found: Pools) -> None:
    """Put a metric of a pool where it belongs."""
    if SKIPPED.search(name):
        return
    for row in rows:
        states = " ".join(f"{v}" for k, v in row.own.items() if re.search("state|status|kind|type", k)).lower()
        counts = row.rate is not None
        part = part_of(f"{name.lower()} {states}".strip(), counts=counts) or part_of("_".join(row.words), counts=counts)
        owner = names.thing(row)
        if part is None:
            if not counts:
                key = (owner, _other_side(row, owner=owner, names=names))
                found.unnamed[key][name][instance_of(row.labels)].append(row.values)
                found.behind[key].append((row.query, name))
            continue
        key = (owner, _other_side(row, owner=owner, names=names))
        unit = 1e-3 if part in ("wait_s", "held_s") and set(row.words) & words_for.MILLIS else 1.0
        found.parts[key][part][instance_of(row.labels)].append(row.signal * unit)
        if (row.query, name) not in found.behind[key]:
            found.behind[key].append((row.query, name))


def part_of(text: str, *, counts: bool) -> Part | None:
    """Which part of a pool a name, with its state, tells.

    >>> part_of("hikaricp_connections_pending", counts=False), part_of("db_client_connection_count used", counts=False)
    ('pending', 'used')
    >>> part_of("hikaricp_connections_acquire_seconds_sum", counts=True), part_of("go_sql_wait_count", counts=True)
    ('wait_s', 'waits')
    """
    return next((part for part, pattern in (PARTS if counts else LEVELS) if pattern.search(text)), None)


def joined_pools(found: Pools) -> dict[tuple[str, str], Pool]:
    """Each pool summed over its instances; a size that is not told is what is used and idle together."""
    pools = {}
    for key, levels in found.unnamed.items():
        _by_shape(found.parts[key], levels)
    for key, parts in found.parts.items():
        if not parts:
            continue
        by_instance: dict[str, dict[str, Series]] = defaultdict(dict)
        for part, instances in parts.items():
            for instance, series in instances.items():
                by_instance[instance][part] = total_of(series)
        sums: dict[str, Series] = {
            part: total_of([one[part] for one in by_instance.values() if part in one]) for part in parts
        }
        if "size" not in sums and {"used", "idle"} <= set(sums):
            sums["size"] = sums["used"] + sums["idle"]
        behind = found.behind[key]
        pools[key] = Pool(
            **sums,
            instances={instance: dict(one) for instance, one in sorted(by_instance.items())},
            queries=tuple(query for query, _ in behind),
            metrics=tuple(name for _, name in behind),
        )
    return pools


def _by_shape(parts: dict[Part, dict[str, list[Series]]], levels: dict[str, dict[str, list[Series]]]) -> None:
    """Parts that no name tells, by what they do: the size hardly ever changes and is never exceeded, what waits is
    mostly nothing, what is used is not."""
    known = {name: _settled(instances) for name, instances in levels.items()}
    usual = {name: level for name, level in known.items() if np.isfinite(level[0])}
    most = max((top for _, top, _ in usual.values()), default=0.0)
    for name, (level, top, moves) in sorted(usual.items(), key=lambda item: (item[1][2], -item[1][0], item[0])):
        part: Part = "pending" if level <= 0 else "used"
        if "size" not in parts and moves < STEADY and top >= most > 0:
            part = "size"
        if part not in parts:
            parts[part] = levels[name]


def _settled(instances: dict[str, list[Series]]) -> tuple[float, float, float]:
    """Median, largest value, and the share of samples in which it moves."""
    values = np.array([one for series in instances.values() for one in series])
    if not np.isfinite(values).any():
        return np.nan, np.nan, 1.0
    moves = np.diff(values, axis=1)
    moves = moves[np.isfinite(moves)]
    return float(np.nanmedian(values)), float(np.nanmax(values)), float((moves != 0).mean()) if len(moves) else 1.0


STEADY: Final = 0.02
"""A pool's size moves in fewer of its samples than this: when somebody changes it."""


def _other_side(row: Row, *, owner: str, names: Names) -> str:
    for label in (*words_for.STORE_LABELS, *sorted(row.own)):
        value = row.own.get(label)
        known = names.known(value) if value else None
        if known is not None and known != owner and names.kinds.get(known) in ("database", "cache", "queue"):
            return known
    for label in (*words_for.STORE_LABELS, *sorted(k for k in row.own if OF_STORE.search(k))):
        value = row.own.get(label, "")
        if value and re.fullmatch(r"[A-Za-z][\w.-]+", value) and names.known(value) != owner:
            return names.add(value, "cache" if set(row.words) & words_for.CACHE_WORDS else "database")
    databases = [name for name, kind in names.kinds.items() if kind == "database"]
    return databases[0] if len(databases) == 1 else names.add(f"database of {owner}", "database")
