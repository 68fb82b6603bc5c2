"""Incidents as the reviews need them: a window, series on its grid, alerts, and what was explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from reconstruct.model import (
    Alert,
    Anomaly,
    Aspect,
    Episode,
    Evidence,
    Explanation,
    Layer,
    Metric,
    Moment,
    Query,
    Service,
    Signal,
    Tag,
    Window,
)

START = pd.Timestamp("2026-01-01T12:00Z")
STEP = pd.Timedelta("15s")
ONSET = START + pd.Timedelta("2h")
RECOVERED = ONSET + pd.Timedelta("20min")
END = ONSET + pd.Timedelta("40min")
WINDOW = Window(ONSET - pd.Timedelta("10min"), END, STEP, START)
SHOP = Service("shop")


def moment(time: pd.Timestamp) -> Moment:
    return Moment(time, time - STEP, time)


def after(text: str) -> pd.Timestamp:
    """A time after (or `-` before) the onset."""
    sign = -1 if text.startswith("-") else 1
    return ONSET + sign * pd.Timedelta(text.removeprefix("-"))


def values(before: float = 0.0, during: float = 0.3, *, start: str = "0s", end: str = "20min") -> list[float]:
    """A step up from `start` to `end` after the onset."""
    index = WINDOW.index
    return list(np.where((index >= after(start)) & (index < after(end)), during, before))


def metric(
    promql: str,
    *series: Sequence[float],
    query: str = "q1",
    layer: Layer = "app",
    aspect: Aspect = "errors",
    unit: str = "ratio",
    tags: tuple[Tag, ...] = (),
) -> Metric:
    signal = Signal(f"http/{query}", "Failed requests", promql, unit, layer, aspect, min_effect=0.01, tags=tags)
    frame = pd.DataFrame(np.array(series, dtype=float).T, index=WINDOW.index)
    labels = tuple({"service": "shop", "zone": f"z{n}"} for n in range(len(series)))
    return Metric(signal, frame, labels, (SHOP,) * len(series), query, 15.0)


def anomaly(of: Metric, *, key: str = "a1", level: float = 0.3, direction: str = "up", column: int = 0) -> Anomaly:
    return Anomaly(
        key,
        of.signal,
        of.query,
        of.labels[column],
        of.services[column],
        direction,  # type: ignore[arg-type]
        "level",
        moment(ONSET),
        moment(RECOVERED),
        baseline=0.0,
        peak=level,
        peak_time=ONSET,
        robust_z=30.0,
        level=level,
        column=column,
    )


def alert(
    rule: str, fired: str, resolved: str | None, *, key: str = "al1", service: Service = SHOP, gap: bool = False
) -> Alert:
    return Alert(
        key,
        rule,
        service,
        {"alertname": rule},
        "",
        after(fired) - pd.Timedelta("1min"),
        after(fired),
        None if resolved is None else after(resolved),
        ended_in_gap=gap,
        resolution_s=15.0,
    )


def explained(*anomalies: Anomaly) -> Explanation:
    ids = tuple(one.id for one in anomalies)
    return Explanation(
        "incident",
        "",
        episodes=(Episode("ep1", ONSET, RECOVERED, ids),),
        worst="ep1",
        onset=moment(ONSET),
        recovered=moment(RECOVERED),
        affected=(SHOP,),
    )


def evidence(*metrics: Metric, alerts: Sequence[Alert] = ()) -> Evidence:
    queries = tuple(Query(m.query, m.signal.id, m.signal.promql, START, END, 15.0, len(m.labels)) for m in metrics)
    return Evidence(WINDOW, metrics=metrics, alerts=tuple(alerts), queries=queries)


def with_window(of: Evidence, baseline: pd.Timestamp) -> Evidence:
    """The same with a shorter history."""
    window = replace(of.window, baseline_start=baseline)
    return replace(
        of,
        window=window,
        metrics=tuple(replace(m, values=m.values.loc[m.values.index >= baseline]) for m in of.metrics),
    )
