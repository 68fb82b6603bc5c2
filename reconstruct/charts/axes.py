"""What every chart draws the same way: time in UTC, units, series, the usual range, shading, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullLocator

from reconstruct.charts.text import font
from reconstruct.charts.theme import SMALL, Theme
from reconstruct.model import Window
from reconstruct.text.times import day_said
from reconstruct.text.units import Scale, figure, scale_for

Floats = npt.NDArray[np.float64]

DAY_S: Final = 86400.0
TICK_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(86400 * whole_days for whole_days in (1, 2, 7, 14, 28, 91)),
)
"""Distances between ticks that clocks and calendars know."""
EPOCH: Final = pd.Timestamp(0, tz="UTC")
ZERO_BASED_BELOW: Final = 0.5
"""An axis begins at zero when the lowest value is below this share of the highest; else a change would be lost."""


class Span(NamedTuple):
    """A stretch of time."""

    start: pd.Timestamp
    end: pd.Timestamp


def joined(spans: Iterable[Span]) -> list[Span]:
    """Stretches that touch or overlap as one, in order of time.

    >>> t = pd.Timestamp("2026-01-01T00:00Z")
    >>> h = pd.Timedelta("1h")
    >>> three = [Span(t + 4 * h, t + 5 * h), Span(t, t + 2 * h), Span(t + h, t + 3 * h)]
    >>> [(s.start.hour, s.end.hour) for s in joined(three)]
    [(0, 3), (4, 5)]
    """
    done: list[Span] = []
    for span in sorted(spans):
        if done and span.start <= done[-1].end:
            done[-1] = Span(done[-1].start, max(done[-1].end, span.end))
        else:
            done.append(span)
    return done


def day(time: pd.Timestamp) -> float:
    """A time as matplotlib counts it: days since 1970 in UTC.

    >>> day(pd.Timestamp("1970-01-02T12:00Z"))
    1.5
    """
    return float((time - EPOCH) / pd.Timedelta("1D"))


def days(index: pd.DatetimeIndex) -> Floats:
    """Times as matplotlib counts them."""
    return np.asarray((index - EPOCH) / pd.Timedelta("1D"), dtype=np.float64)


# -------------------------------------------------------------------------------------------------------------- axes


def y_limits(low: float, high: float, *, min_effect: float) -> tuple[float, float]:
    """What a value axis spans: from zero where that loses nothing, with a little air, never less than the min_effect.

    >>> y_limits(0.0, 1.0, min_effect=0.0)
    (0.0, 1.08)
    >>> y_limits(90.0, 100.0, min_effect=0.0), y_limits(0.0, 0.0, min_effect=0.0)
    ((89.2, 100.8), (0.0, 1.0))
    """
    if low == high == 0.0:
        return 0.0, max(min_effect, 1.0)
    if low >= 0.0 and low <= ZERO_BASED_BELOW * high:
        return 0.0, max(high * 1.08, min_effect)
    span = max(high - low, min_effect, 0.02 * max(abs(low), abs(high)))
    middle = (low + high) / 2.0
    bottom, top = min(low, middle - span / 2) - 0.08 * span, max(high, middle + span / 2) + 0.08 * span
    return (max(bottom, 0.0) if low >= 0.0 else bottom), top


def unit_scale(unit: str, *, low: float, high: float) -> Scale:
    """The scale that keeps an axis from `low` to `high` short."""
    return scale_for(unit, magnitude=max(abs(low), abs(high)))


def with_suffix(value: float, suffix: str) -> str:
    """A figure that is already scaled, with its suffix.

    >>> with_suffix(250.0, "ms"), with_suffix(3.0, "/s"), with_suffix(4.0, "")
    ('250 ms', '3/s', '4')
    """
    shown = figure(round(value, 12))
    return shown + suffix if suffix.startswith("/") else f"{shown} {suffix}".rstrip()


def unit_axis(ax: Axes, scale: Scale, *, theme: Theme, ticks: int = 5) -> None:
    """Label the y axis of an Axes whose data are already scaled: every tick says its unit."""
    ax.yaxis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: with_suffix(value, scale.suffix)))
    _style_axis(ax, theme=theme)
    ax.grid(visible=True, axis="y", color=theme.rule, linewidth=0.6, linestyle="solid", alpha=1.0)


def log_ticks(ax: Axes, scale: Scale, *, theme: Theme) -> None:
    """Label a logarithmic y axis at the powers of ten, each with its unit."""
    ax.yaxis.set_major_locator(LogLocator(base=10.0, numticks=6))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: with_suffix(value, scale.suffix)))
    ax.yaxis.set_minor_locator(NullLocator())
    _style_axis(ax, theme=theme)
    ax.grid(visible=True, axis="y", color=theme.rule, linewidth=0.6, linestyle="solid", alpha=1.0)


class ClockTicks(Locator):
    """Ticks at round times of the day in UTC, at most `most` of them; follows a notebook's zoom."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self) -> Sequence[float]:
        """Places of the ticks between the limits of the axis, in days."""
        if self.axis is None:
            raise ValueError("a locator without an axis has no limits")
        low, high = self.axis.get_view_interval()
        return self.tick_values(float(low), float(high))

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Places of the ticks between two times, in days.

        >>> [round(t * 24, 2) for t in ClockTicks(5).tick_values(12.6 / 24, 16.1 / 24)]
        [13.0, 14.0, 15.0, 16.0]
        """
        low_s, high_s = sorted((vmin * DAY_S, vmax * DAY_S))
        step_s = next((s for s in TICK_STEPS_S if (high_s - low_s) / s <= self.most), (high_s - low_s) / self.most)
        return [float(n * step_s / DAY_S) for n in np.arange(np.ceil(low_s / step_s), np.floor(high_s / step_s) + 1)]


def clock_label(place: float) -> str:
    """A tick as a clock shows it: the day at midnight, seconds only where there are some.

    >>> clock_label(0.5), clock_label(31.0), clock_label(0.5 + 5 / 86400)
    ('12:00', '1 Feb', '12:00:05')
    """
    time = EPOCH + pd.Timedelta(seconds=round(place * DAY_S))
    if time == time.normalize():
        return day_said(time)
    return f"{time.hour:02d}:{time.minute:02d}" + (f":{time.second:02d}" if time.second else "")


def time_axis(ax: Axes, window: Window, *, theme: Theme, ticks: int = 9) -> None:
    """Label the x axis with UTC times, from the window's start to its end."""
    ax.set_xlim(day(window.start), day(window.end))
    ax.xaxis.set_major_locator(ClockTicks(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda place, _: clock_label(place)))
    _style_axis(ax, theme=theme)


