"""Single requests, as load generators log them, made into series: requests a second, failures, latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reconstruct.sources.metric_files.cells import NO_TIME, Nanoseconds, Numbers
from reconstruct.sources.metric_files.tracks import Track
from reconstruct.sources.metric_files.units import WrittenUnit

SECOND_NS: Final = 1_000_000_000
INTERVALS_S: Final = (5, 10, 15, 30, 60)
"""Of the series made; the shortest that usually holds enough requests."""
ENOUGH: Final = 20
"""Requests an interval: with fewer a 95th percentile is the slowest request."""
QUANTILE: Final = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Requests of one kind, in any order."""

    labels: Mapping[str, str]
    times: Nanoseconds
    durations_s: Numbers
    failed: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None
    """None where nothing says which failed."""


def tracks_of(found: Sequence[Requests]) -> tuple[Track, ...]:
    """`requests_per_second`, `request_duration_p95_seconds`, `request_duration_mean_seconds`, `failed_requests_ratio`.

    One interval for all: the shortest of `INTERVALS_S` with `ENOUGH` requests of the busiest kind, else the longest.
    A sample stands at the end of its interval.
    """
    kept = [one for one in found if (one.times != NO_TIME).any()]
    if not kept:
        return ()
    interval_s = _interval_s(max(kept, key=lambda one: len(one.times)).times)
    return tuple(track for one in kept for track in _tracks(one, interval_s=interval_s))


def _interval_s(times: Nanoseconds) -> int:
    times = times[times != NO_TIME]
    for interval_s in INTERVALS_S:
        _, counts = np.unique(times // (interval_s * SECOND_NS), return_counts=True)
        if np.median(counts) >= ENOUGH:
            return interval_s
    return INTERVALS_S[-1]


def _tracks(one: Requests, *, interval_s: int) -> list[Track]:
    there = one.times != NO_TIME
    places = one.times[there] // (interval_s * SECOND_NS)
    order = np.argsort(places, kind="stable")
    found, begins, counts = np.unique(places[order], return_index=True, return_counts=True)
    at = (found + 1) * interval_s * SECOND_NS
    # The first and the last interval may be cut: what was counted in them is no rate.
    whole = slice(1, -1) if len(found) > 2 else slice(None)
    parts = np.split(one.durations_s[there][order], begins[1:])
    seconds = WrittenUnit("seconds")
    made = [
        Track("requests_per_second", one.labels, at[whole], (counts / interval_s)[whole], WrittenUnit("per second")),
        Track("request_duration_p95", one.labels, at, np.array([_quantile(p) for p in parts]), seconds),
        Track("request_duration_mean", one.labels, at, np.array([_mean(p) for p in parts]), seconds),
    ]
    if one.failed is not None:
        failed = np.split(one.failed[there][order].astype(np.float64), begins[1:])
        share = np.array([float(part.mean()) for part in failed])
        made.append(Track("failed_requests", one.labels, at, share, WrittenUnit("ratio")))
    return made


def _quantile(part: Numbers) -> float:
    part = part[~np.isnan(part)]
    return float(np.quantile(part, QUANTILE)) if len(part) else np.nan


def _mean(part: Numbers) -> float:
    part = part[~np.isnan(part)]
    return float(part.mean()) if len(part) else np.nan
