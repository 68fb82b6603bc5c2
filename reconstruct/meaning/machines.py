"""Machines and containers: CPU, memory, disks, restarts: node_exporter, cAdvisor, kube-state-metrics."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.names import Names, instance_of, total_of
from reconstruct.meaning.readings import Readings, Source
from reconstruct.meaning.rows import Row
from reconstruct.model.system import Series, plain_name

Hosts = dict[str, Counter[str]]
NO_CONTAINER = ("POD", "")
PSEUDO = re.compile(r"tmpfs|overlay|squashfs|ramfs|devtmpfs|iso9660|nsfs|proc|sysfs")
"""File systems that are no disk."""
MANY_CORES = 4096.0


def read_cluster(
    name: str,
    rows: Sequence[Row],
    *,
    names: Names,
    found: Readings,
    hosts: Hosts,
    parts: dict[tuple[str, str], list[Series]],
) -> None:
    """A metric of cAdvisor or kube-state-metrics."""
    said = set(rows[0].words)
    for row in rows:
        node = row.labels.get("node") or row.own.get("node") or ""
        if name == "kube_node_info":
            if row.own.get("internal_ip") and node:
                names.addresses[row.own["internal_ip"]] = node
            continue
        if name == "kube_node_status_condition":
            if row.own.get("condition") == "Ready" and row.own.get("status") == "true" and node:
                names.kinds.setdefault(node, "host")
                found.add(node, "up", row.values, Source(row.query, name))
            continue
        if row.own.get("container", row.labels.get("container")) == "POD":
            continue
        thing = _workload(row, names)
        if not thing:
            continue
        pod = row.own.get("pod") or row.own.get("pod_name") or instance_of(row.labels)
        if node and row.own.get("pod"):
            hosts[thing][node] += 1
        told = Source(row.query, name, pod)
        if {"cpu", "usage"} <= said and row.rate is not None:
            found.add(thing, "cpu", row.rate, told)
        elif {"cpu", "quota"} <= said:
            parts[thing, f"quota {pod}"].append(row.values)
            found.parts[thing, "cpu"][1].behind[row.query, name] = None
        elif "period" in said and row.rate is not None:
            parts[thing, f"{'throttled' if 'throttled' in said else 'periods'} {pod}"].append(row.rate)
            found.parts[thing, "throttled"][0].behind[row.query, name] = None
        elif {"working", "set"} <= said:
            found.add(thing, "memory", row.values, told)
        elif "limit" in said and "memory" in said and "spec" in said:
            found.bound(thing, "memory", np.where(row.values > 0, row.values, np.nan), told)
        elif "limit" in said and "resource" in said:
            if row.own.get("resource") == "memory":
                found.bound(thing, "memory", row.values, told)
            elif row.own.get("resource") == "cpu":
                found.bound(thing, "cpu", row.values, told)
        elif "restart" in said:
            found.add(thing, "restarts", rises(row.values), told)
        elif "terminated" in said and re.search("oom", row.own.get("reason", ""), re.IGNORECASE):
            found.add(thing, "oom_kills", rises(np.nan_to_num(row.values)), told)
        elif {"oom", "event"} <= said:
            found.add(thing, "oom_kills", rises(row.values), told)
        elif {"replica", "available"} <= said and "unavailable" not in said:
            found.add(thing, "ready", row.values, Source(row.query, name))
        elif {"replica", "ready"} <= said:
            found.add(thing, "ready", row.values, Source(row.query, name), rank=1)
        elif {"replica", "spec"} <= said:
            found.bound(thing, "ready", row.values, Source(row.query, name))


def finish_cluster(found: Readings, parts: dict[tuple[str, str], list[Series]]) -> None:
    """Shares of what was gathered part by part: throttled of all periods, quota in cores."""
    for (thing, what), series in parts.items():
        word, _, pod = what.partition(" ")
        if word == "throttled":
            of = parts.get((thing, f"periods {pod}"))
            if of:
                periods = total_of(of)
                share = np.where(periods > 0, np.nan_to_num(total_of(series)) / np.maximum(periods, 1e-9), np.nan)
                found.parts[thing, "throttled"][0].values[pod].append(np.clip(share, 0.0, 1.0))
        elif word == "quota":
            quota = total_of(series) / 100_000.0  # the kernel's default period, 0.1 s, in microseconds
            found.bound(thing, "cpu", np.where(quota > 0, quota, np.nan), Source("", "", pod), rank=1)


def read_node(name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> None:
    """A metric of node_exporter."""
    said = set(rows[0].words)
    by_thing: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_thing[names.thing(row)].append(row)
    for thing, mine in by_thing.items():
        told = Source(mine[0].query, name)
        if {"cpu", "second"} <= said and any("mode" in row.own for row in mine):
            idle = [row.signal for row in mine if row.own.get("mode") == "idle"]
            if idle:
                free = [*idle, *(row.signal for row in mine if row.own.get("mode") == "iowait")]
                found.add(thing, "cpu", np.clip(len(idle) - total_of(free), 0.0, None), told)
                found.bound(thing, "cpu", np.full(len(idle[0]), float(len(idle))), told)
            continue
        for row in mine:
            mount = row.own.get("mountpoint") or row.own.get("device") or ""
            if "filesystem" in said and not PSEUDO.search(row.own.get("fstype", "")):
                if said & {"avail", "free"} and "byte" in said and "inode" not in said:
                    found.add(
                        thing, "disk_free", row.values, told._replace(instance=mount), rank=0 if "avail" in said else 1
                    )
                elif "size" in said:
                    found.bound(thing, "disk_free", row.values, told._replace(instance=mount))
            elif "pressure" in said and "cpu" in said and row.rate is not None:
                found.add(thing, "cpu_pressure", row.rate, told)
            elif {"io", "time"} <= said and row.rate is not None and "weighted" not in said:
                found.add(thing, "disk_busy", row.rate, told._replace(instance=row.own.get("device", "")))
            elif "oom" in said:
                found.add(thing, "oom_kills", rises(row.values), told)
            elif "retran" in name.lower():
                found.add(thing, "retransmits", row.signal, told)
            elif re.search(r"mem_?available", name.lower()):
                found.add(thing, "memory", -row.values, told)  # made "used" once the total is known
            elif re.search(r"mem_?total", name.lower()):
                found.bound(thing, "memory", row.values, told)


def finish_nodes(found: Readings, names: Names) -> None:
    """Memory in use, of the whole and what is available."""
    for (thing, role), ranks in found.parts.items():
        if role != "memory" or names.kinds.get(thing) != "host":
            continue
        for parts in ranks.values():
            for key, series in parts.values.items():
                whole = parts.bounds.get(key)
                if whole and series and np.nanmax(series[0], initial=-1.0) <= 0:
                    parts.values[key] = [whole[0] + series[0]]


def rises(values: Series) -> Series:
    """How much it rose since the sample before; falls and gaps are none."""
    found = np.full(len(values), np.nan)
    at = np.flatnonzero(np.isfinite(values))
    if len(at):
        found[at] = 0.0
        found[at[1:]] = np.clip(np.diff(values[at]), 0.0, None)
    return found


def _workload(row: Row, names: Names) -> str:
    for label in words_for.WORKLOAD_LABELS:
        value = row.own.get(label) or ("" if label == "pod" else row.labels.get(label, "") if label in row.own else "")
        if value and value not in NO_CONTAINER:
            known = names.known(value)
            if known is not None:
                return known
    for label in ("container", "deployment", "statefulset", "daemonset", "pod"):
        if row.own.get(label) and row.own[label] not in NO_CONTAINER:
            return plain_name(row.own[label])
    return ""
