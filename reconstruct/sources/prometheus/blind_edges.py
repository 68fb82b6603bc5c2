"""What was asked of times in which nothing was scraped: no sample, and no rate that reaches into them.

An instant selector repeats the last sample for five minutes, so that counters seem to stand still and `up` to hold; a
rate whose range reaches into such a time is too small by the part that is missing from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Gap, Metric

EVERY_TARGET: Final = ("", "")
NO_SAMPLES: Final = "no samples"
"""The cause of a gap of single targets that were not scraped at all: a failed scrape is a sign of the target's own."""
EDGE_SPACINGS: Final = 2
"""A gap's edges are known to a grid of two spacings."""


def without_blind_rows(metrics: Sequence[Metric], gaps: Iterable[Gap]) -> tuple[Metric, ...]:
    """The metrics with NaN where their source did not look, or looked at a part of their range only.

    Parameters
    ----------
    metrics : sequence of Metric
        Signals, or metrics as exported.
    gaps : iterable of Gap
        With the targets that were away: `EVERY_TARGET` concerns every series, another one those with its `instance`.
    """
    told = [gap for gap in gaps if gap.targets]
    whole = [gap for gap in told if EVERY_TARGET in gap.targets]
    single: dict[str, list[Gap]] = {}
    for gap in told:
        for _, instance in gap.targets if gap.cause == NO_SAMPLES else ():
            if instance:
                single.setdefault(instance, []).append(gap)
    return tuple(_seen(metric, whole, single) for metric in metrics) if whole or single else tuple(metrics)


def _seen(metric: Metric, whole: Sequence[Gap], single: dict[str, list[Gap]]) -> Metric:
    blind = _blind(metric, whole)
    mask = np.repeat(blind[:, None], len(metric.labels), axis=1)
    for column, labels in enumerate(metric.labels):
        if (mine := single.get(labels.get("instance", ""))) is not None:
            mask[:, column] |= _blind(metric, mine)
    mask &= np.isfinite(metric.values.to_numpy(np.float64))
    return replace(metric, values=metric.values.mask(mask)) if mask.any() else metric


def _blind(metric: Metric, gaps: Iterable[Gap]) -> npt.NDArray[np.bool_]:
    """Rows within a gap, and for a rate those whose range reaches into it; shape (n_times,)."""
    index = metric.values.index
    reach = pd.Timedelta(seconds=metric.signal.range_s)
    edge = pd.Timedelta(seconds=EDGE_SPACINGS * metric.spacing_s) if metric.signal.range_s else reach
    rows = np.zeros(len(index), dtype=np.bool_)
    for gap in gaps:
        if gap.start is None or gap.end is None:
            continue
        rows |= np.asarray((index >= gap.start - reach) & (index < gap.end + reach + edge), dtype=np.bool_)
    return rows
