"""What made-up incidents are put together from: series with known moves, events, alerts, entries, a plain story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reconstruct.model import (
    Alert,
    Anomaly,
    Aspect,
    Direction,
    Entry,
    EntryKind,
    Episode,
    Event,
    EventKind,
    Evidence,
    Explanation,
    Gap,
    Hint,
    Incident,
    Layer,
    Metric,
    Milestone,
    Moment,
    Query,
    Service,
    Shape,
    Signal,
    Window,
    Worse,
)


def at(text: str, *, day: str = "2026-11-17") -> pd.Timestamp:
    """`HH:MM[:SS]` on the day of the classic story, in UTC."""
    return pd.Timestamp(f"{day}T{text}", tz="UTC")


@dataclass(frozen=True)
class Move:
    """A series leaves its usual value for `level` from `start` to `end` (None = not back), reaching it in `rise_s`."""

    start: pd.Timestamp
    end: pd.Timestamp | None
    level: float
    rise_s: float = 60.0
    shape: Shape = "level"
    ongoing_at_start: bool = False
    """It has no healthy time before it: anomalous from the window's first sample."""


@dataclass(frozen=True)
class Line:
    """One series: what it is called, what it usually is, and what happened to it."""

    labels: Mapping[str, str]
    usual: float
    noise: float = 0.08
    """Spread as a share of the usual value."""
    moves: tuple[Move, ...] = ()
    missing: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
    daily: float = 0.0
    """Swing of a time-of-day season, as a share of the usual value."""
    most: float | None = None
    """A cap that it cannot pass (a ratio of 1)."""


@dataclass(frozen=True)
class Ask:
    """A signal and its series."""

    id: str
    title: str
    unit: str
    layer: Layer
    aspect: Aspect
    lines: tuple[Line, ...]
    worse: Worse = "up"
    min_effect: float = 0.0
    threshold: float | None = None
    service: str = ""
    range_s: float = 60.0
    promql: str = ""


def draw_values(line: Line, *, window: Window, rng: np.random.Generator) -> np.ndarray:
    """The samples of a line on the window's grid, shape (n_times,): usual value, season, moves, noise, gaps."""
    index = window.index
    seconds = (index - index[0]).total_seconds().to_numpy()
    season = 1.0 + line.daily * np.sin(2 * np.pi * (seconds / 86400.0 - 0.3))
    usual = line.usual * season
    values = usual * (1.0 + line.noise * rng.standard_normal(len(index)))
    for move in line.moves:
        begin = (move.start - index[0]).total_seconds()
        end = np.inf if move.end is None else (move.end - index[0]).total_seconds()
        share = np.clip((seconds - begin) / move.rise_s, 0.0, 1.0) * np.clip((end - seconds) / move.rise_s, 0.0, 1.0)
        if move.shape == "ramp":
            share = np.where((seconds >= begin) & (seconds < end), (seconds - begin) / max(end - begin, 1.0), 0.0)
        wobble = 1.0 + min(max(line.noise, 0.03), 0.12) * rng.standard_normal(len(index))
        values = np.where(share > 0, (1 - share) * values + share * move.level * wobble, values)
    values = np.maximum(values, 0.0)
    if line.most is not None:
        values = np.minimum(values, line.most)
    for start, end_of_gap in line.missing:
        values[(index >= start) & (index < end_of_gap)] = np.nan
    return values


def moment(when: pd.Timestamp, *, spacing_s: float, range_s: float = 0.0) -> Moment:
    """A time as samples `spacing_s` apart can show it, let go of late by `range_s`."""
    spacing = pd.Timedelta(seconds=spacing_s)
    smear = pd.Timedelta(seconds=range_s)
    return Moment(when + spacing / 2, when - spacing, when + spacing + smear)


