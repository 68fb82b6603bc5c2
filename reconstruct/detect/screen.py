"""How far each series of a block went beyond its thresholds inside the window, per duration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.calibrate import Calibration
from reconstruct.detect.pyramid import Layer


class Scores(NamedTuple):
    """Largest excursion over its threshold; above 1 is news. Shape (n_durations, n_series) each."""

    level: NDArray[np.float32]
    edge: NDArray[np.float32]


def score(layers: list[Layer], calibration: Calibration) -> Scores:
    """Score the window of every series: means against their centre, and adjacent means against each other.

    >>> from reconstruct.detect.calibrate import calibrate
    >>> from reconstruct.detect.pyramid import moving_means
    >>> from reconstruct.detect.recipe import RECIPE
    >>> x = np.zeros((100, 2), np.float32)
    >>> x[::7] = 1
    >>> x[80:90, 1] = 5
    >>> tiny, one = np.full(2, 1e-9, np.float32), np.ones(2, np.float32)
    >>> layers = moving_means(x, longest=16)
    >>> known = calibrate(layers, first=70, noise_floor=tiny, floor=tiny, caution=one, recipe=RECIPE)
    >>> (score(layers, known).level.max(0) > 1).tolist()
    [False, True]
    """
    level, edge = [], []
    for (_, _, means), span in zip(layers, calibration.spans, strict=True):
        window = means[span.begin :]
        up = (window.max(0) - span.centre) / span.up.value
        down = (span.centre - window.min(0)) / span.down.value
        level.append(np.maximum(up, down))
        change = means[span.begin :] - means[span.begin - span.lag : -span.lag]
        edge.append(np.maximum(change.max(0), -change.min(0)) / span.edge.value)
    return Scores(np.array(level), np.array(edge))
