"""Rule certificate-expiry: a clock that was running all along reached its end as the symptoms began."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reconstruct.explain.alternatives import Alternative
from reconstruct.explain.context import Case
from reconstruct.model import Metric, Tag
from reconstruct.text.reasons import clock

RULE = "certificate-expiry"

CLOCK_TAGS: frozenset[Tag] = frozenset({"certificate"})
MIN_SAMPLES = 3
"""Two samples are always on a line."""
RUNS_STRAIGHT = 1e-3
"""A clock leaves at most this share of its own way as scatter about a line."""


def certificate_expiry(case: Case) -> Alternative | None:
    """A time left (of a certificate) that runs down along a line and crosses zero at the onset: nobody had to act."""
    for metric in case.evidence.metrics:
        if not metric.signal.has_tag(*CLOCK_TAGS):
            continue
        for column in range(metric.values.shape[1]):
            ends = _ends(metric, column)
            if ends is None:
                continue
            slack = pd.Timedelta(seconds=2 * max(metric.spacing_s, case.spacing_s(case.bout.main[0].anomaly)))
            if case.onset.earliest - slack <= ends <= case.onset.latest + slack:
                whose = f" of {metric.services[column].name}" if metric.services[column].name else ""
                return Alternative(
                    rule=RULE,
                    mechanism="certificate-expiry",
                    service=metric.services[column],
                    says=f"the certificate{whose} ended at {clock(ends)}, as the symptoms began",
                    evidence=(metric.query,),
                )
    return None


def _ends(metric: Metric, column: int) -> pd.Timestamp | None:
    """When the time left reached zero, within its samples; None where it did not.

    Told as seconds left, a straight countdown; or as seconds past the end, which are 0 before it.
    """
    series = metric.values[column].dropna()
    if len(series) < MIN_SAMPLES:
        return None
    if float(series.min()) == 0.0:
        past = series[series > 0]
        return past.index[0] - pd.Timedelta(seconds=float(past.iloc[0])) if len(past) else None
    seconds = (series.index - series.index[0]).total_seconds().to_numpy(dtype=float)
    values = series.to_numpy(dtype=float)
    slope, start = np.polyfit(seconds, values, 1)
    way = abs(slope) * (seconds[-1] - seconds[0])
    if slope >= 0 or way == 0 or float(np.std(values - (start + slope * seconds))) > RUNS_STRAIGHT * way:
        return None
    ends = series.index[0] + pd.Timedelta(seconds=float(-start / slope))
    return ends if series.index[0] <= ends <= series.index[-1] else None
