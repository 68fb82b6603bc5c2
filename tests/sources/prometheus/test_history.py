"""What a server itself knows: alerts, restarts, versions, targets, replicas, edges; on both real servers."""

from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.model import Gap, Service, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import (
    alert_rules,
    metric_names,
    metric_spacings,
    scrape_intervals,
    series_counts,
)
from reconstruct.sources.prometheus.history.alerts import alert_history
from reconstruct.sources.prometheus.history.kube_state_metrics import kube_changes
from reconstruct.sources.prometheus.history.kube_workloads import workload_changes
from reconstruct.sources.prometheus.history.questions import HISTORY
from reconstruct.sources.prometheus.history.restarts import restarts
from reconstruct.sources.prometheus.history.retention import history_edges
from reconstruct.sources.prometheus.history.scrapes import targets_down
from reconstruct.sources.prometheus.history.version_changes import version_changes
from reconstruct.sources.prometheus.replicas import replica_scope
from tests.servers.story import END, START

pytestmark = pytest.mark.server
WINDOW = Window(pd.Timestamp("2026-03-02T13:00Z"), END, pd.Timedelta("15s"), START)


def clock(time: pd.Timestamp | None) -> str:
    return "" if time is None else f"{time:%H:%M:%S}"


def told(gap: Gap) -> tuple[str, str, str, str]:
    return gap.missing, gap.cause, clock(gap.start), clock(gap.end)


def test_scrape_intervals_are_read_from_the_samples(server: Prometheus) -> None:
    intervals = scrape_intervals(server, WINDOW)
    assert intervals["shop"] == 15.0
    assert intervals["db"] == 30.0


def test_jobs_that_send_no_up_are_measured_on_other_metrics(server: Prometheus) -> None:
    assert scrape_intervals(server, WINDOW, scope='job="odd"') == {"odd": 15.0}
    assert scrape_intervals(server, WINDOW, scope='job="nobody"') == {}


def test_spacings_are_the_jobs_and_recorded_metrics_have_their_rules(server: Prometheus) -> None:
    intervals = scrape_intervals(server, WINDOW)
    names = ["http_requests_total", "database_connections", "queue_depth", "shop:http_requests:rate1m", "nothing"]
    spacings = metric_spacings(server, names, WINDOW, intervals=intervals)
    assert spacings == {
        "http_requests_total": 15.0,
        "database_connections": 30.0,
        "queue_depth": 15.0,  # gone by the window's end
        "shop:http_requests:rate1m": 60.0,
    }


def test_the_largest_metrics_are_known_from_the_index_or_not_at_all(server: Prometheus) -> None:
    counts = series_counts(server, window=WINDOW)
    assert all(name and count > 0 for name, count in counts.items())  # Prometheus tells of its head alone


def test_metric_names_are_those_with_samples_in_the_window(server: Prometheus) -> None:
    names, _ = metric_names(server, scope='job="shop"', window=WINDOW)
    assert {"up", "queue_depth", "http_requests_total"} <= set(names)
    assert "ha_gauge" not in names
    assert names["http_requests_total"].type == "counter"
    assert names["shop_build_info"].type == "info"


def test_alerts_have_the_times_that_their_samples_show(server: Prometheus) -> None:
    alerts, queries, _ = alert_history(server, WINDOW)
    rows = [
        (a.rule, a.service.name, clock(a.pending_at), clock(a.firing_at), clock(a.resolved_at), a.resolution_s)
        for a in alerts
    ]
    assert rows == [
        ("Watchdog", "", "12:00:00", "12:00:00", "", 15.0),
        ("HighErrors", "shop", "13:31:00", "13:33:00", "14:12:00", 15.0),
        ("QueueLong", "queue", "13:45:00", "13:46:00", "14:00:00", 15.0),
        ("HighErrors", "shop", "14:20:00", "14:22:00", "14:25:00", 15.0),
    ]
    assert {query.id for query in queries} >= {alert.query for alert in alerts}


def test_an_alert_whose_data_ended_did_not_recover(prometheus_server: Prometheus) -> None:
    alerts, _, gaps = alert_history(prometheus_server, WINDOW)
    assert [(a.rule, a.ended_in_gap) for a in alerts if a.rule != "Watchdog"] == [
        ("HighErrors", False),
        ("QueueLong", True),
        ("HighErrors", False),
    ]
    assert gaps == ()
    by_rule = {alert.rule: alert.condition for alert in alerts}
    assert by_rule["QueueLong"] == "queue_depth > 50"


