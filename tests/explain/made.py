"""Made-up evidence with known truth: series that leave their usual value when we say so, and their anomalies.

The anomalies are what an ideal detector would find, so that these tests judge explain and nothing else; the recorded
incidents judge both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from reconstruct.explain import explain
from reconstruct.model import (
    Alert,
    Anomaly,
    Aspect,
    Event,
    EventKind,
    Evidence,
    Explanation,
    Hint,
    Layer,
    Metric,
    Moment,
    Query,
    Service,
    Settings,
    Signal,
    Tag,
    Window,
    Worse,
)
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
    tags: tuple[Tag, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    min_effect: float = 0.0
    inferred: bool = False
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
    joined: Sequence[str] = (),
    steady: bool = False,
    one_anomaly: Sequence[str] = (),
) -> tuple[Evidence, tuple[Anomaly, ...]]:
    """Evidence and what an ideal detector finds in it; the lines named in `joined` are columns of one metric.

    `steady` takes the noise out: clocks have none. The moves of lines in `one_anomaly` are one anomaly, from the first
    one's start to the last one's end.
    """
    step = pd.Timedelta(seconds=step_s)
    frame = Window(at(window[0]), at(window[1]), step, at(baseline))
    metrics, queries, anomalies = [], [], []
    together = [line for line in lines if line.id in joined]
    groups = [[line] for line in lines if line.id not in joined] + ([together] if together else [])
    for n, group in enumerate(groups, 1):
        signal = _signal(group[0])
        columns = [_values(line, frame, steady=steady) for line in group]
        labels = tuple(dict(line.labels) or {"service": line.service} for line in group)
        services = tuple(Service(line.service) for line in group)
        values = pd.DataFrame(dict(enumerate(columns)), index=frame.index)
        metrics.append(Metric(signal, values, labels, services, f"q{n}", float(step_s)))
        queries.append(Query(f"q{n}", signal.id, signal.promql, at(baseline), at(window[1]), step_s, len(group)))
        for c, line in enumerate(group):
            moves = line.moves
            if line.id in one_anomaly:
                moves = (Move(moves[0].start, moves[-1].end, moves[-1].level),)
            anomalies += [_anomaly(line, m, signal, f"q{n}", columns[c], frame, column=c) for m in moves]
    numbered = sorted(anomalies, key=lambda a: (a.onset.time, a.query))
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
    baseline: str = "12:00",
    step_s: int = 15,
    joined: Sequence[str] = (),
    steady: bool = False,
    one_anomaly: Sequence[str] = (),
) -> Explanation:
    """What explain makes of it."""
    evidence, anomalies = made(
        lines,
        events=events,
        alerts=alerts,
        calls=calls,
        window=window,
        baseline=baseline,
        step_s=step_s,
        joined=joined,
        steady=steady,
        one_anomaly=one_anomaly,
    )
    return explain(evidence, anomalies, settings=Settings(mechanisms=MECHANISMS))


def triggers(story: Explanation) -> list[str | None]:
    """What the hints name as triggers, the first hint's first."""
    return [h.trigger for h in story.hints]


def hint(story: Explanation, trigger: str | None) -> Hint | None:
    """The hint that names this trigger."""
    return next((h for h in story.hints if h.trigger == trigger), None)


def told_hint(story: Explanation, trigger: str | None) -> Hint:
    """The hint that names this trigger; the test fails where there is none."""
    found = hint(story, trigger)
    assert found is not None, triggers(story)
    return found


def favour(story: Explanation, trigger: str | None) -> str:
    """Everything said for a change."""
    return " | ".join(f"{r.rule}: {r.says}" for r in told_hint(story, trigger).reasons_for)


def against(story: Explanation, trigger: str) -> str:
    """Everything said against a change, or why it was let go."""
    found = hint(story, trigger)
    if found is not None:
        return " | ".join(f"{r.rule}: {r.says}" for r in found.reasons_against)
    return next(f"{g.rule}: {g.says}" for g in story.dismissed_changes if g.event == trigger)


def rules(story: Explanation, trigger: str) -> set[str]:
    """The rules that spoke about a change."""
    found = told_hint(story, trigger)
    return {r.rule for r in (*found.reasons_for, *found.reasons_against)}


def _values(line: Line, window: Window, *, steady: bool) -> pd.Series[float]:
    index = window.index
    rows = np.arange(len(index))
    wobble = 1 + (0.0 if steady else 1.0) * (0.03 * np.sin(rows * 1.7) + 0.02 * np.cos(rows * 0.61))
    values = line.usual * wobble
    for move in line.moves:
        end = window.end if move.end is None else at(move.end)
        inside = (index >= at(move.start)) & (index < end)
        level = np.full(len(index), move.level)
        if move.ramp:
            so_far = (index - at(move.start)).total_seconds().to_numpy()
            level = np.interp(so_far, [0.0, (end - at(move.start)).total_seconds()], [line.usual, move.level])
        values = np.where(inside, level * wobble, values)
    for start, end_of_gap in line.missing:
        values = np.where((index >= at(start)) & (index < at(end_of_gap)), np.nan, values)
    return pd.Series(values, index=index)


def _signal(line: Line) -> Signal:
    return Signal(
        id=line.id,
        title=line.id.rpartition("/")[2].replace("-", " ").capitalize(),
        promql=line.id,
        unit=line.unit,
        layer=line.layer,
        aspect=line.aspect,
        worse=line.worse,
        min_effect=line.min_effect,
        tags=line.tags,
        inferred=line.inferred,
    )


def _anomaly(
    line: Line, move: Move, signal: Signal, query: str, values: pd.Series[float], window: Window, *, column: int
) -> Anomaly:
    end = window.end if move.end is None else at(move.end)
    inside = values[(values.index >= at(move.start)) & (values.index < end)].dropna()
    up = move.level > line.usual
    start = window.index[int(window.index.searchsorted(at(move.start)))]
    back = None
    if move.end is not None and at(move.end) < window.end:
        first = window.index[int(window.index.searchsorted(end))]
        back = Moment(first, first - window.step, first)
    spread = max(0.05 * abs(line.usual), 1e-9)
    return Anomaly(
        id="",
        signal=signal,
        query=query,
        labels=dict(line.labels) or {"service": line.service},
        service=Service(line.service),
        direction="up" if up else "down",
        shape="ramp" if move.ramp else "level",
        onset=Moment(start, start - window.step, start),
        recovery=back,
        baseline=line.usual,
        peak=float(inside.max() if up else inside.min()),
        peak_time=inside.index[0],
        robust_z=abs(move.level - line.usual) / spread,
        score=abs(move.level - line.usual) / spread / 5,
        level=float(inside.median()) if move.ramp else move.level,
        column=column,
    )
