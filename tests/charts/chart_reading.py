"""Reading a drawn figure back: which texts it shows and where, which lines it holds. Each overview is drawn once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from reconstruct.charts.overview import overview
from reconstruct.model import Incident
from tests.render import stories as made

DPI = 100
STORIES: dict[str, Callable[[], Incident]] = {
    "classic": made.classic,
    "ongoing": made.ongoing,
    "quiet": made.quiet,
    "hostile": made.hostile,
    "fortnight": made.fortnight,
    "forty_minutes": made.forty_minutes,
    "many_entries": made.many_entries,
    "many_series": made.many_series,
}


@cache
def drawn(story: str) -> Figure:
    """The overview of a story; drawn once for all tests that only read it."""
    return overview(STORIES[story]())


class Shown(NamedTuple):
    """One text as it is drawn: what it says, and where, in pixels."""

    says: str
    box: Bbox


def shown_texts(figure: Figure) -> list[Shown]:
    """Every text that is drawn: those written on an Axes, and the labels of ticks inside its limits."""
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    texts = [t for ax in figure.axes for t in (*ax.texts, *_tick_labels(ax)) if t.get_visible() and t.get_text()]
    return [Shown(t.get_text(), t.get_window_extent()) for t in texts]


def _tick_labels(ax: Axes) -> Iterator[Text]:
    if not ax.axison:
        return
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        slack = 1e-9 * (high - low)
        for tick in axis.get_major_ticks():
            if axis.get_visible() and low - slack <= tick.get_loc() <= high + slack and tick.label1.get_visible():
                yield tick.label1


def overlaps(texts: list[Shown]) -> list[tuple[str, str]]:
    """Pairs of texts that share more than half a pixel."""
    found = []
    for i, one in enumerate(texts):
        for other in texts[i + 1 :]:
            common = Bbox.intersection(one.box, other.box)
            if common is not None and common.width > 0.5 and common.height > 0.5:
                found.append((one.says, other.says))
    return found


def outside(figure: Figure, texts: list[Shown]) -> list[str]:
    """Texts that leave the picture."""
    page = figure.bbox
    return [
        t.says
        for t in texts
        if t.box.x0 < page.x0 - 0.5 or t.box.x1 > page.x1 + 0.5 or t.box.y0 < page.y0 - 0.5 or t.box.y1 > page.y1 + 0.5
    ]


def covered_marks(figure: Figure, texts: list[Shown]) -> list[str]:
    """Texts that lie on the middle of a mark."""
    found = []
    for ax in figure.axes:
        for marks in ax.collections:
            if isinstance(marks, PathCollection):
                places = ax.transData.transform(np.asarray(marks.get_offsets()))
                found += [t.says for t in texts for x, y in places if t.box.contains(x, y)]
    return found


def line_colours(ax: Axes) -> dict[str, int]:
    """How many series are drawn in each colour."""
    counts: dict[str, int] = {}
    for lines in ax.collections:
        if isinstance(lines, LineCollection) and len(lines.get_segments()) and lines.get_zorder() < 5:
            colour = to_hex(np.asarray(lines.get_color())[0])
            counts[colour] = counts.get(colour, 0) + len(lines.get_paths())
    return counts
