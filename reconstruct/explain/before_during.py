"""One figure before the incident and during it: how far it moved, and since when.

Medians over both times are compared, not single samples: a detector asks whether a series ever left its history, here
 the question is what stood differently while users were affected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Window
from reconstruct.model.system import Series, quotient, smooth

SETTLED_S: Final = 120.0
"""The last minutes before the onset are no baseline: what leads to it may have begun there."""
MIN_BASELINE_S: Final = 900.0
"""With less time than this before the window, the window's own time before the onset serves as well."""
SMOOTHED_S: Final = 45.0
"""Samples are averaged over this: three scrapes at the usual 15 s."""
LED_UP_S: Final = 1800.0
"""A figure's first sign is looked for so far before the onset: what fills takes its time."""
SMALL_SHARE: Final = 0.05
"""Of the figure itself: less spread than this is not believed, a quiet hour understates it."""
LEFT_SHARE: Final = 0.12
"""A figure has left its baseline where it is this share of its later move away from it ..."""
LEFT_SPREADS: Final = 3.0
"""... and this many robust spreads (but never more than LEFT_AT_MOST of the move)."""
LEFT_AT_MOST: Final = 0.4
RECENT_S: Final = (2400.0, 240.0)
"""Traffic is compared with the half hour just before: over hours it follows the time of day."""
MIN_SAMPLES: Final = 8
_MAD: Final = 1.4826
"""Median absolute deviation of a normal distribution in standard deviations (inverse of its 0.75 quantile)."""


@dataclass(frozen=True, slots=True)
class Move:
    """Median before, level during, robust spread before, and the row of its first sign."""

    before: float
    during: float
    spread: float
    first: int

    @property
    def times(self) -> float:
        """During over before; 1 where both are nothing."""
        if self.before > _NOTHING:
            return self.during / self.before
        return 1000.0 if self.during > _NOTHING else 1.0

    @property
    def by(self) -> float:
        """During less before."""
        return self.during - self.before

    def z(self, *, least: float = 0.0) -> float:
        """The move in robust spreads, a spread never taken for less than SMALL_SHARE of the figure or `least`."""
        return self.by / max(self.spread, SMALL_SHARE * abs(self.before), least, _NOTHING)


_NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows of the grid are before the incident, and which are in it."""

    window: Window
    base: npt.NDArray[np.bool_]
    start: int
    """Row of the onset."""
    end: int
    """Row after the last of the impact."""

    @property
    def rows(self) -> npt.NDArray[np.bool_]:
        """Rows while the impact lasted."""
        mask = np.zeros(len(self.base), dtype=bool)
        mask[self.start : self.end] = True
        return mask

    @property
    def led_up(self) -> npt.NDArray[np.bool_]:
        """Those and the ones that led up to it."""
        mask = self.rows
        mask[max(0, self.start - int(MIN_BASELINE_S / self.window.step_s)) : self.start] = True
        return mask

    def time(self, row: int) -> pd.Timestamp:
        """The time of a row."""
        index = self.window.index
        return index[min(max(row, 0), len(index) - 1)]


def span_of(window: Window, *, onset: pd.Timestamp, until: pd.Timestamp, first: pd.Timestamp | None = None) -> Span:
    """The rows before and during; `first` is when an earlier episode of the window began, which is no baseline."""
    index = window.index.as_unit("ns")
    start = min(int(index.searchsorted(onset)), len(index) - 1)
    end = max(int(index.searchsorted(until)), start + 2)
    quiet_until = min(onset, first if first is not None else onset) - pd.Timedelta(seconds=SETTLED_S)
    base = np.asarray(index < min(window.start, quiet_until))
    if base.sum() * window.step_s < MIN_BASELINE_S:
        base = np.asarray(index < quiet_until)
    if base.sum() < MIN_SAMPLES:
        base = np.asarray(np.arange(len(index)) < max(start, 3))
    return Span(window, base, start, min(end, len(index)))


def ratio(over: Series | None, under: Series | None, samples: int = 3) -> Series | None:
    """Quotient of two rates, each averaged over `samples` rows; None where either is not measured."""
    return None if over is None or under is None else quotient(over, under, samples)


def total(parts: list[Series]) -> Series | None:
    """Sum of parts; an absent part beside present ones is 0."""
    if not parts:
        return None
    stacked = np.array(parts)
    return np.where(np.isfinite(stacked).any(axis=0), np.nansum(stacked, axis=0), np.nan)


def level_before(values: Series, rows: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Median and robust spread of what is known in those rows; NaN, NaN where nothing is."""
    known = values[rows & np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    middle = float(np.median(known))
    return middle, _MAD * float(np.median(np.abs(known - middle)))


def move(
    values: Series | None, span: Span, *, quantile: float = 0.5, recent: bool = False, led_up: bool = False
) -> Move | None:
    """How a figure stood before and during; None where nothing is known while the impact lasted.

    `recent` compares with the time just before instead of the whole baseline; `led_up` also looks at the minutes that
    led up to the onset, where a bound was reached. A figure that is first seen during the impact was nothing before.
    """
    looked_at = span.led_up if led_up else span.rows
    if values is None or not np.isfinite(values[looked_at]).any():
        return None
    rows = span.base
    if recent:
        away_s = (span.start - np.arange(len(values))) * span.window.step_s
        near = (away_s < RECENT_S[0]) & (away_s > RECENT_S[1])
        rows = near if near.sum() >= MIN_SAMPLES else rows
    smoothed = smooth(values, _samples(span, SMOOTHED_S))
    before, spread = level_before(smoothed, rows)
    if not np.isfinite(before):
        before, spread = 0.0, 0.0
    during = float(np.nanquantile(smoothed[looked_at], quantile))
    return Move(before, during, spread, _first_sign(values, span, before, spread, during))


def _samples(span: Span, seconds: float) -> int:
    return max(1, round(seconds / span.window.step_s))


def _first_sign(values: Series, span: Span, before: float, spread: float, during: float) -> int:
    """Back from half of the move to the last row that was still as before (one such row alone does not count)."""
    smoothed = smooth(values, max(1, _samples(span, SMOOTHED_S) // 2))
    moved = (smoothed - before) * (1.0 if during >= before else -1.0)
    size = abs(during - before)
    left = moved > max(LEFT_SHARE * size, min(LEFT_SPREADS * spread, LEFT_AT_MOST * size))
    half = np.flatnonzero(moved[span.start : span.end] > 0.5 * size)
    if not len(half):
        return span.start
    row = span.start + int(half[0])
    lowest = max(0, span.start - int(LED_UP_S / span.window.step_s))
    misses = 0
    while row > lowest and misses < 2:
        row -= 1
        misses = 0 if left[row] else misses + 1
    return row + misses


def slope_start(values: Series, span: Span, moved: Move, *, back_s: float = 4500.0) -> int:
    """Row where a figure that fills or leaks begins to climb: the best break of two lines up to its height."""
    rise = np.nan_to_num(np.abs(values - moved.before))
    rise[span.end :] = 0.0
    rise[: max(0, span.start - int(back_s / span.window.step_s))] = 0.0
    top = int(np.argmax(rise >= 0.9 * rise.max()))
    low = max(0, top - int(back_s / span.window.step_s))
    part = smooth(values, 2)[low : max(top, low + 6) + 1]
    rows = np.arange(len(part), dtype=float)
    known = np.isfinite(part)
    best = (float("inf"), moved.first)
    for hinge in range(2, len(part) - 2, max(1, len(part) // 200)):
        lines = np.stack([np.ones(len(part)), rows, np.clip(rows - hinge, 0.0, None)], axis=1)[known]
        fit = np.linalg.lstsq(lines, part[known], rcond=None)[0]
        best = min(best, (float(np.sum((part[known] - lines @ fit) ** 2)), low + hinge))
    return best[1]
