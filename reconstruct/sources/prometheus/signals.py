"""Every signal asked of a server: its answers on the window's grid, and a gap for each that could not be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct import promql as pq
from reconstruct.errors import ReconstructError, SourceError, UsageError
from reconstruct.http import redact
from reconstruct.model import Gap, Metric, Query, Signal, Window
from reconstruct.sources.prometheus.api_errors import TooMuchError, TooWideError
from reconstruct.sources.prometheus.client import Answer, Prometheus
from reconstruct.sources.prometheus.replicas import merge_replicas
from reconstruct.sources.service_labels import service_of

MAX_SAMPLES: Final = 50_000_000
"""A signal with more samples (0.4 GB) is no signal but a whole server."""
LOOK_BACK_S: Final = 300.0
"""How long Prometheus repeats a sample after which nothing came (--query.lookback-delta)."""
SHORT_LOOK_BACK: Final = 2.0
"""In spacings: one missed scrape is bridged, two are not."""
FAILURES_IN_A_ROW: Final = 3
"""After so many signals in a row that the server did not answer, the others are not asked: it has other troubles."""

Progress = Callable[[int, int, str], None]
"""`(done, total, what is being asked)`."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one signal's question gave; `failed` where the server did not answer (as against: refused the query)."""

    metric: Metric | None
    query: Query | None
    gaps: tuple[Gap, ...]
    failed: ReconstructError | None = None


