"""Series that nobody asked for yet, as they might be: names, kinds and labels are known, samples are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.model import Evidence, Metric, Service, Signal, Window

STEP: Final = pd.Timedelta("15s")
BASELINE, SAMPLES = 16, 24
"""Enough moves before the window for a counter to be known as one."""
SERIES_LOOKED_AT: Final = 60
"""Of one metric: more of them say nothing new of what it is."""
_START: Final = pd.Timestamp("2026-01-01T00:00Z")


def stand_ins(seen: Mapping[str, tuple[str, Sequence[Mapping[str, str]]]], *, all_count: bool) -> Evidence:
    """Evidence of the metrics' names, kinds and labels, whose counters rise steadily and whose gauges stand.

    Parameters
    ----------
    seen : mapping of str to (kind, labels of its series)
        A native histogram stands for its count and its sum.
    all_count : bool
        Gauges rise as well: what had not moved when it was looked at may be a counter.
    """
    window = Window(_START + BASELINE * STEP, _START + SAMPLES * STEP, STEP, _START)
    index = window.index
    samples: dict[tuple[bool, int], pd.DataFrame] = {}
    metrics: list[Metric] = []
    for name, (kind, labels) in seen.items():
        parts = (f"{name}_count", f"{name}_sum") if kind == "histogram" else (name,)
        for part in parts:
            counts = all_count or kind in ("counter", "histogram", "summary")
            some = tuple(labels[:SERIES_LOOKED_AT]) or ({},)
            if (counts, len(some)) not in samples:
                samples[counts, len(some)] = _samples(index, len(some), counts=counts)
            metrics.append(_metric(part, some, samples[counts, len(some)], counts=counts))
    return Evidence(window, raw=tuple(metrics))


def _samples(index: pd.DatetimeIndex, series: int, *, counts: bool) -> pd.DataFrame:
    one = np.arange(len(index), dtype=float) if counts else np.full(len(index), 0.5)
    return pd.DataFrame(np.tile(one[:, None], (1, series)), index=index)


def _metric(name: str, labels: tuple[Mapping[str, str], ...], values: pd.DataFrame, *, counts: bool) -> Metric:
    signal = Signal(f"raw/{name}", name, name, "count", "app", "work", tags=("raw", "counter" if counts else "gauge"))
    return Metric(
        signal=signal,
        values=values,
        labels=labels,
        services=(Service(""),) * len(labels),
        query=name,
        spacing_s=STEP.total_seconds(),
    )