def incident(
    asks: Sequence[Ask],
    *,
    window: Window,
    events: Sequence[Event] = (),
    alerts: Sequence[Alert] = (),
    gaps: Sequence[Gap] = (),
    calls: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
    seed: int = 1,
) -> Incident:
    """Evidence with known truth, and the anomalies in it; no explanation yet but a verdict of `inconclusive`."""
    rng = np.random.default_rng(seed)
    metrics: list[Metric] = []
    queries: list[Query] = []
    anomalies: list[Anomaly] = []
    for ask in asks:
        query_id = f"q{len(queries) + 1}"
        signal = Signal(
            id=ask.id,
            title=ask.title,
            promql=ask.promql or f"sum by (instance) (rate({ask.id.replace('/', '_').replace('-', '_')}[1m]))",
            unit=ask.unit,
            layer=ask.layer,
            aspect=ask.aspect,
            worse=ask.worse,
            min_effect=ask.min_effect,
            threshold=ask.threshold,
            comparator="" if ask.threshold is None else ("<" if ask.worse == "down" else ">"),
            range_s=ask.range_s,
        )
        matrix = np.column_stack([draw_values(line, window=window, rng=rng) for line in ask.lines])
        services = tuple(Service(line.labels.get("service", ask.service)) for line in ask.lines)
        frame = pd.DataFrame(matrix, index=window.index)
        labels = tuple(line.labels for line in ask.lines)
        metrics.append(Metric(signal, frame, labels, services, query_id, window.step_s))
        queries.append(
            Query(query_id, ask.id, signal.promql, window.baseline_start, window.end, window.step_s, len(labels))
        )
        for column, line in enumerate(ask.lines):
            for move in line.moves:
                anomalies.append(
                    _anomaly(
                        f"a{len(anomalies) + 1}",
                        signal=signal,
                        query=query_id,
                        line=line,
                        move=move,
                        column=column,
                        values=frame[column],
                        window=window,
                        service=services[column],
                    )
                )
    evidence = Evidence(
        window=window,
        metrics=tuple(metrics),
        events=tuple(events),
        alerts=tuple(alerts),
        gaps=tuple(gaps),
        queries=tuple(queries),
        calls=tuple(calls),
        notes=tuple(notes),
    )
    explanation = Explanation(verdict="inconclusive", says="Nothing was explained.")
    empty: dict[str, Milestone | None] = dict.fromkeys(("onset", "detected", "mitigated", "recovered"))
    return Incident(evidence, tuple(anomalies), explanation, empty, {}, ())


def _anomaly(
    name: str,
    *,
    signal: Signal,
    query: str,
    line: Line,
    move: Move,
    column: int,
    values: pd.Series[float],
    window: Window,
    service: Service,
) -> Anomaly:
    last = window.end if move.end is None else move.end
    inside = values[(values.index >= max(move.start, window.start)) & (values.index < last)].dropna()
    up = move.level >= line.usual
    direction: Direction = "up" if up else "down"
    peak_time = inside.index[int(inside.to_numpy().argmax() if up else inside.to_numpy().argmin())]
    peak = float(inside.loc[peak_time])
    spread = max(line.usual * line.noise, signal.min_effect, 1e-9)
    step_s = window.step_s
    return Anomaly(
        id=name,
        signal=signal,
        query=query,
        labels=line.labels,
        service=service,
        direction=direction,
        shape=move.shape,
        onset=moment(move.start, spacing_s=step_s),
        recovery=None if move.end is None else moment(move.end, spacing_s=step_s, range_s=signal.range_s),
        baseline=line.usual,
        peak=peak,
        peak_time=peak_time,
        robust_z=abs(peak - line.usual) / spread,
        score=max(1.0, abs(peak - line.usual) / spread / 5.0),
        level=float(inside.median()),
        ongoing_at_start=move.ongoing_at_start,
        column=column,
    )


def event(
    name: str,
    time: pd.Timestamp,
    kind: EventKind,
    service: str,
    title: str,
    *,
    end: pd.Timestamp | None = None,
    version: str = "",
    previous: str = "",
    resolution_s: float = 0.0,
) -> Event:
    """A change as a deploy log would tell it."""
    number = 57400 + int(name.lstrip("e"))
    return Event(
        id=name,
        time=time,
        kind=kind,
        service=Service(service),
        title=title,
        end=end,
        resolution_s=resolution_s,
        version=version,
        previous=previous,
        url=f"https://github.example.internal/acme/{number}",
        source="deploys.jsonl",
        source_id=str(number),
    )


