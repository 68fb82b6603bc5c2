"""The evidence in the form that a claim is compared with: names, words and moments, in seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Alert, Anomaly, Event, Gap, Incident, Metric, Query, Service, Signal
from reconstruct.verify.vocabulary import phrase

Item = Event | Alert | Anomaly | Gap | Query
MINUTE_S: Final = 60.0
_NS: Final = 1e9


def seconds(time: pd.Timestamp) -> float:
    """Seconds since 1970."""
    return float(time.timestamp())


def stamp(at: float) -> pd.Timestamp:
    """The moment, UTC."""
    return pd.Timestamp(round(at * _NS), unit="ns", tz="UTC")


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the evidence with its times in seconds."""

    event: Event
    low: float
    high: float
    """Latest begin, as its source's resolution allows."""
    end: float | None
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert of the evidence with its times in seconds."""

    alert: Alert
    pending: float | None
    fired: float
    resolved: float | None
    slack: float
    """Spacing of the evaluations: it fired at most so much earlier."""
    words: frozenset[str]


@dataclass(frozen=True, eq=False)
class Record:
    """What a document is held against."""

    incident: Incident
    trusted: frozenset[str] = frozenset(("a", "al", "e", "g", "q"))
    """Kinds of ids in the document that are this evidence's: another run, or other sources, count otherwise."""

    @cached_property
    def first(self) -> int:
        """Row of the first sample inside the window."""
        return self.incident.evidence.window.first

    @cached_property
    def title_words(self) -> tuple[tuple[frozenset[str], tuple[str, ...], str], ...]:
        """Of every name of a signal of more than one word: its words, in order, and the signal's id."""
        return tuple((frozenset(w), w, one) for one, many in self.names.items() for w in many if len(w) > 1)

    @cached_property
    def happenings(self) -> tuple[Happening, ...]:
        """Every event."""
        return tuple(
            Happening(
                e,
                seconds(e.time),
                seconds(e.time) + e.resolution_s,
                seconds(e.end) if e.end is not None else None,
                frozenset(phrase(e.title)),
            )
            for e in self.incident.evidence.events
        )

    @cached_property
    def firings(self) -> tuple[Firing, ...]:
        """Every alert, in the order in which they fired."""
        found = [
            Firing(
                a,
                seconds(a.pending_at) if a.pending_at is not None else None,
                seconds(a.firing_at),
                seconds(a.resolved_at) if a.resolved_at is not None else None,
                a.resolution_s,
                frozenset(phrase(f"{a.rule} {a.service.name}")),
            )
            for a in self.incident.evidence.alerts
        ]
        return tuple(sorted(found, key=lambda f: f.fired))

    @cached_property
    def stones(self) -> Mapping[str, tuple[float, float, tuple[str, ...]]]:
        """Milestone -> earliest, latest, evidence."""
        return {
            name: (seconds(stone.moment.earliest), seconds(stone.moment.latest), stone.evidence)
            for name, stone in self.incident.milestones.items()
            if stone is not None
        }

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Everything with an id that has a time or a figure."""
        evidence = self.incident.evidence
        rows: tuple[Sequence[Item], ...] = (
            evidence.events,
            evidence.alerts,
            evidence.gaps,
            evidence.queries,
            self.incident.anomalies,
        )
        return {item.id: item for row in rows for item in row}

    def item(self, one: str) -> Item | None:
        """What an id in the document stands for; None where it stands for nothing, or for another draft's."""
        return self.items.get(one) if one.rstrip("0123456789") in self.trusted else None

    @cached_property
    def other_ids(self) -> frozenset[str]:
        """Ids of episodes and lines of the timeline: they resolve, and nothing more is asked of them."""
        explanation = self.incident.explanation
        return frozenset([e.id for e in explanation.episodes] + [e.id for e in self.incident.timeline])

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Every service that the evidence names."""
        evidence = self.incident.evidence
        named = {s for m in evidence.metrics for s in m.services}
        named |= {e.service for e in evidence.events} | {a.service for a in evidence.alerts}
        return tuple(sorted(s for s in named if s.name))

    @cached_property
    def service_names(self) -> Mapping[str, tuple[str, ...]]:
        """Every service and how it is spelt, in lower case: its name, words for its marks, what it is short for."""
        found = {}
        for name in sorted({s.name for s in self.services}):
            own = name.lower()
            spoken = {own}
            if not any(map(str.isdigit, own)):
                spoken.add(own.replace("-", " ").replace("_", " "))
            if len(own) in (2, 3):
                spoken |= {words for words in _SHORT if "".join(word[0] for word in words.split()) == own}
            found[name] = tuple(sorted(spoken))
        return found

    @cached_property
    def versions(self) -> frozenset[str]:
        """Versions that events brought or took away."""
        events = self.incident.evidence.events
        return frozenset(v for e in events for v in (e.version, e.previous) if v)

    @cached_property
    def rules(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the alerting rules that fired, with their words."""
        return {rule: phrase(rule) for rule in sorted({a.rule for a in self.incident.evidence.alerts})}

    @cached_property
    def metrics(self) -> Mapping[str, Metric]:
        """By the id of the signal."""
        return {metric.signal.id: metric for metric in self.incident.evidence.metrics}

    @cached_property
    def names(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """Signal id -> the word sequences that name it: its title, its id, and what stands after the id's slash."""
        found = {}
        for metric in self.incident.evidence.metrics:
            signal = metric.signal
            told = dict.fromkeys(phrase(text) for text in (signal.title, signal.id, signal.id.rpartition("/")[2]))
            found[signal.id] = tuple(words for words in told if words)
        return found

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """Conditions of the alerts as they stand in a line: names and figures in them are no claims."""
        told = {" ".join(a.condition.split()) for a in self.incident.evidence.alerts if a.condition}
        return tuple(sorted(told, key=lambda text: (-len(text), text)))

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """Titles of events: a figure in one ("flag on for 100 %") is part of a name."""
        told = {
            e.title
            for e in self.incident.evidence.events
            if len(phrase(e.title)) > 1 and any(map(str.isdigit, e.title))
        }
        return tuple(sorted(told, key=lambda text: (-len(text), text)))

    @cached_property
    def known_from(self) -> float:
        """Before this nothing is known."""
        window = self.incident.evidence.window
        return seconds(min(window.baseline_start, window.start))

    @cached_property
    def known_until(self) -> float:
        """From here on nothing is known."""
        return seconds(self.incident.evidence.window.end)

    @cached_property
    def days(self) -> tuple[int, ...]:
        """Beginnings of the days that the evidence touches, and one more on either side for other zones."""
        first, last = int(self.known_from // 86_400), int(self.known_until // 86_400)
        return tuple(day * 86_400 for day in range(first - 1, last + 2))

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years that a date without one may be in."""
        window = self.incident.evidence.window
        return tuple(sorted({window.baseline_start.year, window.end.year}))

    @cached_property
    def by_signal(self) -> Mapping[str, tuple[Anomaly, ...]]:
        """Signal id -> its anomalies."""
        found: dict[str, list[Anomaly]] = {}
        for anomaly in self.incident.anomalies:
            found.setdefault(anomaly.signal.id, []).append(anomaly)
        return {one: tuple(many) for one, many in found.items()}


_SHORT: Final = ("load balancer", "message queue", "api gateway", "content delivery network")
"""What two or three letters stand for, where a service is called so."""


@dataclass(frozen=True, eq=False)
class Series:
    """The samples of one series before and in the window, without those that are missing."""

    signal: Signal
    before: npt.NDArray[np.float64]
    during: npt.NDArray[np.float64]
    column: int

    @cached_property
    def usual(self) -> float:
        """Median before the window."""
        return float(np.median(self.before))

    @cached_property
    def spread(self) -> tuple[float, float]:
        """What nine of ten samples before the window lay between."""
        low, high = np.quantile(self.before, (0.05, 0.95))
        return float(low), float(high)

    @cached_property
    def lowest(self) -> float:
        """Least sample in the window."""
        return float(self.during.min())

    @cached_property
    def highest(self) -> float:
        """Greatest sample in the window."""
        return float(self.during.max())

    @cached_property
    def middle(self) -> float:
        """Median in the window."""
        return float(np.median(self.during))


def series_of(metric: Metric, record: Record, *, columns: Sequence[int] | None = None) -> Iterator[Series]:
    """The series of a metric, or those of some columns."""
    for column in range(len(metric.labels)) if columns is None else columns:
        found = _series(metric, record, column)
        if found is not None:
            yield found


@lru_cache(maxsize=20_000)
def _series(metric: Metric, record: Record, column: int) -> Series | None:
    if column not in metric.values.columns:
        return None
    first = record.first
    values = samples_of(metric, column)
    before, during = values[:first], values[first:]
    return Series(metric.signal, before[np.isfinite(before)], during[np.isfinite(during)], column)


@lru_cache(maxsize=20_000)
def samples_of(metric: Metric, column: int) -> npt.NDArray[np.float64]:
    """The samples of one series, those that are missing as NaN."""
    return metric.values[column].to_numpy(dtype=float)
