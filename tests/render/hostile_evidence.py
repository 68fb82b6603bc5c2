"""An incident as drafted from evidence in which every text that others write is hostile: 200 payloads in each field."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import draft
from reconstruct.model import (
    Alert,
    Event,
    Evidence,
    Gap,
    Incident,
    Metric,
    Query,
    Service,
    Settings,
    Signal,
    Window,
    numbered_gaps,
)
from reconstruct.packs.mechanisms import load_mechanisms

PAYLOADS: Final[tuple[str, ...]] = tuple(
    json.loads(Path(__file__).with_name("data").joinpath("hostile.json").read_text())
)
STEP: Final = pd.Timedelta("1min")
NOON: Final = pd.Timestamp("2026-11-17T12:00Z")
WINDOW: Final = Window(NOON + 120 * STEP, NOON + 300 * STEP, STEP, NOON)
ONSET: Final = 180


@cache
def hostile_incident() -> Incident:
    """Latency that rises at row `ONSET`; a series, an event, an alert and a gap for each payload around it."""
    return draft(_evidence(), settings=Settings(services=(PAYLOADS[0],), mechanisms=load_mechanisms()))


def _evidence() -> Evidence:
    rng = np.random.default_rng(1)
    metrics, queries = [], []
    for n, text in enumerate(PAYLOADS):
        values = 0.05 + 0.001 * rng.standard_normal((len(WINDOW.index), 1))
        values[ONSET + n % 40 : ONSET + 45, 0] += 1.0
        signal = Signal(f"unknown/{text}", text, text, "seconds", "app", "latency", min_effect=0.01)
        metrics.append(
            Metric(
                signal,
                pd.DataFrame(values, index=WINDOW.index),
                ({"service": text, text: text},),
                (Service(text, text, text),),
                f"q{n + 1}",
                60.0,
            )
        )
        queries.append(Query(f"q{n + 1}", signal.id, text, WINDOW.baseline_start, WINDOW.end, 60.0, 1))
    events = tuple(_event(n, text) for n, text in enumerate(PAYLOADS))
    alerts = tuple(
        Alert(f"al{n + 1}", text, Service(text), {"severity": "critical", text: text}, text, _at(n), _at(n), None)
        for n, text in enumerate(PAYLOADS)
    )
    gaps = numbered_gaps(
        tuple(
            Gap("", text, text, text, WINDOW.start, WINDOW.end, matters=n % 2 == 0) for n, text in enumerate(PAYLOADS)
        )
    )
    return Evidence(
        window=WINDOW,
        metrics=tuple(metrics),
        events=tuple(replace(event, id=f"e{n}") for n, event in enumerate(sorted(events, key=lambda e: e.time), 1)),
        alerts=alerts,
        gaps=gaps,
        queries=tuple(queries),
        notes=PAYLOADS,
    )


def _at(n: int) -> pd.Timestamp:
    return (WINDOW.baseline_start + (ONSET + n % 60) * STEP).as_unit("ns")


def _event(n: int, text: str) -> Event:
    kinds = ("deploy", "config", "flag", "note", "job", "restart", "migration", "rollback")
    return Event(
        f"e{n + 1}",
        _at(n) - pd.Timedelta("2min"),
        kinds[n % len(kinds)],  # type: ignore[arg-type]
        Service(text, text, text),
        text,
        version=text,
        previous=text,
        url=text,
        source=text,
        source_id=text,
        labels={text: text},
        environment=text,
    )
