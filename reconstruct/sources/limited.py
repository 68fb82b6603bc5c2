"""What of many events or alerts a run keeps: those nearest to the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd

from reconstruct.model import Gap, Window

T = TypeVar("T")


def nearest(
    items: Sequence[T], most: int, *, window: Window, time: Callable[[T], pd.Timestamp], what: str
) -> tuple[tuple[T, ...], tuple[Gap, ...]]:
    """The `most` items nearest to the window, in their order, and a gap for the others.

    Parameters
    ----------
    items : sequence
        Each at `time(item)`; within the window all are equally near, and the later are kept.
    what : str
        `events` or `alerts`: what the gap and the key of reconstruct.yaml call them.
    """
    if len(items) <= most:
        return tuple(items), ()

    def rank(number: int) -> tuple[float, int]:
        at = time(items[number])
        away = max(window.start - at, at - window.end, pd.Timedelta(0))
        return away.total_seconds(), -number

    kept = sorted(sorted(range(len(items)), key=rank)[:most])
    cause = (
        f"a run keeps {most:,} {what}, nearest to the window (limits.{what} in reconstruct.yaml);"
        " a shorter --baseline or window, or fewer sources, need fewer"
    )
    gap = Gap("", "limits", f"{len(items) - most:,} of {len(items):,} {what}", cause, window.baseline_start, window.end)
    return tuple(items[number] for number in kept), (gap,)
