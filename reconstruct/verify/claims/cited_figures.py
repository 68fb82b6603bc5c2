"""Figures in lines of our own drafts: each is one of what the line cites, or a time between two moments of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.model import Anomaly, Metric
from reconstruct.model.facts import Quantity
from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.stated import Told as Fact
from reconstruct.verify.claims.stated import facts_told
from reconstruct.verify.claims.unaffected import figures_of
from reconstruct.verify.quantities import Figure, fits_unit, scale
from reconstruct.verify.record import Item, Record, Series, seconds, series_of
from reconstruct.verify.statements import Statement

_PHASE_S: Final = 360.0
"""So far around a line's times its figures may have been measured."""
_SHORTEST_S: Final = 5.0
"""Less is a latency, not the time between two moments."""
_LENGTH_S: Final = 60.0
"""A shorter time beside no signal of time may be anything."""


def judge_cited_figure(
    statement: Statement,
    figure: Figure,
    items: Sequence[Item],
    moments: Sequence[tuple[float, float, str]],
    record: Record,
    *,
    open_ended: bool,
) -> Iterator[Finding]:
    """Whether a figure is one that the cited `items` have, or that an entry states beside their ids."""
    told = Told(statement, "symptom", Hit("symptom", figure.start, figure.end), None)
    claim = claim_of(told, value=figure.text, place=(figure.start, figure.end))
    ids = frozenset(i.id for i in items)
    stated = facts_told(record.incident, ids)
    fitting = [i for i in items if isinstance(i, Anomaly) and fits_unit(figure, i.signal.unit)]
    values = [(v * scale(figure, a.signal.unit), a.id) for a in fitting for v in _own_values(a)]
    values += [
        (q.value * scale(figure, q.unit), "") for q in stated if isinstance(q, Quantity) and fits_unit(figure, q.unit)
    ]
    for impact in record.incident.explanation.impact:
        if ids & set(impact.evidence):
            values += [(v, impact.evidence[0]) for v in (impact.value, impact.share) if v is not None]
    hit = next((one for v, one in values if figure.meets(v)), None)
    if hit is not None:
        yield Finding(claim, "confirmed", "matches", (Shown("id", hit or items[0].id, hit or items[0].id),))
        return
    if (
        figure.kind == "seconds"
        and figure.value >= _SHORTEST_S
        and _is_length(figure, moments, stated, record, exact=bool(stated))
    ):
        return
    if not stated and any(figure.meets(*span) for a in fitting for span in _near_values(a, figure, statement, record)):
        return
    sure = bool(stated) or (bool(fitting) and not open_ended)
    if (
        sure
        and figure.kind in ("ratio", "seconds", "bytes")
        and (fitting or (figure.kind == "seconds" and figure.value >= _LENGTH_S))
    ):
        yield Finding(claim, "contradicted", "differs", (_measured(fitting, items, stated, figure),))


def _measured(fitting: Sequence[Anomaly], items: Sequence[Item], stated: Sequence[Fact], figure: Figure) -> Shown:
    """What a figure beside ids was held against: an anomaly's figures, else the nearest length of time stated."""
    if fitting:
        return figures_of(fitting[0])
    one = items[0]
    lengths = [fact.total_seconds() for fact in stated if isinstance(fact, pd.Timedelta)]
    if not lengths:
        return Shown("id", one.id, one.id)
    return Shown("duration", "", one.id, facts={"value_s": min(lengths, key=lambda s: abs(s - figure.value))})


def _own_values(anomaly: Anomaly) -> Iterator[float]:
    yield from (anomaly.baseline, anomaly.peak, anomaly.level, anomaly.peak - anomaly.baseline)
    if anomaly.signal.threshold is not None:
        yield anomaly.signal.threshold


def _is_length(
    figure: Figure,
    moments: Sequence[tuple[float, float, str]],
    stated: Sequence[Fact],
    record: Record,
    *,
    exact: bool,
) -> bool:
    """Whether a length of time is one between two moments of what is cited, or one that an entry states."""
    unit = re.search(r"[^\W\d_]+$", figure.text)
    small = unit is not None and unit[0] in ("s", "sec", "seconds")
    half = (1.6 if small else 31.0 if figure.value < 36_000 else 1_800.0) if exact else 15.0
    if any(isinstance(one, pd.Timedelta) and abs(one.total_seconds() - figure.value) <= half for one in stated):
        return True
    times = {m for low, high, _ in moments for m in (low, high)} | {
        m for low, high, _ in record.stones.values() for m in (low, high)
    }
    times |= {seconds(one) for one in stated if isinstance(one, pd.Timestamp)}
    known = sorted(times)[:200]
    if exact:
        return any(abs(b - a - figure.value) <= half for n, a in enumerate(known) for b in known[n + 1 :])
    return any(figure.meets(b - a - half, b - a + half) for n, a in enumerate(known) for b in known[n + 1 :])


def _near_values(
    anomaly: Anomaly, figure: Figure, statement: Statement, record: Record
) -> Iterator[tuple[float, float]]:
    """Where nothing is stated: what the series showed before, at its worst, and around the statement's times."""
    metric = record.metrics.get(anomaly.signal.id)
    by = scale(figure, anomaly.signal.unit)
    for series in series_of(metric, record, columns=[anomaly.column]) if metric is not None else ():
        yield from _beside(series, metric, statement, record, by)
        if len(series.before):
            low, high = np.quantile(series.before, (0.25, 0.75)) * by
            yield float(low), float(high)
    least, most = sorted((anomaly.level * by, anomaly.peak * by))
    yield least, most


def _beside(
    series: Series, metric: Metric | None, statement: Statement, record: Record, by: float
) -> Iterator[tuple[float, float]]:
    """Least and most that a series showed around each time of a statement: a phase has figures of its own."""
    window = record.incident.evidence.window
    start, step = seconds(window.baseline_start), window.step_s
    for time in statement.times:
        for low, high in time.may_be if metric is not None else ():
            first, last = int((low - _PHASE_S - start) // step), int((high + _PHASE_S - start) // step) + 1
            values = metric.values[series.column].to_numpy(dtype=float)[max(0, first) : max(0, last)]  # type: ignore[union-attr]
            values = values[np.isfinite(values)]
            if len(values):
                yield float(values.min()) * by, float(values.max()) * by