def test_rules_come_with_condition_and_duration(prometheus_server: Prometheus) -> None:
    rules, gaps = alert_rules(prometheus_server)
    assert gaps == ()
    assert [(rule.name, rule.for_s, rule.interval_s) for rule in rules] == [
        ("HighErrors", 120.0, 15.0),
        ("QueueLong", 60.0, 15.0),
        ("Watchdog", 0.0, 15.0),
    ]


def test_alerts_outside_the_scope_are_left_out_and_those_without_its_label_kept(server: Prometheus) -> None:
    kept = {alert.rule for alert in alert_history(server, WINDOW, scope='service="shop",cluster="eu-1"')[0]}
    assert kept == {"HighErrors", "Watchdog"}


def test_restarts_are_exact_and_those_of_one_service_are_one_event(server: Prometheus) -> None:
    events, _, _ = restarts(server, WINDOW, scope='job="shop"')
    assert [(clock(e.time), clock(e.end), e.title, e.service) for e in events] == [
        ("13:29:50", "13:30:50", "2 instances of shop restarted", Service("shop")),
        ("14:09:50", "14:10:20", "2 instances of shop restarted", Service("shop")),
    ]
    assert {event.kind for event in events} == {"restart"}
    assert {event.source for event in events} == {"prometheus"}
    assert len({event.source_id for event in events}) == 2


def test_hosts_and_processes_are_told_apart_and_what_is_new_has_not_restarted(server: Prometheus) -> None:
    events, _, gaps = restarts(server, WINDOW, scope='job="node"')
    assert [(clock(e.time), e.title, e.labels["instances"]) for e in events] == [
        ("13:40:00", "2 host instances of node began: 1 again, 1 new", "node-1, node-2"),
        ("13:40:00", "2 instances of node began: 1 again, 1 new", "node-1, node-2"),
    ]
    alone, _, _ = restarts(server, WINDOW, scope='instance=~"node-2|shop-1"')
    assert {event.title for event in alone} >= {"host node-2 started", "node-2 started", "shop-1 restarted"}
    assert gaps == ()


def test_a_version_taken_up_is_a_deploy_and_one_that_comes_back_a_rollback(server: Prometheus) -> None:
    events, queries, _ = version_changes(server, WINDOW, intervals=scrape_intervals(server, WINDOW))
    shop = [e for e in events if e.service.name == "shop"]
    assert [(e.kind, e.version, e.previous, clock(e.time), clock(e.end), e.resolution_s) for e in shop] == [
        ("deploy", "1.1.0", "1.0.0", "13:29:45", "13:31:00", 15.0),
        ("rollback", "1.0.0", "1.1.0", "14:09:45", "14:10:30", 15.0),
    ]
    assert [e.source_id for e in shop] == ["shop_build_info:shop:1.1.0", "shop_build_info:shop:1.0.0"]
    assert all(query.series > 0 for query in queries)


def test_a_trial_that_is_taken_away_is_a_rollback_and_one_that_is_down_is_not(server: Prometheus) -> None:
    for job, kinds in (("failed-trial", ["deploy"]), ("ended-trial", ["deploy", "rollback"])):
        events, _, _ = version_changes(server, WINDOW, scope=f'job="{job}"', intervals={job: 15.0})
        assert [event.kind for event in events] == kinds
        assert clock(events[0].time) == "12:59:45"
    assert (events[1].version, events[1].previous, clock(events[1].time)) == ("1.0", "2.0", "13:29:45")


def test_scrapes_that_failed_and_targets_that_went_are_gaps_and_replaced_ones_are_not(server: Prometheus) -> None:
    gaps, _ = targets_down(server, WINDOW, scope='job=~"shop|db|web|pods"', interval_s=30.0)
    found = [told(gap) for gap in gaps]
    assert ("job shop, instance shop-2", "scrape failed", "13:20:00", "13:25:00") in found
    away = next(gap for gap in found if gap[0] == "job db, instance db-1")
    assert away[1] == "no samples"
    assert "13:40:00" <= away[2] <= "13:40:30"
    assert away[3] == "13:50:00"
    gone = next(gap for gap in found if gap[0] == "job web, instance web-3")
    assert gone[1] == "target gone"
    assert "14:00:00" <= gone[2] <= "14:00:30"
    assert not any("pods" in gap[0] for gap in found)
    assert len(found) == 3


