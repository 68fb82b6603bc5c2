"""How far each series of a block went beyond its thresholds inside the window, per duration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.calibrate import Calibration, Reasons, Terms, calibrate
from reconstruct.detect.multiscale import Layer, Matrix, longest_mean, moving_means
from reconstruct.detect.parameters import Parameters

STAGES: Final[tuple[Reasons, ...]] = ("noise", "extremes")
"""Thresholds that let series go before the full ones."""


class Scores(NamedTuple):
    """Largest excursion over its threshold; above 1 is news. Shape (n_durations, n_series) each."""

    level: NDArray[np.float32]
    edge: NDArray[np.float32]


def candidates(
    x: Matrix, *, first: int, terms: Terms, parameters: Parameters
) -> Iterator[tuple[int, Calibration, Scores]]:
    """(column, its calibration, its scores) of every series of a block with a score above its bar.

    Noise alone lets most healthy series go, what their history reached nearly all others: the few that remain are
    judged by the full thresholds.
    """
    layers = moving_means(x, longest=longest_mean(first, len(x) - first, longest=parameters.longest))
    columns = np.arange(x.shape[1])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for reasons in STAGES:
            known = calibrate(layers, first=first, terms=terms, reasons=reasons, parameters=parameters)
            above = _above(score(layers, known), bar=1.0, parameters=parameters)
            above = above[above < len(columns)]
            if not len(above):
                return
            columns = columns[above]
            # Sums over a single column run in another order: it gets company, to be judged as it is among others.
            picked = above if len(above) > 1 else np.repeat(above, 2)
            # `take` keeps rows together in memory where an index would not; every pass below runs along rows.
            layers = [layer._replace(means=layer.means.take(picked, axis=1)) for layer in layers]
            terms = Terms(*(each[picked] for each in terms))
        known = calibrate(layers, first=first, terms=terms, reasons="all", parameters=parameters)
        scores = score(layers, known)
    for i in _above(scores, bar=1.0 + parameters.tie, parameters=parameters):
        if i < len(columns):
            yield int(columns[i]), known.of(int(i)), Scores(scores.level[:, i], scores.edge[:, i])


def _above(scores: Scores, *, bar: float, parameters: Parameters) -> NDArray[np.intp]:
    """Columns with a level above `bar`, or an edge that is news by itself."""
    return np.flatnonzero((scores.level.max(axis=0) > bar) | (scores.edge.max(axis=0) > bar * parameters.edge))


def score(layers: list[Layer], calibration: Calibration, *, skipped: int = 0) -> Scores:
    """Score the window of every series: means against their centre, and adjacent means against each other.

    `skipped` rows, a multiple of every hop, may have been left off the front of what the layers are made from.

    >>> from reconstruct.detect.calibrate import Terms, calibrate
    >>> from reconstruct.detect.multiscale import moving_means
    >>> from reconstruct.detect.parameters import PARAMETERS
    >>> x = np.zeros((100, 2), np.float32)
    >>> x[::7] = 1
    >>> x[80:90, 1] = 5
    >>> terms = Terms(*(np.full(2, v, np.float32) for v in (1e-9, 1e-9, 1)))
    >>> layers = moving_means(x, longest=16)
    >>> known = calibrate(layers, first=70, terms=terms, reasons="all", parameters=PARAMETERS)
    >>> (score(layers, known).level.max(0) > 1).tolist()
    [False, True]
    """
    level, edge = [], []
    for (_, _, means), span in zip(layers, calibration.spans, strict=True):
        begin = span.begin - skipped // span.hop
        window = means[begin:]
        up = (window.max(0) - span.centre) / span.up.value
        down = (span.centre - window.min(0)) / span.down.value
        level.append(np.maximum(up, down))
        change = means[begin:] - means[begin - span.lag : -span.lag]
        edge.append(np.maximum(change.max(0), -change.min(0)) / span.edge.value)
    return Scores(np.array(level), np.array(edge))
