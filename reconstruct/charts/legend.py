"""The key below a picture: a sample of each mark and what it means, set in as many lines as it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform

from reconstruct.charts.text import plain, width_in, write
from reconstruct.charts.theme import SMALL, Theme

LINE_IN: Final = 0.2
"""Height of one line of a key."""
_SAMPLE_IN: Final = 0.2
_AFTER_SAMPLE_IN: Final = 0.05
_BETWEEN_IN: Final = 0.16


class Item(NamedTuple):
    """A sample and its meaning; `mark` is a marker's shape where `sample` is "mark"."""

    sample: Literal["line", "dashes", "patch", "hatch", "mark"]
    colour: str
    says: str
    mark: str = ""

    @property
    def width_in(self) -> float:
        """Room that the item takes, in inches."""
        return _SAMPLE_IN + _AFTER_SAMPLE_IN + width_in(plain(self.says), SMALL)


def flow(items: Sequence[Item], *, room_in: float) -> list[list[Item]]:
    """Break a key into lines of at most `room_in` inches.

    >>> four = [Item("line", "#000000", "affected")] * 4
    >>> [len(line) for line in flow(four, room_in=2.7)]
    [3, 1]
    """
    lines: list[list[Item]] = []
    used = room_in
    for item in items:
        if used + _BETWEEN_IN + item.width_in > room_in:
            lines.append([])
            used = -_BETWEEN_IN
        lines[-1].append(item)
        used += _BETWEEN_IN + item.width_in
    return lines


def draw_key(
    ax: Axes, lines: Sequence[Sequence[Item]], *, left_in: float, top_in: float, inches: Transform, theme: Theme
) -> None:
    """Draw the key's lines; `inches` is a transform in which both axes are inches."""
    for row, items in enumerate(lines):
        x, y = left_in, top_in - LINE_IN * (row + 0.5)
        for item in items:
            _draw_sample(ax, item, x=x, y=y, inches=inches, theme=theme)
            write(
                ax,
                x + _SAMPLE_IN + _AFTER_SAMPLE_IN,
                y,
                item.says,
                colour=theme.soft,
                size_pt=SMALL,
                transform=inches,
            )
            x += item.width_in + _BETWEEN_IN


def _draw_sample(ax: Axes, item: Item, *, x: float, y: float, inches: Transform, theme: Theme) -> None:
    if item.sample in ("patch", "hatch"):
        filled = item.sample == "patch"
        ax.add_artist(
            Rectangle(
                (x, y - 0.05),
                _SAMPLE_IN,
                0.1,
                transform=inches,
                facecolor=item.colour if filled else "none",
                edgecolor="none" if filled else item.colour,
                hatch="" if filled else "//////",
                linewidth=0.0,
                clip_on=False,
            )
        )
        return
    alone = item.sample == "mark"
    ax.add_artist(
        Line2D(
            [x + _SAMPLE_IN / 2] if alone else [x, x + _SAMPLE_IN],
            [y] if alone else [y, y],
            transform=inches,
            color=item.colour,
            linewidth=1.6,
            linestyle=(0, (3.0, 1.5)) if item.sample == "dashes" else "solid",
            marker=item.mark or "",
            markersize=5.0,
            markeredgewidth=0.5,
            markeredgecolor=theme.paper,
            clip_on=False,
        )
    )
