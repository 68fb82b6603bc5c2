"""Raw series on a window's grid: counters rated, units made base units, names read by the conventions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.model import Gap, Metric, Query, Signal, Tag, Window
from reconstruct.packs import Conventions, Meaning, classify
from reconstruct.sources.metric_files.cells import Nanoseconds, Numbers
from reconstruct.sources.metric_files.column_choices import ColumnChoice
from reconstruct.sources.metric_files.readings import Reading, own_scale, reading_of, told_of
from reconstruct.sources.metric_files.things import NamingLabel, naming_label
from reconstruct.sources.metric_files.units import WrittenUnit

RESETS_OF_COUNTER: Final = 0.1
"""A `_total` that falls in more of its moves than this is no counter: somebody wrote the number of each interval."""
RISES_TO_COUNT: Final = 30
RISING_SHARE: Final = 0.9
RESETS_WITHOUT_NAME: Final = 0.02
"""Exporters also count under names that do not end in `_total` (`pg_stat_database_xact_commit`): what rises in nine
samples of ten in one of its series, thirty times at least, and falls in hardly any. A backlog is flat at first."""
MAX_JITTER: Final = 0.5
"""Part of the spacing that a sample may be late; more is a missing sample."""
JITTER_QUANTILE: Final = 0.95
"""One sample in twenty may be later than what is called usual."""
SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class RawSeries:
    """The samples of one series, in order of time, no two at one time, no NaN."""

    name: str
    labels: Mapping[str, str]
    times: Nanoseconds
    """Nanoseconds since the epoch, UTC."""
    values: Numbers
    spacing_s: float
    """Usual seconds from one row of it to the next, rows without a number included; 0 where it has one row."""
    unit: WrittenUnit | None = None
    """As cells, header or format told; None = only its name may."""
    kind: str = ""
    """counter or gauge where the format says so."""
    view: str = ""
    """The statistic that it is of its signal (p95, Average); "" = none told."""
    counts: bool = False
    """It is the count of a histogram or summary, whatever else ends in `_count`."""
    range_s: float = 0.0
    """Length of the range that each value was made over; > 0 where it was made of a histogram."""


@dataclass(frozen=True, slots=True, eq=False)
class MetricFile:
    """What a file holds, before it is put on a window's grid."""

    name: str
    path: str
    """Where it is: two files may have one name."""
    series: tuple[RawSeries, ...]
    """In the order of name and labels."""
    start: pd.Timestamp
    """Of the first sample."""
    end: pd.Timestamp
    """Of the last sample."""
    spacing_s: float
    """Usual seconds from one sample of a series to the next; 0 where no series has two."""
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[ColumnChoice, ...] = ()
    """What the user says of some columns."""


