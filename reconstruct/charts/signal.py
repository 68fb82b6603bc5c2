"""One signal: the affected series in colour, the healthy ones grey, held against threshold and usual range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reconstruct.charts.axes import Span, day, hatch, log_ticks, shade, time_axis, unit_axis, unit_scale, y_limits
from reconstruct.charts.crop import cropped
from reconstruct.charts.crowd import TOO_MANY, draw_crowd
from reconstruct.charts.event_markers import LEVEL_IN, Plot, draw_change_line, draw_changes, plan_changes, short_time
from reconstruct.charts.figure_overlay import inches_sheet, write_head
from reconstruct.charts.lanes import MARGIN_IN
from reconstruct.charts.legend import Item, draw_key
from reconstruct.charts.milestone_lines import draw_milestone_lines, draw_milestones, plan_milestones
from reconstruct.charts.selection import (
    affected_columns,
    anomalies_of,
    anomalous_spans,
    cited_changes,
    furthest,
    healthy_until,
    metric_of,
    named_changes,
)
from reconstruct.charts.series import (
    CROWD,
    POINTS_ACROSS,
    POINTS_ACROSS_CROWD,
    crowd_style,
    draw_lines,
    in_window,
    missing,
    polylines,
    series_names,
    usual_range,
)
from reconstruct.charts.text import clip, write
from reconstruct.charts.theme import SMALL, WIDTH_IN, Theme, ThemeName, own_style, theme_named
from reconstruct.model import Event, Incident, Metric, Signal
from reconstruct.text.measures import measure_of, moved_text
from reconstruct.text.times import days_said
from reconstruct.text.units import Scale, apart, human
from reconstruct.text.wording import capitalised

PLOT_IN: Final = 2.9
"""Height of the plot."""
AXIS_LEFT_IN: Final = 0.85
"""Room for the labels of the value axis."""
NAMES_IN: Final = 2.1
"""Width of the column with the names of series."""
HEAD_IN: Final = 0.66
AXIS_BELOW_IN: Final = 0.4
SHOWN_IN_COLOUR: Final = 6
"""Affected series with a colour and a name of their own; the rest share the first colour, paler."""
STRIP_IN: Final = 0.3
"""Room for the strip that shows the whole window, where the chart shows a part of it."""
LOG_TIMES: Final = 20.0
"""Phases further apart than this are drawn on a logarithmic axis, and that is said."""
BOUNDED: Final = frozenset({"ratio", "percent"})
LOG_DECADES: Final = 4
THRESHOLD_WITHIN: Final = 3.0
"""A threshold this many times beyond the highest value is left out: drawing it would flatten the series."""


class Drawn(NamedTuple):
    """What a plot shows, for its key and its column of names."""

    scale: Scale
    named: tuple[tuple[str, str], ...]
    """Name and colour of each series that has one."""
    more_affected: int
    crowd: int
    """Affected series drawn as median, percentiles and extreme; 0 where each has its own line."""
    healthy: int
    band: tuple[float, float] | None
    """The usual range, in the signal's unit."""
    threshold: float | None
    """The threshold, in the signal's unit, where it could be drawn."""
    hatched: bool
    week_before: bool = False
    """The same hours of the week before are drawn as a faint line."""


def draw_signal(
    ax: Axes, incident: Incident, signal_id: str, *, theme: ThemeName | Theme = "light", changes: bool = True
) -> Drawn:
    """Draw one signal on an Axes of your own: for notebooks.

    x is time in days since 1970 in UTC (matplotlib's dates), y is scaled to the unit on its ticks. With `changes`, a
    line marks each change that a reader would ask about. Raises `UsageError` where the incident has no such signal.
    """
    look = theme_named(theme)
    metric = metric_of(incident, signal_id)
    drawn = draw_metric(ax, incident, metric, theme=look)
    if changes:
        _draw_lines_of(named_changes(incident)[0], ax, incident, theme=look)
    return drawn


def _draw_lines_of(events: Sequence[Event], ax: Axes, incident: Incident, *, theme: Theme) -> None:
    cited = cited_changes(incident)
    for event in events:
        if event.time >= incident.evidence.window.start:
            draw_change_line(ax, event, matters=event.id in cited, theme=theme)


