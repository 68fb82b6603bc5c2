"""Flat lines: a series that always moved and now repeats one value, as a frozen exporter does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.describe import MAX_SCORE, Excursion
from reconstruct.detect.parameters import Parameters
from reconstruct.detect.prepare import Values
from reconstruct.detect.quantiles import median, quantiles

RESTLESS = 0.2
"""A series of whose changes more than this share are none, moves too little for a flat line to be news (guess)."""
LONGER = 4
"""A flat line is so many times as long as the longest in the history (guess)."""
COLUMNS = 512
"""Series looked at together."""


def flat_lines(values: Values, *, first: int, parameters: Parameters) -> Iterator[Excursion]:
    """Series that repeat one value for `parameters.flat_samples` samples or more and never did anything like it before.

    >>> from reconstruct.detect.parameters import PARAMETERS
    >>> values = np.sin(np.arange(200.0))[:, None]
    >>> values[120:170] = values[120]
    >>> [(d.start, d.end, d.shape) for d in flat_lines(values, first=100, parameters=PARAMETERS)]
    [(120, 170, 'flat')]
    """
    if len(values) - first < parameters.flat_samples:
        return
    for low in range(0, values.shape[1], COLUMNS):
        window = values[first:, low : low + COLUMNS]
        same = np.count_nonzero(window[1:] == window[:-1], axis=0)
        for column in np.flatnonzero(same >= parameters.flat_samples - 1):
            excursion = _of(values[:, low + column].copy(), low + int(column), first, parameters)
            if excursion is not None:
                yield excursion


def _of(series: Values, index: int, first: int, parameters: Parameters) -> Excursion | None:
    """The longest flat line of one series, if it is news.

    Its score is on the scale of the others: the log-likelihood of so many repeats, n * log(1 / p), is that of a mean
    sqrt(2 * n * log(1 / p)) standard errors out.
    """
    there = np.flatnonzero(np.isfinite(series))
    seen = series[there]
    split = int(np.searchsorted(there, first))
    history = seen[:split]
    repeats = int(np.count_nonzero(history[1:] == history[:-1]))
    if split < parameters.enough_samples or repeats > RESTLESS * split:
        return None
    usual = max(int(end - start) for start, end in _runs(history))
    start, end = max(_runs(seen[split:]), key=lambda run: (run[1] - run[0], -run[0]))
    length, needed = end - start, max(parameters.flat_samples, LONGER * usual)
    if length < needed:
        return None
    start, end = start + split, end + split
    value, (low, high) = float(seen[start]), quantiles(history, 0.16, 0.84)
    baseline = median(history)
    return Excursion(
        series=index,
        start=int(there[start]),
        end=int(there[end - 1]) + 1 if end < len(there) else len(series),
        last_normal=int(there[start - 1]),
        first_normal=int(there[end]) if end < len(there) else None,
        direction="both",
        shape="flat",
        baseline=baseline,
        peak=value,
        peak_row=int(there[start]),
        level=value,
        robust_z=min(MAX_SCORE, 2 * abs(value - baseline) / (high - low)) if high > low else 0.0,
        score=min(MAX_SCORE, math.sqrt(2 * length * math.log(split / max(repeats, 1))) / parameters.spreads),
        ongoing_at_start=False,
        why={"flat": float(length), "longest_before": float(usual), "needed": float(needed), "history": float(split)},
    )


def _runs(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Rows `[start, end)` of each run of equal values."""
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *cuts.tolist(), len(values)]
    return list(pairwise(edges))
