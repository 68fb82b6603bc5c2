"""Evidence made of series as exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Event, Evidence, Metric, Query, Service, Signal, Window

STEP = pd.Timedelta("15s")
START = pd.Timestamp("2026-11-17T13:00:00Z").as_unit("ns")
N = 120
"""Samples: half an hour, of which the second half is the window."""
WINDOW = Window(START + N // 2 * STEP, START + N * STEP, STEP, START)

Labels = Mapping[str, str]
Values = npt.NDArray[np.float64]


def counter(rate: float | Values, *, begins: float = 1000.0) -> Values:
    """A counter that grows by `rate` a second."""
    return np.asarray(begins + np.cumsum(np.broadcast_to(np.asarray(rate, dtype=float), (N,)) * STEP.total_seconds()))


def gauge(value: float | Values) -> Values:
    """A level."""
    return np.array(np.broadcast_to(np.asarray(value, dtype=float), (N,)))


def later(before: float, after: float, at: int = 80) -> Values:
    """One value up to sample `at`, another from there."""
    return np.where(np.arange(N) < at, before, after)


def evidence(
    series: Sequence[tuple[str, Labels, Values]],
    *,
    changes: Sequence[tuple[int, str, str]] = (),
    calls: Sequence[tuple[str, str]] = (),
    spacing_s: float = 15.0,
) -> Evidence:
    """Evidence with these raw series (metric, labels, values) and changes (sample, kind, service)."""
    names = dict.fromkeys(name for name, _, _ in series)
    raw = []
    for n, name in enumerate(names, 1):
        mine = [(labels, values) for other, labels, values in series if other == name]
        signal = Signal(f"raw/{name}", name, name, "count", "app", "work", inferred=True, tags=("raw", "gauge"))
        frame = pd.DataFrame(np.column_stack([values for _, values in mine]), index=WINDOW.index)
        labels = tuple(dict(one) for one, _ in mine)
        raw.append(Metric(signal, frame, labels, tuple(Service("") for _ in mine), f"q{n}", spacing_s))
    queries = tuple(
        Query(m.query, m.signal.id, m.signal.promql, START, WINDOW.end, STEP.total_seconds(), len(m.labels))
        for m in raw
    )
    events = tuple(
        Event(f"e{n}", START + at * STEP, kind, Service(service), f"{kind} of {service}")  # type: ignore[arg-type]
        for n, (at, kind, service) in enumerate(changes, 1)
    )
    return Evidence(window=WINDOW, raw=tuple(raw), queries=queries, events=events, calls=tuple(calls))
