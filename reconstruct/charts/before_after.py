"""Each signal before, during and after: how far it went, in times of its usual value, and whether it came back."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reconstruct.charts.axes import Span
from reconstruct.charts.figure_overlay import inches_sheet, write_head
from reconstruct.charts.lanes import LANE_GAP_IN, LAYER_IN, MARGIN_IN, NAME_IN, Block, draw_ground, draw_name
from reconstruct.charts.legend import LINE_IN, Item, draw_key, flow
from reconstruct.charts.selection import affected_columns, anomalous_spans, healthy_until, rows_by_layer
from reconstruct.charts.text import clip, write
from reconstruct.charts.theme import SMALL, WIDTH_IN, Theme, ThemeName, own_style, theme_named
from reconstruct.model import Incident, Layer, Metric
from reconstruct.text import narrative
from reconstruct.text.units import figure as figure_text
from reconstruct.text.units import human

ROW_IN: Final = 0.27
HEAD_IN: Final = 0.7
AXIS_IN: Final = 0.34
FIGURES_IN: Final = 2.45
"""Width of the column with the figures, right of the plot."""
MAX_TIMES: Final = 1e4
"""Ratios beyond this (or below one by it) stand at the edge: what was zero has no ratio at all."""
MIN_TIMES: Final = 2.0
"""The axis reaches at least to twice and half the usual value."""
TICK_TIMES: Final = (1e-4, 1e-3, 0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1e3, 1e4)
WIDE_DECADES: Final = 2.5
"""An axis wider than this has ticks at powers of ten only."""


class Strip(NamedTuple):
    """One signal's three figures, in its unit; NaN where there are no samples."""

    metric: Metric
    before: float
    during: float
    after: float
    affected: bool

    @property
    def times(self) -> tuple[float, float]:
        """During and after in times of before, nothing being smaller than the smallest change worth telling."""
        values = [abs(v) for v in (self.before, self.during, self.after) if v and math.isfinite(v)]
        least = self.metric.signal.min_effect or min(values, default=1.0)
        base = max(self.before, least)
        return max(self.during, least) / base, max(self.after, least) / base


def strips(incident: Incident) -> dict[Layer, list[Strip]]:
    """Before, during and after of the signals that an overview shows, by layer.

    Medians of the worst affected series: of its baseline, of its samples while it was anomalous, and of those after it.
    Where no series is affected, of all of them: before, from onset to recovery of the incident, and after it.
    """
    rows, _ = rows_by_layer(incident)
    return {layer: [_strip(incident, metric) for metric in lane] for layer, lane in rows.items()}


def _strip(incident: Incident, metric: Metric) -> Strip:
    window = incident.evidence.window
    affected = affected_columns(incident, metric)
    columns = affected[:1] or list(range(metric.values.shape[1]))
    values = metric.values[columns]
    index = pd.DatetimeIndex(values.index)
    spans = anomalous_spans(incident, metric, columns=columns) or _incident_span(incident)
    inside = np.zeros(len(index), dtype=bool)
    for span in spans:
        inside |= (index >= span.start) & (index < span.end)
    last = max((span.end for span in spans), default=window.end)
    return Strip(
        metric=metric,
        before=_median(values, index < healthy_until(incident, metric)),
        during=_median(values, inside if spans else np.asarray(index >= window.start)),
        after=_median(values, index >= last),
        affected=bool(affected),
    )


def _incident_span(incident: Incident) -> list[Span]:
    onset, recovered = incident.milestones.get("onset"), incident.milestones.get("recovered")
    if onset is None:
        return []
    return [Span(onset.moment.time, incident.evidence.window.end if recovered is None else recovered.moment.time)]


def _median(values: pd.DataFrame, rows: np.ndarray) -> float:
    samples = values.loc[rows].to_numpy(dtype=np.float64)
    samples = samples[np.isfinite(samples)]
    return float(np.median(samples)) if samples.size else math.nan


