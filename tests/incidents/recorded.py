"""The recorded evidence, read once, and what the metamorphic tests do to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import pandas as pd

from reconstruct.bundle import read_bundle
from reconstruct.model import Alert, Event, Evidence, Gap, Incident, Metric, Moment, Service, Settings, Window
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.pipeline import draft

HERE = Path(__file__).parent


@cache
def evidence(name: str) -> Evidence:
    """What was captured of a recorded incident."""
    if name == "00-seed":
        with as_file(files("reconstruct") / "demo" / "bad-query.zip") as path:
            return read_bundle(path)[0]
    return read_bundle(HERE / f"{name}.zip")[0]


@cache
def incident(name: str) -> Incident:
    return drafted(evidence(name))


def drafted(of: Evidence) -> Incident:
    return draft(of, settings=Settings(mechanisms=load_mechanisms()))


def source_id(of: Incident, event_id: str | None) -> str | None:
    return next((e.source_id for e in of.evidence.events if e.id == event_id), None)


def blamed(of: Incident) -> set[str | None]:
    """Changes that a hint calls supported, or plausible in the first place."""
    return {
        source_id(of, h.trigger)
        for h in of.explanation.hints
        if h.trigger and (h.verdict == "supported" or (h.rank == 1 and h.verdict == "plausible"))
    }


def without(of: Evidence, wanted: Callable[[Event], bool]) -> Evidence:
    """The evidence without the events that are `wanted`."""
    return replace(of, events=tuple(e for e in of.events if not wanted(e)))


def shifted(of: Evidence, by: pd.Timedelta) -> Evidence:
    """The same, `by` later."""

    def later(time: pd.Timestamp | None) -> pd.Timestamp | None:
        return None if time is None else time + by

    def event(e: Event) -> Event:
        return replace(e, time=e.time + by, end=later(e.end))

    def alert(a: Alert) -> Alert:
        return replace(a, pending_at=later(a.pending_at), firing_at=a.firing_at + by, resolved_at=later(a.resolved_at))

    def gap(g: Gap) -> Gap:
        return replace(g, start=later(g.start), end=later(g.end))

    old = of.window
    window = Window(old.start + by, old.end + by, old.step, old.baseline_start + by)
    return replace(
        of,
        window=window,
        metrics=tuple(replace(m, values=m.values.set_axis(window.index, axis=0)) for m in of.metrics),
        raw=tuple(replace(m, values=m.values.set_axis(window.index, axis=0)) for m in of.raw),
        events=tuple(map(event, of.events)),
        alerts=tuple(map(alert, of.alerts)),
        gaps=tuple(map(gap, of.gaps)),
        queries=tuple(replace(q, start=q.start + by, end=q.end + by) for q in of.queries),
    )


def renamed(of: Evidence) -> Evidence:
    """Every service, label value and metric name replaced by one that says nothing, the same one everywhere."""
    names: dict[str, str] = {}

    def new(text: str) -> str:
        return names.setdefault(text, f"n{len(names)}") if text else text

    def service(s: Service) -> Service:
        return Service(new(s.name), new(s.namespace), new(s.cluster))

    def labels(given: dict[str, str]) -> dict[str, str]:
        return {key: new(value) for key, value in given.items()}

    def metric(m: Metric) -> Metric:
        return replace(
            m,
            signal=replace(
                m.signal,
                id=f"x/{new(m.signal.id)}",
                title=new(m.signal.title),
                promql=new(m.signal.promql),
                service=new(m.signal.service),
            ),
            labels=tuple(labels(dict(each)) for each in m.labels),
            services=tuple(map(service, m.services)),
        )

    metrics, raw = tuple(map(metric, of.metrics)), tuple(map(metric, of.raw))
    pairs = zip((*of.metrics, *of.raw), (*metrics, *raw), strict=True)
    signals = {old.signal.id: fresh.signal.id for old, fresh in pairs}
    return replace(
        of,
        metrics=metrics,
        raw=raw,
        events=tuple(replace(e, service=service(e.service)) for e in of.events),
        alerts=tuple(
            replace(a, rule=new(a.rule), service=service(a.service), labels=labels(dict(a.labels))) for a in of.alerts
        ),
        queries=tuple(replace(q, signal=signals.get(q.signal, q.signal), query=new(q.query)) for q in of.queries),
    )


def thinned(of: Evidence) -> Evidence:
    """Every second sample dropped: the grid and the true spacing twice as wide."""
    old = of.window
    window = Window(
        old.start,
        old.end,
        old.step * 2,
        old.start - 2 * old.step * ((old.start - old.baseline_start) // (2 * old.step)),
    )

    def metric(m: Metric) -> Metric:
        return replace(m, values=m.values.reindex(window.index), spacing_s=max(m.spacing_s, window.step_s))

    return replace(of, window=window, metrics=tuple(map(metric, of.metrics)), raw=tuple(map(metric, of.raw)))


def width_s(moment: Moment) -> float:
    return (moment.latest - moment.earliest).total_seconds()