def draw_metric(
    ax: Axes,
    incident: Incident,
    metric: Metric,
    *,
    theme: Theme,
    columns: Sequence[int] | None = None,
    limits: tuple[float, float] | None = None,
    ticks: int = 9,
    y_ticks: int = 5,
) -> Drawn:
    """Draw a metric's series (only `columns`, if given) within `limits` of y, or those that fit it."""
    window, signal = incident.evidence.window, metric.signal
    values = in_window(metric, window)
    wanted = list(range(values.shape[1])) if columns is None else list(columns)
    affected = [c for c in affected_columns(incident, metric) if c in set(wanted)]
    healthy = sorted(set(wanted) - set(affected))
    band = usual_range(metric, affected or healthy, until=healthy_until(incident, metric))
    low, high = limits or value_limits(metric, values[wanted], band=band)
    log = limits is None and phases_far_apart(incident, metric)
    if log:
        low = _lowest(values[wanted], high)
    scale = unit_scale(signal.unit, low=low, high=high)
    for span in anomalous_spans(incident, metric, columns=wanted):
        _shade_span(ax, incident, metric, span, columns=wanted, theme=theme)
    if band is not None and (not log or band[1] > low):  # a baseline of zero has no place on a logarithmic axis
        bottom, top = band[0] * scale.factor, band[1] * scale.factor
        thinnest = 0.0 if log else (high - low) * scale.factor / 100.0
        usual = (bottom, max(top, bottom + thinnest))
        shade(ax, Span(window.start, window.end), colour=theme.band, y=usual, alpha=0.85).set_zorder(0.8)
    named, rest = affected[:SHOWN_IN_COLOUR], affected[SHOWN_IN_COLOUR:]
    colours = [theme.affected] if len(named) == 1 else list(theme.series[: len(named)])
    many = len(affected) > TOO_MANY
    if many:
        named, rest, colours = [], affected, []
    layers = [(healthy, theme.healthy, *crowd_style(len(healthy)), 3.0)]
    layers += [] if many else [(rest, theme.affected, 0.7, 0.35, 3.2)]
    layers += [
        ([c], colour, 1.5, 1.0, 3.9 - 0.05 * i) for i, (c, colour) in enumerate(zip(named, colours, strict=True))
    ]
    week_before = _draw_week_before(ax, incident, metric, affected or healthy, scale=scale, theme=theme)
    for members, colour, width_pt, alpha, zorder in layers:
        most = POINTS_ACROSS_CROWD if len(members) > CROWD else POINTS_ACROSS
        lines = polylines(values[members], spacing_s=metric.spacing_s, step_s=window.step_s, most=most)
        for line in lines:
            line[:, 1] *= scale.factor
        draw_lines(ax, lines, colour=colour, width_pt=width_pt, alpha=alpha, zorder=zorder)
    if many:
        extreme: Literal["max", "min"] = "min" if signal.worse == "down" else "max"
        draw_crowd(ax, values[affected], factor=scale.factor, colour=theme.affected, extreme=extreme, zorder=3.5)
    drawn_at = _line_of(signal)
    threshold = drawn_at if drawn_at is not None and low <= drawn_at <= high else None
    if threshold is not None:
        y = threshold * scale.factor
        ax.axhline(y, color=theme.detected, linewidth=1.1, linestyle=(0, (4.0, 2.0)), zorder=2.6, marker="")
    holes = missing(values[affected or healthy], spacing_s=max(metric.spacing_s, window.step_s), end=window.end)
    for hole in holes:
        hatch(ax, hole, theme=theme)
    ax.set_ylim(low * scale.factor, high * scale.factor)
    time_axis(ax, window, theme=theme, ticks=ticks)
    unit_axis(ax, scale, theme=theme, ticks=y_ticks)
    if log:
        ax.set_yscale("log", nonpositive="clip")
        ax.set_ylim(low * scale.factor, 1.3 * high * scale.factor)
        log_ticks(ax, scale, theme=theme)
    names = series_names(metric, named)
    return Drawn(
        scale=scale,
        named=tuple(zip(names, colours, strict=True)),
        more_affected=0 if many else len(rest),
        crowd=len(affected) if many else 0,
        healthy=len(healthy),
        band=band,
        threshold=threshold,
        hatched=bool(holes),
        week_before=week_before,
    )


