"""One picture to paste: the finding as its title, at most four lanes, the changes, onset to recovery; 1200 x 630.

Everything is set large: a chat preview shows it at a third of its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reconstruct.charts.axes import Floats, Span, days, shade, time_axis, y_limits
from reconstruct.charts.crop import cropped
from reconstruct.charts.event_markers import change_name
from reconstruct.charts.figure_overlay import inches_sheet
from reconstruct.charts.selection import cited_changes, metric_of, sick_metrics
from reconstruct.charts.text import clip, font, plain, width_in, wrap, write
from reconstruct.charts.theme import DPI, Theme, ThemeName, own_style, theme_named
from reconstruct.model import Anomaly, Event, Incident
from reconstruct.text import narrative
from reconstruct.text.measures import measure
from reconstruct.text.summary import below_title, finding
from reconstruct.text.times import days_said
from reconstruct.text.units import human

PIXELS: Final = (1200, 630)
"""What chats and social previews show whole (the Open Graph protocol's common size)."""
MAX_LANES: Final = 4
MAX_MARKS: Final = 4
"""Changes with a name; the picture is read in three seconds."""
HEAD_PT: Final = 15.0
NAME_PT: Final = 10.5
LABEL_PT: Final = 10.0
BOLD_ROOM: Final = 0.87
"""Lines are broken as if set thin; bold letters are so much wider."""
MARGIN_IN: Final = 0.22
NAMES_IN: Final = 2.3
LINE_IN: Final = 0.19
TWO_LINES_IN: Final = 0.62
"""A lane lower than this has room for one line of its name, and its figures."""
AXIS_IN: Final = 0.36
MARK_LINE_IN: Final = 0.24
LANE_GAP_IN: Final = 0.12


class Lane(NamedTuple):
    """One series, its name and its figures."""

    anomaly: Anomaly
    name: str
    figures: str


@own_style()
def summary_picture(incident: Incident, *, theme: ThemeName | Theme = "light", figure: Figure | None = None) -> Figure:
    """The finding as a title, the user-facing series above the layers behind them, changes, onset to recovery.

    A figure that is given is cleared and made 1200 x 630 pixels at the pictures' resolution.
    """
    look = theme_named(theme)
    size = (PIXELS[0] / DPI, PIXELS[1] / DPI)
    figure = figure or Figure(figsize=size)
    figure.clear()
    figure.set_size_inches(*size)
    figure.set_facecolor(look.paper)
    shown = cropped(incident)
    sheet = inches_sheet(figure)
    said = finding(incident) or narrative.title(incident)
    title = wrap(said, HEAD_PT, room_in=(size[0] - 2 * MARGIN_IN) * BOLD_ROOM, lines=2)
    y = size[1] - 0.3
    for line in title:
        write(sheet, MARGIN_IN, y, line, colour=look.ink, size_pt=HEAD_PT, bold=True)
        y -= 0.27
    for sentence in below_title(incident):
        line = clip(sentence, LABEL_PT, room_in=size[0] - 2 * MARGIN_IN)
        write(sheet, MARGIN_IN, y + 0.02, line, colour=look.soft, size_pt=LABEL_PT)
        y -= 0.19
    lanes = summary_lanes(incident)
    marks = _marks(shown)
    left, right = MARGIN_IN + NAMES_IN, size[0] - 0.3
    plot = _Plot(shown, left, right)
    levels = _levels([(plot.x_in(e.time), _label(e)) for e in marks], room=(left, right))
    top = y + 0.06 - MARK_LINE_IN * (1 + max(levels, default=-1))
    _draw_marks(sheet, marks, levels, plot=plot, top_in=y, bottom_in=AXIS_IN, theme=look)
    height = (top - AXIS_IN) / max(len(lanes), 1)
    for n, lane in enumerate(lanes):
        above = top - n * height
        ax = figure.add_axes(
            (left / size[0], (above - height + LANE_GAP_IN) / size[1], (right - left) / size[0],
             (height - LANE_GAP_IN) / size[1]),
            zorder=3,
        )  # fmt: skip
        _draw_lane(ax, shown, lane, last=n == len(lanes) - 1, theme=look)
        middle = above - (height - LANE_GAP_IN) / 2
        room = NAMES_IN - 0.12
        name, figures = _fitted(lane, room_in=room, lines=2 if height >= TWO_LINES_IN else 1)
        names = wrap(name, NAME_PT, room_in=room * BOLD_ROOM, lines=2 if height >= TWO_LINES_IN else 1)
        rows = [*((text, look.ink, True) for text in names), (figures, look.affected, False)]
        for i, (text, colour, bold) in enumerate(rows):
            line_y = middle + LINE_IN * ((len(rows) - 1) / 2 - i)
            said = clip(text, NAME_PT if bold else LABEL_PT, room_in=room, bold=bold)
            size_pt = NAME_PT if bold else LABEL_PT
            write(sheet, MARGIN_IN, line_y, said, colour=colour, size_pt=size_pt, bold=bold)
    write(sheet, MARGIN_IN, 0.2, days_said(shown.evidence.window), colour=look.soft, size_pt=LABEL_PT)
    return figure


def summary_lanes(incident: Incident) -> list[Lane]:
    """The user-facing series, then the first series of each layer that it spread to; else what moved most."""
    by_id = {a.id: a for a in incident.anomalies}
    ids = [m.anomaly for m in incident.users]
    ids += [
        e.evidence[0]
        for e in incident.timeline
        if e.rule in ("mechanism", "spread") and e.level == "key" and e.evidence
    ]
    lanes: dict[tuple[str, str], Anomaly] = {}
    for one in (by_id[i] for i in ids if i in by_id):
        # The same of the same, by instance or counted elsewhere, tells nothing new.
        lanes.setdefault((one.service.name, one.signal.aspect), one)
    chosen = list(lanes.values())[:MAX_LANES]
    if not chosen:
        worst = (max(_of_metric(incident, m.signal.id), key=lambda a: a.score) for m in sick_metrics(incident))
        chosen = list(worst)[: MAX_LANES - 1]
    return [Lane(a, _name(a), _figures(a, incident)) for a in chosen]


def _of_metric(incident: Incident, signal: str) -> list[Anomaly]:
    return [a for a in incident.anomalies if a.signal.id == signal]


def _fitted(lane: Lane, *, room_in: float, lines: int) -> tuple[str, str]:
    """Name and figures of a lane; a service that has no room behind the name stands before the figures."""
    whose = lane.anomaly.service.name
    if not whose or " ".join(wrap(lane.name, NAME_PT, room_in=room_in * BOLD_ROOM, lines=lines)) == lane.name:
        return lane.name, lane.figures
    beside = f"{whose}: {lane.figures}"
    if width_in(plain(beside), LABEL_PT) > room_in:  # a cut figure would be another figure
        room_for_it = room_in - width_in(plain(f": {lane.figures}"), LABEL_PT)
        beside = f"{clip(whose, LABEL_PT, room_in=room_for_it)}: {lane.figures}" if room_for_it > 0 else lane.figures
    return lane.name.removesuffix(f", {whose}"), beside


def _name(anomaly: Anomaly) -> str:
    """Short: a share of failed requests is called that, whatever counts it."""
    signal = anomaly.signal
    failed = signal.aspect == "errors" and signal.unit in ("ratio", "percent")
    what = "failed requests" if failed else measure(anomaly)
    return f"{what}, {anomaly.service.name}" if anomaly.service.name else what


def _figures(anomaly: Anomaly, incident: Incident) -> str:
    peak = next((m.peak.value for m in incident.users if m.anomaly == anomaly.id), anomaly.peak)
    unit, extreme = anomaly.signal.unit, "low" if anomaly.direction == "down" else "peak"
    return f"{human(anomaly.baseline, unit)}, {extreme} {human(peak, unit)}"


class _Plot(NamedTuple):
    incident: Incident
    left_in: float
    right_in: float

    def x_in(self, time: pd.Timestamp) -> float:
        window = self.incident.evidence.window
        share = float((time - window.start) / (window.end - window.start))
        return self.left_in + min(max(share, 0.0), 1.0) * (self.right_in - self.left_in)


def _marks(incident: Incident) -> list[Event]:
    """The changes that a hint or the mitigation rests on, in the picture's window."""
    window, cited = incident.evidence.window, cited_changes(incident)
    mitigated = incident.milestones.get("mitigated")
    cited |= set(mitigated.evidence) if mitigated else set()
    found = [e for e in incident.evidence.events if e.id in cited and window.start <= e.time < window.end]
    return sorted(found, key=lambda e: (e.time, e.id))[:MAX_MARKS]


def _label(event: Event) -> str:
    return f"{change_name(event)} {event.time:%H:%M}"


def _levels(marks: Sequence[tuple[float, str]], *, room: tuple[float, float]) -> list[int]:
    """A line for each label, so that none overlaps another."""
    ends: list[float] = []
    levels = []
    for x, label in marks:
        width = width_in(label, LABEL_PT, bold=True) + 0.1
        start = min(x, room[1] - width)
        level = next((n for n, end in enumerate(ends) if end <= start), len(ends))
        if level == len(ends):
            ends.append(0.0)
        ends[level] = start + width
        levels.append(level)
    return levels


def _draw_marks(
    sheet: Axes,
    marks: Sequence[Event],
    levels: Sequence[int],
    *,
    plot: _Plot,
    top_in: float,
    bottom_in: float,
    theme: Theme,
) -> None:
    for event, level in zip(marks, levels, strict=True):
        x, y = plot.x_in(event.time), top_in - MARK_LINE_IN * (level + 0.35)
        sheet.plot([x, x], [bottom_in, y], color=theme.change, lw=1.6, zorder=6.0, marker="")
        label = clip(_label(event), LABEL_PT, room_in=plot.right_in - plot.left_in, bold=True)
        start = min(x + 0.05, plot.right_in - width_in(label, LABEL_PT, bold=True))
        write(sheet, start, y + 0.02, label, colour=theme.change, size_pt=LABEL_PT, bold=True, over=theme.paper)


def _draw_lane(ax: Axes, incident: Incident, lane: Lane, *, last: bool, theme: Theme) -> None:
    window, a = incident.evidence.window, lane.anomaly
    ax.set_facecolor(theme.lane)
    onset, recovered = incident.milestones.get("onset"), incident.milestones.get("recovered")
    if onset is not None:
        over = recovered.moment.time if recovered else window.end
        shade(ax, Span(onset.moment.time, over), colour=theme.shade)
    metric = metric_of(incident, a.signal.id)
    metric = next((m for m in incident.evidence.metrics if m.query == a.query and m.signal.id == a.signal.id), metric)
    times, values = _samples(metric.values, a.column, window.start, window.end)
    if len(values):
        low, high = y_limits(float(values.min()), float(values.max()), min_effect=a.signal.min_effect)
        ax.set_ylim(low, high)
        ax.fill_between(times, low, values, color=theme.affected, alpha=0.22, linewidth=0.0, zorder=2.5)
        ax.plot(times, values, color=theme.affected, lw=1.8, zorder=3.0, marker="")
    time_axis(ax, window, theme=theme, ticks=6)
    ax.set_facecolor(theme.lane)
    ax.yaxis.set_visible(False)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    for text in ax.get_xticklabels():
        text.set_fontproperties(font(LABEL_PT))
    ax.tick_params(axis="x", labelbottom=last, labelcolor=theme.ink, length=4.0 if last else 0.0)


def _samples(frame: pd.DataFrame, column: int, start: pd.Timestamp, end: pd.Timestamp) -> tuple[Floats, Floats]:
    inside = frame[column][(frame.index >= start) & (frame.index < end)].dropna()
    return days(pd.DatetimeIndex(inside.index)), np.asarray(inside, dtype=np.float64)
