"""Bursts: many single excursions where the history had few, the level in between being normal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.calibrate import Calibration
from reconstruct.detect.parameters import Parameters
from reconstruct.detect.quantiles import median, quantiles
from reconstruct.detect.segment import Series, grow

HALF = 0.5
"""Share of samples outside that is enough to date the onset by; more would stop at the first quiet sample."""
BOTH_SIDES = 0.15
"""Share of the excursions that must go the other way before a burst has no direction (guess)."""


class Burst(NamedTuple):
    """Rows `[start, end)` of the window; `side` is 0 where excursions go both ways."""

    start: int
    end: int
    side: int


def find_burst(
    x: Series,
    *,
    first: int,
    block: tuple[int, int],
    level: tuple[int, int],
    calibration: Calibration,
    parameters: Parameters,
) -> Burst | None:
    """A burst around `block`, or None where a level says it better.

    Each sample is inside the history's 95 % range or outside. While a burst lasts, a share of `burst_rate` is outside:
    the log-likelihood ratio against the history's own share grows the burst's edges, and must beat the history's best.

    Parameters
    ----------
    x : float64, shape (n_times,)
        History and window.
    block, level : (start, end), rows of the window
        What was surprising, and the best level segment there.
    """
    history, window = x[:first], x[first:]
    above = window - calibration.spans[0].centre
    high_ones, low_ones = _strong(above, calibration, parameters)
    strong = high_ones | low_ones
    if strong_runs(above, calibration, parameters) < parameters.burst_runs:
        return None
    low, high = quantiles(history, 0.025, 0.975)
    was_out, out = (history < low) | (history > high), (window < low) | (window > high)
    if not out[slice(*block)].any():
        return None
    # A series that drifts is outside already when the window begins: then being outside says nothing.
    recent = was_out[-max(20, first // 8) :].mean()
    usual = max(float(was_out.mean()), 1 / first, float(recent))
    core = block[0] + int(np.flatnonzero(out[slice(*block)])[0])
    yes, no = _ratios(max(parameters.burst_rate, min(0.9, 6 * usual)), usual)
    gain = np.where(out, yes, no)
    start, end = grow(gain, core, drop=parameters.burst_drop)
    share = float(out[start:end].mean())
    ups, downs = int((window[start:end] > high).sum()), int((window[start:end] < low).sum())
    if max(ups, downs) >= parameters.burst_full * (end - start) or share <= usual:
        return None
    if gain[start:end].sum() <= parameters.burst_margin * _best_sum(np.where(was_out, yes, no)):
        return None
    # With the share that it really has, an excursion that luck had placed a little before the onset is dropped.
    exact = np.where(out, *_ratios(min(max(parameters.burst_rate, share), HALF), usual))
    start, _ = grow(exact, core, drop=parameters.burst_drop)
    runs = _runs(high_ones[start:end]) + _runs(low_ones[start:end])
    if runs < parameters.burst_runs or strong[start:end].sum() > parameters.burst_run_length * runs:
        return None
    if _is_level(above, strong, level, start, end, parameters):
        return None
    ups, downs = int((window[start:end] > high).sum()), int((window[start:end] < low).sum())
    both = min(ups, downs) >= max(2, BOTH_SIDES * (ups + downs))
    return Burst(start, end, 0 if both else 1 if ups > downs else -1)


def strong_runs(above: Series, calibration: Calibration, parameters: Parameters) -> int:
    """In how many unbroken runs the samples lie that are strong excursions by themselves; a burst needs several."""
    high_ones, low_ones = _strong(above, calibration, parameters)
    return _runs(high_ones) + _runs(low_ones)


def _strong(
    above: Series, calibration: Calibration, parameters: Parameters
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Samples far above the centre, and far below."""
    up, down = calibration.spans[0].up.value, calibration.spans[0].down.value
    return above > parameters.burst_strong * up, above < -parameters.burst_strong * down


def _ratios(rate: float, usual: float) -> tuple[float, float]:
    """Log-likelihood ratios of a sample outside, and of one inside."""
    return float(np.log(rate / usual)), float(np.log((1 - rate) / max(1 - usual, 1e-9)))


def _is_level(
    above: Series, strong: NDArray[np.bool_], level: tuple[int, int], start: int, end: int, parameters: Parameters
) -> bool:
    """Whether the level segment holds nearly all strong excursions, and its middle is as far out as they are."""
    others = strong.copy()
    others[slice(*level)] = False
    if others[start:end].sum() >= parameters.burst_others:
        return False
    inside, excursions = above[slice(*level)], above[slice(*level)][strong[slice(*level)]]
    return not len(excursions) or abs(median(inside)) >= parameters.burst_middle * median(np.abs(excursions))


def _runs(flags: NDArray[np.bool_]) -> int:
    """How many unbroken runs of True."""
    return int(np.count_nonzero(flags[1:] & ~flags[:-1])) + int(flags[:1].sum())


def _best_sum(gain: NDArray[np.float64]) -> float:
    """The largest sum of consecutive gains."""
    run = np.concatenate([[0.0], gain.cumsum()])
    return float((run - np.minimum.accumulate(run)).max())