def gather_signals(
    server: Prometheus,
    signals: Sequence[Signal],
    window: Window,
    *,
    spacings: Mapping[str, float] | None = None,
    max_series: int | None = None,
    on_progress: Progress | None = None,
) -> tuple[tuple[Metric, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Ask every signal, at most four at once, and make nouns of the answers, in the order of the signals.

    Parameters
    ----------
    spacings : mapping
        Metric name -> seconds between its samples, from `discovery.metric_spacings`: a metric's `spacing_s` is the
        widest of those that its expression reads, and never below the grid's step.
    max_series : int
        A signal with more is a gap; the server's `max_series`, or fewer where they would be `MAX_SAMPLES`, when not
        given.
    on_progress : callable
        Called after each signal, from this thread.

    Returns
    -------
    metrics : tuple of Metric
        One a signal that has series.
    queries : tuple of Query
        One a signal that was answered, also with no series; its id is the signal's until the pipeline numbers it.
    gaps : tuple of Gap
        Signals that could not be asked, warnings of the server, series that were merged.

    Raises
    ------
    SourceError
        Not one signal was answered.
    """
    spacings = spacings or {}
    signals, left_out = _within(signals, server.settings.requests, window)
    most = (
        max_series
        if max_series is not None
        else min(server.settings.max_series, MAX_SAMPLES // max(1, len(window.index)))
    )
    found: dict[int, _Asked] = {}
    broken: list[ReconstructError] = []
    with ThreadPoolExecutor(max_workers=server.settings.concurrency) as pool:

        def ask(number: int) -> _Asked | None:
            if len(broken) >= FAILURES_IN_A_ROW:
                return None
            asked = _ask(server, signals[number], window, spacings=spacings, max_series=most)
            if asked.failed is None:
                broken.clear()
            else:
                broken.append(asked.failed)
            return asked

        pending = {pool.submit(ask, number): number for number in range(len(signals))}
        try:
            for done, future in enumerate(as_completed(pending), start=1):
                number = pending[future]
                if (asked := future.result()) is not None:
                    found[number] = asked
                if on_progress is not None:
                    on_progress(done, len(signals), signals[number].title or signals[number].id)
        except BaseException:  # Ctrl-C, or a bug: what has not begun shall not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    failures = [each.failed for each in found.values() if each.failed is not None]
    if failures and len(failures) == len(found):
        raise failures[0]
    gaps = [*left_out, *(gap for number in sorted(found) for gap in found[number].gaps)]
    if skipped := len(signals) - len(found):
        matters = any(signals[number].user_facing for number in range(len(signals)) if number not in found)
        cause = f"not asked: {failures[-1].message}"
        gaps.append(Gap("", "prometheus", f"{skipped} more signals", cause, matters=matters))
    return (
        tuple(metric for number in sorted(found) if (metric := found[number].metric) is not None),
        tuple(query for number in sorted(found) if (query := found[number].query) is not None),
        _each_once(gaps),
    )


def _within(signals: Sequence[Signal], most: int, window: Window) -> tuple[Sequence[Signal], tuple[Gap, ...]]:
    """As many signals as may be asked, in their order: what users feel first; and a gap for the others."""
    if len(signals) <= most:
        return signals, ()
    by_weight = sorted(range(len(signals)), key=lambda n: (not signals[n].user_facing, signals[n].inferred, n))
    kept = sorted(by_weight[:most])
    lost = [signals[n] for n in by_weight[most:]]
    cause = f"not asked: a run asks for {most} signals at most (requests in reconstruct.yaml)"
    matters = any(signal.user_facing for signal in lost)
    gap = Gap("", "prometheus", f"{len(lost)} signals", cause, window.baseline_start, window.end, matters=matters)
    return [signals[n] for n in kept], (gap,)


def _ask(
    server: Prometheus, signal: Signal, window: Window, *, spacings: Mapping[str, float], max_series: int
) -> _Asked:
    known = [spacings[name] for name in pq.metric_names(signal.promql) if name in spacings]
    signal = replace(signal, promql=server.written(signal.promql))
    spacing_s = max([window.step_s, *known])
    try:
        answer = server.range(signal.promql, window, max_series=max_series)
        if known and not pq.range_window_s(signal.promql):
            answer = without_look_back(server, signal.promql, window, answer, spacing_s=spacing_s)
    except (
        TooMuchError,
        TooWideError,
        UsageError,
    ) as error:  # this question is not for this server; the next one may be
        return _Asked(None, None, (_unread(signal, error.message.replace("\n", " "), window),))
    except SourceError as error:
        return _Asked(None, None, (_unread(signal, error.message, window),), failed=error)
    values, labels, merged = merge_replicas(answer.values, answer.labels)
    values, labels = _sorted(values, labels)
    gaps = [_gap(signal, words, window) for words in answer.warnings]
    query = Query(
        id=signal.id,
        signal=signal.id,
        query=redact(signal.promql),
        start=window.baseline_start,
        end=window.end,
        step_s=window.step_s,
        series=len(labels),
    )
    if merged:
        gaps.append(_gap(signal, merged, window))
    if not labels:
        return _Asked(None, query, tuple(gaps))
    own = server.service_labels
    if signal.has_tag("raw") and (named := next((one for one in own if any(one in each for each in labels)), "")):
        signal = replace(signal, service_label=named)
    metric = Metric(
        signal=signal,
        values=pd.DataFrame(values, index=window.index, columns=pd.RangeIndex(len(labels)), copy=False),
        labels=labels,
        services=tuple(
            service_of(each, label=signal.service_label, own=own, default=signal.service) for each in labels
        ),
        query=query.id,
        spacing_s=spacing_s,
    )
    return _Asked(metric, query, tuple(gaps))


def without_look_back(server: Prometheus, promql: str, window: Window, answer: Answer, *, spacing_s: float) -> Answer:
    """The answer without samples that only the look-back repeats.

    An instant selector gives a series' last sample for five minutes after its end, unless Prometheus saw the end. Where
    a series ends, or pauses, after values that stood still for that long, the same expression is asked with a
    look-back of `SHORT_LOOK_BACK` spacings, and what has no value there becomes NaN.
    """
    if spacing_s * SHORT_LOOK_BACK >= LOOK_BACK_S or not _may_repeat(answer.values, step_s=window.step_s):
        return answer
    short = pq.with_short_look_back(promql, window_s=SHORT_LOOK_BACK * spacing_s)
    try:
        seen = server.range(short, window, max_series=max(len(answer.labels), 1))
    except ReconstructError as error:
        late = f"the ends of series may be seen up to {LOOK_BACK_S / 60:.0f} min late: {error.message.splitlines()[0]}"
        return replace(answer, warnings=(*answer.warnings, late))
    column_of = {tuple(sorted(labels.items())): column for column, labels in enumerate(seen.labels)}
    values = answer.values.copy(order="K")
    for column, labels in enumerate(answer.labels):
        there = column_of.get(tuple(sorted(labels.items())))
        if there is not None:
            values[np.isnan(seen.values[:, there]), column] = np.nan
    return replace(answer, values=values)


def _may_repeat(values: npt.NDArray[np.float64], *, step_s: float) -> bool:
    """Whether some series has a sample, then none, after it stood still for nearly as long as the look-back."""
    rows = int(LOOK_BACK_S // step_s)
    if rows < 1 or len(values) <= rows:
        return False
    missing = np.isnan(values)
    last, column = np.nonzero(~missing[:-1] & missing[1:])
    # one row of grace: the first repeated row may be a scrape's own
    inside = last >= rows - 1
    return bool((values[last[inside], column[inside]] == values[last[inside] - rows + 1, column[inside]]).any())


def _sorted(
    values: npt.NDArray[np.float64], labels: tuple[Mapping[str, str], ...]
) -> tuple[npt.NDArray[np.float64], tuple[Mapping[str, str], ...]]:
    """Columns in the order of their labels: the same evidence from servers that sort (Prometheus) and that do not."""
    keys = [tuple(sorted(each.items())) for each in labels]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if order == list(range(len(keys))):
        return values, labels
    return np.ascontiguousarray(values.T[order]).T, tuple(labels[column] for column in order)


def _gap(signal: Signal, cause: str, window: Window) -> Gap:
    return Gap("", "prometheus", signal.id, cause, start=window.baseline_start, end=window.end)


def _unread(signal: Signal, cause: str, window: Window) -> Gap:
    """A signal that could not be read at all: without one that users feel, nobody can say that all was well."""
    return replace(_gap(signal, cause, window), matters=signal.user_facing)


def _each_once(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Gaps with the same cause as one, that names all that was missing, what users feel first."""
    by_cause: dict[tuple[str, pd.Timestamp | None, pd.Timestamp | None, bool], list[Gap]] = {}
    for gap in gaps:
        by_cause.setdefault((gap.cause, gap.start, gap.end, gap.matters), []).append(gap)
    together = [
        replace(same[0], missing=", ".join(dict.fromkeys(gap.missing for gap in same))) for same in by_cause.values()
    ]
    return tuple(sorted(together, key=lambda gap: not gap.matters))