@own_style()
def before_after(incident: Incident, *, theme: ThemeName | Theme = "light", figure: Figure | None = None) -> Figure:
    """One line a signal: its usual value, what it was during the incident, and after, in times of the usual value.

    A figure that is given is cleared and made as high as the lines need; its width is kept.
    """
    look = theme_named(theme)
    lanes = strips(incident)
    width = WIDTH_IN if figure is None else float(figure.get_figwidth())
    plot_in = max(width - 2 * MARGIN_IN - LAYER_IN - NAME_IN - FIGURES_IN, 1.0)
    body = max(sum(ROW_IN * len(lane) + LANE_GAP_IN for lane in lanes.values()), ROW_IN)
    key = flow(_key(theme=look), room_in=width - 2 * MARGIN_IN)
    foot = AXIS_IN + LINE_IN * len(key) + MARGIN_IN / 2
    height = HEAD_IN + body + foot
    if figure is None:
        figure = Figure(figsize=(width, height))
    else:
        figure.clear()
        figure.set_size_inches(width, height)
    figure.set_facecolor(look.paper)
    left = MARGIN_IN + LAYER_IN + NAME_IN
    ax = figure.add_axes((left / width, foot / height, plot_in / width, body / height), facecolor="none")
    ax.set_axis_off()
    reach = _reach(lanes)
    air = 0.06 * (reach[1] - reach[0])
    ax.set_xlim(reach[0] - air, reach[1] + air)
    ax.set_ylim(-body, 0.0)
    sheet = inches_sheet(figure)
    write_head(sheet, "Before, during, after", narrative.title(incident), theme=look)
    _draw_axis(ax, reach=reach, body_in=body, theme=look)
    top = 0.0
    for layer, lane in lanes.items():
        bottom = top - ROW_IN * len(lane)
        draw_ground(ax, Block(top, bottom), width_in=plot_in + FIGURES_IN - MARGIN_IN, name=layer, theme=look)
        for i, strip in enumerate(lane):
            y = top - ROW_IN * (i + 0.5)
            colour = look.ink if strip.affected else look.soft
            draw_name(ax, y, strip.metric.signal.title or strip.metric.signal.id, colour=colour)
            _draw_strip(ax, strip, y=y, reach=reach, theme=look)
            said = clip(" → ".join(said_figures(strip)), SMALL, room_in=FIGURES_IN - 0.2)
            ink = look.affected if strip.affected else look.soft
            write(sheet, left + plot_in + 0.1, foot + body + y, said, colour=ink, size_pt=SMALL)
        top = bottom - LANE_GAP_IN
    draw_key(sheet, key, left_in=MARGIN_IN, top_in=foot - AXIS_IN, inches=sheet.transData, theme=look)
    return figure


def _key(*, theme: Theme) -> list[Item]:
    return [
        Item("dashes", theme.soft, "baseline, or the smallest effect worth telling"),
        Item("mark", theme.affected, "during, affected", "o"),
        Item("mark", theme.healthy, "during, not affected", "o"),
        Item("mark", theme.recovered, "after", "D"),
    ]


def _reach(lanes: dict[Layer, list[Strip]]) -> tuple[float, float]:
    """How far the axis reaches to the left and to the right, in powers of ten."""
    times = [t for lane in lanes.values() for strip in lane for t in strip.times if math.isfinite(t)]
    least = max(min([1.0 / MIN_TIMES, *times]), 1.0 / MAX_TIMES)
    most = min(max([MIN_TIMES, *times]), MAX_TIMES)
    return math.log10(least), math.log10(most)


def _place(times: float, *, reach: tuple[float, float]) -> float:
    """Where a ratio stands: its power of ten, within the axis."""
    return min(max(math.log10(max(times, 1.0 / MAX_TIMES)), reach[0]), reach[1])


def _draw_axis(ax: Axes, *, reach: tuple[float, float], body_in: float, theme: Theme) -> None:
    wide = reach[1] - reach[0] > WIDE_DECADES
    for times in TICK_TIMES:
        x = math.log10(times)
        if not reach[0] - 1e-9 <= x <= reach[1] + 1e-9 or (wide and not x.is_integer()):
            continue
        usual = times == 1.0
        style: str | tuple[int, tuple[float, float]] = (0, (4.0, 2.0)) if usual else "solid"
        colour = theme.soft if usual else theme.rule
        ax.plot([x, x], [-body_in, 0.0], color=colour, lw=1.0 if usual else 0.6, ls=style, zorder=1.0, marker="")
        says = "baseline" if usual else f"×{figure_text(times)}"
        write(ax, x, -body_in - 0.14, says, colour=theme.soft, size_pt=SMALL, align="center")


def _draw_strip(ax: Axes, strip: Strip, *, y: float, reach: tuple[float, float], theme: Theme) -> None:
    during, after = strip.times
    colour = theme.affected if strip.affected else theme.healthy
    if math.isfinite(after):
        x = [_place(after, reach=reach)]
        ax.scatter(x, [y], marker="D", s=22.0, c=theme.recovered, lw=0.5, edgecolors=theme.lane, zorder=3)
    if math.isfinite(during):
        x = [0.0, _place(during, reach=reach)]
        ax.plot(x, [y, y], color=colour, lw=2.2, zorder=2, solid_capstyle="round", marker="")
        ax.scatter(x[1:], [y], marker="o", s=44.0, c=colour, lw=0.8, edgecolors=theme.lane, zorder=4)


def said_figures(strip: Strip) -> list[str]:
    """The figures that there are, with their units: nothing comes after what is not over."""
    unit = strip.metric.signal.unit
    values = [strip.before, strip.during, strip.after]
    while len(values) > 1 and math.isnan(values[-1]):
        values.pop()
    return [human(value, unit) for value in values]
