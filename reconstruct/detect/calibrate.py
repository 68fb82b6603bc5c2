"""What is normal for a series: thresholds per duration and direction, from its own history alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.pyramid import Layer, Matrix
from reconstruct.detect.recipe import Recipe

GAUSSIAN_QUARTILES = 1.349
"""Standard deviations between a Gaussian's quartiles."""
GAUSSIAN_98 = 4.1
"""Standard deviations between a Gaussian's 2 % and 98 % quantiles."""


class Limit(NamedTuple):
    """How far a mean may go before it is news, one value a series, and the four reasons it is made of.

    ``bare = max(noise, habit, min(once, ceiling)) * caution``, ``value = max(bare, floor)``
    """

    value: Any
    bare: Any
    """What the history alone asks for."""
    noise: Any
    habit: Any
    once: Any
    ceiling: Any


class Span(NamedTuple):
    """One duration: how its means are laid out, where they are centred, and what they may do."""

    length: int
    hop: int
    lag: int
    """Means between two that are adjacent in time."""
    begin: int
    """First mean that lies in the window."""
    centre: Any
    up: Limit
    down: Limit
    edge: Limit
    """For the difference of two adjacent means."""


class Calibration(NamedTuple):
    """All that the history says about a block of series (arrays), or about one of them (floats)."""

    spans: tuple[Span, ...]
    sigma: Any
    """Robust spread of single samples."""
    plain: Any
    """Plain standard deviation, bursts included."""
    step_sigma: Any
    """Robust spread of the noise from one sample to the next: what remains of `sigma` on a drifting series."""
    caution: Any
    """1, or more where the history is short."""

    def of(self, column: int) -> Calibration:
        """The same for one series, in floats."""
        spans = tuple(
            Span(*span[:4], float(span.centre[column]), *(Limit(*(float(v[column]) for v in k)) for k in span[5:]))
            for span in self.spans
        )
        return Calibration(spans, *(float(v[column]) for v in self[1:]))


def calibrate(
    layers: list[Layer],
    *,
    first: int,
    noise_floor: NDArray[np.float32],
    floor: NDArray[np.float32],
    caution: NDArray[np.float32],
    recipe: Recipe,
) -> Calibration:
    """Thresholds of every series of a block, from rows before `first`.

    Noise is normal (`spreads` robust spreads of a mean); what `habit` separate parts of the history reached is normal,
    however wild; what it reached once is normal too, but only up to `ceiling` plain standard deviations.

    Parameters
    ----------
    layers : list of Layer
        From `moving_means`: of float32 without NaN, shape (n_times, n_series).
    first : int
        Rows before it are history.
    noise_floor : float32, shape (n_series,)
        Spread below which numbers are rounding.
    floor : float32, shape (n_series,)
        Smallest change worth telling.
    caution : float32, shape (n_series,)
        Factor on every threshold, at least 1.
    recipe : Recipe
    """
    r = recipe
    spans: list[Span] = []
    sigma = plain = step_sigma = noise_floor
    for length, hop, means in layers:
        lag = 1 if length == 1 else 2
        history = means[: (first - length) // hop + 1]
        highs, lows = _part_extremes(history, r.parts, np.maximum), _part_extremes(history, r.parts, np.minimum)
        at = _quantiles(history, r.quantile_samples if length == 1 else r.quantile_means)
        centre = at(0.5)
        if length == 1:
            half_range = (highs[-1] - lows[0]) * np.float32(0.25)
            sigma = np.maximum((at(0.75) - at(0.25)) / GAUSSIAN_QUARTILES, (at(0.98) - at(0.02)) / (2 * GAUSSIAN_98))
            sigma = np.maximum(np.where(sigma > 0, sigma, half_range), noise_floor).astype(np.float32)
            plain = np.maximum(_standard_deviation(history), noise_floor)
        ceiling = np.float32(r.ceiling) * plain
        # A mean of n samples is at best 1 / sqrt(n) as wide as a sample; sampled quantiles can come out narrower.
        least = sigma * np.float32(0.7 / np.sqrt(length))
        rank = min(r.habit, len(highs))

        def limit(
            spread: NDArray[np.float32],
            habit: NDArray[np.float32],
            once: NDArray[np.float32],
            ceiling: NDArray[np.float32] = ceiling,
        ) -> Limit:
            noise, once = np.float32(r.spreads) * spread, np.float32(r.margin) * once
            bare = np.maximum(np.maximum(noise, habit), np.minimum(once, ceiling)) * caution
            return Limit(np.maximum(bare, floor), bare, noise, habit, once, ceiling)

        wide_up, wide_down = np.float32(0.5) * (at(0.975) - centre), np.float32(0.5) * (centre - at(0.025))
        up_spread = np.maximum(np.maximum(at(0.84) - centre, wide_up), least)
        down_spread = np.maximum(np.maximum(centre - at(0.16), wide_down), least)
        up = limit(up_spread, highs[-rank] - centre, highs[-1] - centre)
        down = limit(down_spread, centre - lows[rank - 1], centre - lows[0])

        changes = history[lag:] - history[:-lag]
        np.abs(changes, out=changes)
        if len(changes) >= r.habit:
            largest = _part_extremes(changes, r.parts, np.maximum)
            at = _quantiles(changes, r.quantile_means)
            spread = np.maximum(np.maximum(at(0.68), np.float32(0.5) * at(0.95)), noise_floor)
            habit = np.float32(r.habit_edge) * largest[-min(r.habit, len(largest))]
            edge = limit(spread, habit, largest[-1])
            if length == 1:
                step_sigma = np.maximum(at(0.5) * np.float32(1.4826 / np.sqrt(2)), noise_floor)
        else:
            never = np.full(means.shape[1], np.inf, np.float32)
            edge = Limit(never, never, never, never, never, never)
            step_sigma = sigma if length == 1 else step_sigma
        spans.append(Span(length, hop, lag, first // hop, centre, up, down, edge))
    return Calibration(tuple(spans), sigma, plain, step_sigma, caution)


def _part_extremes(means: Matrix, parts: int, extreme: np.ufunc) -> Matrix:
    """The extreme of each of `parts` equal stretches, sorted; shape (parts, n_series)."""
    parts = min(parts, len(means))
    size = len(means) // parts
    found: Matrix = extreme.reduce(means[len(means) - parts * size :].reshape(parts, size, -1), axis=1)
    return np.sort(found, axis=0)


def _quantiles(means: Matrix, samples: int) -> Callable[[float], Matrix]:
    """A function of the quantile, read from about `samples` evenly spaced rows."""
    ranked = np.sort(np.ascontiguousarray(means[:: max(1, -(-len(means) // samples))].T), axis=1)
    top = ranked.shape[1] - 1

    def at(quantile: float) -> Matrix:
        return ranked[:, int(quantile * top + 0.5)]

    return at


def _standard_deviation(history: Matrix) -> NDArray[np.float32]:
    """Per column; sums run over rows only, so that a column's neighbours cannot change its rounding."""
    centred = history - history.sum(axis=0) / np.float32(len(history))
    centred *= centred
    spread: NDArray[np.float32] = np.sqrt(centred.sum(axis=0) / np.float32(len(history)))
    return spread
