"""A finished picture, as the text outputs take it: they embed or link it and never draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChartImage:
    """One chart in the encodings that were asked for; at least one of `png` and `svg` is given."""

    name: str
    """Safe as a file name, without its ending: `overview`, or the signal's id with `/` replaced."""
    title: str
    alt: str
    """What it shows, in a sentence with the figures."""
    png: bytes = b""
    svg: bytes = b""
    dark: bytes = b""
    """The same picture for a dark page, in the encoding of `svg` if there is one, else of `png`."""
    signal: str = ""
    """Id of the signal it shows; "" for the overview."""

    def __post_init__(self) -> None:
        if not (self.png or self.svg):
            raise ValueError(f"chart {self.name!r} has no picture")
        if not self.name or set(self.name) & set("/\\\0") or self.name.startswith("."):
            raise ValueError(f"chart name {self.name!r} is not safe as a file name")


def front_and_rest(charts: Sequence[ChartImage]) -> tuple[list[ChartImage], list[ChartImage]]:
    """The picture that stands beside the summary (the first one of the whole incident, if any), and the others."""
    front = [chart for chart in charts if not chart.signal][:1]
    return front, [chart for chart in charts if chart not in front]
