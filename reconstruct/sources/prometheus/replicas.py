"""Replica pairs (two Prometheus that scrape the same, behind Thanos or Mimir): each series once, and that is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct import promql as pq
from reconstruct.model import Window
from reconstruct.sources.prometheus.client import Prometheus

REPLICA_LABELS: Final = ("prometheus_replica", "__replica__", "thanos_replica", "receive_replica", "replica")
"""As the Prometheus operator, Mimir and Thanos call it; the last one is also an ordinary label of databases."""


def replica_scope(server: Prometheus, window: Window, *, scope: str = "") -> tuple[str, str]:
    """The scope narrowed to one replica, and a note that says so; the scope as it was and "" where there is no pair.

    Sums over a pair count everything twice, and no merging afterwards can undo that. A label names replicas only if
    most targets are there once for each of its values: a database's `replica` label is not one.
    """
    at = min(window.end, server.now())
    up = f"up{{{scope}}}" if scope else "up"
    for label in REPLICA_LABELS:
        by_replica = {
            sample.labels[label]: sample.value
            for sample in server.instant(f"count by ({label}) ({up})", at=at)
            if sample.labels.get(label)
        }
        if len(by_replica) < 2:
            continue
        targets = sum(sample.value for sample in server.instant(f"count(count by (job, instance) ({up}))", at=at))
        if sum(by_replica.values()) <= 1.5 * targets:
            continue
        chosen = max(sorted(by_replica), key=by_replica.__getitem__)
        matcher = f"{label}={pq.quote_label(chosen)}"
        others = ", ".join(sorted(set(by_replica) - {chosen}))
        return (
            f"{scope},{matcher}" if scope else matcher,
            f"two or more Prometheus scrape the same targets ({label}): {chosen} is read, not {others}",
        )
    return scope, ""


def merge_replicas(
    values: npt.NDArray[np.float64], labels: tuple[Mapping[str, str], ...]
) -> tuple[npt.NDArray[np.float64], tuple[Mapping[str, str], ...], str]:
    """Series that differ in a replica label alone as one, and a sentence on it ("" where there are none).

    The replica with most samples is kept, its holes filled from the others: two replicas' samples of one moment differ
    by scrape offsets, so changing over at every sample would invent movement.

    >>> values = np.array([[1.0, 1.1], [np.nan, 2.1], [3.0, 3.1]])
    >>> labels = ({"job": "a", "prometheus_replica": "0"}, {"job": "a", "prometheus_replica": "1"})
    >>> merged, kept, says = merge_replicas(values, labels)
    >>> merged.ravel().tolist(), kept
    ([1.1, 2.1, 3.1], ({'job': 'a'},))
    """
    label = next((each for each in REPLICA_LABELS if sum(each in have for have in labels) > 1), None)
    if label is None:
        return values, labels, ""
    columns: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for column, have in enumerate(labels):
        columns.setdefault(tuple(sorted((k, v) for k, v in have.items() if k != label)), []).append(column)
    with_label = sum(label in have for have in labels)
    if with_label < 2 * sum(any(label in labels[column] for column in same) for same in columns.values()):
        return values, labels, ""  # most have no twin: an ordinary label
    merged = np.empty((len(columns), len(values)))
    for row, same in enumerate(columns.values()):
        best_first = sorted(same, key=lambda column: (int(np.isnan(values[:, column]).sum()), column))
        merged[row] = values[:, best_first[0]]
        for column in best_first[1:]:
            missing = np.isnan(merged[row])
            merged[row, missing] = values[missing, column]
    says = f"{len(labels)} series of replicas ({label}) were merged into {len(columns)}"
    return merged.T, tuple(dict(key) for key in columns), says
