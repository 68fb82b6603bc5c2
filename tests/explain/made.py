"""Made-up evidence with known truth: series that leave their usual value when we say so, and their anomalies.

The anomalies are what an ideal detector would find, so that these tests judge explain and nothing else; the recorded
incidents judge both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from reconstruct.model import (
    Alert,
    Anomaly,
    Aspect,
    Event,
    EventKind,
    Evidence,
    Explanation,
    Layer,
    Metric,
    Moment,
    Query,
    Service,
    Settings,
    Signal,
    Window,
    Worse,
)
from reconstruct.explain import explain
from reconstruct.packs.mechanisms import load_mechanisms

DAY = "2026-11-17"
MECHANISMS = load_mechanisms()


def at(clock: str) -> pd.Timestamp:
    """`HH:MM[:SS]` on the day of the stories, UTC."""
    return pd.Timestamp(f"{DAY}T{clock}", tz="UTC")


@dataclass(frozen=True)
class Move:
    """From when to when (None = not back) it is at `level`; `ramp` = it climbs there in a line."""

    start: str
    end: str | None
    level: float
    ramp: bool = False


@dataclass(frozen=True)
class Line:
    """One signal with one series."""

    id: str
    layer: Layer
    aspect: Aspect
    unit: str
    service: str
    usual: float
    moves: tuple[Move, ...] = ()
    worse: Worse = "up"
    tags: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    floor: float = 0.0
    known: bool = True
    missing: tuple[tuple[str, str], ...] = ()


def event(
    name: str,
    clock: str,
    kind: EventKind,
    service: str,
    *,
    title: str = "",
    version: str = "",
    previous: str = "",
    end: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Event:
    """A change; its source knows it by the same id."""
    return Event(
        id=name,
        time=at(clock),
        kind=kind,
        service=Service(service),
        title=title or f"{kind} {service} {version}".strip(),
        end=None if end is None else at(end),
        version=version,
        previous=previous,
        source="changes.jsonl",
        source_id=name,
        labels=labels or {},
    )


def alert(name: str, service: str, firing: str, resolved: str | None = None, *, pending: str | None = None) -> Alert:
    """One firing of a rule of the same name."""
    return Alert(
        id=f"al-{name}",
        rule=name,
        service=Service(service),
        labels={},
        condition="",
        pending_at=None if pending is None else at(pending),
        firing_at=at(firing),
        resolved_at=None if resolved is None else at(resolved),
    )


def made(
    lines: Sequence[Line],
    *,
    events: Sequence[Event] = (),
    alerts: Sequence[Alert] = (),
    calls: Sequence[tuple[str, str]] = (),
    window: tuple[str, str] = ("13:00", "15:00"),
    baseline: str = "12:00",
    step_s: int = 15,
) -> tuple[Evidence, tuple[Anomaly, ...]]:
    """Evidence and what an ideal detector finds in it."""
    step = pd.Timedelta(seconds=step_s)
    frame = Window(at(window[0]), at(window[1]), step, at(baseline))
    metrics, queries, anomalies = [], [], []
    for n, line in enumerate(lines, 1):
        signal = Signal(
            id=line.id,
            title=line.id.rpartition("/")[2].replace("-", " ").capitalize(),
            promql=line.id,
            unit=line.unit,
            layer=line.layer,
            aspect=line.aspect,
            worse=line.worse,
            floor=line.floor,
            tags=line.tags,
            known=line.known,
        )
        values = _values(line, frame)
        labels = dict(line.labels) or {"service": line.service}
        metrics.append(
            Metric(signal, values, (labels,), (Service(line.service),), f"q{n}", float(step_s))
        )
        queries.append(Query(f"q{n}", signal.id, line.id, at(baseline), at(window[1]), step_s, 1))
        anomalies += [_anomaly(line, move, signal, f"q{n}", values[0], frame, labels) for move in line.moves]
    numbered = sorted(anomalies, key=lambda a: (a.onset.time, a.query))
    from dataclasses import replace

    found = tuple(replace(a, id=f"a{n}") for n, a in enumerate(numbered, 1))
    evidence = Evidence(
        window=frame,
        metrics=tuple(metrics),
        events=tuple(sorted(events, key=lambda e: (e.time, e.id))),
        alerts=tuple(alerts),
        queries=tuple(queries),
        calls=tuple(calls),
    )
    return evidence, found


def told(
    lines: Sequence[Line],
    *,
    events: Sequence[Event] = (),
    alerts: Sequence[Alert] = (),
    calls: Sequence[tuple[str, str]] = (),
    window: tuple[str, str] = ("13:00", "15:00"),
    step_s: int = 15,
) -> Explanation:
    """What explain makes of it."""
    evidence, anomalies = made(lines, events=events, alerts=alerts, calls=calls, window=window, step_s=step_s)
    return explain(evidence, anomalies, settings=Settings(mechanisms=MECHANISMS))


def _values(line: Line, window: Window) -> pd.DataFrame:
    index = window.index
    rows = np.arange(len(index))
    wobble = 1 + 0.03 * np.sin(rows * 1.7) + 0.02 * np.cos(rows * 0.61)
    values = line.usual * wobble
    for move in line.moves:
        end = window.end if move.end is None else at(move.end)
        inside = (index >= at(move.start)) & (index < end)
        level = np.full(len(index), move.level)
        if move.ramp:
            level = np.interp(index.asi8, [at(move.start).value, end.value], [line.usual, move.level])
        values = np.where(inside, level * wobble, values)
    for start, end_of_gap in line.missing:
        values = np.where((index >= at(start)) & (index < at(end_of_gap)), np.nan, values)
    return pd.DataFrame({0: values}, index=index)


def _anomaly(
    line: Line, move: Move, signal: Signal, query: str, values: pd.Series, window: Window, labels: Mapping[str, str]
) -> Anomaly:
    end = window.end if move.end is None else at(move.end)
    inside = values[(values.index >= at(move.start)) & (values.index < end)].dropna()
    up = move.level > line.usual
    start = window.index[window.index.searchsorted(at(move.start))]
    back = None
    if move.end is not None and at(move.end) < window.end:
        first = window.index[window.index.searchsorted(end)]
        back = Moment(first, first - window.step, first)
    spread = max(0.05 * abs(line.usual), 1e-9)
    return Anomaly(
        id="",
        signal=signal,
        query=query,
        labels=labels,
        service=Service(line.service),
        direction="up" if up else "down",
        shape="ramp" if move.ramp else "level",
        onset=Moment(start, start - window.step, start),
        recovery=back,
        baseline=line.usual,
        peak=float(inside.max() if up else inside.min()),
        peak_time=inside.index[0],
        sigmas=abs(move.level - line.usual) / spread,
        score=abs(move.level - line.usual) / spread / 5,
        level=float(inside.median()),
    )
