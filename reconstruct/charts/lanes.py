"""The lanes of an overview: signals by layer, alerts, and what was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Transform, blended_transform_factory

from reconstruct.charts.axes import Span, day, hatch, joined, shade, unit_scale, with_suffix, y_limits
from reconstruct.charts.event_markers import Plot
from reconstruct.charts.selection import AlertRow, affected_columns, anomalies_of, furthest, healthy_until
from reconstruct.charts.series import (
    CROWD,
    POINTS_ACROSS,
    POINTS_ACROSS_CROWD,
    crowd_style,
    draw_lines,
    in_window,
    missing,
    polylines,
    usual_range,
)
from reconstruct.charts.text import clip, write
from reconstruct.charts.theme import SMALL, Theme
from reconstruct.model import Gap, Incident, Layer, Metric
from reconstruct.text.units import human

MARGIN_IN: Final = 0.15
LAYER_IN: Final = 0.84
"""Width of the column with the names of layers."""
NAME_IN: Final = 2.36
"""Width of the column with the names of signals and alerts."""
SCALE_IN: Final = 0.7
"""Width of the column right of the plot, with the top of each row's scale."""
ROW_IN: Final = 0.48
"""Height of a signal's row: two lines of text."""
LANE_GAP_IN: Final = 0.07
ALERT_IN: Final = 0.2
BAR_IN: Final = 0.11
AFFECTED_SHOWN: Final = 20
"""Affected series drawn in one row, the worst ones: more are a blot."""
GAP_ROWS: Final = 4
GAP_LEAST_IN: Final = 0.09
HEALTHY_AIR: Final = 1.4
"""Room above a healthy signal, in its own height: a stretched axis would make it look restless."""


class Block(NamedTuple):
    """A lane and where it stands: inches below the top of the plot."""

    top_in: float
    bottom_in: float


def from_edge(ax: Axes) -> Transform:
    """Inches from the left edge of the figure, and from the top of the plot."""
    return blended_transform_factory(ax.figure.dpi_scale_trans, ax.transData)


def draw_ground(ax: Axes, block: Block, *, width_in: float, name: str, theme: Theme) -> None:
    """A lane's ground, from the left margin to `width_in` right of the column of names, and its name."""
    ax.add_artist(
        Rectangle(
            (MARGIN_IN, block.bottom_in),
            LAYER_IN + NAME_IN + width_in,
            block.top_in - block.bottom_in,
            transform=from_edge(ax),
            facecolor=theme.lane,
            edgecolor="none",
            linewidth=0.0,
            zorder=0.1,
            clip_on=False,
        )
    )
    y = block.top_in - min(0.14, (block.top_in - block.bottom_in) / 2)
    write(ax, MARGIN_IN + 0.06, y, name, colour=theme.ink, size_pt=SMALL, bold=True, transform=from_edge(ax))


def draw_name(ax: Axes, y: float, text: str, *, colour: str, bold: bool = False) -> None:
    """Text in the column of names, cut to its width."""
    shown = clip(text, SMALL, room_in=NAME_IN - 0.08, bold=bold)
    write(ax, MARGIN_IN + LAYER_IN, y, shown, colour=colour, size_pt=SMALL, bold=bold, transform=from_edge(ax))


# ----------------------------------------------------------------------------------------------------------- signals


def rows_height_in(rows: dict[Layer, list[Metric]]) -> float:
    """Height of the lanes of signals, with a gap below each."""
    return sum(ROW_IN * len(lane) + LANE_GAP_IN for lane in rows.values())


def draw_rows(
    ax: Axes, incident: Incident, rows: dict[Layer, list[Metric]], *, plot: Plot, top_in: float, theme: Theme
) -> float:
    """Draw a lane for each layer; returns where the next thing may begin."""
    top = top_in
    for layer, metrics in rows.items():
        bottom = top - ROW_IN * len(metrics)
        draw_ground(ax, Block(top, bottom), width_in=plot.width_in + SCALE_IN, name=layer, theme=theme)
        for i, metric in enumerate(metrics):
            row = Block(top - ROW_IN * i, top - ROW_IN * (i + 1))
            _draw_row(ax, incident, metric, plot=plot, row=row, theme=theme)
        top = bottom - LANE_GAP_IN
    return top