def test_a_new_replica_set_is_a_deploy_and_an_old_one_that_returns_a_rollback(server: Prometheus) -> None:
    events, _, _ = kube_changes(server, WINDOW, intervals={"kube-state-metrics": 30.0})
    assert [(e.kind, e.service, clock(e.time), e.resolution_s, e.title) for e in events] == [
        ("deploy", Service("api", "prod"), "13:04:10", 1.0, "api rolled out as api-7f9"),
        ("rollback", Service("api", "prod"), "13:34:15", 45.0, "api is back at api-5d4 (was api-7f9)"),
        ("restart", Service("api", "prod"), "13:51:15", 45.0, "container api of api-5d4-x1 restarted"),
    ]


def test_a_server_without_kubernetes_tells_of_none(server: Prometheus) -> None:
    events, queries, gaps = kube_changes(server, WINDOW, scope='job="shop"')
    assert (events, gaps) == ((), ())
    assert [query.series for query in queries] == [0, 0, 0]


def test_a_replica_pair_is_read_once_and_that_is_said(server: Prometheus) -> None:
    scope, note = replica_scope(server, WINDOW, scope='job="ha"')
    assert scope == 'job="ha",prometheus_replica="a"'
    assert "prometheus_replica" in note
    assert replica_scope(server, WINDOW, scope='job="shop"') == ('job="shop"', "")
    scope, note = replica_scope(server, WINDOW, scope='job="received"')
    assert scope == 'job="received",receive_replica="a"'
    assert "receive_replica" in note


def test_what_lies_before_the_first_sample_is_a_gap_that_names_the_edge(server: Prometheus) -> None:
    early = Window(WINDOW.start, END, WINDOW.step, START - pd.Timedelta("4h"))
    (gap,) = history_edges(server, early, scope='job="shop"')
    assert gap.end is not None
    assert abs(gap.end - START) <= pd.Timedelta("3min")
    assert "none before 2026-03-02 1" in gap.cause
    assert history_edges(server, WINDOW, scope='job="shop"') == ()


def test_where_samples_are_kept_only_thinned_out_that_is_a_gap_that_names_the_edge(server: Prometheus) -> None:
    long = Window(WINDOW.start, END, WINDOW.step, pd.Timestamp("2026-02-28T16:00Z"))
    (gap,) = history_edges(server, long, scope='job="thin"')
    assert gap.end is not None
    assert abs(gap.end - pd.Timestamp("2026-03-02T09:00Z")) <= pd.Timedelta("2h")
    assert "one sample in 300 s" in gap.cause
    assert "15 s since" in gap.cause


def test_scaling_new_templates_jobs_evictions_and_nodes_in_trouble_are_events(server: Prometheus) -> None:
    events, queries = workload_changes(server, WINDOW, intervals={"kube-state-metrics": 30.0})
    told = {(event.kind, event.title) for event in events}
    assert told == {
        ("scale", "api scaled to 5 replicas"),
        ("deploy", "stateful set store has a new template or settings (generation 5)"),
        ("deploy", "daemon set agent has a new template or settings (generation 2)"),
        ("job", "job report-1 started"),
        ("restart", "pod api-5d4-x2 was evicted"),
        ("note", "node n-1: MemoryPressure began"),
        ("note", "node n-1 was no longer ready"),
        ("note", "node n-1 left the cluster"),
    }
    by_title = {event.title: event for event in events}
    scaled = by_title["api scaled to 5 replicas"]
    assert scaled.time <= pd.Timestamp("2026-03-02T12:40Z") <= scaled.time + pd.Timedelta(seconds=scaled.resolution_s)
    assert by_title["job report-1 started"].time == pd.Timestamp("2026-03-02T13:15:20Z")
    assert all(query.query for query in queries)


def test_an_alert_that_fires_always_is_no_alert_of_a_draft(server: Prometheus) -> None:
    told, _ = HISTORY["the history of alerts"](server, WINDOW, "", {})
    assert {alert.rule for alert in told.alerts} == {"HighErrors", "QueueLong"}
