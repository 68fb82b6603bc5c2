"""One surprising series: what happened, from where to where, and whether that is evidence enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reconstruct.detect.burst import find_burst
from reconstruct.detect.calibrate import Calibration, Limit
from reconstruct.detect.recipe import Recipe
from reconstruct.detect.screen import score
from reconstruct.detect.segment import (
    Series,
    level_segment,
    limits_in_spreads,
    ramp_start,
    split,
    with_plateau,
)

Kind = Literal["level", "ramp", "spike", "variance"]

SPIKE_SAMPLES = 2
"""A departure of so many samples or fewer is a spike."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a look at one series found: rows `[start, end)` of the window, in the series' prepared unit."""

    start: int
    end: int
    side: int
    kind: Kind
    score: float
    change: float
    """Median change against what was there before."""
    by_edge: bool
    """Whether only an edge was surprising, the level being one that the history knows."""
    span: int
    """Samples in the mean that fired."""
    limit: Limit
    accepted: bool


def departures_of(x: Series, *, first: int, calibration: Calibration, recipe: Recipe) -> list[Fit]:
    """The departures of one series, the most surprising first; each is taken out before the next look.

    Parameters
    ----------
    x : float64, shape (n_times,)
        One prepared series.
    """
    x = x.copy()
    found: list[Fit] = []
    rejected = 0
    for _ in range(recipe.most_looks):
        scores = score(x.astype(np.float32)[:, None], calibration)
        level, edge = scores.level[:, 0], scores.edge[:, 0]
        if level.max() > 1 + recipe.tie:
            fit = _fit_level(x, first, calibration, int(level.argmax()), float(level.max()), recipe)
        elif edge.max() > recipe.edge:
            fit = _fit_edge(x, first, calibration, int(edge.argmax()), float(edge.max()), recipe)
        else:
            break
        if fit is None:
            break
        if fit.accepted and _worth_telling(fit, found, rejected, stays=first + fit.end == len(x), recipe=recipe):
            found.append(fit)
            if len(found) == recipe.most_departures:
                break
        else:
            rejected += 1
        rows = slice(first + fit.start, first + fit.end)
        x[rows] = x[rows] - fit.change if fit.by_edge else calibration.spans[0].centre
    return found


def _worth_telling(fit: Fit, found: list[Fit], rejected: int, *, stays: bool, recipe: Recipe) -> bool:
    """Whether a further departure is evidence enough: each look is another chance to be fooled."""
    if rejected and fit.score < recipe.doubt:
        return False
    if not found:
        return True
    if fit.end - fit.start <= SPIKE_SAMPLES:
        return False  # of a spiky series one spike tells all
    if abs(fit.change) < recipe.back * max(abs(f.change) for f in found):
        return False  # the last of a decay
    if fit.by_edge:
        return not stays and fit.score >= max(recipe.edge_again, found[0].score / 2)
    return fit.score >= min(recipe.doubt, found[0].score / 2)


def _fit_level(x: Series, first: int, known: Calibration, index: int, score: float, recipe: Recipe) -> Fit:
    """The departure of a series whose level, over some duration, is one that its history never showed."""
    window = x[first:]
    width, centre, sigma = len(window), known.spans[0].centre, known.sigma
    span = known.spans[index]
    total = np.concatenate([[0.0], window.cumsum()])
    means = (total[span.length :] - total[: -span.length]) / span.length - span.centre
    at = int(np.maximum(means / span.up.value, -means / span.down.value).argmax())
    side = 1 if means[at] > 0 else -1
    limit = span.up if side > 0 else span.down
    y = side * (window - centre) / sigma
    block = at, min(width, at + span.length)
    start, end = level_segment(y, *block, recipe=recipe)
    burst = find_burst(x, first=first, block=block, level=(start, end), calibration=known, recipe=recipe)
    if burst is not None:
        start, end, side, kind = burst.start, burst.end, burst.side, "variance"
        change = float(window[start:end].max() - centre if side >= 0 else window[start:end].min() - centre)
        return Fit(start, end, side, "variance", score, change, False, span.length, limit, True)  # noqa: FBT003 (a dataclass)

    if end - start > SPIKE_SAMPLES:
        limits, height = limits_in_spreads(known, side), float(np.median(y[start:end]))
        earlier = with_plateau(y, start, end, limits=limits, least=0.0, recipe=recipe)
        later = with_plateau(y[::-1], width - end, width - start, limits=limits, least=recipe.back * height, recipe=recipe)
        start, end = earlier, width - later
    kind: Kind = "spike" if end - start <= SPIKE_SAMPLES else "level"
    ramp = ramp_start(y, start, end)
    if ramp is not None:
        start, kind = ramp, "ramp"
    change = float(np.median(window[start:end]) - centre)
    accepted = _level_is_evidence(y[start:end], kind, window[start:end], score, known, ended=end < width, recipe=recipe)
    if end - start == 1 and side < 0 and end < width:
        accepted = False  # one low sample and back is how a scrape fails or a counter resets
    return Fit(start, end, side, kind, score, change, False, span.length, limit, accepted)