def _draw_row(ax: Axes, incident: Incident, metric: Metric, *, plot: Plot, row: Block, theme: Theme) -> None:
    """A signal as a strip: usual range, healthy series grey, affected ones in colour, what it was and became."""
    window, signal = incident.evidence.window, metric.signal
    values = in_window(metric, window)
    found = affected_columns(incident, metric)
    affected = found[:AFFECTED_SHOWN]
    healthy = sorted(set(range(values.shape[1])) - set(found))
    draw_name(ax, row.top_in - 0.14, signal.title or signal.id, colour=theme.ink)
    reading = _reading(incident, metric, values=values)
    draw_name(ax, row.top_in - 0.33, reading, colour=theme.affected if found else theme.soft, bold=bool(found))
    inner = Block(row.top_in - 0.06, row.bottom_in + 0.05)
    band = usual_range(metric, affected or healthy, until=healthy_until(incident, metric))
    finite = values[[*affected, *healthy]].to_numpy(dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if finite.size:
        edges = [float(finite.min()), float(finite.max()), *(band or ())]
        low, high = y_limits(min(edges), max(edges), min_effect=signal.min_effect)
        if not found and low >= 0.0:
            low, high = 0.0, high * HEALTHY_AIR
        to_inch = (inner.top_in - inner.bottom_in) / (high - low)
        if band is not None:
            bottom, top = (inner.bottom_in + (edge - low) * to_inch for edge in band)
            usual = (bottom, max(top, bottom + 0.03))
            shade(ax, Span(window.start, window.end), colour=theme.band, y=usual, alpha=0.8)
        few = len(affected) < 4
        for columns, ink, (width_pt, alpha), over in (
            (healthy, theme.healthy, crowd_style(len(healthy)), 3.0),
            (affected, theme.affected, (1.1, 1.0) if few else (0.8, 0.7), 3.5),
        ):
            most = POINTS_ACROSS_CROWD if len(columns) > CROWD else POINTS_ACROSS
            lines = polylines(values[columns], spacing_s=metric.spacing_s, step_s=window.step_s, most=most)
            for line in lines:
                line[:, 1] = inner.bottom_in + (line[:, 1] - low) * to_inch
            draw_lines(ax, lines, colour=ink, width_pt=width_pt, alpha=alpha, zorder=over)
        _draw_scale(ax, signal.unit, inner=inner, low=low, high=high, plot=plot, theme=theme)
    for span in missing(values[affected or healthy], spacing_s=max(metric.spacing_s, window.step_s), end=window.end):
        hatch(ax, span, theme=theme, y=(row.bottom_in + 0.03, row.top_in - 0.03))


def _reading(incident: Incident, metric: Metric, *, values: pd.DataFrame) -> str:
    """What a signal was, and how far any of its series got, or the range in which the healthy ones lie."""
    unit = metric.signal.unit
    found = anomalies_of(incident, metric)
    if found:
        extreme = "low" if found[0].direction == "down" else "peak"
        return f"{human(found[0].baseline, unit)}, {extreme} {human(furthest(found).peak, unit)}"
    middles = values.median().dropna()
    if middles.empty:
        return "no data"
    lowest, highest = human(float(middles.min()), unit), human(float(middles.max()), unit)
    return f"{lowest}, baseline" if lowest == highest else f"{lowest} to {highest}, baseline"


def _draw_scale(ax: Axes, unit: str, *, inner: Block, low: float, high: float, plot: Plot, theme: Theme) -> None:
    """The highest round value that a row shows, beside its height."""
    scale = unit_scale(unit, low=low, high=high)
    bottom, top = low * scale.factor, high * scale.factor
    ticks = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
    round_values = [float(t) for t in ticks if bottom < t <= top]
    if not round_values:
        return
    value = max(round_values)
    y = inner.bottom_in + (value / scale.factor - low) / (high - low) * (inner.top_in - inner.bottom_in)
    ax.plot([0.0, 1.0], [y, y], transform=ax.get_yaxis_transform(), color=theme.rule, lw=0.5, zorder=1.2, marker="")
    left = MARGIN_IN + LAYER_IN + NAME_IN + plot.width_in
    whole = with_suffix(value, scale.suffix)
    shown = clip(whole, SMALL, room_in=SCALE_IN - 0.06)
    if shown != whole:  # the row's name says the unit too; a cut figure would be another figure
        prefix = scale.suffix.split(" ")[0] if " " in scale.suffix else ""
        shown = clip(with_suffix(value, prefix), SMALL, room_in=SCALE_IN - 0.06)
    write(ax, left + 0.06, y, shown, colour=theme.soft, size_pt=SMALL, transform=from_edge(ax))


# ------------------------------------------------------------------------------------------------------------ alerts


def alerts_height_in(rows: Sequence[AlertRow], *, more: int) -> float:
    """Height of the lane of alerts, with a gap below; nothing without alerts."""
    return ALERT_IN * (len(rows) + bool(more)) + LANE_GAP_IN if rows else 0.0


def draw_alerts(ax: Axes, rows: Sequence[AlertRow], *, more: int, plot: Plot, top_in: float, theme: Theme) -> float:
    """Draw a line for each rule; returns where the next thing may begin."""
    if not rows:
        return top_in
    bottom = top_in - ALERT_IN * (len(rows) + bool(more))
    draw_ground(ax, Block(top_in, bottom), width_in=plot.width_in + SCALE_IN, name="alerts", theme=theme)
    for i, row in enumerate(rows):
        y = top_in - ALERT_IN * (i + 0.5)
        draw_name(ax, y, row.rule, colour=theme.ink)
        _draw_bars(ax, row, plot=plot, y=y, theme=theme)
    if more:
        draw_name(ax, bottom + ALERT_IN / 2, f"and {more} more rules", colour=theme.soft)
    return bottom - LANE_GAP_IN


def _draw_bars(ax: Axes, row: AlertRow, *, plot: Plot, y: float, theme: Theme) -> None:
    """Bars: pale while the condition held and it was pending, full while it fired; hatched where its data ended."""
    pending = [Span(a.pending_at, a.firing_at) for a in row.alerts if a.pending_at is not None]
    firing = [Span(a.firing_at, a.resolved_at or plot.end) for a in row.alerts]
    for spans, colour in ((pending, theme.pending), (firing, theme.firing)):
        bars = [(day(s.start), day(s.end) - day(s.start)) for s in _within(spans, plot)]
        # One collection a row: an alert that flapped for a week is thousands of bars.
        ax.broken_barh(bars, (y - BAR_IN / 2, BAR_IN), facecolors=colour, linewidth=0.0, zorder=4.0)
    for alert in row.alerts:
        if alert.ended_in_gap and alert.resolved_at is not None and plot.start < alert.resolved_at < plot.end:
            tail = Span(alert.resolved_at, min(alert.resolved_at + (plot.end - plot.start) / 40, plot.end))
            hatch(ax, tail, theme=theme, y=(y - BAR_IN / 2, y + BAR_IN / 2))


def _within(spans: Sequence[Span], plot: Plot) -> list[Span]:
    """The parts of spans that lie in the plot."""
    cut = [Span(max(s.start, plot.start), min(s.end, plot.end)) for s in spans]
    return [s for s in cut if s.start < s.end]


# -------------------------------------------------------------------------------------------------------------- gaps


class GapRow(NamedTuple):
    """Everything that was not seen of one thing for one reason, drawn in one line."""

    says: str
    spans: tuple[Span, ...]


def gap_rows(gaps: Sequence[Gap], plot: Plot) -> tuple[list[GapRow], list[Gap]]:
    """The gaps that lie in the window, by what was wanted and why it is missing; and those without any time."""
    by_name: dict[str, list[Span]] = {}
    timeless = []
    for gap in gaps:
        if gap.start is None and gap.end is None:
            timeless.append(gap)
            continue
        span = _within([Span(gap.start or plot.start, gap.end or plot.end)], plot)
        if span:
            by_name.setdefault(f"{gap.missing}: {gap.cause}", []).extend(span)
    return [GapRow(says, tuple(spans)) for says, spans in by_name.items()], timeless


def gaps_height_in(rows: Sequence[GapRow]) -> float:
    """Height of the lane of gaps, with a gap below; nothing without gaps."""
    return ALERT_IN * min(len(rows), GAP_ROWS + 1) + LANE_GAP_IN if rows else 0.0


def draw_gaps(ax: Axes, rows: Sequence[GapRow], *, plot: Plot, top_in: float, theme: Theme) -> None:
    """Draw a line for each row, hatched where nothing was seen; rows without a line of their own share the last."""
    if not rows:
        return
    height = gaps_height_in(rows) - LANE_GAP_IN
    ground = Block(top_in, top_in - height)
    draw_ground(ax, ground, width_in=plot.width_in + SCALE_IN, name="data gaps", theme=theme)
    for i, row in enumerate(rows):
        y = top_in - ALERT_IN * (min(i, GAP_ROWS) + 0.5)
        if i < GAP_ROWS:
            draw_name(ax, y, row.says, colour=theme.soft)
        elif i == GAP_ROWS:
            draw_name(ax, y, f"and {len(rows) - GAP_ROWS} more", colour=theme.soft)
        for span in joined([_visible(span, plot) for span in row.spans]):
            hatch(ax, span, theme=theme, y=(y - 0.07, y + 0.07))


def _visible(span: Span, plot: Plot) -> Span:
    """A span widened around its middle until it can be seen: a missed scrape is a hair on a long axis."""
    lacking = (plot.end - plot.start) * (GAP_LEAST_IN / plot.width_in) - (span.end - span.start)
    if lacking <= pd.Timedelta(0):
        return span
    return Span(max(span.start - lacking / 2, plot.start), min(span.end + lacking / 2, plot.end))
