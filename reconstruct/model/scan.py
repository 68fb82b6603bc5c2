"""What a scan finds among very many series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from reconstruct.model.evidence import Query, Window
from reconstruct.model.findings import Moment
from reconstruct.model.kinds import Direction, Shape

MIN_TOGETHER: Final = 5
TOGETHER_SHARE: Final = 0.05
"""Fewer series, or spread over more of the window than this, begin together by chance: four of five onsets fall within
one twentieth of the window once in some thousand scans of five series."""
SCAN_SIGNAL: Final = "scan"
"""Instead of a signal, in the questions of a scan."""
VERSION_LABELS: Final = ("version", "service_version", "app_kubernetes_io_version", "image")
"""Labels that say which version of a program an instance runs, the first of them first."""
Condition = tuple[str, str, str]
"""On a label: (name, "=" or "=~", value)."""


@dataclass(frozen=True, slots=True)
class CommonLabel:
    """A condition on labels that separates the changed series from the others."""

    matchers: tuple[Condition, ...]
    changed: int
    """Changed series that meet it ..."""
    of_changed: int
    """... of so many."""
    others: float
    """Others that meet it: counted, or estimated from a sample ..."""
    of_others: float
    """... of so many."""
    p_value: float
    """Adjusted for the number of conditions that were tried; 0.0 where it is below what a float can say."""

    @property
    def support(self) -> float:
        """Share of the changed series that meet it."""
        return self.changed / self.of_changed

    @property
    def share(self) -> float:
        """Share of the series that meet it that changed."""
        return self.changed / (self.changed + self.others)

    @property
    def lift(self) -> float:
        """How many times likelier a series that meets it is to have changed than any series."""
        return self.share / (self.of_changed / (self.of_changed + self.of_others))

    @property
    def selector(self) -> str:
        """As PromQL writes it."""
        return ",".join(f'{name}{sign}"{_quoted(value)}"' for name, sign, value in self.matchers)


@dataclass(frozen=True, slots=True)
class ChangedSeries:
    """A series that left its own history: its largest anomaly."""

    metric: str
    labels: Mapping[str, str]
    unit: str
    direction: Direction
    shape: Shape
    onset: Moment
    recovery: Moment | None
    """None = not back by the end of the window."""
    baseline: float
    level: float
    """Median while it lasted."""
    peak: float
    peak_time: pd.Timestamp
    score: float
    """How far beyond the detector's threshold; 1 = just."""
    robust_z: float

    @property
    def key(self) -> str:
        """Name and labels: what tells it from every other series."""
        return series_key(self.metric, self.labels)


@dataclass(frozen=True, slots=True)
class Family:
    """The series of one metric: how many there are, and how many changed."""

    metric: str
    series: int
    changed: int


@dataclass(frozen=True, slots=True)
class AffectedInstances:
    """The pods (instances, hosts) whose series changed together, beside all others."""

    label: str
    """What tells them apart: pod, instance, ..."""
    affected: tuple[str, ...]
    others: int
    common: tuple[CommonLabel, ...]
    """What the affected have in common that the others have not; counted in instances."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The answer of `scan`."""

    window: Window
    selector: str
    series: int
    judged: int
    """With enough history to say what is normal."""
    changed: int
    families: tuple[Family, ...]
    """Metrics with a changed series, the one with the largest share first."""
    onsets: tuple[tuple[int, int], ...]
    """(first sample that was not normal in seconds since the epoch, changed series), in order of time."""
    most_began: tuple[pd.Timestamp, pd.Timestamp, int] | None
    """The shortest stretch that holds most of the onsets: first and last sample, and how many."""
    common: tuple[CommonLabel, ...]
    top: tuple[ChangedSeries, ...]
    """The best, the largest score first."""
    unread: tuple[tuple[str, str], ...] = ()
    """(what was asked, why it was not answered)."""
    left_out: int = 0
    """About how many series were not asked for: the time was up."""
    instances: AffectedInstances | None = None
    asked: tuple[tuple[str, int], ...] = ()
    """(expression, series) of each question that was answered, over `window`; empty where files were read."""

    def queries(self) -> Iterator[Query]:
        """Its questions, so that every figure can be asked again."""
        window = self.window
        for number, (expression, series) in enumerate(self.asked, 1):
            start, end = window.baseline_start, window.end
            yield Query(f"scan{number}", SCAN_SIGNAL, expression, start, end, window.step_s, series)

    @property
    def stands_out(self) -> bool:
        """Whether what changed is more than chance: it has something in common, or began together."""
        if self.common or (self.instances is not None and self.instances.common):
            return True
        if self.most_began is None or self.most_began[2] < MIN_TOGETHER:
            return False
        within = self.most_began[1] - self.most_began[0]
        return within <= TOGETHER_SHARE * (self.window.end - self.window.start)


def series_key(metric: str, labels: Mapping[str, str]) -> str:
    """Name and sorted labels as one text."""
    names = sorted(labels)
    return "\x00".join([metric, *names, *map(labels.__getitem__, names)])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
