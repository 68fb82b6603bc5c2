"""Series as exported, made ready to be read: whose labels are whose, what counts, and its rate per second."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct.meaning.clouds import by_resource, is_sum, of_clouds, period_s, plain_of
from reconstruct.meaning.vocabulary import INSTANCE_LABELS, NEVER_OF_TARGET, SHORT
from reconstruct.model import Evidence, Metric
from reconstruct.model.system import Series
from reconstruct.packs.words import words_of

Target = tuple[str, str]
"""(job, instance), or what OpenTelemetry has in their place."""

OTEL_SERVICE: Final = ("service_name", "service.name")
OTEL_INSTANCE: Final = ("service_instance_id", "service.instance.id", "host_name", "host.name")
METRICS_TO_TELL: Final = 3
"""Labels that so many metrics of a target agree on are the target's own, where it has no `up`."""
NEVER_COUNTS: Final = re.compile(
    r"timestamp|start_time|created|uptime|boot_time|limit|avail|free|size_bytes|expir|not_after|_ratio$|_age"
)
"""Moments, sizes and ages only look like counters."""
COUNTING_ENDINGS: Final = ("_total", "_sum", "_bucket")
FEW_MOVES: Final = 8
"""With fewer moves than this nothing is told by their direction."""
FALLS_OF_NAMED: Final = 0.1
FALLS_OF_UNNAMED: Final = 0.02
"""Part of its moves in which a counter may fall: restarts; less where no suffix says that it counts."""
LIVELY: Final = 0.3
"""A series that moves in so many of its samples moves in all of some: three of them together tell a missed scrape."""
SERIES_TO_TELL: Final = 60
"""More of one metric tell nothing new."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One series."""

    metric: str
    words: tuple[str, ...]
    labels: Mapping[str, str]
    own: Mapping[str, str]
    """Labels that are not its target's."""
    target: Target
    values: Series
    rate: Series | None
    """Increase per second; None where it does not count."""
    query: str
    service_label: str = ""
    """Label of which the user says that it names the service."""

    @property
    def signal(self) -> Series:
        """What tells: the rate of a counter, else the value."""
        return self.values if self.rate is None else self.rate


def rows_of(evidence: Evidence) -> dict[str, list[Row]]:
    """Metric name -> its series."""
    step_s = evidence.window.step_s
    first = max(evidence.window.first, 1)
    raw, statistics = by_resource(evidence.raw), of_clouds(evidence.raw)
    targets = {m.query: [target_of(labels) for labels in m.labels] for m in raw}
    of_targets = _labels_of_targets(raw, targets)
    values_of = {m.query: m.values.to_numpy(dtype=float) for m in raw}
    names = {name_of(m) for m in raw}
    begins = _begins(raw, targets, values_of)
    repeated = _repeated(raw, targets, values_of)
    found: dict[str, list[Row]] = defaultdict(list)
    for metric in raw:
        name, values = name_of(metric), values_of[metric.query]
        statistic = metric.query in statistics
        words = tuple(SHORT.get(word, word) for word in words_of(plain_of(name) if statistic else name))
        said = metric.signal.has_tag("counter")
        counter = not statistic and counts(name, values, said=said, names=names, first=first)
        said_label = metric.signal.service_label
        every = max(1, round(metric.spacing_s / step_s))
        for column, labels in enumerate(metric.labels):
            target = targets[metric.query][column]
            mine = of_targets.get(target, frozenset())
            series = values[:, column]
            if not np.isfinite(series).any():
                continue
            known_since = begins.get((target, _pod(labels)), 0)
            rate = None
            if counter:
                again = repeated.get(target)
                counted = series if again is None else np.where(again, np.nan, series)
                rate = per_second(counted, step_s=step_s, every=every, known_since=known_since)
            elif statistic and is_sum(name):
                rate = series / period_s(metric.spacing_s)
            own = {k: v for k, v in labels.items() if k not in mine}
            found[name].append(Row(name, words, labels, own, target, series, rate, metric.query, said_label))
    return dict(found)


def name_of(metric: Metric) -> str:
    """The metric's own name."""
    return metric.signal.id.partition("/")[2]


def target_of(labels: Mapping[str, str]) -> Target:
    """Which process or exporter a series comes from.

    >>> target_of({"job": "a", "instance": "b:1"}), target_of({"service_name": "s", "service_instance_id": "x"})
    (('a', 'b:1'), ('s', 'x'))
    """
    job = labels.get("job") or next((labels[k] for k in OTEL_SERVICE if labels.get(k)), "")
    instance = labels.get("instance") or next((labels[k] for k in OTEL_INSTANCE if labels.get(k)), "")
    return job, instance


def counts(name: str, values: Series, *, said: bool, names: frozenset[str] | set[str], first: int) -> bool:
    """Whether a metric is a counter: by its suffix and by what it does.

    Without a suffix it must have grown and not fallen before the window: a backlog that only grows in an incident is
    no counter.
    """
    suffix = name.endswith(COUNTING_ENDINGS) or (name.endswith("_count") and f"{name[:-6]}_sum" in names)
    if not suffix and NEVER_COUNTS.search(name):
        return False
    some = values[:, :SERIES_TO_TELL] if suffix else values[:first, :SERIES_TO_TELL]
    with np.errstate(invalid="ignore"):
        moves = np.diff(some, axis=0)
        up, down = int((moves > 0).sum()), int((moves < 0).sum())
    if up + down < FEW_MOVES:
        return suffix or said
    return down <= (FALLS_OF_NAMED if suffix else FALLS_OF_UNNAMED) * (up + down)


