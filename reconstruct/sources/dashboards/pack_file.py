"""A dashboard written as a query pack, for `reconstruct queries import`."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import yaml

from reconstruct import promql
from reconstruct.packs import Catalogue
from reconstruct.sources.dashboards.meanings import meaning_of_panel
from reconstruct.sources.dashboards.panels import Dashboard, NotAsked, PanelQuery
from reconstruct.sources.dashboards.signals import QUANTILE, slug

_INTERVAL: Final = re.compile(r"\$\{?__interval\}?|\$\{?__rate_interval\}?|\$__auto_interval_\w+")
_RANGE: Final = re.compile(r"\$\{?__range\}?")
_OTHER: Final = re.compile(r"\$\{?__\w+\}?")
RANGE: Final = "1h"
"""What `$__range` becomes in a pack, which has no dashboard's time range: the shortest baseline."""


class _Said(NamedTuple):
    """What a query tells of a metric."""

    type: str
    unit: str


def pack_of(dashboard: Dashboard, *, catalogue: Catalogue) -> tuple[str, tuple[NotAsked, ...]]:
    """The pack as YAML, and the queries that could not become signals of one.

    Units, layers and aspects are read from names: whoever knows better changes them in the file.
    """
    left: list[NotAsked] = []
    signals: list[dict[str, Any]] = []
    applies: dict[str, None] = {}
    taken: set[str] = set()
    for query in dashboard.queries:
        names = promql.metric_names(query.expression)
        expression = _RANGE.sub(RANGE, _INTERVAL.sub("$__rate_interval", query.expression))
        other = [one for one in _OTHER.findall(expression) if "__rate_interval" not in one]
        if not names or other:
            left.append(NotAsked(query.title, f"a pack has no {other[0]}" if other else "no metric name in its query"))
            continue
        applies |= dict.fromkeys(names)
        identifier = slug(f"{query.group} {query.title}")
        while identifier in taken:
            identifier += "-x"
        taken.add(identifier)
        signals.append(_signal(query, expression, names, identifier=identifier, catalogue=catalogue))
    document = {
        "id": slug(dashboard.name),
        "title": dashboard.name,
        "applies": sorted(re.escape(name) for name in applies),
        "tested_with": f"imported from {dashboard.name}",
        "signals": signals,
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=140), tuple(left)


def _signal(
    query: PanelQuery, expression: str, names: tuple[str, ...], *, identifier: str, catalogue: Catalogue
) -> dict[str, Any]:
    known = {name: _Said(_type(name, expression), "") for name in names}
    meaning, factor = meaning_of_panel(query, expression, names, known, catalogue=catalogue)
    scoped = _scoped(expression)
    if query.heatmap and "_bucket" in expression:
        scoped = f"histogram_quantile({QUANTILE}, {scoped})"
    return {
        "id": identifier,
        "title": f"{query.group}: {query.title}" if query.group else query.title,
        "promql": f"({scoped}) * {factor:g}" if factor != 1.0 else scoped,
        "unit": meaning.unit,
        "layer": meaning.layer,
        "aspect": meaning.aspect,
        "worse": "down" if query.threshold is not None and query.comparator in ("<", "<=") else meaning.worse,
        "min_effect": meaning.min_effect,
    }


def _type(name: str, expression: str) -> str:
    return "counter" if name.endswith(("_total", "_count", "_sum", "_bucket")) and "rate" in expression else "gauge"


def _scoped(expression: str) -> str:
    """The expression with `$scope` in every selector."""
    marked = promql.add_matchers(expression, '__scope__="1"')
    return marked.replace('__scope__="1"', "$scope")
