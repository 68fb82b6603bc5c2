"""A Perses dashboard: JSON or YAML of kind Dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconstruct.sources.dashboards.panels import Dashboard, NotAsked, PanelQuery
from reconstruct.sources.dashboards.variables import ALL, Variables
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

Json = Mapping[str, Any]
QUERY: Final = "PrometheusTimeSeriesQuery"
_UNITS: Final = {
    "percent-decimal": WrittenUnit("ratio"),
    "percent": WrittenUnit("ratio", 0.01),
    "decimal": WrittenUnit(""),
    "bytes/sec": WrittenUnit("bytes per second"),
    "requests/sec": WrittenUnit("per second"),
    "ops/sec": WrittenUnit("per second"),
    "counts/sec": WrittenUnit("per second"),
    "events/sec": WrittenUnit("per second"),
    "packets/sec": WrittenUnit("per second"),
    "messages/sec": WrittenUnit("per second"),
}


def is_perses(document: Any) -> bool:
    """Whether a document is one."""
    return isinstance(document, dict) and document.get("kind") == "Dashboard" and isinstance(document.get("spec"), dict)


def read_perses(document: Json) -> Dashboard:
    """Every Prometheus query of every panel, with the title of its grid as the group.

    Source: perses.dev/perses/docs/api, Dashboard, Panel, Query and Variable specifications.
    """
    spec = document["spec"]
    metadata = document.get("metadata") or {}
    values, all_of = _variables(spec.get("variables") or ())
    variables = Variables(values, frozenset(values))
    queries: list[PanelQuery] = []
    left: list[NotAsked] = []
    groups = _groups(spec.get("layouts") or ())
    for key, panel in (spec.get("panels") or {}).items():
        for found in _panel(str(key), panel.get("spec") or {}, group=groups.get(str(key), ""), variables=variables):
            (queries if isinstance(found, PanelQuery) else left).append(found)  # type: ignore[arg-type]
    name = (spec.get("display") or {}).get("name") or metadata.get("name") or "dashboard"
    notes = (f"variables without a value stand for all: {', '.join('$' + one for one in all_of)}",) if all_of else ()
    return Dashboard(str(name), tuple(queries), tuple(left), notes)


def _panel(key: str, spec: Json, *, group: str, variables: Variables) -> Iterator[PanelQuery | NotAsked]:
    title = str((spec.get("display") or {}).get("name") or key)
    queries = spec.get("queries") or ()
    for at, query in enumerate(queries, 1):
        plugin = ((query.get("spec") or {}).get("plugin")) or {}
        inner = plugin.get("spec") or {}
        what = title if len(queries) == 1 else f"{title}, {inner.get('seriesNameFormat') or at}"
        if plugin.get("kind") != QUERY:
            yield NotAsked(what, f"its query is a {plugin.get('kind')}")
            continue
        filled, unknown = variables.fill(str(inner.get("query") or ""))
        if unknown or not filled.strip():
            yield NotAsked(what, f"nobody knows its variable {', '.join(unknown)}" if unknown else "it has no query")
            continue
        threshold = _threshold(spec)
        yield PanelQuery(title=what, group=group, expression=filled, unit=_unit(spec), threshold=threshold)


def _unit(spec: Json) -> WrittenUnit | None:
    plugin = (spec.get("plugin") or {}).get("spec") or {}
    said = (plugin.get("yAxis") or {}).get("format") or plugin.get("format") or {}
    unit = str(said.get("unit") or said.get("kind") or "").lower()
    return _UNITS.get(unit) or unit_of_vendor(unit)


def _threshold(spec: Json) -> float | None:
    plugin = (spec.get("plugin") or {}).get("spec") or {}
    steps = (plugin.get("thresholds") or {}).get("steps") or ()
    values = [float(step["value"]) for step in steps if isinstance(step.get("value"), int | float)]
    return values[-1] if values else None


def _groups(layouts: Any) -> dict[str, str]:
    found = {}
    for layout in layouts:
        spec = layout.get("spec") or {}
        for item in spec.get("items") or ():
            at = str((item.get("content") or {}).get("$ref") or "")
            found[at.rpartition("/")[2]] = str((spec.get("display") or {}).get("title") or "")
    return found


def _variables(given: Any) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    values: dict[str, tuple[str, ...]] = {}
    all_of = []
    for one in given:
        spec = one.get("spec") or {}
        name = str(spec.get("name") or "")
        default = spec.get("defaultValue")
        if one.get("kind") == "TextVariable":
            values[name] = (str(spec.get("value") or ""),)
        elif isinstance(default, list) and default and "$__all" not in default:
            values[name] = tuple(map(str, default))
        elif isinstance(default, str) and default not in ("", "$__all"):
            values[name] = (default,)
        else:
            values[name] = (str(spec.get("customAllValue") or ALL),)
            all_of.append(name)
    return values, all_of
