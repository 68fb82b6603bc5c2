"""What is normal for a series: thresholds per duration and direction, from its own history alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.multiscale import Layer, Matrix
from reconstruct.detect.parameters import Parameters

GAUSSIAN_QUARTILES = 1.349
"""Standard deviations between a Gaussian's quartiles."""
GAUSSIAN_98 = 4.1
"""Standard deviations between a Gaussian's 2 % and 98 % quantiles."""


class Limit(NamedTuple):
    """How far a mean may go before it is news, one value a series, and the four reasons it is made of.

    ``bare = max(noise, recurring_extreme, min(once, ceiling)) * caution``, ``value = max(bare, min_effect)``
    """

    value: Any
    bare: Any
    """What the history alone asks for."""
    noise: Any
    recurring_extreme: Any
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


class Terms(NamedTuple):
    """What is asked of each series besides its own history; shape (n_series,) each."""

    noise_floor: NDArray[np.float32]
    """Spread below which numbers are rounding."""
    min_effect: NDArray[np.float32]
    """Smallest change worth telling."""
    caution: NDArray[np.float32]
    """Factor on every threshold, at least 1: more where the history is short."""


Reasons = Literal["noise", "extremes", "all"]
"""How many of a threshold's reasons are looked at: each more costs more, and can only raise it."""


