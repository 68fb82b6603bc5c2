"""Where the baseline begins: rows that nothing was measured in are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reconstruct.model import Metric, Window
from reconstruct.text.units import human_duration


def begun(metrics: Sequence[Metric], window: Window) -> tuple[Window, int, str]:
    """The window with its baseline cut to where any series begins, the rows cut, and what is said of it ("" = none)."""
    seen = np.zeros(len(window.index), dtype=bool)
    for metric in metrics:
        seen |= metric.values.notna().to_numpy().any(axis=1)
    at = min(int(seen.argmax()), window.first)
    cut = replace(window, baseline_start=window.index[at]) if at else window
    healthy_s = (cut.start - cut.baseline_start).total_seconds()
    why = " (no series begins earlier)" if at else ""
    return cut, at, f"baseline: the {human_duration(healthy_s)} before the window{why}" if healthy_s > 0 else ""
