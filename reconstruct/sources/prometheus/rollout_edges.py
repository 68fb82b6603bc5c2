"""Rates of requests while instances are replaced: what the server cannot have counted right is no evidence.

A rate looks back over some scrapes. An instance that ended or began within them is counted in part: its last and first
moments lie between two scrapes, and nothing is known of an instance before its second one. With few instances the sum
falls by a third or doubles although the load is constant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct import promql as pq
from reconstruct.model import Metric, Service
from reconstruct.sources.prometheus.history.version_rollouts import instance_in

UNCOUNTED_SCRAPES: Final = 1.5
"""Of an instance's life that are missing from a window in which it began: up to its second scrape, on average."""
BENT: Final = 0.05
"""A rate that may be wrong by more than this part is no evidence of traffic."""


def without_bent_rates(metrics: Sequence[Metric], raw: Sequence[Metric]) -> tuple[Metric, ...]:
    """The metrics with rates of traffic left out (NaN) where replaced instances bend them by more than `BENT`.

    Parameters
    ----------
    metrics, raw : sequence of Metric
        Signals, and the same counters as exported, instance by instance, on one grid. A signal whose counters are not
        among `raw` is left as it is.
    """
    exported = {name: metric for metric in raw for name in pq.metric_names(metric.signal.promql)}
    bent: dict[str, Mapping[Service, npt.NDArray[np.float64]]] = {}
    return tuple(_straight(metric, exported, bent) for metric in metrics)


def _straight(
    metric: Metric, exported: Mapping[str, Metric], bent: dict[str, Mapping[Service, npt.NDArray[np.float64]]]
) -> Metric:
    signal = metric.signal
    if signal.aspect != "traffic" or not signal.range_s or signal.has_tag("by-instance"):
        return metric
    names = [name for name in pq.metric_names(signal.promql) if name in exported]
    if not names or len(metric.values) < 2:
        return metric
    for name in names:
        if name not in bent:
            bent[name] = replaced_share(exported[name])
    step_s = (metric.values.index[1] - metric.values.index[0]).total_seconds()
    rows = math.ceil((signal.range_s + 2 * metric.spacing_s) / step_s)
    missing = UNCOUNTED_SCRAPES * metric.spacing_s / signal.range_s
    mask = np.zeros(metric.values.shape, dtype=np.bool_)
    for column, service in enumerate(metric.services):
        for name in names:
            share = bent[name].get(service)
            if share is not None:
                mask[:, column] |= missing * _within(share, rows) > BENT
    return replace(metric, values=metric.values.mask(mask)) if mask.any() else metric


def replaced_share(metric: Metric) -> dict[Service, npt.NDArray[np.float64]]:
    """Service -> the part of its instances that began or ended at each row; shape (n_times,)."""
    there = np.isfinite(metric.values.to_numpy(np.float64))
    instances: dict[tuple[Service, str], npt.NDArray[np.bool_]] = {}
    for column, labels in enumerate(metric.labels):
        key = (metric.services[column], instance_in(labels))
        instances[key] = instances[key] | there[:, column] if key in instances else there[:, column]
    began: dict[Service, npt.NDArray[np.float64]] = {}
    ended: dict[Service, npt.NDArray[np.float64]] = {}
    count: dict[Service, npt.NDArray[np.float64]] = {}
    for (service, _), seen in instances.items():
        rows = np.flatnonzero(seen)
        if not len(rows):
            continue
        for each in (began, ended, count):
            each.setdefault(service, np.zeros(len(there)))
        count[service] += seen
        if rows[0] > 0:
            began[service][rows[0]] += 1
        if rows[-1] < len(there) - 1:
            ended[service][rows[-1] + 1] += 1
    return {
        service: np.maximum(began[service], ended[service]) / np.maximum(count[service], 1.0)
        for service in count
        if began[service].any() or ended[service].any()
    }


def _within(share: npt.NDArray[np.float64], rows: int) -> npt.NDArray[np.float64]:
    """The sum over each row and the `rows` before it; one row ahead, where the last sample is still repeated."""
    total = np.concatenate(([0.0], np.cumsum(share)))
    at = np.arange(len(share))
    return np.asarray(total[np.minimum(at + 2, len(share))] - total[np.maximum(0, at - rows)])
