"""Onset, detected, mitigated, recovered: a line through the picture for each, with its name and time above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import pandas as pd
from matplotlib.axes import Axes

from reconstruct.charts.axes import day
from reconstruct.charts.event_markers import GAP_IN, LEVEL_IN, Place, Plot, pack, short_time
from reconstruct.charts.text import width_in, write
from reconstruct.charts.theme import SMALL, Theme
from reconstruct.model import Incident

MILESTONES: Final = ("onset", "detected", "mitigated", "recovered")
NOT_OVER: Final = "not over"


class Flag(NamedTuple):
    """A milestone ready to be drawn."""

    name: str
    time: pd.Timestamp
    label: str
    place: Place


def plan_milestones(incident: Incident, plot: Plot) -> list[Flag]:
    """Where the milestones' labels go, in order of time; an incident that is not over says so at the right edge."""
    told = [(name, m.moment.time) for name in MILESTONES if (m := incident.milestones.get(name)) is not None]
    inside = sorted(((n, t) for n, t in told if plot.start <= t <= plot.end), key=lambda pair: pair[1])
    labels = [f"{name} {short_time(time.round('s'), plot=plot)}" for name, time in inside]
    names = {name for name, _ in told}
    if incident.explanation.verdict == "incident" and "onset" in names and "recovered" not in names:
        inside.append((NOT_OVER, plot.end))
        labels.append(NOT_OVER)
    widths = [width_in(label, SMALL, bold=True) for label in labels]
    marks = [(plot.x_in(time), plot.x_in(time)) for _, time in inside]
    places = pack(marks, widths, room_in=plot.width_in, levels=len(labels)) or [
        Place(i, "right") for i in range(len(labels))
    ]
    return [Flag(n, t, label, p) for (n, t), label, p in zip(inside, labels, places, strict=True)]


def draw_milestones(
    ax: Axes, flags: Sequence[Flag], *, plot: Plot, top_in: float, bottom_in: float, theme: Theme
) -> None:
    """A line through the whole picture at each milestone, and its name and time above."""
    colours = _colours(theme)
    a_inch = (day(plot.end) - day(plot.start)) / plot.width_in
    for flag in flags:
        colour = colours[flag.name]
        x, y = day(flag.time), top_in - LEVEL_IN * (flag.place.level + 0.5)
        if flag.name != NOT_OVER:
            ax.plot(
                [x, x], [bottom_in, y + LEVEL_IN / 2], color=colour, lw=1.3, zorder=2.4, ls=(0, (5.0, 2.0)), marker=""
            )
        shift = GAP_IN if flag.place.side == "right" else -GAP_IN
        write(
            ax,
            x + shift * a_inch,
            y,
            flag.label,
            colour=colour,
            size_pt=SMALL,
            bold=True,
            align="left" if flag.place.side == "right" else "right",
            over=theme.paper,
        )


def draw_milestone_lines(ax: Axes, flags: Sequence[Flag], *, theme: Theme) -> None:
    """The milestones' lines over the whole height of a plot whose y axis is a quantity."""
    colours = _colours(theme)
    for flag in flags:
        if flag.name != NOT_OVER:
            ax.plot(
                [day(flag.time)] * 2,
                [0.0, 1.0],
                transform=ax.get_xaxis_transform(),
                color=colours[flag.name],
                lw=1.1,
                ls=(0, (5.0, 2.0)),
                marker="",
                zorder=2.4,
                scalex=False,
                scaley=False,
            )


def _colours(theme: Theme) -> dict[str, str]:
    return {
        "onset": theme.onset,
        "detected": theme.detected,
        "mitigated": theme.mitigated,
        "recovered": theme.recovered,
        NOT_OVER: theme.onset,
    }
