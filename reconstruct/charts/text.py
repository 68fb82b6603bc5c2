"""Text in pictures: made harmless, measured, cut to fit, and set in a font that ships with matplotlib.

Titles and label values are hostile text: `$` would start mathematics, a newline would run into the next line, a
character the font does not have would warn and print a box of its own choice.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation, Transform

FAMILY: Final = "DejaVu Sans"
ELLIPSIS: Final = "…"
UNPRINTABLE: Final = "\N{WHITE SQUARE}"
"""Stands for characters that the font does not have."""
MAX_CHARACTERS: Final = 400
"""More is never shown anywhere, so it is not looked at either."""
_POINTS_PER_INCH: Final = 72.0
HINTED: Final = 1.02
"""What fitting letters to pixels may add to a line of small text (measured: 1.8 % at 160 dots an inch)."""
_MEASURED_PT: Final = 100.0
"""Letters are measured at this size: large enough for hinting not to matter."""
_ANSI: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colour and cursor sequences of terminals: without their escape they would stay as `[31m`."""
CENTRE_EM: Final = 0.36
"""Half the height of a capital of DejaVu Sans, in font sizes: lines are centred on it, whatever letters they hold."""
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
"""Controls, direction marks, halves of pairs, private and unassigned characters, marks stacked on others."""


@lru_cache(maxsize=2)
def _font_file(*, bold: bool) -> str:
    """The file that ships with matplotlib: a picture must not depend on the fonts of the machine."""
    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"))


@lru_cache(maxsize=2)
def _drawable(*, bold: bool) -> frozenset[int]:
    return frozenset(get_font(_font_file(bold=bold)).get_charmap())


@lru_cache(maxsize=64)
def font(size_pt: float, *, bold: bool = False) -> FontProperties:
    """The font of every picture, in that size."""
    # The family names are for SVG, where the viewer picks the font; the file is for everything drawn here.
    weight = "bold" if bold else "normal"
    return FontProperties(family=[FAMILY, "sans-serif"], fname=_font_file(bold=bold), size=size_pt, weight=weight)


def plain(text: str, *, bold: bool = False) -> str:
    """One line of `text` that the font can draw: white space is a space, controls are dropped, the rest is a box.

    >>> plain("two\\nlines\\x1b[31m"), plain("\\U0001f525\\U0001f525 hot"), plain("e\\u0301te\\u0301")
    ('two lines', '□ hot', 'été')
    """
    text = text[:MAX_CHARACTERS]
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    drawable = _drawable(bold=bold)
    text = _ANSI.sub("", text)
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", " ".join(text.split())):
        if unicodedata.category(char) in _DROPPED:
            continue
        shown = char if ord(char) in drawable else UNPRINTABLE
        if shown != UNPRINTABLE or kept[-1:] != [UNPRINTABLE]:
            kept.append(shown)
    return " ".join("".join(kept).split())


def width_in(text: str, size_pt: float, *, bold: bool = False) -> float:
    """How wide `text` (already `plain`) is when set, in inches: the sum of its letters, without kerning.

    >>> round(width_in("mm", 10.0) / width_in("m", 10.0), 3)
    2.0
    """
    return sum(_advance_em(char, bold=bold) for char in text) * HINTED * size_pt / _POINTS_PER_INCH


@lru_cache(maxsize=4096)
def _advance_em(char: str, *, bold: bool) -> float:
    """Width of one letter, in font sizes."""
    face = get_font(_font_file(bold=bold))
    face.set_size(_MEASURED_PT, _POINTS_PER_INCH)
    return float(face.load_char(ord(char)).linearHoriAdvance) / 65536.0 / _MEASURED_PT


def clip(text: str, size_pt: float, *, room_in: float, bold: bool = False) -> str:
    """`plain(text)`, cut with an ellipsis to be at most `room_in` inches wide; empty where not even that fits.

    >>> clip("a long story", 10.0, room_in=0.6)
    'a long…'
    >>> clip("short", 10.0, room_in=5.0), clip("no room", 10.0, room_in=0.05)
    ('short', '')
    """
    shown = plain(text, bold=bold)
    if width_in(shown, size_pt, bold=bold) <= room_in:
        return shown
    fits, too_long = 0, len(shown)
    while fits + 1 < too_long:
        middle = (fits + too_long) // 2
        if width_in(shown[:middle].rstrip() + ELLIPSIS, size_pt, bold=bold) <= room_in:
            fits = middle
        else:
            too_long = middle
    if fits:
        return shown[:fits].rstrip() + ELLIPSIS
    return ELLIPSIS if width_in(ELLIPSIS, size_pt, bold=bold) <= room_in else ""


def wrap(text: str, size_pt: float, *, room_in: float, lines: int) -> list[str]:
    """`plain(text)` in at most `lines` lines of at most `room_in` inches, broken between words, the last one cut.

    >>> wrap("one two three four", 10.0, room_in=0.65, lines=2)
    ['one two', 'three f…']
    """
    words = plain(text).split()
    done: list[str] = []
    while words and len(done) < lines - 1:
        taken = 1
        while taken < len(words) and width_in(" ".join(words[: taken + 1]), size_pt) <= room_in:
            taken += 1
        done.append(clip(" ".join(words[:taken]), size_pt, room_in=room_in))
        words = words[taken:]
    return [*done, clip(" ".join(words), size_pt, room_in=room_in)] if words else done


def write(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    colour: str,
    size_pt: float,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "left",
    over: str | None = None,
    transform: Transform | None = None,
    zorder: float = 6.0,
) -> Text:
    """Set one line of text on an Axes, its capitals centred on `y`; `over` is a colour to put behind it."""
    # Not matplotlib's own centring: it goes by the letters that occur, so neighbours would stand at different heights.
    lower = ScaledTranslation(0.0, -CENTRE_EM * size_pt / _POINTS_PER_INCH, ax.figure.dpi_scale_trans)
    artist = ax.text(
        x,
        y,
        plain(text, bold=bold),
        color=colour,
        fontproperties=font(size_pt, bold=bold),
        ha=align,
        va="baseline",
        transform=(ax.transData if transform is None else transform) + lower,
        zorder=zorder,
        parse_math=False,
        clip_on=False,
        rotation=0.0,
        linespacing=1.2,
    )
    artist.set_usetex(False)
    if over is not None:
        artist.set_bbox({"facecolor": over, "edgecolor": "none", "pad": 0.6})
    _leave_out_of_layout(artist)
    return artist


def _leave_out_of_layout(artist: Artist) -> None:
    # Places are computed here; a notebook's tight layout must not move what is already where it belongs.
    artist.set_in_layout(False)
