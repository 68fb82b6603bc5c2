"""From Evidence to anomalies: the detector with times, units and what the reader must know about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reconstruct.detect.describe import Excursion
from reconstruct.detect.excursions import find_excursions
from reconstruct.detect.gaps import gaps
from reconstruct.detect.parameters import PARAMETERS, Parameters
from reconstruct.detect.time_bounds import ceased, hidden_s, onset_moment, recovery_moment
from reconstruct.model import Anomaly, Evidence, Gap, Metric, Moment, Signal, Window
from reconstruct.text.units import human_duration

OWN_BASELINE_SHARE = 1 / 3
"""Where nothing lies before the window, so much of it serves as the healthy start: people look from somewhat before
the trouble on, and a longer start would swallow an early onset (with half, one of the twelve change scenarios)."""
SHORT_HISTORY = 5
"""Samples of its own start that a metric is judged by where no more exist: the spread of five is known to a factor of
two, and the thresholds are raised by more than three times then (`Parameters.enough_samples`)."""
LOOKS_BACK_S = 330.0
"""A server repeats the last sample of a series that ended for five minutes; with a scrape's delay to spare."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What the evidence shows, what it could not show, and how it was judged."""

    anomalies: tuple[Anomaly, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A series with too little history to say what is normal for it."""

    signal: Signal
    labels: Mapping[str, str]
    column: int
    healthy_samples: int


@dataclass(frozen=True, slots=True)
class _Judged:
    """A metric at the true spacing of its samples."""

    values: NDArray[np.float64]
    rows: NDArray[np.intp]
    """Row of the window's grid that each row stands for."""
    first: int
    short: bool = False
    """Nothing to speak of lies before: its own start is the history."""


def detect(evidence: Evidence) -> Detection:
    """Find what left its own history inside the window, in every series of every metric.

    Excursions in the better direction are told too (`Anomaly.worse` tells them apart): that the CPU fell is what shows
    a lock. Every change is at least the signal's min_effect. Ids are a1, a2 ... by onset, signal and labels.

    Parameters
    ----------
    evidence : Evidence
        Frames on `evidence.window.index`; they are not changed.
    """
    found = [anomaly for metric in evidence.metrics for anomaly in find_anomalies(metric, window=evidence.window)]
    found.sort(key=lambda a: (a.onset.time, a.signal.id, sorted(a.labels.items()), a.column, a.peak_time))
    anomalies = tuple(replace(anomaly, id=f"a{i}") for i, anomaly in enumerate(found, start=1))
    return Detection(anomalies, (*gaps(evidence), *_not_judged(evidence)), _notes(evidence))


def find_anomalies(metric: Metric, *, window: Window, min_effect: NDArray[np.float64] | None = None) -> list[Anomaly]:
    """What left its own history in the series of one metric; without ids, ordered by start and column.

    Parameters
    ----------
    metric : Metric
        A frame on `window.index`; it is not changed.
    window : Window
        Rows before its start are the history.
    min_effect : float64, shape (n_series,), optional
        The smallest change worth telling of each series, where it is not the signal's.
    """
    judged = _judged(window, metric)
    excursions = find_excursions(
        judged.values,
        first=judged.first,
        min_effect=metric.signal.min_effect if min_effect is None else min_effect,
        parameters=_recipe(metric, judged),
    )
    return [_anomaly(metric, excursion, judged) for excursion in excursions]


def _not_judged(evidence: Evidence) -> tuple[Gap, ...]:
    """A gap for each user-facing signal that has samples in the window and not one series that can be judged."""
    found = []
    for metric in evidence.metrics:
        if not metric.signal.user_facing:
            continue
        judged = _judged(evidence.window, metric)
        most, window = max(_healthy_samples(judged).values(), default=0), evidence.window
        seen = np.isfinite(metric.values.to_numpy(np.float64)[window.first :]).any()
        if seen and most < _least(judged):
            cause = f"not judged: {most} samples to compare with, {_least(judged)} are needed"
            found.append(Gap("", "metrics", metric.signal.title, cause, window.start, window.end, matters=True))
    return tuple(found)


def _recipe(metric: Metric, judged: _Judged) -> Parameters:
    """The constants, with no flat line called that looking back for a last sample can draw."""
    flat = max(PARAMETERS.flat_samples, math.ceil(LOOKS_BACK_S / metric.spacing_s))
    return replace(PARAMETERS, flat_samples=flat, least_samples=_least(judged))


def _least(judged: _Judged) -> int:
    """Healthy samples that a series must have to be judged."""
    return SHORT_HISTORY if judged.short else PARAMETERS.least_samples


def unjudged(evidence: Evidence) -> tuple[Unjudged, ...]:
    """Series with samples in the window and too few before it to say what is normal."""
    return tuple(
        Unjudged(metric.signal, metric.labels[column], column, int(count))
        for metric in evidence.metrics
        for judged in [_judged(evidence.window, metric)]
        for column, count in _healthy_samples(judged).items()
        if count < _least(judged)
    )


def window_first(window: Window) -> int:
    """First row of the grid that is judged: the window's, or after its healthy start where nothing lies before it."""
    rows = len(window.index)
    if window.first >= PARAMETERS.least_samples:
        return window.first
    own = round(OWN_BASELINE_SHARE * rows)
    return max(window.first, own, PARAMETERS.least_samples if rows >= 2 * PARAMETERS.least_samples else SHORT_HISTORY)


def _judged(window: Window, metric: Metric) -> _Judged:
    """Keep one row a true spacing: between two scrapes a grid only repeats the last sample, or has none."""
    values = metric.values.to_numpy(np.float64)
    first, hop = window_first(window), max(1, round(metric.spacing_s / window.step_s))
    rows = np.arange(len(values))
    if hop == 1 or len(values) < 2 * hop:
        return _with_own_start(_Judged(values, rows, first), begun=window.first > 0)
    skip = first % hop
    count = (len(values) - skip) // hop
    groups = values[skip : skip + count * hop].reshape(count, hop, -1)
    there = np.isfinite(groups)
    last = hop - 1 - there[:, ::-1].argmax(axis=1)
    kept = np.where(there.any(axis=1), np.take_along_axis(groups, last[:, None, :], axis=1)[:, 0], np.nan)
    spaced = _Judged(kept, rows[skip + hop - 1 : skip + count * hop : hop], (first - skip) // hop)
    return _with_own_start(spaced, begun=window.first > 0)


def _with_own_start(judged: _Judged, *, begun: bool) -> _Judged:
    """Where no series has a history to be judged by, its own start is one, as an engineer would take it.

    `begun` tells that the window begins after the first row: what lies before it is history in any case.
    """
    there = np.isfinite(judged.values)
    seen = np.flatnonzero(there.any(axis=1))
    if not len(seen) or np.count_nonzero(there[: judged.first], axis=0).max() >= PARAMETERS.least_samples:
        return judged
    begin = int(seen[0])
    own = begin + max(SHORT_HISTORY, round(OWN_BASELINE_SHARE * (len(there) - begin)))
    first = max(own, judged.first) if begun else own
    return replace(judged, first=first, short=True) if first < len(there) - 1 else judged


def _healthy_samples(judged: _Judged) -> dict[int, int]:
    """Samples before the window of each series that has any inside it."""
    there = np.isfinite(judged.values)
    counts = np.count_nonzero(there[: judged.first], axis=0)
    return {int(c): int(counts[c]) for c in np.flatnonzero(there[judged.first :].any(axis=0))}


def _anomaly(metric: Metric, excursion: Excursion, judged: _Judged) -> Anomaly:
    """A excursion with its times; the id is given later."""
    times = pd.DatetimeIndex(metric.values.index[judged.rows])
    height = abs((excursion.peak if excursion.shape == "spike" else excursion.level) - excursion.baseline)
    hidden = hidden_s(
        range_s=0.0 if metric.signal.counts else metric.signal.range_s,
        spacing_s=metric.spacing_s,
        share=excursion.why.get("threshold", 0.0) / height if height > 0 else 1.0,
    )
    onset = _onset(excursion, times, hidden, judged)
    recovery = None
    if excursion.first_normal is not None:
        recovery = recovery_moment(
            last_outside=times[excursion.end - 1],
            first_normal=times[excursion.first_normal],
            range_s=metric.signal.range_s,
            hidden_s=hidden,
            onset=onset.time,
        )
    if recovery is None and metric.signal.counts:
        since = slice(excursion.last_normal or 0, None)
        recovery = ceased(times[since], judged.values[since, excursion.series])
    return Anomaly(
        id="",
        signal=metric.signal,
        query=metric.query,
        labels=metric.labels[excursion.series],
        service=metric.services[excursion.series],
        direction=excursion.direction,
        shape=excursion.shape,
        onset=onset,
        recovery=recovery,
        baseline=excursion.baseline,
        peak=excursion.peak,
        peak_time=times[excursion.peak_row],
        robust_z=excursion.robust_z,
        score=excursion.score,
        level=excursion.level,
        ongoing_at_start=excursion.ongoing_at_start,
        column=excursion.series,
        why={**excursion.why, "min_effect": metric.signal.min_effect},
    )


def _onset(excursion: Excursion, times: pd.DatetimeIndex, hidden: float, judged: _Judged) -> Moment:
    """The interval from the last normal sample to the first that was not, wherever both lie."""
    observed = np.isfinite(judged.values[:, excursion.series])
    if excursion.last_normal is None:
        first_outside = times[int(observed.argmax())]
        return Moment(first_outside, times[0], first_outside)
    began = excursion.last_normal + 1
    began += int(observed[began:].argmax())
    return onset_moment(last_normal=times[excursion.last_normal], first_outside=times[began], hidden_s=hidden)


def _notes(evidence: Evidence) -> tuple[str, ...]:
    """How the judging departed from the usual, where it did."""
    notes = []
    window = evidence.window
    if evidence.metrics and window_first(window) != window.first:
        length = human_duration((window_first(window) - window.first) * window.step_s)
        notes.append(f"Nothing lies before the window, so its own first {length} served as what is normal.")
    counted = [
        (count, _least(judged))
        for metric in evidence.metrics
        for judged in [_judged(evidence.window, metric)]
        for count in _healthy_samples(judged).values()
    ]
    few = sum(least <= n < PARAMETERS.enough_samples for n, least in counted)
    none = sum(n < least for n, least in counted)
    if few:
        least = PARAMETERS.enough_samples
        notes.append(
            f"{_series(few, 'was', 'were')} judged more strictly: fewer than {least} healthy samples to compare with."
        )
    if none:
        notes.append(f"{_series(none, 'was', 'were')} not judged: too few healthy samples to compare with.")
    return tuple(notes)


def _series(count: int, one: str, many: str) -> str:
    return f"{count:,} of the series {one if count == 1 else many}"
