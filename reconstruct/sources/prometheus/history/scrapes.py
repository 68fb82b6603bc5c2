"""What Prometheus could not see: scrapes that failed, targets that went, and times when it was away itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from reconstruct import promql as pq
from reconstruct.model import Gap, Query, Window
from reconstruct.sources.prometheus.client import Answer, Prometheus
from reconstruct.sources.prometheus.history.restarts import coarser
from reconstruct.sources.prometheus.replicas import merge_replicas

MAX_POINTS: Final = 5_000
SHORT_LOOK_BACK: Final = 2.0
"""In scrapes: what has no `up` for longer is not scraped any more."""
INTERVAL_IF_UNKNOWN_S: Final = 60.0
MAX_TARGETS: Final = 1_000
"""Of one job, looked at one by one; in a larger one only failed scrapes are told, not targets that went."""
TOLD_ONE_BY_ONE: Final = 4
"""Targets of one job that were away at the same time; more are told as one."""


class _Away(NamedTuple):
    job: str
    instance: str
    cause: str
    first: int
    """Row."""
    last: int


def targets_down(
    server: Prometheus, window: Window, *, scope: str = "", interval_s: float = INTERVAL_IF_UNKNOWN_S
) -> tuple[tuple[Gap, ...], tuple[Query, ...]]:
    """When scrapes failed or targets were gone, by start; targets of one job that were away together as one gap.

    `interval_s` is the widest scrape interval of any job.
    """
    grid = coarser(window, most_points=MAX_POINTS)
    look_s = max(SHORT_LOOK_BACK * interval_s, grid.step_s)
    look = pq.duration(look_s)
    up = f"last_over_time(up{{{scope}}}[{look}])" if scope else f"last_over_time(up[{look}])"
    failing = server.range(f"{up} == 0", grid)
    counts = server.range(f"count by (job) ({up})", grid)
    queries = [
        _query("targets/down", f"{up} == 0", grid, failing),
        _query("targets/count", f"count by (job) ({up})", grid, counts),
    ]
    away = _failed(failing)
    # The look-back hides the beginning of an absence: a sample was due one interval after the last.
    early = max(0, int((look_s - interval_s) // grid.step_s))
    away += _all_away(counts, early=early)
    blind = _blind(counts)
    unread: list[Gap] = []
    for job, of_job in zip((each.get("job", "") for each in counts.labels), counts.values.T, strict=True):
        there = of_job[~np.isnan(of_job)]
        if not there.size or (there.min() == there.max() and not (np.isnan(of_job) & ~blind).any()):
            continue
        if there.max() > MAX_TARGETS:
            cause = f"{there.max():.0f} targets that came and went: not looked at one by one, only their failed scrapes"
            unread.append(Gap("", "prometheus", f"job {job}", cause, start=grid.baseline_start, end=grid.end))
            continue
        matching = ",".join(part for part in (f"job={pq.quote_label(job)}", scope) if part)
        asked = f"last_over_time(up{{{matching}}}[{look}])"
        answer = server.range(asked, grid)
        queries.append(_query(f"targets/job/{job}", asked, grid, answer))
        away += _gone(answer, job=job, counts=of_job, blind=blind, early=early)
    return (*_gaps(away, grid), *unread), tuple(queries)


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last row of each run of True.

    >>> runs(np.array([False, True, True, False, True]))
    [(1, 2), (4, 4)]
    """
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))


def _blind(counts: Answer) -> npt.NDArray[np.bool_]:
    """Rows in which no job has any target; none where there are no targets at all."""
    if not counts.labels:
        return np.zeros(len(counts.values), dtype=np.bool_)
    return np.asarray(np.isnan(counts.values).all(axis=1), dtype=np.bool_)


def _failed(answer: Answer) -> list[_Away]:
    values, labels, _ = merge_replicas(answer.values, answer.labels)
    return [
        _Away(have.get("job", ""), have.get("instance", ""), "scrape failed", first, last)
        for have, column in zip(labels, values.T, strict=True)
        for first, last in runs(~np.isnan(column))
    ]


def _all_away(counts: Answer, *, early: int) -> list[_Away]:
    """Rows without any target between rows with some: Prometheus itself was away."""
    blind = _blind(counts)
    seen = np.flatnonzero(~blind)
    return [
        _Away("", "", "no target has samples: Prometheus was away, or could not store", first - early, last)
        for first, last in runs(blind)
        if seen.size and seen[0] < first and last < seen[-1]
    ]


def _gone(
    answer: Answer, *, job: str, counts: npt.NDArray[np.float64], blind: npt.NDArray[np.bool_], early: int
) -> list[_Away]:
    """Targets without `up` that came back, or that left the job with fewer targets: a replaced pod is no gap.

    `early` rows before the first without a sample, the target was missed already.
    """
    values, labels, _ = merge_replicas(answer.values, answer.labels)
    found: list[_Away] = []
    filled = np.nan_to_num(counts)
    seen_by_job = np.flatnonzero(~blind)
    for have, column in zip(labels, values.T, strict=True):
        missing = np.isnan(column) & ~blind
        seen = np.flatnonzero(~np.isnan(column))
        for first, last in runs(missing):
            if first < seen[0]:
                continue  # it was not there yet
            ended = last >= seen_by_job[-1]
            # A pod and the one that replaces it are counted together while the look-back lasts.
            before = filled[max(0, first - 2 * (early + 2)) : first].min()
            if ended and before <= np.median(filled[first : last + 1]):
                continue
            cause = "target gone" if ended else "no samples"
            found.append(_Away(job, have.get("instance", ""), cause, max(0, first - early), last))
    return found


def _gaps(away: Sequence[_Away], grid: Window) -> list[Gap]:
    together: dict[tuple[str, str, int, int], list[_Away]] = {}
    for each in away:
        together.setdefault((each.job, each.cause, each.first // 2, each.last // 2), []).append(each)
    index = grid.index
    found: list[Gap] = []
    for (job, cause, _, _), same in together.items():
        groups = [same] if len(same) >= TOLD_ONE_BY_ONE else [[each] for each in same]
        for group in groups:
            instances = sorted({each.instance for each in group if each.instance})
            if not job and not instances:
                missing = "all targets"
            elif len(instances) == 1:
                missing = f"job {job}, instance {instances[0]}"
            else:
                missing = f"job {job}, {len(instances)} targets"
            first, last = min(each.first for each in group), max(each.last for each in group)
            end = min(index[last] + grid.step, grid.end)
            targets = tuple((job, instance) for instance in instances or [""])
            found.append(Gap("", "prometheus", missing, cause, start=index[first], end=end, targets=targets))
    return sorted(found, key=lambda gap: (str(gap.start), gap.missing, gap.cause))


def _query(name: str, asked: str, grid: Window, answer: Answer) -> Query:
    return Query(name, "targets", asked, grid.baseline_start, grid.end, grid.step_s, len(answer.labels))