def _style_axis(ax: Axes, *, theme: Theme) -> None:
    """Everything that a user's own matplotlib style could have changed is said again."""
    ax.set_facecolor(theme.paper)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("bottom", "left"))
        spine.set_color(theme.rule)
        spine.set_linewidth(0.8)
    ax.tick_params(
        axis="both",
        which="major",
        colors=theme.rule,
        labelcolor=theme.soft,
        length=3.0,
        width=0.8,
        pad=3.0,
        direction="out",
        top=False,
        right=False,
        labeltop=False,
        labelright=False,
    )
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        label.set_fontproperties(font(SMALL))


# ----------------------------------------------------------------------------------------------------------- shading


def shade(ax: Axes, span: Span, *, colour: str, y: tuple[float, float] | None = None, alpha: float = 1.0) -> Rectangle:
    """Fill a stretch of time, over the whole height or between two values of y."""
    left, right = day(span.start), max(day(span.end), day(span.start))
    transform = ax.get_xaxis_transform() if y is None else ax.transData
    bottom, top = (0.0, 1.0) if y is None else y
    patch = Rectangle(
        (left, bottom),
        right - left,
        top - bottom,
        transform=transform,
        facecolor=colour,
        edgecolor="none",
        linewidth=0.0,
        alpha=alpha,
        zorder=0.5,
        clip_on=True,
    )
    ax.add_artist(patch)
    return patch


def hatch(ax: Axes, span: Span, *, theme: Theme, y: tuple[float, float] | None = None) -> None:
    """Hatch a stretch of time in which nothing was seen."""
    left, right = day(span.start), day(span.end)
    if right <= left:
        return
    transform = ax.get_xaxis_transform() if y is None else ax.transData
    bottom, top = (0.0, 1.0) if y is None else y
    ax.add_artist(
        Rectangle(
            (left, bottom),
            right - left,
            top - bottom,
            transform=transform,
            facecolor="none",
            edgecolor=theme.gap,
            hatch="////",
            linewidth=0.0,
            alpha=0.75,
            zorder=1.5,
            clip_on=True,
        )
    )
