"""What a metric's name says, by the conventions that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.packs import Conventions, classify, load, packs_folder

CONVENTIONS = load([packs_folder()]).conventions


def read(name: str, kind: str = "unknown") -> tuple[str, str, str, str]:
    meaning = classify(name, conventions=CONVENTIONS, kind=kind)
    return meaning.layer, meaning.aspect, meaning.worse, meaning.unit


@pytest.mark.parametrize(
    ("name", "layer", "aspect", "worse", "unit"),
    [
        ("http_server_duration_p99_ms", "app", "latency", "up", "seconds"),
        ("http_p95_ms", "app", "latency", "up", "seconds"),
        ("charge_error_rate_pct", "app", "errors", "up", "ratio"),
        ("http_401_unauthorized_ratio", "app", "errors", "up", "ratio"),
        ("http_server_5xx_rate", "app", "errors", "up", "ratio"),
        ("queue_oldest_message_age_seconds", "queue", "saturation", "up", "seconds"),
        ("kafka_consumergroup_lag", "queue", "saturation", "up", "count"),
        ("container_memory_rss_mb", "runtime", "utilisation", "up", "bytes"),
        ("tls_cert_seconds_until_expiry", "network", "availability", "up", "seconds"),
        ("upstream_call_error_ratio", "app", "errors", "up", "ratio"),
        ("requests_per_sec", "app", "traffic", "both", "per second"),
        ("records_enriched_per_min", "app", "traffic", "both", "per second"),
        ("request_rate_rps", "app", "traffic", "both", "per second"),
        ("pool_waiting", "app", "saturation", "up", "count"),
        ("db_pool_waiting", "database", "saturation", "up", "count"),
        ("db_query_count_per_request", "database", "work", "up", "count"),
        ("coredns_servfail_ratio", "network", "errors", "up", "ratio"),
        ("search_result_count_avg", "app", "work", "down", "count"),
        ("throttled_seconds", "app", "saturation", "up", "seconds"),
        ("cache_hit_ratio", "cache", "work", "down", "ratio"),
        ("availability_pct", "app", "availability", "down", "ratio"),
        ("netprobe_success", "network", "availability", "down", "count"),
        ("netprobe_rtt_seconds", "network", "latency", "up", "seconds"),
        ("packet_loss_pct", "network", "errors", "up", "ratio"),
        ("disk_free_pct", "host", "utilisation", "down", "ratio"),
        ("replication_lag_seconds", "database", "saturation", "up", "seconds"),
        ("cron_job_last_duration_seconds", "app", "work", "both", "seconds"),
        ("redis_evicted_keys", "cache", "saturation", "up", "count"),
        ("checkout.latency.ms", "app", "latency", "up", "seconds"),
        ("poolWaitingRequests", "app", "saturation", "up", "count"),
        ("order_deadlocks", "app", "locks", "up", "count"),
        ("network_bytes_per_sec", "network", "traffic", "both", "bytes per second"),
    ],
)
def test_a_name_is_read_as_people_mean_it(name: str, layer: str, aspect: str, worse: str, unit: str) -> None:
    assert read(name) == (layer, aspect, worse, unit)


@pytest.mark.parametrize(
    ("name", "kind", "layer", "aspect", "unit"),
    [
        ("db_errors_total", "counter", "database", "errors", "per second"),
        ("db_query_duration_seconds", "histogram", "database", "latency", "seconds"),
        ("db_pool_wait_seconds", "histogram", "database", "saturation", "seconds"),
        ("http_requests_total", "counter", "app", "traffic", "per second"),
        ("process_cpu_seconds_total", "counter", "runtime", "utilisation", "seconds per second"),
        ("sent_bytes_total", "counter", "app", "traffic", "bytes per second"),
        ("orders_created_total", "counter", "app", "traffic", "per second"),
        ("payment_size_bytes", "histogram", "app", "work", "bytes"),
    ],
)
def test_the_kind_of_a_metric_decides_with_its_name(name: str, kind: str, layer: str, aspect: str, unit: str) -> None:
    found = read(name, kind)
    assert (found[0], found[1], found[3]) == (layer, aspect, unit)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("http_p95_ms", 0.001),
        ("latency_us", 1e-6),
        ("charge_error_rate_pct", 0.01),
        ("memory_used_mb", 1e6),
        ("memory_used_mib", 2**20),
        ("orders_per_minute", 1 / 60),
        ("link_mbps", 125_000.0),
        ("latency_ms_p99", 0.001),
        ("cert_expiry_days", 86_400.0),
        ("http_request_duration_seconds", 1.0),
        ("us_orders", 1.0),
    ],
)
def test_values_are_turned_into_base_units(name: str, factor: float) -> None:
    assert classify(name, conventions=CONVENTIONS).factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("upstream_provider_error_rate_pct", "outbound"),
        ("rpc_client_error_rate", "outbound"),
        ("deserialize_error_ratio", "input"),
        ("record_validation_error_ratio", "input"),
        ("container_oom_killed_total", "oom"),
        ("tls_cert_seconds_until_expiry", "certificate"),
        ("hikaricp_connections_pending", "pool"),
        ("coredns_request_duration_p99_ms", "dns"),
    ],
)
def test_words_give_the_tags_that_mechanisms_ask_for(name: str, tag: str) -> None:
    assert tag in classify(name, conventions=CONVENTIONS).tags


def test_an_oom_kill_is_a_restart_and_not_memory_in_use() -> None:
    assert read("container_oom_killed_total", "counter")[1] == "restarts"


@pytest.mark.parametrize(
    "name",
    ["shop_build_info", "process_start_time_seconds", "db_pool_max", "cron_last_run_timestamp_seconds", "x_created"],
)
def test_what_is_no_measurement_is_left_out(name: str) -> None:
    assert classify(name, conventions=CONVENTIONS, kind="gauge").ignored


@pytest.mark.parametrize("name", ["orders_created_total", "http_p95_ms", "response_time_max", "queue_depth"])
def test_a_measurement_is_not_left_out(name: str) -> None:
    assert not classify(name, conventions=CONVENTIONS, kind="counter" if "total" in name else "gauge").ignored


def test_only_what_is_past_its_end_counts_of_a_countdown() -> None:
    assert classify("tls_cert_seconds_until_expiry", conventions=CONVENTIONS).countdown
    assert not classify("session_age_seconds", conventions=CONVENTIONS).countdown


def test_a_label_tells_the_layer_where_the_name_tells_none() -> None:
    assert classify("oldest_seconds", conventions=CONVENTIONS, label_names=["topic"]).layer == "queue"
    assert classify("http_requests_total", conventions=CONVENTIONS, label_names=["instance", "job"]).layer == "app"
    assert classify("db_errors_total", conventions=CONVENTIONS, label_names=["topic"]).layer == "database"


def test_metadata_tells_the_unit_where_the_name_tells_none() -> None:
    assert classify("checkout_time", conventions=CONVENTIONS, unit="seconds").unit == "seconds"
    assert classify("checkout_time_ms", conventions=CONVENTIONS, unit="bytes").unit == "seconds"


def test_a_name_without_a_known_word_is_work_of_the_application_in_either_direction() -> None:
    assert read("frobnication") == ("app", "work", "both", "count")


def test_words_of_a_user_win_over_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "conventions.yaml").write_text(
        "rules:\n  - {words: [frobnication], layer: queue, aspect: errors, tags: [retries]}\n"
        "suffixes:\n  frobs: {unit: seconds, factor: 0.5}\n"
        "min_effects:\n  - {unit: seconds, aspect: errors, min_effect: 7}\n"
    )
    mine = load([packs_folder(), tmp_path]).conventions
    meaning = classify("frobnication_frobs", conventions=mine)
    assert (meaning.layer, meaning.aspect, meaning.tags) == ("queue", "errors", ("retries",))
    assert (meaning.unit, meaning.factor, meaning.min_effect) == ("seconds", 0.5, 7.0)
    assert classify("http_p95_ms", conventions=mine) == classify("http_p95_ms", conventions=CONVENTIONS)


def test_without_any_conventions_nothing_is_claimed() -> None:
    meaning = classify("http_p95_ms", conventions=Conventions())
    assert (meaning.layer, meaning.aspect, meaning.unit, meaning.min_effect) == ("app", "work", "count", 0.0)
