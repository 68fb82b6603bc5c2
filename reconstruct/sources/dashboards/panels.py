"""What a dashboard asks: its panels' queries, with title, row, unit and threshold."""

from __future__ import annotations

from dataclasses import dataclass

from reconstruct.sources.metric_files.units import WrittenUnit


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of one panel."""

    title: str
    """Of the panel, with the query's legend where the panel has several."""
    group: str
    """The row that it stands in; "" = none."""
    expression: str
    """With the dashboard's variables filled in; `$__interval`, `$__rate_interval` and `$__range` still stand."""
    unit: WrittenUnit | None = None
    """As the panel shows it; None = it says none."""
    threshold: float | None = None
    """As the panel draws it, in the unit that it shows."""
    comparator: str = ">"
    alert: bool = False
    """It is an alert rule's condition, and not a panel."""
    min_interval_s: float = 0.0
    """The panel's own smallest step."""
    heatmap: bool = False
    """It draws buckets."""


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A panel or query that cannot be asked."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What one dashboard, or one rule file, asks."""

    name: str
    """Its title, or the file's name."""
    queries: tuple[PanelQuery, ...]
    not_asked: tuple[NotAsked, ...] = ()
    notes: tuple[str, ...] = ()
    """How variables were filled, where that was a choice."""