def _draw_week_before(
    ax: Axes, incident: Incident, metric: Metric, columns: Sequence[int], *, scale: Scale, theme: Theme
) -> bool:
    """The same hours of the week before as one faint line: the worst of the affected series at each time."""
    for stretch in incident.evidence.earlier_hours:
        earlier = next((m for m in stretch.metrics if m.signal.id == metric.signal.id), None)
        if not stretch.shift or earlier is None:
            continue
        wanted = [dict(metric.labels[column]) for column in columns]
        same = [n for n, labels in enumerate(earlier.labels) if dict(labels) in wanted]
        if not same:
            return False
        values = earlier.values[same]
        worst = values.min(axis=1) if metric.signal.worse == "down" else values.max(axis=1)
        moved = worst.set_axis(worst.index + stretch.shift).to_frame()
        (line,) = polylines(moved, spacing_s=stretch.window.step_s, step_s=stretch.window.step_s)
        line[:, 1] *= scale.factor
        draw_lines(ax, [line], colour=theme.week_before, width_pt=1.0, alpha=0.8, zorder=2.9)
        return True
    return False


def phases_far_apart(incident: Incident, metric: Metric) -> bool:
    """Whether a user-facing series of it stood in phases more than LOG_TIMES apart: a linear axis hides one.

    Never for shares: they have a largest value to be seen against, and their zeros have no place on such an axis.
    """
    if metric.signal.unit in BOUNDED:
        return False
    mine = {a.id for a in anomalies_of(incident, metric)}
    medians = [m.median.value for p in incident.phases for m in p.measured if m.anomaly in mine]
    return bool(medians) and min(medians) > 0.0 and max(medians) > LOG_TIMES * min(medians)


def _lowest(values: pd.DataFrame, high: float) -> float:
    """Where a logarithmic axis begins: at the smallest sample above zero, at most LOG_DECADES below the highest."""
    samples = values.to_numpy(dtype=np.float64)
    samples = samples[np.isfinite(samples) & (samples > 0.0)]
    return max(float(samples.min()) * 0.8 if samples.size else high, high / 10.0**LOG_DECADES)


def value_limits(metric: Metric, values: pd.DataFrame, *, band: tuple[float, float] | None) -> tuple[float, float]:
    """The span of y that shows all samples, the usual range, and a threshold that is near; in the signal's unit."""
    samples = values.to_numpy(dtype=np.float64)
    samples = samples[np.isfinite(samples)]
    edges = [*(band or ())]
    if samples.size:
        edges += [float(samples.min()), float(samples.max())]
    if not edges:
        return 0.0, max(metric.signal.min_effect, 1.0)
    threshold = _line_of(metric.signal)
    if threshold is not None and abs(threshold) <= THRESHOLD_WITHIN * max(abs(e) for e in edges):
        edges.append(threshold)
    return y_limits(min(edges), max(edges), min_effect=metric.signal.min_effect)


def _line_of(signal: Signal) -> float | None:
    """What is drawn across: an alert rule's threshold, else the limit that a dashboard's panel shows."""
    return signal.threshold if signal.threshold is not None else signal.limit


def _shade_span(
    ax: Axes, incident: Incident, metric: Metric, span: Span, *, columns: Sequence[int], theme: Theme
) -> None:
    """A stretch in which series were anomalous; paler where the samples leave open whether they were."""
    mine = [
        a for a in anomalies_of(incident, metric) if a.column in set(columns) and span.start <= a.onset.time <= span.end
    ]
    first = min((a.onset for a in mine), key=lambda m: m.time)
    ends = [a.recovery for a in mine if a.recovery is not None]
    over = len(ends) == len(mine)
    last = max(ends, key=lambda m: m.time) if over else None
    shade(ax, Span(first.earliest, first.latest), colour=theme.shade, alpha=0.5)
    shade(ax, Span(first.latest, span.end if last is None else last.earliest), colour=theme.shade)
    if last is not None:
        shade(ax, Span(last.earliest, last.latest), colour=theme.shade, alpha=0.5)


