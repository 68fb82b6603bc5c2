"""What several files tell of a window."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconstruct import promql
from reconstruct.model import Gap, Metric, Query, Window
from reconstruct.packs import Conventions
from reconstruct.sources.metric_files.series import MetricFile, raw_metrics, to_metrics


def metrics_of_files(
    files: Sequence[MetricFile], *, window: Window, conventions: Conventions, known: Collection[str], scope: str
) -> tuple[list[Metric], list[Metric], list[Query], list[Gap], list[str]]:
    """The files' metrics on the window's grid, as far as the scope fits, also as they stand in the files; with their
    queries, gaps and notes.
    """
    metrics: list[Metric] = []
    raw: list[Metric] = []
    queries: list[Query] = []
    gaps: list[Gap] = []
    notes: list[str] = []
    for one in files:
        found, asked, missing = to_metrics(one, window=window, conventions=conventions, known=known)
        metrics += _in_scope(found, scope)
        raw += _in_scope(raw_metrics(one, window=window, conventions=conventions, of=found), scope)
        queries += asked
        gaps += missing
        notes += one.notes
    return metrics, raw, queries, gaps, notes


def _in_scope(metrics: Sequence[Metric], scope: str) -> list[Metric]:
    """The series of a file that the scope's matchers fit."""
    if not scope:
        return list(metrics)
    fits = [[promql.selects(f"{{{scope}}}", labels) for labels in metric.labels] for metric in metrics]
    return [
        metric.of_columns([c for c, fit in enumerate(row) if fit]) for metric, row in zip(metrics, fits, strict=True)
    ]
