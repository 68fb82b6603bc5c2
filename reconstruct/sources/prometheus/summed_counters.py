"""Counters with too many series, as one a workload: rates are summed by the server and counted up again here.

The counters themselves cannot be summed: a sum falls whenever an instance ends, and every reader of counters takes that
for a restart of all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from reconstruct.model import Metric


def counted(metric: Metric) -> Metric:
    """The counter whose rate the metric holds: ``c[t] = sum(rate[1..t]) * step``, NaN where the rate has no value.

    What passed while it had none is not counted. The first value of each series is 0.

    >>> from reconstruct.model import Service, Signal
    >>> index = pd.date_range("2026-01-01", periods=4, freq="10s", tz="UTC")
    >>> rate = pd.DataFrame([[2.0], [3.0], [np.nan], [1.0]], index=index)
    >>> signal = Signal("raw/x_total", "x", "sum(rate(x_total[1m]))", "count", "app", "work", range_s=60.0)
    >>> counted(Metric(signal, rate, ({},), (Service("x"),), "q1", 10.0)).values[0].tolist()
    [0.0, 30.0, nan, 40.0]
    """
    rates = metric.values.to_numpy(np.float64)
    if len(rates) < 2:
        return metric
    step_s = (metric.values.index[1] - metric.values.index[0]).total_seconds()
    there = np.isfinite(rates)
    passed = np.cumsum(np.where(there, rates, 0.0), axis=0) * step_s
    first = passed[there.argmax(axis=0), np.arange(rates.shape[1])]
    values = np.where(there, passed - first, np.nan)
    frame = pd.DataFrame(values, index=metric.values.index, columns=metric.values.columns)
    return replace(metric, values=frame)
