"""Changes along the time axis: marks with labels that never overlap.

A lane is drawn on an Axes whose y axis is inches, downwards negative, so that text has a known size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import pandas as pd
from matplotlib.axes import Axes

from reconstruct.charts.axes import day
from reconstruct.charts.selection import NAMED_CHANGES, cited_changes, named_changes
from reconstruct.charts.text import clip, plain, width_in, write
from reconstruct.charts.theme import SMALL, Theme
from reconstruct.model import Event, EventKind, Incident
from reconstruct.text.times import day_said, spans_midnight

SHAPES: Final[dict[EventKind, str]] = {
    "deploy": "^",
    "rollback": "v",
    "config": "s",
    "flag": "P",
    "migration": "D",
    "scale": "p",
    "restart": "X",
    "job": "h",
    "note": "o",
    "alert": "*",
}
"""A shape for each kind of change: kinds are told apart without colour."""
LEVEL_IN: Final = 0.19
"""Height of one line of labels in a lane."""
MARK_IN: Final = 0.07
"""Half the width of a mark."""
GAP_IN: Final = 0.05
"""Between a mark and its label, and between two labels."""
LABEL_ROOMS_IN: Final = (3.4, 2.3, 1.6)
"""Names of changes are cut at the first of these widths at which all find a place."""
MAX_DIRECT: Final = 7
"""Up to this many changes carry their names; more carry numbers, explained below the picture."""
DIRECT_LEVELS: Final = 4
NUMBER_LEVELS: Final = 5

Side = Literal["left", "right"]


class Place(NamedTuple):
    """Where a label goes: on which line of its lane, and on which side of its mark."""

    level: int
    side: Side


class Plot(NamedTuple):
    """How times become inches: the window, and how wide it is drawn."""

    start: pd.Timestamp
    end: pd.Timestamp
    width_in: float

    def x_in(self, time: pd.Timestamp) -> float:
        """Inches from the left edge of the plot."""
        return float((time - self.start) / (self.end - self.start)) * self.width_in


class Lane(NamedTuple):
    """Changes ready to be drawn: which are named, with what text, where; and which are only marked."""

    events: tuple[Event, ...]
    labels: tuple[str, ...]
    places: tuple[Place, ...]
    rest: tuple[Event, ...]
    numbered: bool

    @property
    def height_in(self) -> float:
        """Height that the lane needs, in inches."""
        levels = 1 + max((p.level for p in self.places), default=0)
        return LEVEL_IN * (levels + (1 if self.rest else 0))


def pack(
    marks_in: Sequence[tuple[float, float]], widths_in: Sequence[float], *, room_in: float, levels: int
) -> list[Place] | None:
    """Find a line and a side for each label so that none overlaps another or leaves the plot; None where none is free.

    A mark reaches from its first to its second place: a point, or a rollout. Labels come in order of time; each takes
    the first free place, right of its mark before left, upper lines first.

    >>> pack([(1.0, 1.0), (1.1, 1.1), (5.8, 5.8)], [1.0, 1.0, 1.0], room_in=6.0, levels=2)
    [Place(level=0, side='right'), Place(level=1, side='right'), Place(level=0, side='left')]
    >>> pack([(1.0, 1.0), (1.1, 1.1)], [4.9, 4.9], room_in=6.0, levels=1) is None
    True
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in range(levels)]
    places: list[Place] = []
    for (first, last), width in zip(marks_in, widths_in, strict=True):
        reach = MARK_IN + GAP_IN + width
        spans: dict[Side, tuple[float, float]] = {
            "right": (first - MARK_IN, last + reach),
            "left": (first - reach, last + MARK_IN),
        }
        options: list[tuple[Place, tuple[float, float]]] = [
            (Place(level, side), span)
            for level in range(levels)
            for side, span in spans.items()
            if span[0] >= -MARK_IN - GAP_IN and span[1] <= room_in + MARK_IN + GAP_IN
        ]
        free = next(
            ((p, s) for p, s in options if all(s[1] + GAP_IN <= a or s[0] - GAP_IN >= b for a, b in taken[p.level])),
            None,
        )
        if free is None:
            return None
        places.append(free[0])
        taken[free[0].level].append(free[1])
    return places


def plan_changes(incident: Incident, plot: Plot, *, numbers: bool = True) -> Lane:
    """Decide how changes are shown: with their names where these fit, else with numbers, and fewer if need be.

    Without `numbers`, as many as fit carry their names, those that matter first.
    """
    count = sum(len(part) for part in named_changes(incident))
    if count <= MAX_DIRECT or not numbers:
        for most in range(min(count, MAX_DIRECT), 0, -1):
            for room_in in LABEL_ROOMS_IN:
                lane = _fit(incident, plot, most=most, levels=DIRECT_LEVELS, room_in=room_in)
                if lane is not None:
                    return lane
            if numbers:
                break
    for most in range(min(count, NAMED_CHANGES) if numbers else 0, 0, -1):
        lane = _fit(incident, plot, most=most, levels=NUMBER_LEVELS, room_in=None)
        if lane is not None:
            return lane
    named, rest = named_changes(incident)
    return Lane((), (), (), (*named, *rest), numbered=False)


