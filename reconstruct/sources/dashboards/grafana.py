"""A Grafana dashboard's JSON, of any schema from the graph panels of old to today's, and its API's envelope."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconstruct.config import parse_duration_s
from reconstruct.errors import UsageError
from reconstruct.sources.dashboards.panels import Dashboard, NotAsked, PanelQuery
from reconstruct.sources.dashboards.variables import ALL, Variables
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

Json = Mapping[str, Any]
PROMETHEUS: Final = frozenset(
    {
        "prometheus",
        "grafana-amazonprometheus-datasource",
        "grafana-azureprometheus-datasource",
        "victoriametrics-datasource",
    }
)
"""Data sources that speak PromQL: the type of the plugin."""
WITHOUT_QUERIES: Final = frozenset({"row", "text", "dashlist", "alertlist", "news", "welcome", "canvas"})
DEFAULT_THRESHOLD: Final = 80.0
"""Grafana gives every new panel a red step at 80, whatever it shows: it was meant only where it is drawn."""
COMPUTING: Final = frozenset(
    {"calculateField", "filterByValue", "reduce", "groupBy", "joinByField", "merge", "seriesToColumns", "extractFields"}
)
"""Transformations after which a panel shows something else than its queries' answers."""
_VARIABLE: Final = re.compile(r"^\$\{?(\w+)\}?$")


def is_grafana(document: Any) -> bool:
    """Whether a JSON document is a dashboard, as exported or as the API answers."""
    inner = document.get("dashboard", document) if isinstance(document, dict) else None
    return isinstance(inner, dict) and (isinstance(inner.get("panels"), list) or isinstance(inner.get("rows"), list))


def read_grafana(document: Json) -> Dashboard:
    """Every query of every panel; hidden queries are parts of others and are left.

    Raises
    ------
    UsageError
        If it is no dashboard.
    """
    inner = document.get("dashboard", document)
    if not is_grafana(inner):
        raise UsageError("there are no panels in this dashboard", hint="give the JSON that Grafana exports")
    variables, notes = _variables(inner)
    kinds = _data_sources(inner)
    queries: list[PanelQuery] = []
    left: list[NotAsked] = []
    for panel, group in _panels(inner, variables=variables):
        for found in _panel(panel, group=group, variables=variables, kinds=kinds):
            (queries if isinstance(found, PanelQuery) else left).append(found)  # type: ignore[arg-type]
    return Dashboard(str(inner.get("title") or "dashboard"), tuple(queries), tuple(left), tuple(notes))


def _panels(inner: Json, *, variables: Variables) -> Iterator[tuple[Json, str]]:
    """Every panel with the title of its row."""
    for row in inner.get("rows") or ():  # before schema 16
        group = _plain(row.get("title"), variables) if row.get("showTitle", True) else ""
        yield from ((panel, group) for panel in row.get("panels") or ())
    group = ""
    for panel in inner.get("panels") or ():
        if panel.get("type") == "row":
            group = _plain(panel.get("title"), variables)
            yield from ((one, group) for one in panel.get("panels") or ())
        else:
            yield panel, group


def _panel(
    panel: Json, *, group: str, variables: Variables, kinds: Mapping[str, str]
) -> Iterator[PanelQuery | NotAsked]:
    kind = str(panel.get("type") or "")
    title = _plain(panel.get("title"), variables) or f"panel {panel.get('id', '')}".strip()
    if kind in WITHOUT_QUERIES:
        return
    targets = [one for one in panel.get("targets") or () if isinstance(one, dict)]
    if not targets:
        if panel.get("libraryPanel"):
            yield NotAsked(title, "a library panel, whose queries are not in the dashboard")
        elif kind:
            yield NotAsked(title, f"a panel of type {kind} without queries")
        return
    shown = [one for one in targets if not one.get("hide")]
    threshold, comparator = _threshold(panel)
    for target in shown:
        what = title if len(shown) == 1 else f"{title}, {_legend(target, variables)}"
        source = _data_source(target.get("datasource") or panel.get("datasource"), kinds)
        expression = target.get("expr")
        if source and source not in PROMETHEUS:
            reason = "a server-side expression" if source == "__expr__" else f"its data source is {source}"
            yield NotAsked(what, reason)
        elif not isinstance(expression, str) or not expression.strip():
            yield NotAsked(what, "it has no PromQL query")
        else:
            filled, unknown = variables.fill(expression)
            if unknown:
                yield NotAsked(what, f"nobody knows its variable {', '.join('$' + one for one in unknown)}")
                continue
            yield PanelQuery(
                title=what,
                group=group,
                expression=filled,
                unit=_unit(panel, target),
                threshold=threshold,
                comparator=comparator,
                min_interval_s=_seconds(target.get("interval") or panel.get("interval"), variables),
                heatmap=kind == "heatmap" or target.get("format") == "heatmap",
            )
    changed = [
        t.get("id") for t in panel.get("transformations") or () if t.get("id") in COMPUTING and not t.get("disabled")
    ]
    if changed:
        yield NotAsked(title, f"its transformation {', '.join(map(str, changed))}: its queries are asked without it")


def _plain(text: Any, variables: Variables) -> str:
    filled, _ = variables.fill(str(text or ""))
    return " ".join(filled.replace(ALL, "all").split())


