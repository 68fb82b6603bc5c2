"""Why an anomaly is one, as a picture: the series above, what was compared with which threshold below."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reconstruct.charts.alt_text import spoken
from reconstruct.charts.axes import Span, day, shade, time_axis, unit_axis, unit_scale, y_limits
from reconstruct.charts.figure_overlay import inches_sheet, write_head
from reconstruct.charts.lanes import MARGIN_IN
from reconstruct.charts.legend import Item, draw_key
from reconstruct.charts.series import LARGEST, draw_lines, polylines, series_names
from reconstruct.charts.signal import AXIS_BELOW_IN, AXIS_LEFT_IN, HEAD_IN, NAMES_IN
from reconstruct.charts.text import clip, write
from reconstruct.charts.theme import BODY, SMALL, WIDTH_IN, Theme, ThemeName, own_style, theme_named
from reconstruct.model import Anomaly, Incident, Metric
from reconstruct.text.times import days_said
from reconstruct.text.units import human, human_duration

PLOT_IN: Final = 1.75
BETWEEN_IN: Final = 0.5
"""Room between the two plots, with the lower one's title."""


@own_style()
def why_chart(incident: Incident, anomaly: Anomaly, *, theme: ThemeName | Theme = "light") -> Figure:
    """One series from the start of its baseline on, and below it the mean (or step, or run) that fired.

    The lower plot shows what the detector compared: means over as many samples as fired, placed at their middle, with
    their normal and the threshold; for an edge the mean after each row less the mean before it; for a flat line the
    length of the run of equal values. It is left out where single samples fired: the threshold is then drawn above.
    """
    look = theme_named(theme)
    metric = metric_in(incident, anomaly)
    window = incident.evidence.window
    whole = replace(window, start=window.baseline_start)
    values = metric.values[anomaly.column]
    values = values.where(values.abs() < LARGEST)
    compared = _compared(values, anomaly, metric, step_s=window.step_s)
    plots = 1 if compared is values else 2
    width, foot = WIDTH_IN, AXIS_BELOW_IN + MARGIN_IN / 2
    height = HEAD_IN + plots * PLOT_IN + (plots - 1) * BETWEEN_IN + foot
    figure = Figure(figsize=(width, height), facecolor=look.paper)
    plot_in = width - AXIS_LEFT_IN - NAMES_IN - MARGIN_IN
    sheet = inches_sheet(figure)
    for row, shown in enumerate([values, compared][:plots]):
        bottom = foot + (plots - 1 - row) * (PLOT_IN + BETWEEN_IN)
        ax = figure.add_axes((AXIS_LEFT_IN / width, bottom / height, plot_in / width, PLOT_IN / height))
        lines = _thresholds(anomaly) if shown is compared else []
        flat = row == 1 and "flat" in anomaly.why
        unit = "" if flat else metric.signal.unit
        colour = look.ink if row else look.affected
        _draw(ax, shown, anomaly, metric, unit=unit, colour=colour, lines=lines, theme=look, step_s=window.step_s)
        time_axis(ax, whole, theme=look)
        ax.axvline(day(window.start), color=look.soft, linewidth=0.9, linestyle=(0, (1.0, 2.0)), zorder=2.0, marker="")
        if row:
            title = clip(_measured(anomaly, metric), BODY, room_in=width - AXIS_LEFT_IN - MARGIN_IN)
            write(sheet, AXIS_LEFT_IN, bottom + PLOT_IN + 0.13, title, colour=look.soft, size_pt=BODY)
        items = _key(anomaly, metric, row=row, compared=bool(lines), theme=look)
        clipped = [[i._replace(says=clip(i.says, SMALL, room_in=NAMES_IN - 0.3))] for i in items]
        right = AXIS_LEFT_IN + plot_in + 0.12
        draw_key(sheet, clipped, left_in=right, top_in=bottom + PLOT_IN, inches=sheet.transData, theme=look)
    title = f"{anomaly.id}: why {spoken(metric.signal.title) or spoken(metric.signal.id)} was an anomaly"
    write_head(sheet, title, _subtitle(anomaly, metric), theme=look)
    left = AXIS_LEFT_IN + plot_in + 0.32
    said = clip(days_said(whole), SMALL, room_in=width - left)
    write(sheet, left, foot - 0.125, said, colour=look.ink, size_pt=SMALL)
    return figure


def alt_why(incident: Incident, anomaly: Anomaly) -> str:
    """The picture in one sentence."""
    metric = metric_in(incident, anomaly)
    name = spoken(metric.signal.title) or spoken(metric.signal.id)
    return f"Why {anomaly.id} was an anomaly: {name}, {_subtitle(anomaly, metric)}."


