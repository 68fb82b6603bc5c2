"""The series of `scan` as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from reconstruct.model import Signal
from reconstruct.text.escape import clip, plain
from reconstruct.text.units import human

MAX_NAME = 90
"""Characters of a series' name: the figures before it stay in line."""


class RankedSeries(Protocol):
    """How a series changed."""

    @property
    def signal(self) -> Signal:
        """What it measures."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Which series."""

    @property
    def score(self) -> float:
        """How far it left its own past."""

    @property
    def before(self) -> float:
        """Its usual level."""

    @property
    def during(self) -> float:
        """Its level when it was furthest from that."""


def to_scan_table(rows: Iterable[RankedSeries]) -> str:
    """One line a series: score, usual level, level reached, name."""
    lines = [f"{'score':>6}  {'usually':>12}  {'reached':>12}  series"]
    for row in rows:
        labels = ", ".join(f"{k}={v}" for k, v in sorted(row.labels.items()) if k != "__name__")
        name = clip(plain(f"{row.signal.title}{{{labels}}}"), most=MAX_NAME)
        before, during = (human(value, row.signal.unit) for value in (row.before, row.during))
        lines.append(f"{row.score:6.2f}  {before:>12}  {during:>12}  {name}")
    return "\n".join(lines) + "\n"
