"""Colours and sizes of every picture: two themes, readable by colour-blind people and at half size.

The hues are those of Okabe and Ito (2008, https://jfly.uni-koeln.de/color/), darkened for paper and lightened for a
dark page until text reaches a contrast of 4.5 and a line 3 (WCAG 2.2, 1.4.3 and 1.4.11). Nothing is told by colour
alone: shape, place or a word says it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

import matplotlib as mpl

ThemeName = Literal["light", "dark"]

DPI: Final = 160
"""Dots an inch of a PNG: 10 inches are 1,600 pixels, and half of that still shows `SMALL` text at 9 pixels."""
WIDTH_IN: Final = 10.0
"""Width of every picture, in inches: one column of a page, so that pictures below each other line up."""
SMALL: Final = 8.5
"""Size of the smallest text, in points."""
BODY: Final = 9.5
"""Size of ordinary text, in points."""
TITLE: Final = 13.0
"""Size of a picture's title, in points."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What each thing in a picture looks like."""

    name: ThemeName
    paper: str
    """Behind everything."""
    lane: str
    """Behind a lane, to tell it from the next one."""
    ink: str
    """Text that matters."""
    soft: str
    """Text that explains."""
    rule: str
    """Grid lines and borders."""
    healthy: str
    """Series that did not leave their history."""
    band: str
    """Where the affected series lay before the window."""
    week_before: str
    """The same hours a week before: fainter than any series of the window."""
    affected: str
    """The one series, or all series, that went wrong."""
    crowd: str
    """Where most of many affected series lay."""
    shade: str
    """From onset to recovery."""
    change: str
    """Changes: markers and lines."""
    onset: str
    detected: str
    mitigated: str
    recovered: str
    pending: str
    """An alert whose condition holds and that does not fire yet."""
    firing: str
    gap: str
    """Hatching where nothing was seen."""
    series: tuple[str, ...]
    """Affected series side by side, the worst one first."""


LIGHT: Final = Theme(
    name="light",
    paper="#ffffff",
    lane="#f5f6f8",
    ink="#1b1f24",
    soft="#57606a",
    rule="#d5d9de",
    healthy="#848d97",
    band="#dbe7f0",
    week_before="#8fa9bf",
    affected="#c24a00",
    crowd="#e5ad8a",
    shade="#fbe3d3",
    change="#00619b",
    onset="#b84600",
    detected="#8a3d72",
    mitigated="#00619b",
    recovered="#00694e",
    pending="#e5b5d3",
    firing="#a24f89",
    gap="#737b85",
    series=("#c24a00", "#00619b", "#007a5a", "#a4508b", "#9a6b00", "#2a7fb0", "#6b6b00", "#5b5b5b"),
)

DARK: Final = Theme(
    name="dark",
    paper="#14181d",
    lane="#1b2027",
    ink="#eef1f4",
    soft="#a7b0ba",
    rule="#363d46",
    healthy="#7b8591",
    band="#26384a",
    week_before="#5f7c96",
    affected="#ff8a4c",
    crowd="#6e4229",
    shade="#43291b",
    change="#6cbdf0",
    onset="#ff9a63",
    detected="#e6a3cd",
    mitigated="#6cbdf0",
    recovered="#43c79f",
    pending="#6b4660",
    firing="#bd6f9f",
    gap="#8b949e",
    series=("#ff8a4c", "#6cbdf0", "#43c79f", "#e6a3cd", "#f0c94a", "#9ad3f5", "#d8d86a", "#c9c9c9"),
)

THEMES: Final = {LIGHT.name: LIGHT, DARK.name: DARK}


@contextmanager
def own_style() -> Iterator[None]:
    """Matplotlib's defaults while a picture is made, whatever style the caller or a matplotlibrc has set.

    Matplotlib reads its settings, which are global, wherever it makes or draws anything. They are put back on leaving;
    two threads must not draw at the same time.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("svg", fonttype="none", hashsalt="reconstruct")
        yield


def theme_named(name: ThemeName | Theme) -> Theme:
    """The theme of that name; a theme of one's own is taken as it is.

    >>> theme_named("dark").name
    'dark'
    """
    if isinstance(name, Theme):
        return name
    if name not in THEMES:
        raise ValueError(f"no theme {name!r}: there is {' and '.join(THEMES)}")
    return THEMES[name]
