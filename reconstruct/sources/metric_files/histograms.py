"""Histograms and summaries of a metrics file: their buckets, sums and counts become a quantile, a mean and a rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from reconstruct.sources.metric_files.cells import Nanoseconds, Numbers
from reconstruct.sources.metric_files.series import RawSeries, rises

QUANTILE: Final = 0.95
"""As for metrics of a server that no pack knows (packs.generic_signals)."""
SAMPLES_A_RATE: Final = 4
"""Increases are taken over this many samples, as a rate interval of four scrapes does."""

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
_Labels = tuple[tuple[str, str], ...]


def told_apart(series: Sequence[RawSeries]) -> tuple[RawSeries, ...]:
    """The series with every histogram `x` replaced by `x_p95`, `x_mean` and `x_count`, a summary by the last two.

    What is not complete, or does not only rise, stays as it is.
    """
    by_name: dict[str, list[RawSeries]] = {}
    for one in series:
        by_name.setdefault(one.name, []).append(one)
    made: list[RawSeries] = []
    done: set[str] = set()
    for base in sorted({name.removesuffix("_sum") for name in by_name if name.endswith("_sum")}):
        sums, counts = by_name[f"{base}_sum"], by_name.get(f"{base}_count", [])
        if not counts or not all(rises(one.values) for one in (*sums, *counts)):
            continue
        made += _means(base, sums=sums, counts=counts)
        made += [replace(one, counts=True) for one in counts]
        done |= {f"{base}_sum", f"{base}_count"}
        buckets = by_name.get(f"{base}_bucket", [])
        if buckets and all("le" in one.labels for one in buckets):
            made += _quantiles(base, buckets=buckets)
            done.add(f"{base}_bucket")
    # A histogram that counted nothing has no quantile and no mean.
    kept = [one for one in (*series, *made) if len(one.times) and (one.name not in done or one.counts)]
    return tuple(sorted(kept, key=lambda one: (one.name, _key(one.labels))))


def quantile(increases: Matrix, bounds: Sequence[float]) -> Numbers:
    """The quantile that cumulative counts tell, row by row; linear within a bucket, NaN where nothing was counted.

    `increases` has one column a bound, ascending, the last one infinite: there the highest finite bound stands.

    >>> quantile(np.array([[50.0, 100.0, 100.0], [0.0, 0.0, 10.0]]), [0.1, 0.2, float("inf")]).round(3).tolist()
    [0.19, 0.2]
    """
    total = increases[:, -1]
    rank = QUANTILE * total
    bucket = np.argmax(increases >= rank[:, None], axis=1)
    upper = np.asarray(bounds)[bucket]
    lower = np.concatenate([[0.0], bounds])[bucket]
    rows = np.arange(len(increases))
    below = np.where(bucket > 0, increases[rows, np.maximum(bucket - 1, 0)], 0.0)
    inside = increases[rows, bucket] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        found = lower + (upper - lower) * (rank - below) / inside
    return np.where(total > 0, np.where(np.isfinite(upper), found, lower), np.nan)


def _means(base: str, *, sums: Sequence[RawSeries], counts: Sequence[RawSeries]) -> list[RawSeries]:
    by_labels = {_key(one.labels): one for one in counts}
    made = []
    for one in sums:
        count = by_labels.get(_key(one.labels))
        if count is None:
            continue
        times, (total, number) = _increases([one, count])
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(number > 0, total / number, np.nan)
        made.append(_made(f"{base}_mean", one, labels=one.labels, times=times, values=mean))
    return made


def _quantiles(base: str, *, buckets: Sequence[RawSeries]) -> list[RawSeries]:
    groups: dict[_Labels, list[RawSeries]] = {}
    for one in buckets:
        groups.setdefault(_key({k: v for k, v in one.labels.items() if k != "le"}), []).append(one)
    made = []
    for labels, group in groups.items():
        ordered = sorted(group, key=lambda one: float(one.labels["le"]))
        bounds = [float(one.labels["le"]) for one in ordered]
        if len(bounds) < 2 or np.isfinite(bounds[-1]):
            continue
        times, increases = _increases(ordered)
        # Buckets are read one after the other: a later one may have counted more than it should.
        cumulative = np.maximum.accumulate(np.stack(increases, axis=1), axis=1)
        values = quantile(cumulative, bounds)
        made.append(_made(f"{base}_p95", ordered[0], labels=dict(labels), times=times, values=values))
    return made


def _increases(series: Sequence[RawSeries]) -> tuple[Nanoseconds, list[Numbers]]:
    """What each rose by over the last `SAMPLES_A_RATE` samples, at the times that all have; a reset began at 0."""
    times = series[0].times
    for one in series[1:]:
        if len(one.times) != len(times) or not (one.times == times).all():
            times = np.intersect1d(times, one.times)
    found = []
    for one in series:
        values = one.values if len(one.values) == len(times) else one.values[np.isin(one.times, times)]
        rise = np.diff(values)
        total = np.concatenate([[0.0], np.cumsum(np.where(rise < 0, values[1:], rise))])
        found.append(total[SAMPLES_A_RATE:] - total[:-SAMPLES_A_RATE])
    return times[SAMPLES_A_RATE:], found


def _made(
    name: str,
    like: RawSeries,
    *,
    labels: Mapping[str, str],
    times: Nanoseconds,
    values: Numbers,
) -> RawSeries:
    there = ~np.isnan(values)
    return RawSeries(
        name=name,
        labels=dict(labels),
        times=times[there],
        values=values[there],
        spacing_s=like.spacing_s,
        range_s=SAMPLES_A_RATE * like.spacing_s,
    )


def _key(labels: Mapping[str, str]) -> _Labels:
    return tuple(sorted(labels.items()))
