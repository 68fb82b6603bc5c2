"""The charts of an incident: which ones are worth making, under which names, with which alt text.

    for chart in charts_for(incident):
        save(chart.build(theme="light"), folder / f"{chart.name}.png", title=chart.title, alt=chart.alt)

The builders are functions of their own, for notebooks too: `overview`, `signal_chart`, `small_multiples`,
`before_after`, and `draw_signal` on an Axes of one's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Final, NamedTuple, Protocol

from matplotlib.figure import Figure

from reconstruct.charts.alt_text import (
    alt_before_after,
    alt_overview,
    alt_signal,
    alt_small_multiples,
    alt_summary,
    spoken,
)
from reconstruct.charts.before_after import before_after
from reconstruct.charts.detection import alt_why, why_chart
from reconstruct.charts.export import Format, dark_twin, picture_bytes, save
from reconstruct.charts.image import ChartImage
from reconstruct.charts.overview import overview
from reconstruct.charts.selection import affected_columns, charted, metric_of
from reconstruct.charts.signal import SHOWN_IN_COLOUR, draw_signal, finding_title, signal_chart
from reconstruct.charts.small_multiples import small_multiples
from reconstruct.charts.summary import summary_picture
from reconstruct.charts.theme import Theme, ThemeName
from reconstruct.errors import UsageError
from reconstruct.model import Anomaly, Incident
from reconstruct.text import narrative

__all__ = [
    "Chart",
    "Format",
    "alt_text",
    "before_after",
    "charts_for",
    "dark_twin",
    "draw_signal",
    "images",
    "overview",
    "picture_bytes",
    "save",
    "signal_chart",
    "small_multiples",
    "why_chart",
    "why_image",
]

SIGNAL_CHARTS: Final = 8
"""Charts of single signals: with overview, strip and small multiples eleven pictures, as many as one looks through."""
QUIET_CHARTS: Final = 3
"""Charts of single signals where there was no incident: what moved anyway, for those who wonder."""
SUMMARY: Final = "summary"
OVERVIEW: Final = "overview"
BEFORE_AFTER: Final = "before-after"
BY_SERIES: Final = "-by-series"


class Build(Protocol):
    """Makes a figure in a theme."""

    def __call__(self, *, theme: ThemeName | Theme = "light") -> Figure:
        """The figure."""


class Chart(NamedTuple):
    """A picture worth making: `name` is safe as a file's name and unique within the incident."""

    name: str
    build: Build
    title: str
    alt: str
    signal: str
    """The signal that it shows; empty for those of the whole incident."""


def charts_for(incident: Incident, *, most: int = SIGNAL_CHARTS) -> list[Chart]:
    """The charts that matter: summary, overview, strip, and a chart for each of `most` sick signals.

    The first signal with more affected series than a chart can name gets small multiples too. Where there was no
    incident, there are at most `QUIET_CHARTS` signals and no strip.
    """
    title = narrative.title(incident)
    charts = [
        Chart(SUMMARY, partial(summary_picture, incident), title, alt_summary(incident), ""),
        Chart(OVERVIEW, partial(overview, incident), title, alt_overview(incident), ""),
    ]
    wrong = incident.explanation.verdict != "no-incident"
    shown = list(dict.fromkeys(m.signal.id for m in charted(incident, most=most if wrong else min(most, QUIET_CHARTS))))
    if not shown:
        return charts
    if wrong:
        alt = alt_before_after(incident)
        charts.append(Chart(BEFORE_AFTER, partial(before_after, incident), "Before, during, after", alt, ""))
    taken = {SUMMARY, OVERVIEW, BEFORE_AFTER}
    for signal_id in shown:
        name, build = _free_name(signal_id, taken), partial(signal_chart, incident, signal_id)
        charts.append(Chart(name, build, _title(incident, signal_id), alt_signal(incident, signal_id), signal_id))
    crowded = next((s for s in shown if _affected(incident, s) > SHOWN_IN_COLOUR), None)
    if crowded is not None:
        title = _title(incident, crowded)
        build = partial(small_multiples, incident, crowded)
        alt = alt_small_multiples(incident, crowded)
        charts.append(Chart(_free_name(crowded + BY_SERIES, taken), build, f"{title}, by series", alt, crowded))
    return charts


def images(incident: Incident, *, formats: Collection[str], most: int = SIGNAL_CHARTS) -> tuple[ChartImage, ...]:
    """The charts that matter as finished pictures: PNG where `png` is wanted, SVG for `svg` and for the `html` page.

    The page gets each picture for a dark background too.
    """
    made = []
    for chart in charts_for(incident, most=most):
        figure = chart.build(theme="light")
        png = svg = dark = b""
        if "png" in formats:
            png = picture_bytes(figure, fmt="png", title=chart.title, alt=chart.alt)
        if not png or {"svg", "html"} & set(formats):
            svg = picture_bytes(figure, fmt="svg", title=chart.title, alt=chart.alt)
        if "html" in formats:
            dark = dark_twin(svg)
        made.append(ChartImage(chart.name, chart.title, chart.alt, png=png, svg=svg, dark=dark, signal=chart.signal))
    return tuple(made)


def why_image(incident: Incident, anomaly: Anomaly, *, formats: Collection[str]) -> ChartImage:
    """Why one anomaly was one, as a finished picture in the formats `png` and `svg` that are wanted."""
    alt, title = alt_why(incident, anomaly), f"Why {anomaly.id} was an anomaly"
    figure = why_chart(incident, anomaly)
    png, svg = (picture_bytes(figure, fmt=f, title=title, alt=alt) if f in formats else b"" for f in ("png", "svg"))
    return ChartImage(f"{anomaly.id}-why", title, alt, png=png, svg=svg, signal=anomaly.signal.id)


def alt_text(incident: Incident, chart: str) -> str:
    """What a chart says in one sentence; `chart` is a name from `charts_for`, or a signal's id.

    Raises `UsageError` where the incident has no such chart and no such signal.
    """
    known: dict[str, Callable[[Incident], str]] = {
        SUMMARY: alt_summary,
        OVERVIEW: alt_overview,
        BEFORE_AFTER: alt_before_after,
    }
    if chart in known:
        return known[chart](incident)
    named = next((c.alt for c in charts_for(incident) if c.name == chart), None)
    if named is not None:
        return named
    if chart not in {m.signal.id for m in incident.evidence.metrics}:
        names = ", ".join(c.name for c in charts_for(incident))
        raise UsageError(f"no chart and no signal {chart!r}", hint=f"charts of this incident: {names}")
    return alt_signal(incident, chart)


def _title(incident: Incident, signal_id: str) -> str:
    return spoken(finding_title(incident, metric_of(incident, signal_id))) or spoken(signal_id)


def _affected(incident: Incident, signal_id: str) -> int:
    return len(affected_columns(incident, metric_of(incident, signal_id)))


def _free_name(signal_id: str, taken: set[str]) -> str:
    """A file's name for a signal: letters, digits, dots and dashes, at most 80 of them, not used yet."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", signal_id).strip("-.")[:80] or "signal"
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free.lower())
    return free
