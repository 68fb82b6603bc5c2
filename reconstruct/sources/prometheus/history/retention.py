"""How far back the server's data reach, and from when on they are whole: retention and downsampling have edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import promql as pq
from reconstruct.model import Gap, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import covering, median_spacing_s

BEFORE_FIRST: Final = "samples from before the server's first"
"""What is missing where the server's data begin later than they were asked for."""
POINTS: Final = 200
"""Of the window, looked at to find where its data begin: the edge is told to half a per cent of the window."""
DOWNSAMPLED: Final = 4.0
"""Times wider than at the end: Thanos keeps 5 min and 1 h after raw samples; nobody changes a scrape so much."""
DOWNSAMPLED_LEAST_S: Final = 120.0
LOOK: Final = pd.Timedelta("2h")
"""Raw samples read at one place: two of the widest spacing that is kept."""
BISECTIONS: Final = 6


def history_edges(server: Prometheus, window: Window, *, scope: str = "", metric: str = "up") -> tuple[Gap, ...]:
    """A gap for what lies before the server's first sample, and one for what it keeps only thinned out.

    Judged by one metric that is always there: `up`, or another where nothing is scraped.
    """
    selector = f"{metric}{{{scope}}}" if scope else metric
    end = min(window.end, server.now())
    span = end - window.baseline_start
    if span <= pd.Timedelta(0):
        return ()
    step = max(window.step, (span / POINTS).ceil("s"))
    coarse = replace(window, step=step)
    look = pq.duration(step.total_seconds())
    seen = server.range(f"count(count_over_time({selector}[{look}]))", coarse)
    if not seen.labels:
        return ()
    first = int(np.argmax(~np.isnan(seen.values[:, 0])))
    gaps: list[Gap] = []
    begin = coarse.index[first]
    if first > 1:  # the first row looks back before the window; one more for a late scrape
        gaps.append(
            Gap(
                "",
                "prometheus",
                BEFORE_FIRST,
                f"the server has none before {begin:%Y-%m-%d %H:%M} UTC: its retention ends, or it was set up then",
                start=window.baseline_start,
                end=begin,
            )
        )
    thin = _thinned_until(server, selector, metric=metric, begin=begin, end=end)
    if thin is not None:
        until, before_s, after_s = thin
        gaps.append(
            Gap(
                "",
                "prometheus",
                "raw samples",
                f"downsampled before {until:%Y-%m-%d %H:%M} UTC: one sample in {before_s:g} s there, in {after_s:g} s"
                " since; a rate over less than two samples shows nothing",
                start=window.baseline_start,
                end=until,
            )
        )
    return tuple(gaps)


def _thinned_until(
    server: Prometheus, selector: str, *, metric: str, begin: pd.Timestamp, end: pd.Timestamp
) -> tuple[pd.Timestamp, float, float] | None:
    """Until when samples lie much further apart than at the end, and how far before and after; None = nowhere."""

    def spacing_s(at: pd.Timestamp) -> float | None:
        one = server.instant(f"topk(1, last_over_time({selector}[{pq.duration(LOOK.total_seconds())}]))", at=at)
        return median_spacing_s(
            series
            for sample in one
            for series in server.raw(covering(metric, [sample.labels]), start=at - LOOK, end=at)
        )

    now_s = spacing_s(end)
    old_s = spacing_s(min(begin + LOOK, end))
    if now_s is None or old_s is None or old_s < max(DOWNSAMPLED * now_s, DOWNSAMPLED_LEAST_S):
        return None
    low, high = begin, end
    for _ in range(BISECTIONS):
        middle = low + (high - low) / 2
        here_s = spacing_s(middle)
        if here_s is not None and here_s < old_s / 2:
            high = middle
        else:
            low = middle
    return high.floor("min"), old_s, now_s
