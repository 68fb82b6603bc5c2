"""Perses dashboards."""

from __future__ import annotations

from reconstruct.sources.dashboards.perses import is_perses, read_perses

DASHBOARD = {
    "kind": "Dashboard",
    "metadata": {"name": "shop", "project": "p"},
    "spec": {
        "display": {"name": "Shop"},
        "variables": [
            {"kind": "ListVariable", "spec": {"name": "job", "defaultValue": "shop"}},
            {"kind": "ListVariable", "spec": {"name": "pod", "defaultValue": ["a", "b"], "allowMultiple": True}},
            {"kind": "ListVariable", "spec": {"name": "node"}},
            {"kind": "TextVariable", "spec": {"name": "w", "value": "5m"}},
        ],
        "panels": {
            "p1": {
                "kind": "Panel",
                "spec": {
                    "display": {"name": "Errors"},
                    "plugin": {
                        "kind": "TimeSeriesChart",
                        "spec": {
                            "yAxis": {"format": {"unit": "percent-decimal"}},
                            "thresholds": {"steps": [{"value": 0.05}]},
                        },
                    },
                    "queries": [
                        {
                            "kind": "TimeSeriesQuery",
                            "spec": {
                                "plugin": {
                                    "kind": "PrometheusTimeSeriesQuery",
                                    "spec": {"query": 'e{job="$job",pod=~"$pod",node="$node"}[$w] / $__rate_interval'},
                                }
                            },
                        }
                    ],
                },
            },
            "p2": {
                "kind": "Panel",
                "spec": {
                    "display": {"name": "Traces"},
                    "queries": [{"kind": "TraceQuery", "spec": {"plugin": {"kind": "TempoTraceQuery", "spec": {}}}}],
                },
            },
        },
        "layouts": [
            {
                "kind": "Grid",
                "spec": {"display": {"title": "Users"}, "items": [{"content": {"$ref": "#/spec/panels/p1"}}]},
            }
        ],
    },
}


def test_panels_have_title_group_unit_threshold_and_filled_queries() -> None:
    assert is_perses(DASHBOARD)
    found = read_perses(DASHBOARD)
    (query,) = found.queries
    assert (found.name, query.group, query.title, query.threshold) == ("Shop", "Users", "Errors", 0.05)
    assert query.expression == 'e{job="shop",pod=~"(a|b)",node=~".+"}[5m] / $__rate_interval'
    assert query.unit is not None
    assert query.unit.unit == "ratio"
    assert found.not_asked[0].reason == "its query is a TempoTraceQuery"
    assert found.notes == ("variables without a value stand for all: $node",)
