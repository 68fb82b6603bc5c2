"""What could not be seen: stretches without samples, and series that end.

Two kinds of silence are no gap of their own: a target that was away is told once, and not for each of its signals; and
a quotient of nothing by nothing has no value, although everything was seen, nor has a rate while pods are replaced.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reconstruct.model import Evidence, Gap, Metric

MIN_SPACINGS = 2
"""A gap is longer than this many spacings of the samples: one scrape may fail."""
MIN_SAMPLES = 12
"""A series must have been there for so many samples before its absence is news (guess)."""
REGULAR_SHARE = 0.5
"""... and for this share of the time since its first one: some series come and go with what they describe (guess)."""
SEEN_SHARE = 0.5
"""What has samples in this share of a stretch was seen in it (guess)."""
PER_INSTANCE = re.compile(
    r"(.*_)?(instance|instance_id|pod|pod_(name|uid|ip|template_hash)|container_id|replicaset(_name)?|version)"
)
"""Labels that a new instance of the same workload has otherwise, whatever a scrape configuration puts before them."""
NAMED_SERIES = 3
"""Series named one by one in a gap; more are counted."""


_STRING = re.compile(r"""\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`""")
_BY_NUMBER = re.compile(r"/\s*[0-9.]+")


def find_gaps(values: NDArray[np.float64], *, first: int, least: int) -> list[tuple[int, int, int]]:
    """(series, start, end) of stretches of more than `least` rows without a sample, inside the window.

    A stretch no longer than the longest in the series' own history is normal life (a ratio without requests); so is
    what lies before a series begins. A stretch that began in the history is told from the window's start.

    >>> values = np.ones((40, 2))
    >>> values[20:26, 0] = np.nan
    >>> values[30:, 1] = np.nan
    >>> find_gaps(values, first=10, least=2)
    [(0, 20, 26), (1, 30, 40)]
    """
    found = []
    missing = ~np.isfinite(values)
    for series in np.flatnonzero(missing[first:].any(axis=0)):
        there = np.flatnonzero(~missing[:, series])
        if not len(there):
            continue
        edges = np.append(there, len(values))
        starts, ends = edges[:-1] + 1, edges[1:]
        seen_until = np.searchsorted(there, starts)
        usual = max((int(b - a) for a, b in zip(starts, ends, strict=True) if b <= first), default=0)
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            seen = int(seen_until[i])
            regular = seen >= MIN_SAMPLES and seen >= REGULAR_SHARE * (start - there[0])
            if regular and end - start > max(least, usual) and end > first:
                found.append((int(series), max(int(start), first), int(end)))
    return found


def gaps(evidence: Evidence) -> tuple[Gap, ...]:
    """Every stretch of the window that a metric has no samples for, series that share it together.

    Ids are left empty: the pipeline numbers them.
    """
    window = evidence.window
    found = []
    for metric in evidence.metrics:
        together: dict[tuple[int, int], list[int]] = defaultdict(list)
        # A step that is a hair longer than the spacing must not make two missing samples into three.
        least = MIN_SPACINGS * max(1, round(metric.spacing_s / window.step_s))
        values = metric.values.to_numpy(np.float64)
        index = metric.values.index
        for series, start, end in find_gaps(values, first=window.first, least=least):
            if _target_away(
                evidence, metric.labels[series], index[start], index[end - 1], range_s=metric.signal.range_s
            ):
                continue
            if end == len(index) and _replaced(metric, values, series):
                continue
            if (_is_quotient(metric) or metric.signal.aspect == "traffic") and _else_seen(
                evidence, metric, series, start, end
            ):
                continue
            together[start, end].append(series)
        for (start, end), columns in together.items():
            ended = end == len(index)
            what = "the series ended: no samples after this" if ended else "no samples"
            found.append(
                Gap(
                    id="",
                    source="metrics",
                    missing=f"{metric.signal.title}{_which(metric, columns)}",
                    cause=f"{what} in the answer to {metric.query}",
                    start=index[start],
                    end=window.end if ended else index[end],
                )
            )
    return tuple(sorted(found, key=lambda gap: (gap.start or window.start, gap.missing, gap.end or window.end)))


def _target_away(
    evidence: Evidence, labels: Mapping[str, str], start: pd.Timestamp, last: pd.Timestamp, *, range_s: float
) -> bool:
    """Whether a gap of the source already says that this series' target, or every one, was away all the while."""
    job, instance = labels.get("job", ""), labels.get("instance", "")
    near = evidence.window.step * MIN_SPACINGS + pd.Timedelta(seconds=range_s)
    for gap in evidence.gaps:
        if not gap.targets or gap.start is None or gap.start > start + near:
            continue
        if gap.end is not None and gap.end < last - near:
            continue
        away = set(gap.targets)
        if away & {("", ""), (job, "")} or (instance and any(i == instance and job in ("", j) for j, i in away)):
            return True
    return False


def _replaced(metric: Metric, values: NDArray[np.float64], series: int) -> bool:
    """Whether others of its kind began, one for each that ended: a rollout ends pods, and loses nothing."""
    kind = _kind_of(metric.labels[series])
    if len(kind) == len(metric.labels[series]):
        return False
    alike = [column for column, labels in enumerate(metric.labels) if _kind_of(labels) == kind]
    there = np.isfinite(values[:, alike])
    first, last = there.argmax(axis=0), len(there) - 1 - there[::-1].argmax(axis=0)
    began = np.count_nonzero(first > first.min())
    ended = np.count_nonzero(last < last.max())
    return bool(began >= ended and last[alike.index(series)] < last.max())


def _kind_of(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The labels that a replaced instance shares with the one before it."""
    return tuple(sorted((name, value) for name, value in labels.items() if not PER_INSTANCE.fullmatch(name)))


def _is_quotient(metric: Metric) -> bool:
    """Whether the query divides by a series: 0 / 0 has no value, nor has a quantile of no observations."""
    asked = _BY_NUMBER.sub("", _STRING.sub("", metric.signal.promql))
    return "/" in asked or "histogram_quantile" in asked


def _else_seen(evidence: Evidence, metric: Metric, series: int, start: int, end: int) -> bool:
    """Whether another signal of the same instance (service, where none is told) has samples in the stretch."""
    instance = metric.labels[series].get("instance")
    for other in evidence.metrics:
        if _is_quotient(other):
            continue
        same = [
            column
            for column, labels in enumerate(other.labels)
            if other.services[column].may_be(metric.services[series])
            and (instance is None or labels.get("instance") == instance)
        ]
        seen = np.isfinite(other.values.to_numpy(np.float64)[start:end, same])
        if len(same) and (seen.mean(axis=0) >= SEEN_SHARE).any():
            return True
    return False


def _which(metric: Metric, columns: list[int]) -> str:
    """Which series, where not all of them; labels as they are, renderers escape."""
    if len(columns) == metric.values.shape[1]:
        return "" if len(columns) == 1 else f" (all {len(columns)} series)"
    if len(columns) > NAMED_SERIES:
        return f" ({len(columns)} of {metric.values.shape[1]} series)"
    names = [", ".join(f"{k}={v}" for k, v in sorted(metric.labels[c].items()) if k != "__name__") for c in columns]
    return f" ({'; '.join(names)})"
