"""More series than can be told apart: their median, the span of most of them, and their extreme."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reconstruct.charts.axes import Floats, days

TOO_MANY: Final = 20
"""Above so many affected series single lines are a blot: median, p10 to p90 and the extreme tell more."""
LOW, HIGH = 0.1, 0.9


def draw_crowd(
    ax: Axes, values: pd.DataFrame, *, factor: float, colour: str, extreme: Literal["max", "min"], zorder: float
) -> None:
    """Median (line), 10th to 90th percentile (band) and the highest or lowest sample (thin line) at each time.

    `values` has shape (n_times, n_series); what is missing at a time does not count at it.
    """
    x, median, low, high, worst = quantiles(values, extreme=extreme)
    if not len(x):
        return
    ax.fill_between(x, low * factor, high * factor, color=colour, alpha=0.28, linewidth=0.0, zorder=zorder)
    ax.plot(x, worst * factor, color=colour, lw=0.8, ls=(0, (2.0, 1.5)), zorder=zorder + 0.1, marker="", scaley=False)
    ax.plot(x, median * factor, color=colour, lw=1.6, zorder=zorder + 0.2, marker="", scaley=False)


def quantiles(
    values: pd.DataFrame, *, extreme: Literal["max", "min"] = "max"
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Times in days, and median, 10th, 90th percentile and extreme over the series; times without samples left out.

    >>> t = pd.date_range("2026-01-01", periods=2, freq="1min", tz="UTC")
    >>> [float(part[0]) for part in quantiles(pd.DataFrame([[1.0, 3.0, 5.0], [None] * 3], index=t))[1:]]
    [3.0, 1.4, 4.6, 5.0]
    """
    frame = values.to_numpy(dtype=np.float64)
    rows = np.isfinite(frame).any(axis=1)
    x, inside = days(pd.DatetimeIndex(values.index[rows])), frame[rows]
    if not len(x):
        return x, x, x, x, x
    low, median, high = np.nanquantile(inside, [LOW, 0.5, HIGH], axis=1)
    worst = np.nanmax(inside, axis=1) if extreme == "max" else np.nanmin(inside, axis=1)
    return x, median, low, high, worst
