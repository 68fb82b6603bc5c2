"""Ten dashboards of the forms published for common exporters: every panel is asked, or listed with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import promql_parser
import pytest

from reconstruct.packs import load, packs_folder
from reconstruct.promql import metric_names
from reconstruct.sources.dashboards.grafana import read_grafana
from reconstruct.sources.dashboards.panels import Dashboard
from reconstruct.sources.dashboards.signals import dashboard_signals
from reconstruct.sources.dashboards.variables import fill_intervals
from reconstruct.sources.prometheus.discovery import MetricInfo

DATA = Path(__file__).parent / "data"
NAMES = ("blackbox", "haproxy", "jvm", "kafka", "kubernetes-pods", "mysql", "node", "postgres", "rabbitmq", "redis")
CATALOGUE = load([packs_folder()])


def read(name: str) -> Dashboard:
    return read_grafana(json.loads((DATA / f"{name}.json").read_text()))


def panels_in(name: str) -> int:
    """Panels that have queries, or should."""
    document = json.loads((DATA / f"{name}.json").read_text())
    rows = [panel for row in document.get("rows", []) for panel in row["panels"]]
    top = [*rows, *document.get("panels", [])]
    every = [*top, *(inner for panel in top for inner in panel.get("panels") or [])]
    return sum(panel.get("type") not in ("row", "text") for panel in every)


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_is_asked_or_listed(name: str) -> None:
    found = read(name)
    titles = {one.title.partition(",")[0] for one in found.queries}
    titles |= {one.title.partition(",")[0] for one in found.not_asked}
    assert len(titles) == panels_in(name)
    assert all(one.reason for one in found.not_asked)


@pytest.mark.parametrize("name", NAMES)
def test_every_query_that_is_asked_is_promql_without_a_variable(name: str) -> None:
    for query in read(name).queries:
        filled = fill_intervals(query.expression, step_s=15, scrape_s=15, range_s=3600)
        assert "$" not in filled.replace('$"', '"')
        promql_parser.parse(filled)


def test_old_rows_new_rows_and_collapsed_rows_are_groups() -> None:
    assert [(q.group, q.title) for q in read("mysql").queries] == [
        ("Connections", "MySQL Connections, Connections"),
        ("Connections", "MySQL Connections, Max"),
        ("Connections", "Uptime"),
        ("", "Slow Queries"),
    ]
    assert [q.group for q in read("node").queries] == ["CPU / Memory"] * 3 + ["Storage Disk"] * 2


@pytest.mark.parametrize(
    ("name", "at", "holds"),
    [
        ("node", 0, 'instance=~"db-1:9100"'),
        ("node", 4, 'device=~"[a-z]+|nvme[0-9]+n[0-9]+"'),
        ("postgres", 0, 'datname=~"(orders|users)"'),
        ("postgres", 3, 'instance=~".+"'),
        ("redis", 0, 'instance=~"redis-.*"'),
        ("haproxy", 0, 'code=~"(4xx|5xx)"'),
        ("kubernetes-pods", 0, 'cluster=~".*"'),
        ("kubernetes-pods", 0, 'namespace="shop"'),
        ("rabbitmq", 0, 'rabbitmq_cluster="rabbit@shop"'),
        ("blackbox", 0, r'instance=~"(https://shop\\.example/|https://a\\.b/\\(x\\))"'),
        ("jvm", 0, 'instance=~".+"'),
        ("mysql", 3, "[$__interval]"),
        ("postgres", 0, "[30s]"),
    ],
)
def test_variables_have_their_current_or_default_values(name: str, at: int, holds: str) -> None:
    assert holds in read(name).queries[at].expression


def test_what_cannot_be_asked_is_listed_with_its_reason() -> None:
    left = {(name, one.title): one.reason for name in NAMES for one in read(name).not_asked}
    assert left == {
        ("haproxy", "Shared"): "a library panel, whose queries are not in the dashboard",
        ("kafka", "Unknown variable"): "nobody knows its variable $nowhere",
        ("kubernetes-pods", "CPU Quota"): "its transformation joinByField: its queries are asked without it",
        ("postgres", "Logs"): "its data source is loki",
        ("rabbitmq", "Mixed, A"): "its data source is influxdb",
        ("redis", "Hits of all instances"): "a server-side expression",
    }


def test_thresholds_are_those_that_somebody_set() -> None:
    told = {(name, q.title): (q.threshold, q.comparator) for name in NAMES for q in read(name).queries if q.threshold}
    assert told == {
        ("blackbox", "SSL Expiry"): (1209600.0, "<"),
        ("blackbox", "Status"): (1.0, ">"),
        ("haproxy", "Servers down"): (2.0, ">"),
        ("jvm", "Heap Used"): (90.0, ">"),
        ("mysql", "MySQL Connections, Connections"): (120.0, ">"),
        ("mysql", "MySQL Connections, Max"): (120.0, ">"),
        ("node", "CPU Basic, Busy Iowait"): (0.85, ">"),
        ("node", "CPU Basic, Busy System"): (0.85, ">"),
        ("postgres", "Active sessions"): (50.0, ">"),
        ("rabbitmq", "Ready messages"): (100000.0, ">"),
    }


def test_panels_become_signals_with_title_unit_and_threshold() -> None:
    found = read("jvm")
    names = {name: MetricInfo("gauge", "") for q in found.queries for name in metric_names(q.expression)}
    signals, left = dashboard_signals(
        found, names, catalogue=CATALOGUE, scope='env="prod"', step_s=15, range_s=3600, scrape_s=lambda _: 15.0
    )
    by_id = {signal.id: signal for signal in signals}
    heap = by_id["dashboard/heap-used"]
    assert (heap.title, heap.unit, heap.limit, heap.threshold) == ("Heap Used", "ratio", 0.9, None)
    assert heap.promql.endswith("* 0.01")
    assert heap.promql.count('env="prod"') == 2
    duration = by_id["dashboard/duration-http-avg"]
    assert (duration.unit, duration.aspect, duration.range_s) == ("seconds", "latency", 15.0)
    heatmap = by_id["dashboard/latency-heatmap"]
    assert heatmap.promql.startswith("histogram_quantile(0.95, sum(increase(")
    assert heatmap.title == "Latency heatmap, 95th percentile"
    assert left == ()


def test_what_the_server_has_no_data_for_is_listed() -> None:
    _, left = dashboard_signals(
        read("jvm"), {}, catalogue=CATALOGUE, scope="", step_s=15, range_s=3600, scrape_s=lambda _: 15.0
    )
    assert "this server has no http_server_requests_seconds_sum" in left[0].reason