def _legend(target: Json, variables: Variables) -> str:
    legend = re.sub(r"\{\{[^}]*\}\}", "", _plain(target.get("legendFormat"), variables)).strip(" -:,/|()")
    return legend if legend and legend != "__auto" else str(target.get("refId") or "")


def _unit(panel: Json, target: Json) -> WrittenUnit | None:
    defaults = (panel.get("fieldConfig") or {}).get("defaults") or {}
    told = defaults.get("unit") or panel.get("format")
    axes = panel.get("yaxes")
    if not told and isinstance(axes, list) and axes:
        told = axes[0].get("format")
    del target
    return unit_of_vendor(told if isinstance(told, str) else None)


def _threshold(panel: Json) -> tuple[float | None, str]:
    """The highest (or lowest, where less is worse) step that the panel draws."""
    old = [one for one in panel.get("thresholds") or () if isinstance(one, dict) and "value" in one]
    if isinstance(panel.get("thresholds"), list) and old:
        return float(old[-1]["value"]), "<" if old[-1].get("op") == "lt" else ">"
    defaults = (panel.get("fieldConfig") or {}).get("defaults") or {}
    thresholds = defaults.get("thresholds") or {}
    steps = [step for step in thresholds.get("steps") or () if isinstance(step, dict)]
    values = [float(step["value"]) for step in steps if isinstance(step.get("value"), int | float)]
    style = ((defaults.get("custom") or {}).get("thresholdsStyle") or {}).get("mode", "off")
    if thresholds.get("mode") == "percentage" or not values:
        return None, ">"
    if values == [DEFAULT_THRESHOLD] and style == "off":
        return None, ">"
    bad_below = str(steps[0].get("color", "")).find("red") >= 0 and "green" in str(steps[-1].get("color", ""))
    return (values[0], "<") if bad_below else (values[-1], ">")


def _data_sources(inner: Json) -> dict[str, str]:
    """The type of plugin behind a name: inputs of an export, and variables of data sources."""
    found = {str(one.get("name")): str(one.get("pluginId") or "") for one in inner.get("__inputs") or ()}
    for one in (inner.get("templating") or {}).get("list") or ():
        if one.get("type") == "datasource":
            found[str(one.get("name"))] = str(one.get("query") or "")
    return found


def _data_source(given: Any, kinds: Mapping[str, str]) -> str:
    """The type of a data source; "" where nothing tells it, which means the default one."""
    if isinstance(given, dict):
        told = str(given.get("type") or "")
        uid = str(given.get("uid") or "")
        return "__expr__" if uid == "__expr__" else told or _data_source(uid, kinds)
    text = str(given or "")
    variable = _VARIABLE.match(text)
    if variable:
        return kinds.get(variable[1], "")
    # A name alone tells nothing but what people wrote into it.
    return next(
        (kind for kind in ("loki", "elasticsearch", "influxdb", "graphite", "tempo") if kind in text.lower()), ""
    )


def _seconds(given: Any, variables: Variables) -> float:
    text, _ = variables.fill(str(given or "").strip().lstrip(">"))
    if not text or "$" in text:
        return 0.0
    try:
        return parse_duration_s(text)
    except UsageError:
        return 0.0


def _variables(inner: Json) -> tuple[Variables, list[str]]:
    values: dict[str, tuple[str, ...]] = {}
    patterns: set[str] = set()
    verbatim: set[str] = set()
    chosen: list[str] = []
    for one in (inner.get("templating") or {}).get("list") or ():
        name, kind = str(one.get("name") or ""), one.get("type")
        if kind in ("datasource", "adhoc") or not name:
            continue
        found, is_choice = _values(one)
        values[name] = found
        if one.get("allValue") and found == (str(one["allValue"]),):
            verbatim.add(name)
        elif one.get("multi") or one.get("includeAll"):
            patterns.add(name)
        chosen += [name] if is_choice else []
    for name in ("datasource",):
        values.setdefault(name, ("",))
    notes = [f"variables without a value stand for all: {', '.join('$' + name for name in chosen)}"] if chosen else []
    return Variables(values, frozenset(patterns), frozenset(verbatim)), notes


def _values(variable: Json) -> tuple[tuple[str, ...], bool]:
    """The current or default values of a variable, and whether "all" was chosen for want of one."""
    kind = variable.get("type")
    current = (variable.get("current") or {}).get("value")
    given = [
        str(one) for one in (current if isinstance(current, Sequence) and not isinstance(current, str) else [current])
    ]
    given = [one for one in given if one not in ("", "None")]
    if kind in ("constant", "textbox"):
        return tuple(given) or (str(variable.get("query") or ""),), False
    if kind == "interval":
        options = [one.strip() for one in str(variable.get("query") or "").split(",") if one.strip() and one != "auto"]
        usable = [one for one in given if not one.startswith("$__auto")]
        return (tuple(usable) or ("$__interval",) if given else tuple(options[:1]) or ("$__interval",)), False
    if given and "$__all" not in given:
        return tuple(given), False
    if "$__all" in given or not given:
        if variable.get("allValue"):
            return (str(variable["allValue"]),), not given
        options = [
            str(o.get("value")) for o in variable.get("options") or () if o.get("value") not in (None, "", "$__all")
        ]
        if kind == "custom":
            options = options or [
                one.partition(" : ")[2] or one.strip() for one in str(variable.get("query") or "").split(",")
            ]
            return (tuple(options) if "$__all" in given else tuple(options[:1])), not given
    return (ALL,), True
