"""One block of series, judged by the detector."""

from __future__ import annotations

import numpy as np

from reconstruct.detect import PARAMETERS, find_anomalies
from reconstruct.model import Anomaly, ChangedSeries, Metric, Window
from reconstruct.scan.findings import Tally


def judge(metric: Metric, *, window: Window, tally: Tally) -> None:
    """Add the series of `metric` to the tally, each with its largest anomaly where it has one.

    Parameters
    ----------
    metric : Metric
        A frame on `window.index`; its signal's title is the metric's name.
    window : Window
        Rows before its start are each series' own history.
    tally : Tally
        What the scan has seen so far; it is added to.
    """
    values = metric.values.to_numpy(np.float64)
    healthy = np.count_nonzero(np.isfinite(values[: window.first]), axis=0)
    largest: dict[int, Anomaly] = {}
    for anomaly in find_anomalies(metric, window=window):
        before = largest.get(anomaly.column)
        if before is None or anomaly.score > before.score:
            largest[anomaly.column] = anomaly
    tally.add(
        metric.signal.title,
        labels=metric.labels,
        judged=int(np.count_nonzero(healthy >= PARAMETERS.least_samples)),
        changed=[_changed(one) for one in largest.values()],
    )


def _changed(anomaly: Anomaly) -> ChangedSeries:
    return ChangedSeries(
        metric=anomaly.signal.title,
        labels=anomaly.labels,
        unit=anomaly.signal.unit,
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
