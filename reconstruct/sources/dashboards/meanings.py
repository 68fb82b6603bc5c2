"""What a panel's query measures: by its metrics' names, its form, and the unit that the panel shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.model import Signal
from reconstruct.packs import Catalogue, classify
from reconstruct.packs.alert_conditions import meaning_of_names, unit_of_form
from reconstruct.packs.catalogue import MetricInfo
from reconstruct.packs.classify import min_effect_of
from reconstruct.sources.dashboards.panels import PanelQuery

_OF_DISTRIBUTION: Final = re.compile(r"^(?P<base>.+)_(?:sum|count|bucket|max)$")


def meaning_of_panel(
    query: PanelQuery,
    expression: str,
    names: Sequence[str],
    available: Mapping[str, MetricInfo],
    *,
    catalogue: Catalogue,
) -> tuple[Signal, float]:
    """A signal with layer, aspect, unit and smallest effect, without id and query; and what its numbers are times.

    Seconds made of a distribution's sum, buckets or maximum are its latency, not its traffic.
    """
    meaning = meaning_of_names(names, available, catalogue=catalogue)
    unit, factor = unit_of_form(expression, meaning.unit), 1.0
    if query.heatmap:
        unit = unit.removesuffix(" per second")
    if query.unit is not None and query.unit.unit:
        unit, factor = query.unit.unit, query.unit.factor
    base = _OF_DISTRIBUTION.match(names[0])
    if base and unit == "seconds":
        read = classify(base["base"], conventions=catalogue.conventions, kind="histogram", unit="seconds")
        meaning = replace(meaning, aspect=read.aspect, layer=read.layer, worse=read.worse, tags=read.tags)
    if unit != meaning.unit or base:
        least = min_effect_of(unit, aspect=meaning.aspect, conventions=catalogue.conventions)
        meaning = replace(meaning, unit=unit, min_effect=least)
    return meaning, factor