def alert(
    name: str,
    rule: str,
    service: str,
    condition: str,
    times: tuple[pd.Timestamp | None, pd.Timestamp, pd.Timestamp | None],
    *,
    query: str = "",
) -> Alert:
    """One firing; `times` are pending, firing and resolved."""
    return Alert(
        id=name,
        rule=rule,
        service=Service(service),
        labels={"alertname": rule, "severity": "page"},
        condition=condition,
        pending_at=times[0],
        firing_at=times[1],
        resolved_at=times[2],
        resolution_s=15.0,
        query=query,
    )


def entry(
    number: int,
    when: pd.Timestamp,
    kind: EntryKind,
    service: str,
    title: str,
    evidence: Sequence[str],
    *,
    detail: str = "",
    within_s: float = 15.0,
) -> Entry:
    """One line of a timeline, right to within `within_s`."""
    slack = pd.Timedelta(seconds=within_s)
    return Entry(
        id=f"t{number}",
        moment=Moment(when, when - slack, when + slack) if within_s else Moment(when, when, when),
        kind=kind,
        rule=f"{kind}-entry",
        service=Service(service),
        evidence=tuple(evidence),
        level="key",
        facts={"title": title, "detail": detail},
    )


def told(bare: Incident, *, onset: pd.Timestamp, recovered: pd.Timestamp | None, service: str) -> Incident:
    """The plain explanation of an incident with one episode: milestones, one hint, a short timeline."""
    first = bare.anomalies[0].id
    spacing_s = bare.evidence.window.step_s
    begin = moment(onset, spacing_s=spacing_s)
    over = None if recovered is None else moment(recovered, spacing_s=spacing_s, range_s=60)
    alarm = min(bare.evidence.alerts, key=lambda a: a.firing_at, default=None)
    before = [e for e in bare.evidence.events if e.time <= onset]
    cure = next((e for e in bare.evidence.events if e.kind == "rollback"), None)
    trigger = before[-1].id if before else None
    explanation = Explanation(
        verdict="incident",
        says=f"{service} was slow.",
        episodes=(Episode("ep1", onset, recovered, tuple(a.id for a in bare.anomalies)),),
        worst="ep1",
        onset=begin,
        onset_evidence=(first,),
        mitigated=None if cure is None else Moment(cure.time, cure.time, cure.time),
        mitigated_evidence=() if cure is None else (cure.id,),
        recovered=over,
        recovered_evidence=() if over is None else (first,),
        affected=(Service(service),),
        hints=(
            Hint(1, trigger, "bad-change", Service(service), first, 0.6, "plausible", f"{service} changed before it."),
        ),
    )
    milestones: dict[str, Milestone | None] = {
        "onset": Milestone(begin, (first,)),
        "detected": None
        if alarm is None
        else Milestone(Moment(alarm.firing_at, alarm.firing_at, alarm.firing_at), (alarm.id,)),
        "mitigated": None if cure is None else Milestone(Moment(cure.time, cure.time, cure.time), (cure.id,)),
        "recovered": None if over is None else Milestone(over, (first,)),
    }
    entries = [entry(0, onset, "onset", service, "Latency rises", (first,))]
    entries += [entry(0, e.time, "change", e.service.name, e.title, (e.id,)) for e in bare.evidence.events]
    if recovered is not None:
        entries.append(entry(0, recovered, "recovery", service, "Latency is back", (first,)))
    ordered = sorted(entries, key=lambda e: e.moment.time)
    timeline = tuple(replace(e, id=f"t{i}") for i, e in enumerate(ordered, start=1))
    return replace(bare, explanation=explanation, milestones=milestones, timeline=timeline)
