"""The signals that a figure can be about, in the series that the words speak of, and what these showed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from reconstruct.model import Anomaly, Metric
from reconstruct.model.facts import Fact, Quantity
from reconstruct.model.verification import Shown
from reconstruct.verify.claims.judging import services_in
from reconstruct.verify.claims.signal_words import WAYS, signal_words, titled
from reconstruct.verify.claims.stated import facts_told
from reconstruct.verify.claims.topics import LAYERS
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.quantities import Figure, scale
from reconstruct.verify.record import Record, Series, samples_of, seconds, series_of
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

_PERCENTILE: Final = re.compile(r"\b(?:p(\d{2})\d?|(\d{2})th percentile)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Option:
    """One signal that a figure can be about, in the series that the statement speaks of."""

    metric: Metric
    series: tuple[Series, ...]
    anomalies: tuple[Anomaly, ...]
    inverted: bool = False

    def values(self, figure: Figure, take: Callable[[Series], float]) -> list[float]:
        """A statistic of each series in the figure's unit."""
        by = scale(figure, self.metric.signal.unit)
        found = [take(s) * by for s in self.series if len(s.during)]
        return [1.0 - v for v in found] if self.inverted else found


def options_for(
    statement: Statement, own: str, part: str, figure: Figure, record: Record
) -> Iterator[tuple[Option, bool]]:
    """What a figure can be about, by its `own` words and the `part` around it, and whether these leave no doubt."""
    exact = list(_named(statement, figure, record))
    if exact:
        for metric in exact:
            option = _option(metric, part, record)
            if option is not None:
                yield option, True
        return
    percentile = _PERCENTILE.search(own)
    wanted = f"p{percentile[1] or percentile[2]}" if percentile else ""
    for way in WAYS:
        if not way.pattern.search(own):
            continue
        for metric in record.incident.evidence.metrics:
            signal = metric.signal
            inverted = way.complement is not None and way.complement(signal)
            if not (way.fits(signal) or inverted) or (wanted and wanted not in signal_words(signal)):
                continue
            option = _option(metric, part, record, inverted=inverted)
            if option is not None:
                yield option, way.exact or bool(wanted)
        return


def _named(statement: Statement, figure: Figure, record: Record) -> Iterator[Metric]:
    """Signals whose name or title stands before the figure, in the statement's words."""
    best: dict[str, int] = {}
    for place, size, one in titled(statement, record):
        if place < figure.start:
            best[one] = max(best.get(one, 0), size)
    longest = max(best.values(), default=0)
    for one, size in best.items():
        if size == longest:
            yield record.metrics[one]


def _option(metric: Metric, part: str, record: Record, *, inverted: bool = False) -> Option | None:
    services = services_in(record, part)
    layers = {LAYERS[w] for w in phrase(part) if w in LAYERS}
    columns = None
    if services and any(s.name for s in metric.services):
        columns = [n for n, s in enumerate(metric.services) if s.name in services]
        if not columns and metric.signal.layer not in layers:
            return None
        columns = columns or None
    series = tuple(series_of(metric, record, columns=columns))
    if not any(len(s.during) for s in series):
        return None
    anomalies = tuple(a for a in record.by_signal.get(metric.signal.id, ()) if columns is None or a.column in columns)
    return Option(metric, series, anomalies, inverted)


def stated(option: Option, record: Record, figure: Figure) -> Iterator[float]:
    """What the incident itself states of the option's anomalies: a phase's mean, a step's before and after."""
    told = facts_told(record.incident, frozenset(a.id for a in option.anomalies), whole=False)
    for one in told:
        if isinstance(one, Quantity) and one.unit == option.metric.signal.unit:
            yield one.value * scale(figure, one.unit)


def shown_at(option: Option, time: Placed, record: Record, figure: Figure) -> list[list[float]]:
    """What the series showed around a time, each in the figure's unit."""
    window = record.incident.evidence.window
    start, step = seconds(window.baseline_start), window.step_s
    by = scale(figure, option.metric.signal.unit)
    found = []
    for low, high in time.may_be:
        first, last = int((low - 180 - start) // step), int((high + 180 - start) // step) + 1
        for series in option.series:
            values = samples_of(option.metric, series.column)[max(0, first) : max(0, last)]
            values = values[np.isfinite(values)]
            if len(values):
                told = [1.0 - float(v) * by if option.inverted else float(v) * by for v in (values.min(), values.max())]
                found.append(told)
    return found


def total(option: Option, figure: Figure, top: float) -> float:
    """The most that the samples, or their sum where one adds such figures up, can be meant to show."""
    if len(option.series) > 1 and option.metric.signal.unit not in ("seconds", "ratio", "percent"):
        return max(top, sum(option.values(figure, lambda s: s.highest)))
    return top


def shown_of(option: Option) -> Shown:
    """The option as it is told: its worst anomaly, else the range of its samples."""
    signal = option.metric.signal
    facts: dict[str, Fact]
    if option.anomalies:
        a = max(option.anomalies, key=lambda a: a.score)
        facts = {
            "baseline": Quantity(a.baseline, signal.unit),
            "peak": Quantity(a.peak, signal.unit),
            "inverted": option.inverted,
        }
        return Shown("anomaly", signal.title, a.id, a.onset.earliest, a.onset.latest, facts=facts)
    values = [s for s in option.series if len(s.during)]
    low, high = min(s.lowest for s in values), max(s.highest for s in values)
    facts = {"low": Quantity(low, signal.unit), "high": Quantity(high, signal.unit), "inverted": option.inverted}
    return Shown("value", signal.title, option.metric.query, facts=facts)
