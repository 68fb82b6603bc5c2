"""What processes export of themselves: CPU, memory, threads, restarts, retries, look-ups, certificates, backends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.names import Names, instance_of
from reconstruct.meaning.readings import Readings, Source
from reconstruct.meaning.rows import Row
from reconstruct.model.system import Series

MOVED_S = 2.0
"""A start time that moves by more is another start; less is rounding."""


def read_process(
    name: str, rows: Sequence[Row], *, family: str, times_s: Series, names: Names, found: Readings
) -> bool:
    """Put a metric of a process where it belongs; False where it is none of these."""
    said = frozenset(rows[0].words)
    labels = {value.lower() for row in rows[:50] for value in row.own.values()}
    if said & {"hit", "miss", "misse"} or labels & {"hit", "miss"}:
        return _lookups(name, rows, names=names, found=found)
    if said & {"expiry", "expire", "expiration"} or {"not", "after"} <= said:
        for row in rows:
            host = row.own.get("host") or row.own.get("cn") or row.own.get("subject") or names.thing(row)
            left = row.values - times_s if np.nanmax(row.values, initial=0.0) > 1e9 else row.values
            found.add(host, "certificate_left", left, Source(row.query, name))
        return True
    if "retry" in said and "bound" not in said:
        for row in rows:
            if any("without" in value.lower() for value in row.own.values()):
                continue  # resilience4j counts calls that needed none beside those that did
            found.add(names.thing(row), "retries", row.signal, Source(row.query, name, instance_of(row.labels)))
        return True
    if "rtt" in said or {"round", "trip"} <= said:
        return _round_trips(name, rows, names=names, found=found)
    for row in rows:
        thing = names.thing(row)
        told = Source(row.query, name, instance_of(row.labels))
        if _process(row, said, thing, told, found):
            continue
        if "memory" in said and said & {"jvm", "heap", "nodejs", "dotnet", "rss", "resident"}:
            if row.own.get("area", "heap") != "heap" or not said & {"byte", "rss", "resident"}:
                continue
            if "max" in said or "limit" in said:
                found.bound(thing, "memory", np.where(row.values > 0, row.values, np.nan), told, rank=2)
            elif "used" in said or said & {"rss", "resident"}:
                found.add(thing, "memory", row.values, told, rank=2)
        elif "throttl" in name and row.rate is None and np.nanmax(row.values, initial=0.0) <= 100.0:
            share = row.values / 100.0 if "percent" in said or "pct" in said else row.values
            found.add(thing, "throttled", share, told, rank=1)
        elif (
            said & {"inflight"}
            or {"in", "flight"} <= said
            or {"in", "progress"} <= said
            or {"active", "request"} <= said
        ):
            found.add(thing, "in_flight", row.values, told)
        elif "thread" in said and said & {"max", "limit", "config"} and row.rate is None:
            found.bound(thing, "threads", row.values, told)
        elif "thread" in said and said & {"busy", "active"} and row.rate is None:
            found.add(thing, "threads", row.values, told)
        elif family == "edge" and "server" in said and said & {"active", "up"} and row.rate is None:
            found.add(thing, "backends", row.values, Source(row.query, name))
        elif (
            family == "edge"
            and said & {"backend", "upstream"}
            and {"connection", "error"} <= said
            and row.rate is not None
        ):
            found.add(thing, "backend_errors", row.rate, Source(row.query, name))
        elif family == "edge" and {"queue", "time"} <= said and row.rate is None:
            found.add(thing, "queue_wait", row.values, Source(row.query, name))
        elif (
            family == "edge"
            and "time" in said
            and "average" in said
            and said & {"total", "response"}
            and row.rate is None
        ):
            found.add(thing, "round_trip", row.values, Source(row.query, name))
        else:
            return False
    return True


WAY_LABELS: Final = ("path", "link", "route", "target", "peer", "dest", "dst", "destination", "remote", "to")
"""Labels in which a prober names the way, or the end of it."""


def _round_trips(name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> bool:
    """Round trips of packets by whoever times them, where a label names the way; False where none does."""
    unit = next((u for u, of in _UNITS if frozenset(rows[0].words) & of), 1.0)
    read = False
    for row in rows:
        way = next((row.own[k] for k in WAY_LABELS if row.own.get(k)), "")
        if way and row.rate is None and "le" not in row.labels and "quantile" not in row.labels:
            names.kinds.setdefault(way, "path")
            found.add(way, "round_trip", row.values * unit, Source(row.query, name))
            read = True
    return read


PARTS_OF_CPU: Final = frozenset({"user", "system", "kernel", "child", "iowait"})
MOST_CORES: Final = 512.0
"""A process that seems to use more counts something else."""


def _process(row: Row, said: frozenset[str], thing: str, told: Source, found: Readings) -> bool:
    """CPU, memory and starts of a process, whatever its library calls them; False where it is none of these."""
    own = "process" in row.words[:1]
    if "cpu" in said and not said & {"limit", "quota", "throttl", "throttled", "request"}:
        unit = next((u for u, of in _UNITS if said & of), 1.0)
        if row.rate is not None and _middle(row.rate) * unit < MOST_CORES:
            found.add(thing, "cpu", row.rate * unit, told, rank=2 if said & PARTS_OF_CPU else 1)
        elif row.rate is None and said & SHARES:
            found.add(thing, "cpu", row.values, told, rank=3)
        else:
            return own
    elif said & {"resident", "rss"} or {"working", "set"} <= said:
        found.add(thing, "memory", row.values, told, rank=1)
    elif "start" in said and "time" in said:
        found.add(thing, "restarts", _rose(row.values, MOVED_S), told, rank=1)
    elif "uptime" in said and row.rate is None:
        found.add(thing, "restarts", _rose(-row.values, 0.0), told, rank=2)
    else:
        return own
    return True


def _middle(values: Series) -> float:
    """Median of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


SHARES: Final = frozenset({"usage", "utilization", "utilisation", "percent", "ratio", "load", "recent"})
_UNITS: Final = ((1e-3, words_for.MILLIS), (1e-6, words_for.MICROS), (1e-9, words_for.NANOS))


def _rose(values: Series, by: float) -> Series:
    """1 where a level rose by more than that since the sample before."""
    moved = np.full(len(values), np.nan)
    at = np.flatnonzero(np.isfinite(values))
    if len(at):
        moved[at] = 0.0
        moved[at[1:]] = (np.diff(values[at]) > by).astype(float)
    return moved


def _lookups(name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> bool:
    for row in rows:
        if row.rate is None:
            continue
        text = f"{name} {' '.join(row.own.values())}".lower()
        cache = next((k for v in row.own.values() if (k := names.known(v)) and names.kinds.get(k) == "cache"), None)
        missed = re.search(r"miss", text) is not None
        found.add(
            cache or names.thing(row),
            "misses" if missed else "hits",
            row.rate,
            Source(row.query, name),
            rank=1 if cache else 0,
        )
    return True
