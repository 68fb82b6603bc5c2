"""Panels' queries as signals of one server: intervals filled in, scope put in, units made base units."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct import promql
from reconstruct.model import Signal, Worse
from reconstruct.packs import Catalogue
from reconstruct.packs.alert_conditions import FALLS, meanings_of_packs
from reconstruct.packs.catalogue import MetricInfo
from reconstruct.sources.dashboards.meanings import meaning_of_panel
from reconstruct.sources.dashboards.panels import Dashboard, NotAsked, PanelQuery
from reconstruct.sources.dashboards.variables import fill_intervals

QUANTILE: Final = 0.95
"""Of a heatmap's buckets, as for metrics that no pack knows."""
_SLUG: Final = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """A text as an id.

    >>> slug("Node Exporter / Full: CPU (%)"), slug("%")
    ('node-exporter-full-cpu', 'panel')
    """
    return _SLUG.sub("-", text.lower()).strip("-") or "panel"


def dashboard_signals(
    dashboard: Dashboard,
    available: Mapping[str, MetricInfo],
    *,
    catalogue: Catalogue,
    scope: str,
    step_s: float,
    range_s: float,
    scrape_s: Callable[[Sequence[str]], float],
) -> tuple[tuple[Signal, ...], tuple[NotAsked, ...]]:
    """One signal a query, `dashboard/<panel>`, each query once; and what this server has no data for.

    Layer and aspect are those of the pack's signal that reads the same metrics, else what the metrics' names say.
    """
    packs = meanings_of_packs(available, catalogue=catalogue)
    found: dict[str, Signal] = {}
    seen: set[str] = set()
    left: list[NotAsked] = []
    for query in dashboard.queries:
        names = promql.metric_names(query.expression)
        missing = [name for name in names if name not in available]
        if missing:
            left.append(NotAsked(query.title, f"this server has no {', '.join(missing)}"))
            continue
        if not names:
            left.append(NotAsked(query.title, "no metric name stands in its query"))
            continue
        expression = fill_intervals(
            query.expression,
            step_s=step_s,
            scrape_s=scrape_s(names),
            range_s=range_s,
            min_interval_s=query.min_interval_s,
        )
        if expression in seen:
            continue
        seen.add(expression)
        meaning, factor = meaning_of_panel(query, expression, names, available, catalogue=catalogue)
        known = packs.get(frozenset(names))
        if known is not None and known.unit == meaning.unit:
            meaning = known
        identifier = _identifier(query, found)
        found[identifier] = _signal(query, meaning, expression, identifier=identifier, scope=scope, factor=factor)
    return tuple(found.values()), tuple(left)


def _identifier(query: PanelQuery, found: Mapping[str, Signal]) -> str:
    wanted = f"dashboard/{slug(f'{query.group} {query.title}')}"
    at, identifier = 1, wanted
    while identifier in found:
        at += 1
        identifier = f"{wanted}-{at}"
    return identifier


def _signal(
    query: PanelQuery, meaning: Signal, expression: str, *, identifier: str, scope: str, factor: float
) -> Signal:
    asked = promql.add_matchers(expression, scope)
    title = f"{query.group}: {query.title}" if query.group else query.title
    if query.heatmap and "_bucket" in expression:
        asked = f"histogram_quantile({QUANTILE}, {asked})"
        title = f"{title}, 95th percentile"
    if factor != 1.0:
        asked = f"({asked}) * {factor:g}"
    threshold = None if query.threshold is None else query.threshold * factor
    worse: Worse = meaning.worse
    if threshold is not None:
        worse = "down" if query.comparator in FALLS else "up"
    return replace(
        meaning,
        id=identifier,
        title=title,
        promql=asked,
        worse=worse,
        range_s=promql.range_window_s(asked),
        threshold=threshold if query.alert else None,
        comparator=query.comparator if query.alert and threshold is not None else "",
        limit=None if query.alert else threshold,
        inferred=True,
    )