def calibrate(
    layers: list[Layer], *, first: int, terms: Terms, reasons: Reasons, parameters: Parameters
) -> Calibration:
    """Thresholds of every series of a block, from rows before `first`.

    Noise is normal (`spreads` robust spreads of a mean); what `recurring_extreme` separate parts of the
    history reached is normal,
    however wild; what it reached once is normal too, but only up to `ceiling` plain standard deviations.

    Parameters
    ----------
    layers : list of Layer
        From `moving_means`: of float32 without NaN, shape (n_times, n_series).
    first : int
        Rows before it are history.
    terms : Terms
    reasons : "noise", "extremes" or "all"
        Noise alone takes a few rows of the history, what it reached once all of them, the recurring extreme a sort
        besides. What stays below thresholds of fewer reasons stays below the full ones.
    parameters : Parameters
    """
    r = parameters
    spans: list[Span] = []
    sigma = plain = step_sigma = terms.noise_floor
    none = np.zeros_like(terms.noise_floor)
    for length, hop, means in layers:
        lag = 1 if length == 1 else 2
        history = means[: (first - length) // hop + 1]
        highest, often_high = _reached(history, extreme=np.maximum, reasons=reasons, parameters=r)
        lowest, often_low = _reached(history, extreme=np.minimum, reasons=reasons, parameters=r)
        at = _quantiles(history, r.quantile_samples if length == 1 else r.quantile_means)
        centre = at(0.5)
        if length == 1:
            sigma = np.maximum((at(0.75) - at(0.25)) / GAUSSIAN_QUARTILES, (at(0.98) - at(0.02)) / (2 * GAUSSIAN_98))
            sigma = np.maximum(_or_half_range(sigma, history, r), terms.noise_floor).astype(np.float32)
            if reasons != "noise":
                plain = np.maximum(_standard_deviation(history), terms.noise_floor)
        ceiling = np.float32(r.ceiling) * plain
        # A mean of n samples is at best 1 / sqrt(n) as wide as a sample; sampled quantiles can come out narrower.
        least = sigma * np.float32(0.7 / np.sqrt(length))
        wide_up, wide_down = np.float32(0.5) * (at(0.975) - centre), np.float32(0.5) * (centre - at(0.025))
        up_spread = np.maximum(np.maximum(at(0.84) - centre, wide_up), least)
        down_spread = np.maximum(np.maximum(centre - at(0.16), wide_down), least)
        habit_up = none if often_high is None else often_high - centre
        habit_down = none if often_low is None else centre - often_low
        up = _limit(up_spread, habit_up, none if highest is None else highest - centre, ceiling, terms, r)
        down = _limit(down_spread, habit_down, none if lowest is None else centre - lowest, ceiling, terms, r)

        if len(history) - lag >= r.recurring_extreme:
            # For noise alone, those changes that its quantiles are read from.
            every = _hop(len(history) - lag, r.quantile_means) if reasons == "noise" else 1
            changes = history[lag::every] - history[:-lag:every]
            np.abs(changes, out=changes)
            largest, often = _reached(changes, extreme=np.maximum, reasons=reasons, parameters=r)
            recurring_extreme = none if often is None else np.float32(r.habit_edge) * often
            at = _quantiles(changes, r.quantile_means)
            spread = np.maximum(np.maximum(at(0.68), np.float32(0.5) * at(0.95)), terms.noise_floor)
            if length == 1:
                step_sigma = np.maximum(at(0.5) * np.float32(1.4826 / np.sqrt(2)), terms.noise_floor)
            edge = _limit(spread, recurring_extreme, none if largest is None else largest, ceiling, terms, r)
        else:
            never = none + np.float32(np.inf)
            edge = Limit(never, never, never, never, never, never)
            step_sigma = sigma if length == 1 else step_sigma
        spans.append(Span(length, hop, lag, first // hop, centre, up, down, edge))
    return Calibration(tuple(spans), sigma, plain, step_sigma, terms.caution)


def _limit(
    spread: NDArray[np.float32],
    recurring_extreme: NDArray[np.float32],
    once: NDArray[np.float32],
    ceiling: NDArray[np.float32],
    terms: Terms,
    parameters: Parameters,
) -> Limit:
    """A threshold from its four reasons."""
    noise, once = np.float32(parameters.spreads) * spread, np.float32(parameters.margin) * once
    bare = np.maximum(np.maximum(noise, recurring_extreme), np.minimum(once, ceiling)) * terms.caution
    return Limit(np.maximum(bare, terms.min_effect), bare, noise, recurring_extreme, once, ceiling)


def _or_half_range(sigma: Matrix, history: Matrix, parameters: Parameters) -> Matrix:
    """The spread; where more than half of a series' samples are the same, a quarter of its range instead."""
    still = np.flatnonzero(~(sigma > 0))
    if not len(still):
        return sigma
    some = history.take(still, axis=1)
    highest, _ = _reached(some, extreme=np.maximum, reasons="extremes", parameters=parameters)
    lowest, _ = _reached(some, extreme=np.minimum, reasons="extremes", parameters=parameters)
    sigma = sigma.copy()
    if highest is not None and lowest is not None:
        sigma[still] = (highest - lowest) * np.float32(0.25)
    return sigma


def _reached(
    means: Matrix, *, extreme: np.ufunc, reasons: Reasons, parameters: Parameters
) -> tuple[Matrix | None, Matrix | None]:
    """The extreme of all, and what `recurring_extreme` of `parts` stretches reached; (n_series,), None = not asked."""
    if reasons == "noise":
        return None, None
    parts = min(parameters.parts, len(means))
    size = len(means) // parts
    means = means[len(means) - parts * size :]
    if reasons == "extremes":
        return extreme.reduce(means, axis=0), None
    ranked = np.sort(extreme.reduce(means.reshape(parts, size, -1), axis=1), axis=0)
    rank = min(parameters.recurring_extreme, parts)
    return (ranked[-1], ranked[-rank]) if extreme is np.maximum else (ranked[0], ranked[rank - 1])


def _quantiles(means: Matrix, samples: int) -> Callable[[float], Matrix]:
    """A function of the quantile, read from about `samples` evenly spaced rows."""
    ranked = np.sort(np.ascontiguousarray(means[:: _hop(len(means), samples)].T), axis=1)
    top = ranked.shape[1] - 1

    def at(quantile: float) -> Matrix:
        return ranked[:, int(quantile * top + 0.5)]

    return at


def _hop(rows: int, samples: int) -> int:
    """Take each so-manieth of the rows for about `samples` of them."""
    return max(1, -(-rows // samples))


def _standard_deviation(history: Matrix) -> NDArray[np.float32]:
    """Per column; sums run over rows only, so that a column's neighbours cannot change its rounding."""
    centred = history - history.sum(axis=0) / np.float32(len(history))
    variance = np.einsum("ij,ij->j", centred, centred) / np.float32(len(history))
    spread: NDArray[np.float32] = np.sqrt(variance)
    return spread
