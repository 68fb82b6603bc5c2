"""A figure as a file: PNG or SVG, below one megabyte, the same bytes every time, with its alt text inside."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import fields
from pathlib import Path
from typing import Final, Literal

from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from reconstruct.charts.theme import DARK, DPI, LIGHT, Theme, own_style

Format = Literal["png", "svg"]

MAX_BYTES: Final = 1_000_000
"""A picture must be below this to be mailed, pasted and committed without a thought (issue trackers stop at 10 MB)."""
LESS_DPI: Final = (DPI, 120, 96, 72, 48)
"""Resolutions that are tried in turn until the file is small enough."""
RASTER_DPI: Final = 160
"""Resolution of a crowd of series inside an SVG."""


def picture_bytes(figure: Figure, *, fmt: Format = "png", title: str = "", alt: str = "") -> bytes:
    """A figure as PNG or SVG, below `MAX_BYTES`.

    Text stays text in an SVG; series become one image there when the file would be too large. Neither format carries a
    date or a version, so that the same figure gives the same bytes. `title` and `alt` are kept in the file.
    """
    tried = b""
    with own_style():
        if fmt == "svg":
            tried = _written(figure, fmt=fmt, dpi=RASTER_DPI, title=title, alt=alt)
            if len(tried) >= MAX_BYTES:
                return _rasterised(figure, title=title, alt=alt)
            return tried
        for dpi in LESS_DPI:
            tried = _written(figure, fmt=fmt, dpi=dpi, title=title, alt=alt)
            if len(tried) < MAX_BYTES:
                break
    return tried


def dark_twin(svg: bytes) -> bytes:
    """An SVG of the light theme in the colours of the dark one, without drawing it again.

    What is an image inside (a crowd of series) keeps its colours; they can be seen on both.
    """
    return _TAG.sub(lambda tag: _COLOUR.sub(_darker, tag.group()), svg)


def _darker(found: re.Match[bytes]) -> bytes:
    return found.group(1) + _DARK_FOR.get(found.group(2), found.group(2))


def _paired(light: Theme, dark: Theme) -> dict[bytes, bytes]:
    pairs: dict[bytes, bytes] = {}
    for field in fields(Theme):
        ours, theirs = getattr(light, field.name), getattr(dark, field.name)
        for one, other in zip(*((c,) if isinstance(c, str) else c for c in (ours, theirs)), strict=True):
            if one.startswith("#") and pairs.setdefault(one.encode(), other.encode()) != other.encode():
                raise ValueError(f"{one} of the light theme has two counterparts in the dark one")
    return pairs


_TAG: Final = re.compile(rb"<[^>]+>")
"""Colours are replaced inside tags only: a label may well be called `fill: #ffffff`."""
_COLOUR: Final = re.compile(rb"((?:fill|stroke): )(#[0-9a-f]{6})\b")
_DARK_FOR: Final = _paired(LIGHT, DARK)


def save(figure: Figure, path: Path, *, fmt: Format | None = None, title: str = "", alt: str = "") -> Path:
    """Write a figure to `path`, in the format that its suffix says unless `fmt` is given; returns the path."""
    named = fmt or path.suffix.lower().removeprefix(".")
    if named not in ("png", "svg"):
        raise ValueError(f"no picture format {named!r}: there is png and svg")
    path.write_bytes(picture_bytes(figure, fmt="svg" if named == "svg" else "png", title=title, alt=alt))
    return path


_PATH: Final = re.compile(rb' d="[^"]*"')
_DECIMALS: Final = re.compile(rb"(\.\d\d)\d+")
"""Matplotlib writes millionths of a point; hundredths are a tenth of a pixel and half the file."""


def _rasterised(figure: Figure, *, title: str, alt: str) -> bytes:
    """The SVG with all series as an image; text and axes stay what they are."""
    collections = [c for c in figure.findobj(LineCollection) if isinstance(c, LineCollection)]
    before = [bool(c.get_rasterized()) for c in collections]
    try:
        for collection in collections:
            collection.set_rasterized(True)
        for dpi in LESS_DPI:
            tried = _written(figure, fmt="svg", dpi=dpi, title=title, alt=alt)
            if len(tried) < MAX_BYTES:
                break
        return tried
    finally:
        for collection, was in zip(collections, before, strict=True):
            collection.set_rasterized(was)


def _written(figure: Figure, *, fmt: Format, dpi: int, title: str, alt: str) -> bytes:
    buffer = io.BytesIO()
    words = {"Title": _metadata(title), "Description": _metadata(alt)}
    metadata: dict[str, str | None] = {key: text for key, text in words.items() if text}
    # None takes out what matplotlib would add on its own: versions and the time of writing.
    metadata |= {"Software": None} if fmt == "png" else {"Date": None, "Creator": None}
    figure.savefig(buffer, format=fmt, dpi=dpi, facecolor=figure.get_facecolor(), edgecolor="none", metadata=metadata)
    content = buffer.getvalue()
    return _PATH.sub(lambda path: _DECIMALS.sub(rb"\1", path.group()), content) if fmt == "svg" else content


def _metadata(text: str) -> str:
    """Text that XML and PNG can both hold: no controls, no halves of pairs."""
    return "".join(
        c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cn") and ord(c) not in (0xFFFE, 0xFFFF)
    )