def to_metrics(
    table: MetricFile, *, window: Window, conventions: Conventions, known: Collection[str] = ()
) -> tuple[tuple[Metric, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """The file's series as Metrics on `window.index`, one a metric name, with a Query each, and the file's gaps.

    `known` are names of services that other sources tell: the label with most of them names the service.

    A grid point takes the last sample at or before it that is no older than the series' own spacing; else it is NaN.
    A `_total` that only rises (resets aside) becomes its rate per second. Milliseconds, percent, megabytes and per
    minute become seconds, ratio, bytes and per second; the title says so. Ids are left to the pipeline: metric and
    query share a provisional one.
    """
    metrics: list[Metric] = []
    queries: list[Query] = []
    gaps = list(table.gaps)
    thing = naming_label([one.labels for one in table.series], known=known, chosen=_said_service(table, conventions))
    gaps += (
        [Gap(id="", source=table.name, missing="which label names the service", cause=thing.doubt)]
        if thing.doubt
        else []
    )
    for name, group in groupby(table.series, key=lambda one: one.name):
        series = list(group)
        metric = _metric(name, series, table=table, window=window, conventions=conventions, thing=thing, gaps=gaps)
        if metric is None:
            gaps.append(
                Gap(
                    id="",
                    source=table.name,
                    missing=name,
                    cause="no sample lies in the window or its baseline",
                    start=window.baseline_start,
                    end=window.end,
                )
            )
            continue
        metrics.append(metric)
        queries.append(
            Query(
                id=metric.query,
                signal=metric.signal.id,
                query=metric.signal.promql,
                start=window.baseline_start,
                end=window.end,
                step_s=window.step_s,
                series=len(metric.labels),
            )
        )
    return tuple(metrics), tuple(queries), tuple(gaps)


def raw_metrics(
    table: MetricFile, *, window: Window, conventions: Conventions, of: Sequence[Metric]
) -> tuple[Metric, ...]:
    """The file's series as they stand in it, on the window's grid: what the meaning of a system is read from.

    Their query is the one of the metric of the same name in `of` (from `to_metrics`); without one they are left out,
    as is what was made of a histogram's buckets.
    """
    grid = window.index.as_unit("ns").asi8
    found = []
    said = _said_service(table, conventions)
    thing = naming_label([one.labels for one in table.series], chosen=said)
    queries = {metric.query for metric in of}
    for name, group in groupby(table.series, key=lambda one: one.name):
        series = [one for one in group if one.range_s == 0 and one.unit is None]
        columns = [_on_grid(one.times, one.values, spacing_s=one.spacing_s, grid=grid, window=window) for one in series]
        kept = [n for n, column in enumerate(columns) if not np.isnan(column).all()]
        if not kept or f"{table.path}:{name}" not in queries:
            continue
        labels = tuple(dict(series[n].labels) for n in kept)
        kind: Tag = "counter" if series[0].kind == "counter" else "gauge"
        signal = Signal(
            f"raw/{name}", name, name, "count", "app", "work", inferred=True, tags=("raw", kind), service_label=said
        )
        found.append(
            Metric(
                signal=signal,
                values=pd.DataFrame(np.column_stack([columns[n] for n in kept]), index=window.index),
                labels=labels,
                services=tuple(thing.service_of(one) for one in labels),
                query=f"{table.path}:{name}",
                spacing_s=max(window.step_s, spacing_of(series)),
            )
        )
    return tuple(found)


def spacing_of(series: Iterable[RawSeries]) -> float:
    """The usual seconds from one sample to the next: the median of the series' own; 0 if none has two rows."""
    spacings = [one.spacing_s for one in series if one.spacing_s > 0]
    return float(np.median(spacings)) if spacings else 0.0


def _said_service(table: MetricFile, conventions: Conventions) -> str:
    """The label of which the user says that it names the service: of this file, or of all."""
    there = {label for one in table.series for label in one.labels}
    said = [choice.name for choice in table.columns if choice.role == "service"]
    return next((label for label in (*said, *conventions.service_labels) if label in there), "")


def _metric(
    name: str,
    series: Sequence[RawSeries],
    *,
    table: MetricFile,
    window: Window,
    conventions: Conventions,
    thing: NamingLabel,
    gaps: list[Gap],
) -> Metric | None:
    label_names = {label for one in series for label in one.labels}
    made = any(one.range_s > 0 for one in series)
    said = series[0].kind if series[0].kind in ("counter", "gauge") else ""
    kind = "histogram" if made else said or "unknown"
    words = f"{name} {series[0].view}" if series[0].view.lower().startswith("p") else name
    meaning = classify(words, conventions=conventions, kind=kind, label_names=label_names)
    counter = said == "counter" or (not made and not said and _counts(name, series, meaning=meaning))
    if counter:
        kind = "counter"
    rated = [_rated(one.times, one.values) if counter else (one.times, one.values) for one in series]
    reading = reading_of(
        words,
        [values for _, values in rated],
        kind=kind,
        unit=series[0].unit,
        label_names=label_names,
        conventions=conventions,
        choice=next((one for one in table.columns if one.name == name and not one.role), None),
    )
    grid = window.index.as_unit("ns").asi8
    columns, labels = [], []
    for one, (times, values) in zip(series, rated, strict=True):
        in_unit = reading.in_unit(values, times_s=times / SECOND_NS, unit=one.unit)
        column = _on_grid(times, in_unit, spacing_s=one.spacing_s, grid=grid, window=window)
        if not np.isnan(column).all():
            columns.append(column)
            labels.append(dict(one.labels))
    if not columns:
        return None
    values = np.column_stack(columns)
    signal = replace(
        _signal(name, reading, labels=labels, counter=counter, view=series[0].view, file=table.name),
        range_s=max(one.range_s for one in series),
    )
    if reading.own_scale:
        signal = replace(signal, min_effect=own_scale(values[: window.first], values, least=signal.min_effect))
    told = told_of(name, values, window=window, reading=reading, unit=signal.unit)
    gaps += [Gap(id="", source=table.name, missing=f"what {name} measures", cause=told, matters=True)] if told else []
    return Metric(
        signal=signal,
        values=pd.DataFrame(values, index=window.index),
        labels=tuple(labels),
        services=tuple(thing.service_of(one) for one in labels),
        query=f"{table.path}:{name}",
        spacing_s=max(window.step_s, spacing_of(series)),
    )


def _signal(
    name: str, reading: Reading, *, labels: Sequence[Mapping[str, str]], counter: bool, view: str, file: str
) -> Signal:
    meaning = reading.meaning
    how = [view] if view else []
    how += list(reading.how)
    how += ["each second"] if counter else []
    how += ["past its end"] if meaning.countdown else []
    common = dict(set.intersection(*(set(one.items()) for one in labels)))
    braces = "{" + ",".join(f'{key}="{common[key]}"' for key in sorted(common)) + "}" if common else ""
    return Signal(
        id=f"file/{name}",
        title=f"{name} ({', '.join(how)})" if how else name,
        promql=f"{file}: {name}{braces}",
        unit=meaning.unit,
        layer=meaning.layer,
        aspect=meaning.aspect,
        worse=meaning.worse,
        min_effect=meaning.min_effect,
        inferred=not reading.certain,
        tags=meaning.tags,
    )


def _counts(name: str, series: Sequence[RawSeries], *, meaning: Meaning) -> bool:
    """Whether it is a counter: its name says so and it rises, or it is no level by its name and does nothing else."""
    if name.endswith("_total") or all(one.counts for one in series):
        return all(rises(one.values) for one in series)
    if meaning.unit != "count" or meaning.aspect not in ("traffic", "errors", "work"):
        return False
    moves = [np.diff(one.values) for one in series]
    never_falls = all(np.count_nonzero(one < 0) <= RESETS_WITHOUT_NAME * len(one) for one in moves)
    return never_falls and any(
        np.count_nonzero(one > 0) >= max(RISES_TO_COUNT, RISING_SHARE * len(one)) for one in moves
    )


def rises(values: Numbers) -> bool:
    """Whether it only rises, resets aside."""
    moves = np.diff(values)
    falls, moved = int(np.count_nonzero(moves < 0)), int(np.count_nonzero(moves))
    # One restart is no sign of a gauge, however short the file.
    return bool((values >= 0).all()) and falls <= max(1.0, RESETS_OF_COUNTER * moved)


def _rated(times: Nanoseconds, values: Numbers) -> tuple[Nanoseconds, Numbers]:
    """Rise per second since the sample before; after a reset the counter began at 0. The first sample has none."""
    rise = np.diff(values)
    rise = np.where(rise < 0, values[1:], rise)
    return times[1:], rise / (np.diff(times) / SECOND_NS)


def _on_grid(times: Nanoseconds, values: Numbers, *, spacing_s: float, grid: Nanoseconds, window: Window) -> Numbers:
    if not len(times):
        return np.full(len(grid), np.nan)
    spacing_ns = spacing_s * SECOND_NS or float(window.step.value)
    late_ns = np.abs(np.diff(times) - spacing_ns)
    late_ns = late_ns[late_ns < MAX_JITTER * spacing_ns]
    jitter_ns = float(np.quantile(late_ns, JITTER_QUANTILE)) if len(late_ns) else 0.0
    at = np.searchsorted(times, grid, side="right") - 1
    age_ns = grid - times[np.maximum(at, 0)]
    # Half-open: a sample holds until the next one is due, so that one missing sample is one missing point.
    held = (at >= 0) & (age_ns < max(spacing_ns, float(window.step.value)) + jitter_ns)
    return np.where(held, values[np.maximum(at, 0)], np.nan)
