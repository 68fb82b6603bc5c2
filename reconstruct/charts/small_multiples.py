"""The series of one signal side by side, each in a panel of its own, on one scale."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure

from reconstruct.charts.figure_overlay import inches_sheet, write_head
from reconstruct.charts.selection import affected_columns, healthy_until, metric_of
from reconstruct.charts.series import in_window, series_names, usual_range
from reconstruct.charts.signal import draw_metric, value_limits
from reconstruct.charts.text import clip, width_in, write
from reconstruct.charts.theme import SMALL, WIDTH_IN, Theme, ThemeName, own_style, theme_named
from reconstruct.model import Incident
from reconstruct.text.times import days_said

PANELS: Final = 24
"""Panels in a picture: six rows of four fill a page."""
ACROSS: Final = 4
PANEL_IN: Final = 0.95
"""Height of a panel's plot."""
NAME_IN: Final = 0.24
BETWEEN_IN: Final = 0.32
AXIS_LEFT_IN: Final = 0.7
AXIS_RIGHT_IN: Final = 0.3
AXIS_BELOW_IN: Final = 0.34
HEAD_IN: Final = 0.68


@own_style()
def small_multiples(
    incident: Incident, signal_id: str, *, theme: ThemeName | Theme = "light", figure: Figure | None = None
) -> Figure:
    """One panel a series, all on one scale: the affected series first, the worst one first of all, then healthy ones.

    With more series than `PANELS`, the picture says how many it leaves out. A figure that is given is cleared and made
    as high as the panels need; its width is kept. Raises `UsageError` where the incident has no such signal.
    """
    look = theme_named(theme)
    metric, window = metric_of(incident, signal_id), incident.evidence.window
    affected = affected_columns(incident, metric)
    healthy = sorted(set(range(len(metric.labels))) - set(affected))
    everything = [*affected, *healthy]
    # A last row of healthy series, where there are any: what the sick ones should look like.
    columns = [*affected[: PANELS - min(len(healthy), ACROSS)], *healthy][:PANELS]
    width = WIDTH_IN if figure is None else float(figure.get_figwidth())
    across = max(min(ACROSS, len(columns)), 1)
    rows = max(-(-len(columns) // across), 1)
    row_in = NAME_IN + PANEL_IN + 0.08
    height = HEAD_IN + rows * row_in + AXIS_BELOW_IN
    if figure is None:
        figure = Figure(figsize=(width, height))
    else:
        figure.clear()
        figure.set_size_inches(width, height)
    figure.set_facecolor(look.paper)
    sheet = inches_sheet(figure)
    title = metric.signal.title or metric.signal.id
    left_out = len(everything) - len(columns)
    counted = f"{len(affected):,} of {len(everything):,} series affected"
    said = f"{counted}, {left_out:,} series not drawn" if left_out else counted
    write_head(sheet, title, f"{said} · {days_said(window)}", theme=look)
    values = in_window(metric, window)
    band = usual_range(metric, columns, until=healthy_until(incident, metric)) if columns else None
    limits = value_limits(metric, values[columns], band=band)
    panel_in = (width - AXIS_LEFT_IN - AXIS_RIGHT_IN - BETWEEN_IN * (across - 1)) / across
    for i, (column, name) in enumerate(zip(columns, series_names(metric, columns), strict=True)):
        row, place = divmod(i, across)
        left = AXIS_LEFT_IN + place * (panel_in + BETWEEN_IN)
        bottom = height - HEAD_IN - row * row_in - NAME_IN - PANEL_IN
        ax = figure.add_axes((left / width, bottom / height, panel_in / width, PANEL_IN / height))
        ticks = _ticks(panel_in)
        draw_metric(ax, incident, metric, theme=look, columns=[column], limits=limits, ticks=ticks, y_ticks=3)
        ax.tick_params(labelleft=place == 0, labelbottom=i + across >= len(columns))
        shown = clip(name, SMALL, room_in=panel_in)
        colour = look.affected if column in set(affected) else look.soft
        write(sheet, left, bottom + PANEL_IN + 0.1, shown, colour=colour, size_pt=SMALL)
    return figure


def _ticks(panel_in: float) -> int:
    """How many times of the day fit below a panel without touching each other."""
    return max(int(panel_in / (width_in("00:00:00", SMALL) + 0.12)), 1)