@own_style()
def signal_chart(
    incident: Incident, signal_id: str, *, theme: ThemeName | Theme = "light", figure: Figure | None = None
) -> Figure:
    """The picture of one signal: changes above, series with their names, usual range, threshold, when it was anomalous.

    A figure that is given is cleared and made as high as the chart needs; its width is kept. Raises `UsageError` where
    the incident has no such signal.
    """
    look = theme_named(theme)
    whole, incident = incident, cropped(incident)
    metric = metric_of(incident, signal_id)
    window = incident.evidence.window
    width = WIDTH_IN if figure is None else float(figure.get_figwidth())
    plot = Plot(window.start, window.end, max(width - AXIS_LEFT_IN - NAMES_IN - MARGIN_IN, 1.0))
    lane, flags = plan_changes(incident, plot, numbers=False), plan_milestones(incident, plot)
    changes_in = lane.height_in if lane.events or lane.rest else 0.0
    flags_in = LEVEL_IN * (1 + max((f.place.level for f in flags), default=-1))
    lane_in = changes_in + flags_in
    strip_in = STRIP_IN if whole is not incident else 0.0
    foot = AXIS_BELOW_IN + strip_in + MARGIN_IN / 2
    height = HEAD_IN + lane_in + PLOT_IN + foot
    if figure is None:
        figure = Figure(figsize=(width, height))
    else:
        figure.clear()
        figure.set_size_inches(width, height)
    figure.set_facecolor(look.paper)
    ax = figure.add_axes((AXIS_LEFT_IN / width, foot / height, plot.width_in / width, PLOT_IN / height))
    drawn = draw_metric(ax, incident, metric, theme=look)
    _draw_lines_of(lane.events, ax, incident, theme=look)
    draw_milestone_lines(ax, flags, theme=look)
    if strip_in:
        below = figure.add_axes((AXIS_LEFT_IN / width, MARGIN_IN / 2 / height, plot.width_in / width, 0.22 / height))
        _draw_whole(below, whole, metric, shown=Span(window.start, window.end), theme=look)
    if lane_in:
        strip = figure.add_axes(
            (AXIS_LEFT_IN / width, (foot + PLOT_IN) / height, plot.width_in / width, lane_in / height),
            facecolor=look.paper,
        )
        strip.set_axis_off()
        strip.set_xlim(ax.get_xlim())
        strip.set_ylim(-lane_in, 0.0)
        draw_changes(
            strip,
            lane,
            incident=incident,
            plot=plot,
            top_in=-flags_in,
            bottom_in=-lane_in,
            theme=look,
            over=look.paper,
        )
        draw_milestones(strip, flags, plot=plot, top_in=0.0, bottom_in=-lane_in, theme=look)
    sheet = inches_sheet(figure)
    title = finding_title(incident, metric)
    write_head(sheet, title, _subtitle(incident, metric, plot=plot), theme=look)
    right = AXIS_LEFT_IN + plot.width_in + 0.12
    items = [[i._replace(says=clip(i.says, SMALL, room_in=NAMES_IN - 0.3))] for i in _names(metric, drawn, theme=look)]
    draw_key(sheet, items, left_in=right, top_in=foot + PLOT_IN, inches=sheet.transData, theme=look)
    # The label of the last tick reaches a little beyond the plot.
    right += 0.2
    days = clip(days_said(window), SMALL, room_in=width - right)
    write(sheet, right, foot - 0.125, days, colour=look.ink, size_pt=SMALL)
    return figure


def finding_title(incident: Incident, metric: Metric) -> str:
    """What the chart shows, as a sentence with its figures: `p95 latency of shop rose from 45 ms to 3.5 s`.

    The figure is the median while it was anomalous, as in the draft; a signal that stayed within its baseline says so.
    """
    found = anomalies_of(incident, metric)
    if not found:
        return f"{capitalised(measure_of(metric.signal))} stayed within its baseline"
    worst = found[0]
    if worst.signal.threshold is not None:
        return f"{worst.signal.title}: condition met"
    before, during = apart(worst.baseline, worst.level, worst.signal.unit)
    return f"{capitalised(moved_text(worst))} from {before} to {during}"


