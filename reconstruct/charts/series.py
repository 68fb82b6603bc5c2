"""Series as charts draw them: thinned without losing an extreme, broken where samples are missing, grey in a crowd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.transforms import Transform

from reconstruct.charts.axes import DAY_S, Floats, Span, days
from reconstruct.model import Metric, Window

POINTS_ACROSS: Final = 1400
"""Points kept of one series: about the pixels a picture is wide; more cannot be seen and would only weigh."""
POINTS_ACROSS_CROWD: Final = 500
"""Points kept of each series of a crowd, where single samples cannot be told apart anyway."""
CROWD: Final = 60
"""From this many series on, they are a crowd: thinner, paler, and one image inside an SVG."""
BREAK_AFTER: Final = 2.5
"""A line is broken where samples are further apart than this many spacings: two scrapes in a row are missing."""
LARGEST: Final = 1e290
"""Values beyond this cannot be drawn: the arithmetic of an axis would overflow."""
USUAL_LOW, USUAL_HIGH = 0.01, 0.99
"""Quantiles of healthy time that are drawn as the usual range."""


def in_window(metric: Metric, window: Window) -> pd.DataFrame:
    """The samples inside the window; what no axis can show, infinities and values near them, counts as missing."""
    inside = metric.values.loc[(metric.values.index >= window.start) & (metric.values.index < window.end)]
    return inside.where(inside.abs() < LARGEST)


def usual_range(metric: Metric, columns: Sequence[int], *, until: pd.Timestamp) -> tuple[float, float] | None:
    """Between which values these columns lay in healthy time, before `until`; None without samples there.

    The 1st and the 99th percentile over all samples of all columns.
    """
    before = metric.values.loc[metric.values.index < until, list(columns)].to_numpy(dtype=np.float64)
    samples = before[np.abs(before) < LARGEST]
    if not samples.size:
        return None
    low, high = np.quantile(samples, [USUAL_LOW, USUAL_HIGH])
    return float(low), float(high)


def polylines(values: pd.DataFrame, *, spacing_s: float, step_s: float, most: int = POINTS_ACROSS) -> list[Floats]:
    """Each column as points (days, value), at most about `most`, keeping the extremes; shape (n_points, 2) each.

    NaN breaks the line where samples are further apart than their spacing explains.
    """
    x = days(pd.DatetimeIndex(values.index))
    y = values.to_numpy(dtype=np.float64)
    if spacing_s > 1.5 * step_s:
        joined = [_sparse(x, column, spacing_s=spacing_s) for column in y.T]
        return [_thin(points[:, 0], points[:, 1:], most=most)[0] for points in joined]
    return _thin(x, y, most=most)


def _sparse(x: Floats, y: Floats, *, spacing_s: float) -> Floats:
    """The samples there are, with a NaN between any two that are too far apart."""
    there = np.isfinite(y)
    points = np.column_stack([x[there], y[there]])
    far = np.flatnonzero(np.diff(points[:, 0]) > BREAK_AFTER * spacing_s / DAY_S) + 1
    breaks = np.column_stack([points[far, 0], np.full(len(far), np.nan)])
    return np.insert(points, far, breaks, axis=0)


def _thin(x: Floats, y: Floats, *, most: int) -> list[Floats]:
    """The smallest and the largest sample of each bucket, at their own times; all samples where there are few."""
    n_rows, n_columns = y.shape
    size = -(-2 * n_rows // most) if n_rows > most else 1
    if size <= 1:
        return [np.column_stack([x, y[:, i]]) for i in range(n_columns)]
    n_buckets = -(-n_rows // size)
    pad = n_buckets * size - n_rows
    blocks = np.pad(y, ((0, pad), (0, 0)), constant_values=np.nan).reshape(n_buckets, size, n_columns)
    nothing = np.isnan(blocks)
    low = np.where(nothing, np.inf, blocks).argmin(axis=1)
    high = np.where(nothing, -np.inf, blocks).argmax(axis=1)
    # A bucket with a hole keeps a NaN between its extremes only when nothing is in it: shorter holes cannot be seen.
    rows = np.sort(np.stack([low, high], axis=1), axis=1) + (np.arange(n_buckets) * size)[:, None, None]
    rows = np.minimum(rows.reshape(2 * n_buckets, n_columns), n_rows - 1)
    return [np.column_stack([x[rows[:, i]], y[rows[:, i], i]]) for i in range(n_columns)]


def draw_lines(
    ax: Axes,
    lines: Sequence[Floats],
    *,
    colour: str,
    width_pt: float,
    alpha: float = 1.0,
    zorder: float = 3.0,
    transform: Transform | None = None,
) -> None:
    """Draw series as one collection; a crowd becomes one image inside an SVG."""
    if not lines:
        return
    crowd = len(lines) > CROWD
    collection = LineCollection(
        [np.ma.masked_invalid(line).filled(np.nan) for line in lines],
        colors=[colour],
        linewidths=width_pt,
        alpha=alpha,
        zorder=zorder,
        capstyle="round",
        joinstyle="round",
        antialiaseds=True,
        linestyles="solid",
    )
    if transform is not None:
        collection.set_transform(transform)
    collection.set_rasterized(crowd)
    ax.add_collection(collection, autolim=False)


def crowd_style(count: int) -> tuple[float, float]:
    """Width in points and opacity of each of `count` healthy series: the more, the fainter.

    >>> crowd_style(3), crowd_style(2000)
    ((1.0, 0.9), (0.5, 0.12))
    """
    if count <= 10:
        return 1.0, 0.9
    if count <= CROWD:
        return 0.8, 0.6
    return 0.5, 0.12 if count > 500 else 0.25


def missing(values: pd.DataFrame, *, spacing_s: float, end: pd.Timestamp) -> list[Span]:
    """Where none of the columns has a sample for longer than its spacing explains.

    >>> t = pd.date_range("2026-01-01", periods=8, freq="60s", tz="UTC")
    >>> holes = pd.DataFrame({0: [1.0, 1, None, None, None, None, 2, 2]}, index=t)
    >>> [(s.start.minute, s.end.minute) for s in missing(holes, spacing_s=60.0, end=t[-1])]
    [(2, 6)]
    """
    index = pd.DatetimeIndex(values.index)
    if not len(index):
        return []
    there = index[np.isfinite(values.to_numpy(dtype=np.float64)).any(axis=1)]
    if not len(there):
        return [Span(index[0], end)]
    longest, step = pd.Timedelta(seconds=BREAK_AFTER * spacing_s), pd.Timedelta(seconds=spacing_s)
    spans = [Span(index[0], there[0])] if there[0] - index[0] > longest else []
    holes = [int(i) for i in np.flatnonzero(there[1:] - there[:-1] > longest)]
    spans += [Span(there[i] + step, there[i + 1]) for i in holes]
    if end - there[-1] > longest:
        spans.append(Span(there[-1] + step, end))
    return spans


def series_names(metric: Metric, columns: Sequence[int]) -> list[str]:
    """What tells columns apart: the labels that are not the same for all of a metric's series.

    The service where nothing differs; with neither, all labels.
    """
    keys = sorted({key for labels in metric.labels for key in labels})
    telling = [key for key in keys if len({labels.get(key, "") for labels in metric.labels}) > 1]
    # The service is often told by the instance already; naming both only takes room.
    if len(telling) > 1 and "service" in telling:
        shorter = [key for key in telling if key != "service"]
        if len({tuple(labels.get(k, "") for k in shorter) for labels in metric.labels}) == len(metric.labels):
            telling = shorter
    names = []
    for column in columns:
        labels = metric.labels[column]
        values = [labels.get(key, "") for key in (telling or keys)]
        name = metric.services[column].name if not telling and metric.services[column].name else ""
        names.append(name or ", ".join(v for v in values if v) or metric.signal.id)
    return names
