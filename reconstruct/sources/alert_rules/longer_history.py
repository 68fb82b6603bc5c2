"""Longer answers of signals' own queries: what an alert is tried on beyond the evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.errors import ReconstructError
from reconstruct.model import Metric, Window
from reconstruct.sources.prometheus.client import Prometheus

MAX_SAMPLES: Final = 40_000_000
"""Of one signal, 320 MB: a week of 15 s samples for a thousand series. One with more keeps the evidence's history."""
MAX_SERIES: Final = 200
"""What has more is not proposed as an alert either."""


def longer_histories(
    server: Prometheus,
    metrics: Sequence[Metric],
    window: Window,
    *,
    back: pd.Timedelta,
    progress: Callable[[int, int, str], None],
) -> tuple[dict[str, Metric], tuple[str, ...]]:
    """By query id, each signal from `back` before the window to its end, on the window's grid; and what went wrong.

    One signal at a time, so that one is held beside those that were asked before.
    """
    steps = math.ceil((window.start - back - window.baseline_start) / window.step)
    longer = replace(window, baseline_start=window.baseline_start + steps * window.step)
    most = min(MAX_SERIES, MAX_SAMPLES // max(1, len(longer.index)))
    found: dict[str, Metric] = {}
    failed = []
    for number, metric in enumerate(metrics):
        progress(number, len(metrics), f"{metric.signal.id}, longer history")
        try:
            answer = server.range(metric.signal.promql, longer, max_series=max(1, most))
        except ReconstructError as error:
            failed.append(f"no longer history of {metric.signal.id}: {error.message.splitlines()[0]}")
            continue
        if answer.labels:
            values = pd.DataFrame(answer.values, index=longer.index)
            services = (metric.services[0],) * len(answer.labels)
            found[metric.query] = replace(metric, values=values, labels=answer.labels, services=services)
    return found, tuple(failed)
