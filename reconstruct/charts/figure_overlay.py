"""A transparent sheet over a whole figure, in inches, for text that belongs to no axis."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reconstruct.charts.lanes import MARGIN_IN
from reconstruct.charts.text import clip, write
from reconstruct.charts.theme import BODY, TITLE, Theme


def inches_sheet(figure: Figure) -> Axes:
    """An empty Axes over a whole figure whose data are inches from its lower left corner: for text."""
    width, height = figure.get_size_inches()
    sheet = figure.add_axes((0.0, 0.0, 1.0, 1.0), facecolor="none", zorder=5, label="text")
    sheet.set_axis_off()
    sheet.set_xlim(0.0, float(width))
    sheet.set_ylim(0.0, float(height))
    return sheet


def write_head(sheet: Axes, title: str, subtitle: str, *, theme: Theme) -> None:
    """Title and subtitle at the top of a sheet, cut to its width."""
    width, height = sheet.get_xlim()[1], sheet.get_ylim()[1]
    room = width - 2 * MARGIN_IN
    shown = clip(title, TITLE, room_in=room, bold=True)
    write(sheet, MARGIN_IN, height - 0.24, shown, colour=theme.ink, size_pt=TITLE, bold=True)
    shown = clip(subtitle, BODY, room_in=room)
    write(sheet, MARGIN_IN, height - 0.5, shown, colour=theme.soft, size_pt=BODY)