def per_second(values: Series, *, step_s: float, every: int = 1, known_since: int = 0) -> Series:
    """Increase per second of a counter.

    After a reset it began at 0; what came in a gap is spread evenly over it; a series that appears on a target that
    was known before began at 0, so it was 0 until then. Where samples come only every `every` steps, the mean over
    these.

    >>> per_second(np.array([10.0, 20.0, np.nan, 40.0, 5.0]), step_s=10.0).tolist()
    [nan, 1.0, 1.0, 1.0, 0.5]
    >>> per_second(np.array([np.nan, np.nan, 30.0, 30.0]), step_s=10.0, known_since=0).tolist()
    [0.0, 0.0, 3.0, 0.0]
    """
    found = np.full(len(values), np.nan)
    at = np.flatnonzero(np.isfinite(values))
    if not len(at):
        return found
    rises = np.diff(values[at])
    rises = np.where(rises < 0, values[at][1:], rises)
    gaps = np.diff(at)
    for i in np.flatnonzero(gaps > 1):
        found[at[i] + 1 : at[i + 1]] = rises[i] / gaps[i] / step_s
    found[at[1:]] = rises / gaps / step_s
    begin = int(at[0])
    if begin > known_since:
        found[known_since:begin] = 0.0
        found[begin] = values[begin] / step_s
    elif (
        begin > 0 and len(at) > 1
    ):  # a new instance: its first sample holds what came since it began, of unknown length
        found[begin] = found[at[1]]
    if every > 1:
        found = _running_mean(found, every)
    return found


def _running_mean(values: Series, samples: int) -> Series:
    there = np.isfinite(values)
    sums, n = np.cumsum(np.where(there, values, 0.0)), np.cumsum(there).astype(float)
    sums[samples:], n[samples:] = sums[samples:] - sums[:-samples], n[samples:] - n[:-samples]
    return np.where(there & (n > 0), sums / np.maximum(n, 1.0), np.nan)


def _labels_of_targets(raw: Sequence[Metric], targets: Mapping[str, Sequence[Target]]) -> dict[Target, frozenset[str]]:
    """Names of the labels that belong to each target: those of its `up`, else those that its metrics agree on."""
    found: dict[Target, frozenset[str]] = {}
    agreed: dict[Target, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    metrics: dict[Target, Counter[str]] = defaultdict(Counter)
    for metric in raw:
        seen: set[tuple[Target, str]] = set()
        for labels, target in zip(metric.labels, targets[metric.query], strict=True):
            if metric.signal.id == "raw/up":
                found[target] = frozenset(labels)
            for name, value in labels.items():
                agreed[target][name].add(value)
                if (target, name) not in seen:
                    seen.add((target, name))
                    metrics[target][name] += 1
    always, single = {"job", "instance"}, {*OTEL_SERVICE, *OTEL_INSTANCE}
    for target, values in agreed.items():
        if target in found:
            continue
        most = max(metrics[target].values(), default=0)
        found[target] = frozenset(
            name
            for name, told in values.items()
            if name in always
            or (name in single and len(told) == 1)
            or (
                name not in NEVER_OF_TARGET
                and len(told) == 1
                and most >= METRICS_TO_TELL
                and metrics[target][name] >= most - 1
            )
        )
    return found


def _repeated(
    raw: Sequence[Metric], targets: Mapping[str, Sequence[Target]], values_of: Mapping[str, Series]
) -> dict[Target, npt.NDArray[np.bool_]]:
    """Rows in which nothing of a target moved, though much always does: a missed scrape, its last sample again."""
    moved: dict[Target, list[npt.NDArray[np.bool_]]] = defaultdict(list)
    for metric in raw:
        values = values_of[metric.query]
        with np.errstate(invalid="ignore"):
            moves = np.diff(values, axis=0, prepend=np.nan) != 0  # a gap on either side is a move
        for column, target in enumerate(targets[metric.query]):
            moved[target].append(moves[:, column] & np.isfinite(values[:, column]))
    found = {}
    for target, series in moved.items():
        lively = [one for one in series if one.mean() >= LIVELY]
        if len(lively) >= METRICS_TO_TELL:
            found[target] = ~np.any(lively, axis=0)
    return found


def _begins(
    raw: Sequence[Metric], targets: Mapping[str, Sequence[Target]], values_of: Mapping[str, Series]
) -> dict[tuple[Target, str], int]:
    """Row of the first sample that each target, or each pod that it speaks of, has of anything."""
    found: dict[tuple[Target, str], int] = {}
    for metric in raw:
        there = np.isfinite(values_of[metric.query])
        firsts = np.where(there.any(axis=0), there.argmax(axis=0), len(there))
        for target, labels, first in zip(targets[metric.query], metric.labels, firsts, strict=True):
            key = (target, _pod(labels))
            found[key] = min(int(first), found.get(key, len(there)))
    return found


def _pod(labels: Mapping[str, str]) -> str:
    return next((labels[name] for name in INSTANCE_LABELS if labels.get(name)), "")
