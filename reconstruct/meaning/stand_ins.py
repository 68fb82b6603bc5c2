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
    metrics: list[Metric] = []
    for name, (kind, labels) in seen.items():
        parts = (f"{name}_count", f"{name}_sum") if kind == "histogram" else (name,)
        for part in parts:
            counts = all_count or kind in ("counter", "histogram", "summary")
            metrics.append(_metric(part, tuple(labels[:SERIES_LOOKED_AT]) or ({},), counts=counts, window=window))
    return Evidence(window, raw=tuple(metrics))


def _metric(name: str, labels: tuple[Mapping[str, str], ...], *, counts: bool, window: Window) -> Metric:
    index = window.index
    one = np.arange(len(index), dtype=float) if counts else np.full(len(index), 0.5)
    signal = Signal(f"raw/{name}", name, name, "count", "app", "work", tags=("raw", "counter" if counts else "gauge"))
    return Metric(
        signal=signal,
        values=pd.DataFrame(np.tile(one[:, None], (1, len(labels))), index=index),
        labels=labels,
        services=(Service(""),) * len(labels),
        query=name,
        spacing_s=window.step_s,
    )