def _draw_whole(ax: Axes, incident: Incident, metric: Metric, *, shown: Span, theme: Theme) -> None:
    """The worst series over the whole window, with the part that the chart shows."""
    window = incident.evidence.window
    values = in_window(metric, window)
    columns = affected_columns(incident, metric)[:1] or [0]
    lines = polylines(values[columns], spacing_s=metric.spacing_s, step_s=window.step_s, most=POINTS_ACROSS_CROWD)
    samples = values[columns].to_numpy(dtype=np.float64)
    samples = samples[np.isfinite(samples)]
    ax.set_facecolor(theme.lane)
    ax.set_xlim(day(window.start), day(window.end))
    if samples.size:
        ax.set_ylim(*y_limits(float(samples.min()), float(samples.max()), min_effect=metric.signal.min_effect))
    shade(ax, shown, colour=theme.band)
    draw_lines(ax, lines, colour=theme.soft, width_pt=0.8)
    ax.xaxis.set_visible(False)
    ax.yaxis.set_visible(False)
    for side in ax.spines.values():
        side.set_visible(False)


def _subtitle(incident: Incident, metric: Metric, *, plot: Plot) -> str:
    """Where it is measured, what it was and became, how many series, and when."""
    signal, found = metric.signal, anomalies_of(incident, metric)
    services = list(dict.fromkeys(metric.services[a.column].name for a in found)) or [signal.service]
    where = ", ".join(name for name in services[:3] if name)
    kind = f"{signal.layer} {signal.aspect}"
    words = [f"{where}, {kind}" if where else kind]
    if not found:
        return words[0]
    worst = found[0]
    extreme = "low" if worst.direction == "down" else "peak"
    far = furthest(found)
    at = short_time(far.peak_time, plot=plot)
    words.append(f"{human(worst.baseline, signal.unit)}, {extreme} {human(far.peak, signal.unit)} at {at}")
    if phases_far_apart(incident, metric):
        words.append("logarithmic axis")
    affected, total = len({a.column for a in found}), len(metric.labels)
    if total > 1:
        words.append(f"{affected:,} of {total:,} series affected")
    return " · ".join(words)


def _names(metric: Metric, drawn: Drawn, *, theme: Theme) -> list[Item]:
    """The column beside the plot: which colour is which series, and what else is drawn."""
    unit = metric.signal.unit
    items = [Item("line", colour, name) for name, colour in drawn.named]
    if drawn.crowd:
        extreme = "lowest" if metric.signal.worse == "down" else "highest"
        items.append(Item("line", theme.affected, f"median of {drawn.crowd:,} affected"))
        items.append(Item("patch", theme.crowd, "10th to 90th percentile"))
        items.append(Item("dashes", theme.affected, extreme))
    if drawn.more_affected:
        items.append(Item("line", theme.affected, f"{drawn.more_affected:,} more affected"))
    if drawn.healthy:
        items.append(Item("line", theme.healthy, f"{drawn.healthy:,} not affected"))
    if drawn.band is not None:
        low, high = (human(edge, unit) for edge in drawn.band)
        items.append(Item("patch", theme.band, f"baseline {low}" if low == high else f"baseline {low} to {high}"))
    if drawn.week_before:
        items.append(Item("line", theme.week_before, "same hours a week before"))
    if drawn.threshold is not None:
        side = {"<": "below", "<=": "below", ">": "above", ">=": "above"}.get(metric.signal.comparator, "at")
        what = f"alert {side}" if metric.signal.threshold is not None else "limit of the panel"
        items.append(Item("dashes", theme.detected, f"{what} {human(drawn.threshold, unit)}"))
    if drawn.named or drawn.crowd:
        items.append(Item("patch", theme.shade, "anomalous"))
    if drawn.hatched:
        items.append(Item("hatch", theme.gap, "data gap"))
    return items
