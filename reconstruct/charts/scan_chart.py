"""The series that a scan found, side by side: a small picture each, all on one time axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reconstruct.charts.axes import Span, days, shade, time_axis, unit_axis, unit_scale, y_limits
from reconstruct.charts.figure_overlay import inches_sheet, write_head
from reconstruct.charts.text import clip, write
from reconstruct.charts.theme import SMALL, WIDTH_IN, Theme, ThemeName, own_style, theme_named
from reconstruct.model import ChangedSeries, ScanResult
from reconstruct.text.units import human

MAX_PANELS: Final = 24
ACROSS: Final = 4
PANEL_IN: Final = 1.35
"""Height of one picture with its title."""
HEAD_IN: Final = 0.75
SUBTITLE: Final = "Samples in colour, baseline dashed, shaded from onset to recovery; times UTC."


def scan_chart(
    result: ScanResult, traces: Sequence[NDArray[np.float64]], *, title: str, theme: ThemeName | Theme = "light"
) -> Figure:
    """Draw the first series of a scan, the largest score first.

    Parameters
    ----------
    result : ScanResult
    traces : sequence of float64, shape (n_times,) each
        Samples of `result.top`, on `result.window.index`; at most `MAX_PANELS` are drawn.
    title : str
        What stands above them.
    """
    colours, window = theme_named(theme), result.window
    shown = list(zip(result.top, traces, strict=False))[:MAX_PANELS]
    down = max(1, math.ceil(len(shown) / ACROSS))
    height = HEAD_IN + PANEL_IN * down + 0.2
    x = days(window.index)
    with own_style():
        figure = Figure(figsize=(WIDTH_IN, height), facecolor=colours.paper)
        sheet = inches_sheet(figure)
        write_head(sheet, title, SUBTITLE, theme=colours)
        for number, (one, values) in enumerate(shown):
            row, column = divmod(number, ACROSS)
            left, bottom = (column + 0.24) / ACROSS, (height - HEAD_IN - PANEL_IN * (row + 1) + 0.3) / height
            ax = figure.add_axes((left, bottom, 0.72 / ACROSS, (PANEL_IN - 0.58) / height))
            scale = unit_scale(one.unit, low=float(np.nanmin(values)), high=float(np.nanmax(values)))
            low, high = y_limits(float(np.nanmin(values)), float(np.nanmax(values)), min_effect=0.0)
            ended = one.recovery.time if one.recovery is not None else window.end
            time_axis(ax, window, theme=colours, ticks=3)
            unit_axis(ax, scale, theme=colours, ticks=3)
            ax.set_xlim(x[0], x[-1])
            ax.set_ylim(low * scale.factor, high * scale.factor)
            shade(ax, Span(one.onset.time, ended), colour=colours.shade)
            ax.axhline(one.baseline * scale.factor, color=colours.healthy, linewidth=0.8, linestyle=(0, (3, 2)))
            ax.plot(x, values * scale.factor, color=colours.affected, linewidth=0.9)
            name = clip(panel_title(one), SMALL, room_in=0.94 * WIDTH_IN / ACROSS)
            top = height - HEAD_IN - PANEL_IN * row - 0.12
            write(sheet, left * WIDTH_IN - 0.3, top, name, colour=colours.ink, size_pt=SMALL)
    return figure


def panel_title(one: ChangedSeries) -> str:
    """What tells the series from the others: its metric, and the values of its labels."""
    labels = " ".join(value for _, value in sorted(one.labels.items()))
    return f"{one.metric} {labels}".strip()


def alt_scan_chart(result: ScanResult, shown: int) -> str:
    """What the picture shows, for who cannot see it."""
    told = [
        f"{one.metric} {human(one.baseline, one.unit)} to {human(one.level, one.unit)}" for one in result.top[:shown]
    ]
    return f"Small multiples of {shown} changed series: {', '.join(told)}."
