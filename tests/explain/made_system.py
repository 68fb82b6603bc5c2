"""Made-up systems with known truth: an edge, two services and a database on the half hour before and after 13:30."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from reconstruct.explain.before_during import Span, span_of
from reconstruct.explain.changes import Change, changes, undos
from reconstruct.explain.context import Case
from reconstruct.explain.episodes import Bout
from reconstruct.model import Event, EventKind, Evidence, Moment, Service, Settings, Window
from reconstruct.model.system import Flow, Pool, Reading, Role, Series, System
from reconstruct.packs.mechanisms import load_mechanisms

STEP = pd.Timedelta("15s")
BEGIN = pd.Timestamp("2026-11-17T13:00:00Z").as_unit("ns")
ROWS = 240
"""Of 15 s: an hour, of which the second half is the window."""
WINDOW = Window(BEGIN + ROWS // 2 * STEP, BEGIN + ROWS * STEP, STEP, BEGIN)
ONSET, OVER = 160, 200
"""Rows between which users are affected: 13:40 to 13:50."""
MECHANISMS = load_mechanisms()


def at(row: int) -> pd.Timestamp:
    return BEGIN + row * STEP


def level(before: float, during: float | None = None, *, start: int = ONSET, end: int = OVER) -> Series:
    """One value, and another from row `start` to row `end`; a little noise, the same every time."""
    values = np.full(ROWS, before)
    values[start:end] = before if during is None else during
    return np.asarray(values + 0.01 * before * np.sin(np.arange(ROWS)))


def filling(before: float, full: float, *, start: int, end: int = OVER) -> Series:
    """A level that climbs in a line from row `start` to row ONSET, stays there, and falls back at row `end`."""
    values = level(before)
    values[start:ONSET] = np.linspace(before, full, ONSET - start)
    values[ONSET:end] = full
    return values


def flow(rate: Series, *, failing: Series | float = 0.0, mean_s: Series | float | None = None) -> Flow:
    """Requests with so large a share failing and so long a mean answer."""
    busy = None if mean_s is None else rate * mean_s
    return Flow(rate, failed=rate * failing, busy=busy, timed=None if mean_s is None else rate, queries=("q1",))


def system(
    *,
    served: dict[str, Flow] | None = None,
    called: dict[tuple[str, str], Flow] | None = None,
    readings: dict[tuple[str, Role], Reading] | None = None,
    pools: dict[tuple[str, str], Pool] | None = None,
    hosts: dict[str, tuple[str, ...]] | None = None,
) -> System:
    """edge -> shop -> cart, shop -> orders-db, cart -> pay.example; quiet where nothing else is said."""
    quiet = flow(level(100.0), mean_s=0.05)
    links = {
        ("edge", "shop"): quiet,
        ("shop", "cart"): flow(level(100.0), mean_s=0.02),
        ("cart", "pay.example"): flow(level(10.0), mean_s=0.1),
        **(called or {}),
    }
    return System(
        kinds={
            "edge": "edge",
            "shop": "app",
            "cart": "app",
            "orders-db": "database",
            "redis": "cache",
            "jobs": "queue",
            "node-1": "host",
            "pay.example": "external",
        },
        names={"orders": "orders-db"},
        served={"edge": quiet, "shop": quiet, "cart": flow(level(100.0), mean_s=0.02), **(served or {})},
        called=links,
        calls=frozenset({*links, ("shop", "orders-db")}),
        pools=pools or {},
        readings=readings or {},
        hosts=hosts or {},
        outermost="edge",
    )


def reading(values: Series, *, unit: str = "count", bound: Series | None = None) -> Reading:
    return Reading(values, unit, bound=bound, queries=("q2",))


def span() -> Span:
    return span_of(WINDOW, onset=at(ONSET), until=at(OVER))


def event(
    row: int,
    kind: EventKind,
    service: str,
    *,
    named: str = "e1",
    version: str = "",
    previous: str = "",
    title: str = "",
) -> Event:
    return Event(named, at(row), kind, Service(service), title, version=version, previous=previous, source="file")


def evidence(*events: Event) -> Evidence:
    return Evidence(WINDOW, events=tuple(events))


def changes_of(*events: Event) -> tuple[Change, ...]:
    return changes(evidence(*events))


def case(*events: Event, recovered: bool = True) -> Case:
    """The incident of row ONSET to row OVER, with no anomaly of its own."""
    onset, over = Moment(at(ONSET), at(ONSET - 1), at(ONSET)), Moment(at(OVER), at(OVER - 1), at(OVER))
    return Case(
        evidence=evidence(*events),
        settings=replace(Settings(), mechanisms=MECHANISMS),
        bout=Bout((), (), 1.0),
        anomalies=(),
        onset=onset,
        first=(),
        affected=(),
        recovered=over if recovered else None,
        metrics={},
        calls=frozenset(),
        before=slice(0, ONSET),
        during=slice(ONSET, OVER),
        databases=frozenset(),
        undos=undos(events),
    )
