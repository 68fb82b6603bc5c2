"""Many made-up series, some of which change in known ways."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reconstruct.model import Metric, Service, Signal, Window

START = pd.Timestamp("2026-11-17T12:00Z")
STEP = pd.Timedelta("15s")
WINDOW = Window(START + 240 * STEP, START + 480 * STEP, STEP, START)


def metric(name: str, count: int, *, every: int = 10, seed: int = 3) -> Metric:
    """`count` series around 50; every `every`-th one triples for 60 samples from row 300 on, and runs version 2."""
    values = np.random.default_rng(seed).normal(50, 2, (480, count)).round(2)
    changed = np.arange(0, count, every)
    values[300:360, changed] *= 3
    labels = tuple(
        {"instance": f"i{n}", "version": "2" if n % every == 0 else "1", "zone": "abc"[n % 3]} for n in range(count)
    )
    signal = Signal(f"scan/{name}", name, name, "count", "app", "work", worse="both")
    return Metric(signal, pd.DataFrame(values, index=WINDOW.index), labels, (Service(""),) * count, "", 15.0)
