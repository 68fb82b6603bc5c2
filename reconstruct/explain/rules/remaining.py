"""How much of the impact was left in a stretch of time: what partial cures and failed ones are told by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reconstruct.explain.context import Case, median
from reconstruct.explain.symptoms import Symptom

TOLD_BY = 6
"""The strongest symptoms are asked; more of them say the same."""


def remaining(case: Case, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Share of the impact's excess over the baseline that was there in [start, end); NaN = no samples.

    ``(median of the stretch - baseline) / (level while anomalous - baseline)``, the median over the main symptoms;
    of several bouts of one series the worst sets the scale.
    """
    worst: dict[tuple[str, int], Symptom] = {}
    for symptom in sorted(case.bout.main, key=lambda s: (-s.strength, s.anomaly.id)):
        worst.setdefault((symptom.anomaly.query, symptom.anomaly.column), symptom)
    shares = []
    for symptom in list(worst.values())[:TOLD_BY]:
        a = symptom.anomaly
        metric = case.metrics.get(a.query)
        if metric is None or a.level == a.baseline:
            continue
        stretch = metric.values[a.column]
        now = median(stretch[(stretch.index >= start) & (stretch.index < end)].to_numpy(dtype=float))
        shares.append((now - a.baseline) / (a.level - a.baseline))
    return median(np.array(shares, dtype=float)) if shares else float("nan")
