"""The picture of a whole incident: what changed, what went wrong in which layer, which alerts fired, what was not seen.

Everything stands on one Axes whose x axis is time and whose y axis is inches below the top of the plot, so that a row
is as high as its text needs, whatever the incident holds.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reconstruct.charts.axes import Span, shade, time_axis
from reconstruct.charts.event_markers import (
    LEVEL_IN,
    SHAPES,
    Lane,
    Note,
    Plot,
    draw_changes,
    explained,
    plan_changes,
)
from reconstruct.charts.lanes import (
    LANE_GAP_IN,
    LAYER_IN,
    MARGIN_IN,
    NAME_IN,
    ROW_IN,
    SCALE_IN,
    Block,
    GapRow,
    alerts_height_in,
    draw_alerts,
    draw_gaps,
    draw_ground,
    draw_name,
    draw_rows,
    from_edge,
    gap_rows,
    gaps_height_in,
    rows_height_in,
)
from reconstruct.charts.legend import LINE_IN, Item, draw_key, flow
from reconstruct.charts.milestone_lines import Flag, draw_milestones, plan_milestones
from reconstruct.charts.selection import AlertRow, alert_rows, rows_by_layer, seen_anomalies
from reconstruct.charts.text import clip, wrap, write
from reconstruct.charts.theme import BODY, SMALL, TITLE, WIDTH_IN, Theme, ThemeName, own_style, theme_named
from reconstruct.model import Incident, Layer, Metric
from reconstruct.text import narrative
from reconstruct.text.summary import below_title
from reconstruct.text.times import days_said

TITLE_IN: Final = 0.3
SAID_IN: Final = 0.195
"""Height of one line of the sentences below the title."""
AXIS_IN: Final = 0.4
LEGEND_IN: Final = 0.185
NUMBER_IN: Final = 0.24
"""Width of the column of numbers before notes."""
TIMELESS_SAID: Final = 2
"""Gaps without times that are named below a picture."""


class Plan(NamedTuple):
    """All of a picture but its ink: what is shown, and how much room it takes."""

    plot: Plot
    title: str
    said: list[tuple[str, str]]
    """Sentences below the title, each with its colour."""
    flags: list[Flag]
    changes: Lane
    rows: dict[Layer, list[Metric]]
    alerts: list[AlertRow]
    more_alerts: int
    gaps: list[GapRow]
    notes: list[Note]
    """Lines below the axis, in two columns."""
    key: list[list[Item]]

    @property
    def flags_in(self) -> float:
        """Height of the milestones' labels."""
        return LEVEL_IN * (1 + max((f.place.level for f in self.flags), default=-1)) + (0.04 if self.flags else 0.0)

    @property
    def changes_in(self) -> float:
        """Height of the lane of changes, with a gap below; nothing without changes."""
        return self.changes.height_in + LANE_GAP_IN if self.changes.events or self.changes.rest else 0.0

    @property
    def body_in(self) -> float:
        """Height of the plot."""
        alerts = alerts_height_in(self.alerts, more=self.more_alerts)
        lanes = self.changes_in + rows_height_in(self.rows) + alerts + gaps_height_in(self.gaps)
        return self.flags_in + max(lanes, ROW_IN)

    @property
    def head_in(self) -> float:
        """Height of title and sentences."""
        return MARGIN_IN + TITLE_IN + SAID_IN * len(self.said) + 0.08

    @property
    def foot_in(self) -> float:
        """Height of axis, notes and key."""
        return AXIS_IN + LEGEND_IN * -(-len(self.notes) // 2) + LINE_IN * len(self.key) + MARGIN_IN


@own_style()
def overview(incident: Incident, *, theme: ThemeName | Theme = "light", figure: Figure | None = None) -> Figure:
    """Tell an incident at a glance: milestones, changes, a lane a layer, alerts and gaps over one time axis in UTC.

    A figure that is given is cleared and made as high as the incident needs; its width is kept.
    """
    look = theme_named(theme)
    width = WIDTH_IN if figure is None else float(figure.get_figwidth())
    plan = _plan(incident, width_in=width, theme=look)
    height = plan.head_in + plan.body_in + plan.foot_in
    if figure is None:
        figure = Figure(figsize=(width, height))
    else:
        figure.clear()
        figure.set_size_inches(width, height)
    figure.set_facecolor(look.paper)
    left = MARGIN_IN + LAYER_IN + NAME_IN
    ax = figure.add_axes(
        (left / width, plan.foot_in / height, plan.plot.width_in / width, plan.body_in / height), facecolor=look.paper
    )
    ax.set_ylim(-plan.body_in, 0.0)
    _draw(ax, incident, plan, theme=look)
    _write_head(ax, plan, theme=look)
    _write_foot(ax, incident, plan, theme=look)
    return figure


def _plan(incident: Incident, *, width_in: float, theme: Theme) -> Plan:
    window = incident.evidence.window
    plot = Plot(window.start, window.end, max(width_in - 2 * MARGIN_IN - LAYER_IN - NAME_IN - SCALE_IN, 1.0))
    room = width_in - 2 * MARGIN_IN
    title = narrative.title(incident)
    sentences = zip(below_title(incident), (theme.ink, theme.ink, theme.soft), strict=False)
    said = [(line, colour) for text, colour in sentences for line in wrap(text, BODY, room_in=room, lines=2)]
    changes = plan_changes(incident, plot)
    rows, without_room = rows_by_layer(incident)
    alerts, more_alerts = alert_rows(incident)
    gaps, timeless = gap_rows(incident.evidence.gaps, plot)
    notes = explained(changes, incident=incident, plot=plot)
    if without_room:
        notes.append(Note("", f"signals that left their baseline and have no row here: {without_room}", matters=False))
    notes += [Note("", f"data gap: {g.missing}: {g.cause}", matters=False) for g in timeless[:TIMELESS_SAID]]
    if len(timeless) > TIMELESS_SAID:
        notes.append(Note("", f"data gaps not shown here: {len(timeless) - TIMELESS_SAID}", matters=False))
    return Plan(
        plot=plot,
        title=title,
        said=said,
        flags=plan_milestones(incident, plot),
        changes=changes,
        rows=rows,
        alerts=alerts,
        more_alerts=more_alerts,
        gaps=gaps,
        notes=notes,
        key=flow(_key(incident, changes, alerts=bool(alerts), theme=theme), room_in=room),
    )


def _key(incident: Incident, changes: Lane, *, alerts: bool, theme: Theme) -> list[Item]:
    """What has to be explained: only what the picture holds."""
    items = [Item("line", theme.affected, "affected")] if seen_anomalies(incident) else []
    items += [Item("line", theme.healthy, "not affected"), Item("patch", theme.band, "baseline")]
    if incident.milestones.get("onset") is not None:
        items.append(Item("patch", theme.shade, "onset to recovery"))
    if alerts:
        items += [Item("patch", theme.pending, "alert pending"), Item("patch", theme.firing, "firing")]
    if incident.evidence.gaps:
        items.append(Item("hatch", theme.gap, "data gap"))
    kinds = sorted({e.kind for e in changes.events}, key=list(SHAPES).index)
    return items + [Item("mark", theme.soft, kind, SHAPES[kind]) for kind in kinds]


def _draw(ax: Axes, incident: Incident, plan: Plan, *, theme: Theme) -> None:
    time_axis(ax, incident.evidence.window, theme=theme)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.yaxis.set_visible(False)
    ax.grid(visible=True, axis="x", color=theme.rule, linewidth=0.5, linestyle="solid")
    top, bottom = -plan.flags_in, -plan.body_in
    if plan.changes_in:
        lane = Block(top, top - plan.changes.height_in)
        draw_ground(ax, lane, width_in=plan.plot.width_in + SCALE_IN, name="changes", theme=theme)
        draw_changes(
            ax,
            plan.changes,
            incident=incident,
            plot=plan.plot,
            top_in=top,
            bottom_in=bottom,
            theme=theme,
            over=theme.lane,
        )
        if plan.changes.rest:
            count = len(plan.changes.rest)
            draw_name(ax, lane.bottom_in + LEVEL_IN / 2, f"{count} not named", colour=theme.soft)
        top -= plan.changes_in
    _shade_incident(ax, incident, y=(bottom, top), theme=theme)
    top = draw_rows(ax, incident, plan.rows, plot=plan.plot, top_in=top, theme=theme)
    top = draw_alerts(ax, plan.alerts, more=plan.more_alerts, plot=plan.plot, top_in=top, theme=theme)
    draw_gaps(ax, plan.gaps, plot=plan.plot, top_in=top, theme=theme)
    draw_milestones(ax, plan.flags, plot=plan.plot, top_in=0.0, bottom_in=bottom, theme=theme)


def _shade_incident(ax: Axes, incident: Incident, *, y: tuple[float, float], theme: Theme) -> None:
    """From onset to recovery; paler where the samples leave open whether it had begun or was over."""
    end = incident.evidence.window.end
    onset, recovered = incident.milestones.get("onset"), incident.milestones.get("recovered")
    for episode in incident.explanation.episodes:
        if episode.id != incident.explanation.worst:
            shade(ax, Span(episode.start, episode.end or end), colour=theme.shade, y=y, alpha=0.5)
    if onset is None:
        return
    first, last = onset.moment, None if recovered is None else recovered.moment
    shade(ax, Span(first.earliest, first.latest), colour=theme.shade, y=y, alpha=0.5)
    shade(ax, Span(first.latest, end if last is None else last.earliest), colour=theme.shade, y=y)
    if last is not None:
        shade(ax, Span(last.earliest, last.latest), colour=theme.shade, y=y, alpha=0.5)


def _write_head(ax: Axes, plan: Plan, *, theme: Theme) -> None:
    inches = from_edge(ax)
    room = LAYER_IN + NAME_IN + plan.plot.width_in + SCALE_IN
    y = plan.head_in - MARGIN_IN - 0.1
    shown = clip(plan.title, TITLE, room_in=room, bold=True)
    write(ax, MARGIN_IN, y, shown, colour=theme.ink, size_pt=TITLE, bold=True, transform=inches)
    for i, (line, colour) in enumerate(plan.said):
        y_line = y - TITLE_IN + 0.04 - SAID_IN * i
        write(ax, MARGIN_IN, y_line, line, colour=colour, size_pt=BODY, transform=inches)


def _write_foot(ax: Axes, incident: Incident, plan: Plan, *, theme: Theme) -> None:
    inches = from_edge(ax)
    room = LAYER_IN + NAME_IN + plan.plot.width_in + SCALE_IN
    days = days_said(incident.evidence.window)
    write(ax, MARGIN_IN + LAYER_IN, -plan.body_in - 0.125, days, colour=theme.ink, size_pt=SMALL, transform=inches)
    y = -plan.body_in - AXIS_IN
    half = -(-len(plan.notes) // 2)
    indent = NUMBER_IN if any(note.number for note in plan.notes) else 0.0
    for i, note in enumerate(plan.notes):
        column, row = divmod(i, half)
        colour = theme.ink if note.matters else theme.soft
        x, y_line = MARGIN_IN + column * room / 2, y - LEGEND_IN * (row + 0.5)
        write(ax, x, y_line, note.number, colour=colour, size_pt=SMALL, bold=True, transform=inches)
        text = clip(note.says, SMALL, room_in=room / 2 - 0.15 - indent)
        write(ax, x + indent, y_line, text, colour=colour, size_pt=SMALL, transform=inches)
    draw_key(ax, plan.key, left_in=MARGIN_IN, top_in=y - LEGEND_IN * half, inches=inches, theme=theme)