def metric_in(incident: Incident, anomaly: Anomaly) -> Metric:
    """The answer that an anomaly was found in."""
    return next(m for m in incident.evidence.metrics if m.signal.id == anomaly.signal.id and m.query == anomaly.query)


def _compared(values: pd.Series, anomaly: Anomaly, metric: Metric, *, step_s: float) -> pd.Series:
    """What was held against the threshold; the series itself where single samples were."""
    why = anomaly.why
    if "flat" in why:
        seen = values.dropna()
        runs = (seen != seen.shift()).cumsum()
        return (runs.groupby(runs).cumcount() + 1).astype(np.float64) * step_s / metric.spacing_s
    rows = max(1, round(why["samples"] * metric.spacing_s / step_s))
    if why["samples"] <= 1 and not why["edge"]:
        return values
    means = values.rolling(rows, min_periods=(rows + 1) // 2).mean()
    return means.shift(-(rows - 1)) - means.shift(1) if why["edge"] else means.shift(-(rows // 2))


def _thresholds(anomaly: Anomaly) -> list[float]:
    """Where a mean (step, run) begins to be news; both sides where the direction is open."""
    why = anomaly.why
    if "flat" in why:
        return [why["needed"]]
    middle = 0.0 if why["edge"] else why["normal"]
    sides = {"up": (1,), "down": (-1,), "both": (1, -1)}[anomaly.direction]
    if why["edge"]:
        sides = (1, -1)  # what goes comes back, by the same threshold
    return [middle + side * why["threshold"] for side in sides]


def _draw(
    ax: Axes,
    values: pd.Series,
    anomaly: Anomaly,
    metric: Metric,
    *,
    unit: str,
    colour: str,
    lines: list[float],
    theme: Theme,
    step_s: float,
) -> None:
    """One plot: the line, thresholds, and from onset to recovery, paler where the samples leave it open."""
    samples = values.to_numpy(np.float64)
    samples = samples[np.isfinite(samples)]
    edges = [*lines, *([float(samples.min()), float(samples.max())] if samples.size else [0.0])]
    low, high = y_limits(min(edges), max(edges), min_effect=metric.signal.min_effect if unit else 1.0)
    scale = unit_scale(unit, low=low, high=high)
    onset, back = anomaly.onset, anomaly.recovery
    end = values.index[-1] if back is None else back.earliest
    shade(ax, Span(onset.earliest, onset.latest), colour=theme.shade, alpha=0.5)
    shade(ax, Span(onset.latest, end), colour=theme.shade)
    if back is not None:
        shade(ax, Span(back.earliest, back.latest), colour=theme.shade, alpha=0.5)
    for threshold in lines:
        ax.axhline(threshold * scale.factor, color=theme.detected, linewidth=1.1, linestyle=(0, (4, 2)), zorder=2.6)
    points = polylines(values.to_frame(), spacing_s=metric.spacing_s, step_s=step_s)
    for line in points:
        line[:, 1] *= scale.factor
    draw_lines(ax, points, colour=colour, width_pt=1.2)
    ax.set_ylim(low * scale.factor, high * scale.factor)
    unit_axis(ax, scale, theme=theme, ticks=4)


def _measured(anomaly: Anomaly, metric: Metric) -> str:
    """What the lower plot shows."""
    why = anomaly.why
    if "flat" in why:
        return "Samples in a row with one value"
    span = f"{int(why['samples'])} samples ({human_duration(why['samples'] * metric.spacing_s)})"
    if why["edge"]:
        return f"What fired: mean over the next {span} less the mean over the last, as a step"
    return f"What fired: the mean over {span}"


def _subtitle(anomaly: Anomaly, metric: Metric) -> str:
    """The verdict in figures."""
    why, unit = anomaly.why, metric.signal.unit
    where = spoken(series_names(metric, [anomaly.column])[0])
    if "flat" in why:
        return f"{where}: {int(why['flat'])} samples in a row had one value, {int(why['needed'])} are news"
    return (
        f"{where}: {human(why['excess'], unit)} from normal, "
        f"{anomaly.score:.3g} times the threshold of {human(why['threshold'], unit)}"
    )


def _key(anomaly: Anomaly, metric: Metric, *, row: int, compared: bool, theme: Theme) -> list[Item]:
    """What is drawn, beside each plot."""
    unit, why = metric.signal.unit, anomaly.why
    items = [] if row else [Item("line", theme.affected, "the series"), Item("patch", theme.shade, "anomalous")]
    if compared:
        says = f"{int(why['needed'])} in a row" if "flat" in why else f"threshold, {human(why['threshold'], unit)} away"
        items.append(Item("dashes", theme.detected, says))
    if not row:
        items.append(Item("dashes", theme.soft, "the window begins"))
    elif "normal" in why and not why["edge"]:
        items.append(Item("line", theme.ink, f"mean, normal {human(why['normal'], unit)}"))
    return items
