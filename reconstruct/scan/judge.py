"""One block of series, judged by the detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reconstruct.detect import PARAMETERS, find_anomalies
from reconstruct.model import Anomaly, ChangedSeries, Metric, Window
from reconstruct.scan.findings import Tally


def judge(
    metric: Metric,
    *,
    window: Window,
    tally: Tally,
    names: Sequence[str] | None = None,
    kinds: Mapping[str, tuple[str, float]] | None = None,
) -> None:
    """Add the series of `metric` to the tally, each with its largest anomaly where it has one.

    Parameters
    ----------
    metric : Metric
        A frame on `window.index`; its signal's title is the metric's name.
    window : Window
        Rows before its start are each series' own history.
    tally : Tally
        What the scan has seen so far; it is added to.
    names : sequence of str, optional
        The metric of each series, where the frame holds several ...
    kinds : mapping, optional
        ... and the unit and smallest effect of interest of each.
    """
    values = metric.values.to_numpy(np.float64)
    signal = metric.signal
    names = names if names is not None else [signal.title] * values.shape[1]
    kinds = kinds if kinds is not None else {signal.title: (signal.unit, signal.min_effect)}
    judged = np.count_nonzero(np.isfinite(values[: window.first]), axis=0) >= PARAMETERS.least_samples
    min_effect = np.array([kinds[name][1] for name in names])
    largest: dict[int, Anomaly] = {}
    for anomaly in find_anomalies(metric, window=window, min_effect=min_effect):
        before = largest.get(anomaly.column)
        if before is None or anomaly.score > before.score:
            largest[anomaly.column] = anomaly
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(name, []).append(column)
    for name, own in columns.items():
        tally.add(
            name,
            labels=[metric.labels[column] for column in own],
            judged=int(np.count_nonzero(judged[own])),
            changed=[_changed(largest[c], name=name, unit=kinds[name][0]) for c in own if c in largest],
        )


def _changed(anomaly: Anomaly, *, name: str, unit: str) -> ChangedSeries:
    return ChangedSeries(
        metric=name,
        labels=anomaly.labels,
        unit=unit,
        direction=anomaly.direction,
        shape=anomaly.shape,
        onset=anomaly.onset,
        recovery=anomaly.recovery,
        baseline=anomaly.baseline,
        level=anomaly.level,
        peak=anomaly.peak,
        peak_time=anomaly.peak_time,
        score=anomaly.score,
        robust_z=anomaly.robust_z,
    )
