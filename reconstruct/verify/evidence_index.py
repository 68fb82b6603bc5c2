"""The evidence in the form that a sentence is compared with: what has which id, name, words and moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Alert, Anomaly, Event, Gap, Incident, Metric, Milestone, Query, Signal
from reconstruct.verify.vocabulary import SLIGHT, phrase

Item = Event | Alert | Anomaly | Gap | Query


@dataclass(frozen=True, eq=False)
class Record:
    """What a document is held against."""

    incident: Incident
    zone: str = "+00:00"
    """Zone that the document's times are in, as `usable_zone` gives it: answers are UTC, and say so where it is not."""
    trusted: frozenset[str] = frozenset(("a", "al", "e", "g", "q"))
    """Kinds of ids in the document that are this evidence's: another run, or other sources, count otherwise."""

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
    def service_names(self) -> Mapping[str, tuple[str, ...]]:
        """Every service that the evidence names, with its words."""
        evidence = self.incident.evidence
        named = {s.name for m in evidence.metrics for s in m.services}
        named |= {e.service.name for e in evidence.events} | {a.service.name for a in evidence.alerts}
        return {name: phrase(name) for name in sorted(named) if name}

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
            last = signal.id.rpartition("/")[2]
            told = dict.fromkeys(phrase(text) for text in (signal.title, signal.id, last))
            found[signal.id] = tuple(words for words in told if words)
        return found

    @cached_property
    def word_sets(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Signal id -> the words that name it in whatever order, two or more."""
        return {
            one: tuple(dict.fromkeys(kept for words in many if len(kept := frozenset(words) - SLIGHT) > 1))
            for one, many in self.names.items()
        }

    @cached_property
    def rules(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the alerting rules that fired, with their words."""
        return {rule: phrase(rule) for rule in sorted({a.rule for a in self.incident.evidence.alerts})}

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """Conditions of the alerts as they stand in a line: names and figures in them are no claims."""
        told = {" ".join(a.condition.split()) for a in self.incident.evidence.alerts if a.condition}
        return tuple(sorted(told, key=lambda text: (-len(text), text)))

    @cached_property
    def event_phrases(self) -> Mapping[str, tuple[str, ...]]:
        """Event id -> the words of its title, where there are enough to tell it from a turn of phrase."""
        told = {e.id: phrase(e.title) for e in self.incident.evidence.events}
        return {one: words for one, words in told.items() if len(words) > 1}

    @cached_property
    def known_from(self) -> pd.Timestamp:
        """Before this nothing is known."""
        return self.incident.evidence.window.baseline_start

    @cached_property
    def known_until(self) -> pd.Timestamp:
        """From here on nothing is known."""
        return self.incident.evidence.window.end

    @cached_property
    def dates_needed(self) -> bool:
        """Whether clock times alone would be ambiguous."""
        window = self.incident.evidence.window
        return bool(window.baseline_start.normalize() != (window.end - pd.Timedelta(1, unit="ns")).normalize())

    def stone(self, name: str) -> Milestone | None:
        """The milestone of that name."""
        return self.incident.milestones.get(name)

    def anomalies_of(self, signal: str) -> tuple[Anomaly, ...]:
        """Those that were found in a signal, whose id is given."""
        return tuple(a for a in self.incident.anomalies if a.signal.id == signal)

    def clock(self, time: pd.Timestamp) -> str:
        """A moment of the evidence in words; the zone is said where the document uses another."""
        shown = time.round("s").strftime("%Y-%m-%d %H:%M:%S" if self.dates_needed else "%H:%M:%S")
        return shown if self.zone in ("UTC", "+00:00") else f"{shown} UTC"

    def between(self, low: pd.Timestamp, high: pd.Timestamp) -> str:
        """An interval in words; a point where it is less than a second."""
        if (high - low).total_seconds() < 1.0:
            return self.clock(high)
        return f"{self.clock(low)} to {self.clock(high)}"


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one series before and in the window, without those that are missing."""

    signal: Signal
    before: npt.NDArray[np.float64]
    during: npt.NDArray[np.float64]
    column: int


def series_of(metric: Metric, record: Record, *, columns: Sequence[int] | None = None) -> Iterator[Series]:
    """The series of a metric, or those of some columns."""
    first = record.incident.evidence.window.first
    for column in range(len(metric.labels)) if columns is None else columns:
        if column in metric.values.columns:
            values = metric.values[column].to_numpy(dtype=float)
            before, during = values[:first], values[first:]
            yield Series(metric.signal, before[np.isfinite(before)], during[np.isfinite(during)], column)
