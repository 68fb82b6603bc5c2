"""What a source of changes is asked, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from reconstruct.model import Alert, Event, Gap, Window


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One source, as the command line or the configuration names it, and the window that it is asked about."""

    argument: str
    """What stands after `kind:`: `owner/repo`, a URL, a path."""
    window: Window
    tz: str = "UTC"
    """Zone of times that tell none."""
    authors: bool = False
    """Keep the names of people."""
    options: Mapping[str, str] = field(default_factory=dict)
    """From the configuration and the environment: `token`, `url`, `environment`, `service`, ..."""
    service_labels: tuple[str, ...] = ()
    """Labels of alerts that name a service before the usual ones."""
    until_s: float = math.inf
    """When all asking has to be done, on `time.monotonic()`'s clock."""

    def covers(self, time: pd.Timestamp) -> bool:
        """Whether `time` lies between the start of the baseline and the end of the window."""
        return self.window.baseline_start <= time < self.window.end


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What a source of changes told, and what it could not. Ids are given later, by `merge.number`."""

    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader must know: the zone that times were read in, ..."""

    def within(self, ask: SourceRequest) -> SourceResult:
        """The same without the events that begin outside what was asked about."""
        return replace(self, events=tuple(one for one in self.events if ask.covers(one.time)))

    def __add__(self, other: SourceResult) -> SourceResult:
        """Both, one after the other."""
        return SourceResult(
            events=self.events + other.events,
            alerts=self.alerts + other.alerts,
            gaps=self.gaps + other.gaps,
            notes=self.notes + tuple(note for note in other.notes if note not in self.notes),
        )


SourceFactory = Callable[[SourceRequest], SourceResult]
"""What the entry point group `reconstruct.sources` holds; raises SourceError or UsageError only."""