def _fit(incident: Incident, plot: Plot, *, most: int, levels: int, room_in: float | None) -> Lane | None:
    """The lane with at most so many named changes, their names cut to `room_in` or replaced by numbers, if it fits."""
    named, rest = named_changes(incident, most=most)
    if room_in is None:
        labels = [str(i) for i in range(1, len(named) + 1)]
    else:
        labels = [clip(change_name(e), SMALL, room_in=room_in, bold=True) for e in named]
    marks = [
        (plot.x_in(max(e.time, plot.start)), plot.x_in(min(max(e.end or e.time, plot.start), plot.end))) for e in named
    ]
    places = pack(marks, [width_in(t, SMALL, bold=True) for t in labels], room_in=plot.width_in, levels=levels)
    if places is None:
        return None
    return Lane(tuple(named), tuple(labels), tuple(places), tuple(rest), numbered=room_in is None)


def change_name(event: Event) -> str:
    """What a change is called in a picture: its service and version where known, else its title.

    >>> from reconstruct.model import Service
    >>> t = pd.Timestamp("2026-01-01T00:00Z")
    >>> change_name(Event("e1", t, "deploy", Service("shop"), "shop: new footer", version="2.1", previous="2.0"))
    'deploy shop 2.1'
    >>> change_name(Event("e1", t, "flag", Service("shop"), "flag new_footer on"))
    'flag new_footer on'
    """
    told = event.kind in ("deploy", "rollback") and event.service.name and event.version
    words = f"{event.service.name} {event.version}" if told else (event.title or event.service.name or event.id)
    return words if event.kind in words.lower() else f"{event.kind} {words}"


def draw_changes(
    ax: Axes, lane: Lane, *, incident: Incident, plot: Plot, top_in: float, bottom_in: float, theme: Theme, over: str
) -> None:
    """Draw marks and labels below `top_in`, and a line from each mark down to `bottom_in`.

    The line is solid where a hint or the mitigation rests on the change, dotted elsewhere. A rollout is a bar from its
    start to its end. `over` is the colour of the ground, put behind labels so that no line runs through them.
    """
    cited = cited_changes(incident)
    a_inch = (day(plot.end) - day(plot.start)) / plot.width_in
    for event, label, place in zip(lane.events, lane.labels, lane.places, strict=True):
        matters = event.id in cited
        colour = theme.change if matters else theme.soft
        x, y = day(max(event.time, plot.start)), top_in - LEVEL_IN * (place.level + 0.5)
        last = x if event.end is None else day(min(event.end, plot.end))
        if last > x:
            ax.plot([x, last], [y, y], color=colour, lw=3.0, alpha=0.45, zorder=4.5, marker="")
        if event.time >= plot.start:
            draw_change_line(ax, event, matters=matters, theme=theme, y=(bottom_in, y))
        shape = SHAPES[event.kind]
        ax.scatter([x], [y], marker=shape, s=34.0, c=colour, edgecolors=over, linewidths=0.5, zorder=7, clip_on=False)
        shift = MARK_IN + GAP_IN if place.side == "right" else -MARK_IN - GAP_IN
        write(
            ax,
            (last if place.side == "right" else x) + shift * a_inch,
            y,
            label,
            colour=theme.ink if matters else theme.soft,
            size_pt=SMALL,
            bold=matters,
            align="left" if place.side == "right" else "right",
            over=over,
        )
    if lane.rest:
        levels = 1 + max((p.level for p in lane.places), default=-1)
        y = top_in - LEVEL_IN * (levels + 0.5)
        ticks = [day(max(e.time, plot.start)) for e in lane.rest]
        ax.vlines(ticks, y - 0.05, y + 0.05, colors=theme.soft, linewidths=0.9, alpha=0.6, zorder=5)


def draw_change_line(
    ax: Axes, event: Event, *, matters: bool, theme: Theme, y: tuple[float, float] | None = None
) -> None:
    """A vertical line at a change, over the whole height or between two values of y."""
    ax.plot(
        [day(event.time)] * 2,
        [0.0, 1.0] if y is None else list(y),
        transform=ax.get_xaxis_transform() if y is None else ax.transData,
        color=theme.change if matters else theme.soft,
        linewidth=1.1 if matters else 0.8,
        linestyle="solid" if matters else (0, (1.0, 2.0)),
        alpha=0.9 if matters else 0.7,
        zorder=2.2,
        marker="",
        scalex=False,
        scaley=False,
    )


class Note(NamedTuple):
    """A line below the picture."""

    number: str
    says: str
    matters: bool


def explained(lane: Lane, *, incident: Incident, plot: Plot) -> list[Note]:
    """One line for each number of a numbered lane: time, kind, service, title; and whether a hint cites it."""
    if not lane.numbered:
        return []
    cited = cited_changes(incident)
    notes = []
    for number, event in zip(lane.labels, lane.events, strict=True):
        title = event.title or event.version
        kind = "" if event.kind in title.lower() else event.kind
        service = "" if event.service.name in title else event.service.name
        words = (short_time(event.time, plot=plot), kind, service, title)
        notes.append(Note(number, plain(" ".join(w for w in words if w)), event.id in cited))
    return notes


def short_time(time: pd.Timestamp, *, plot: Plot) -> str:
    """A time as precise as a reader of this plot needs it: no zero seconds, none over days, the day where needed.

    >>> t = pd.Timestamp("2026-01-01T12:00:05Z")
    >>> short_time(t, plot=Plot(t, t + pd.Timedelta("1h"), 5.0))
    '12:00:05'
    >>> short_time(t, plot=Plot(t, t + pd.Timedelta("7D"), 5.0))
    '1 Jan 12:00'
    """
    dates = spans_midnight(plot.start, plot.end)
    seconds = time.second and plot.end - plot.start <= pd.Timedelta("1D")
    return (f"{day_said(time)} " if dates else "") + f"{time:%H:%M}" + (f":{time.second:02d}" if seconds else "")
