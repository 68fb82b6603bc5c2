"""Which metrics are worth asking for, told by their names, kinds and labels alone."""

from __future__ import annotations

from collections.abc import Mapping

from reconstruct.meaning import telling_metrics
from reconstruct.packs.raw import MAX_OTHERS, raw_signals
from reconstruct.packs.survey import Seen

NODE = {"job": "node", "instance": "10.0.0.1:9100"}
DATABASE = {"job": "mariadb", "instance": "10.0.0.2:9104"}
SHOP = {"job": "shop", "instance": "10.0.0.3:8080"}


def told(**seen: tuple[str, Mapping[str, str]]) -> set[str]:
    return set(telling_metrics({name: (kind, [labels]) for name, (kind, labels) in seen.items()}))


def test_figures_that_a_role_is_known_for_are_told_from_how_a_program_was_built() -> None:
    found = told(
        up=("gauge", NODE),
        node_cpu_seconds_total=("counter", {**NODE, "cpu": "0", "mode": "idle"}),
        node_entropy_pool_size_bits=("gauge", NODE),
        node_disk_flush_requests_total=("counter", NODE),
        mysql_global_status_questions=("counter", DATABASE),
        mysql_global_status_feature_json=("gauge", DATABASE),
        mysql_global_variables_max_connections=("gauge", DATABASE),
        mysql_global_variables_lock_wait_timeout=("gauge", DATABASE),
        shop_requests_total=("counter", {**SHOP, "code": "200"}),
        shop_build_info=("info", {**SHOP, "version": "1"}),
    )
    assert found == {
        "up",
        "node_cpu_seconds_total",
        "mysql_global_status_questions",
        "mysql_global_variables_max_connections",
        "shop_requests_total",
        "shop_build_info",
    }


def test_a_counter_that_had_not_moved_and_was_taken_for_a_gauge_is_told() -> None:
    assert "mysql_global_status_slow_queries" in told(
        mysql_global_status_slow_queries=("gauge", DATABASE), mysql_global_status_questions=("counter", DATABASE)
    )


def test_a_native_histogram_is_told_by_the_count_that_stands_for_it() -> None:
    assert told(http_server_request_duration_seconds=("histogram", SHOP)) == {"http_server_request_duration_seconds"}


def test_a_metric_whose_labels_were_not_looked_at_may_be_any() -> None:
    assert telling_metrics({"node_cpu_seconds_total": ("counter", [])}) == {"node_cpu_seconds_total"}


def test_a_thousand_names_that_tell_nothing_do_not_take_the_place_of_one_that_does() -> None:
    seen = {f"mysql_connection_pool_of_requests_{n}": Seen("gauge", 1, (DATABASE,)) for n in range(1000)}
    seen["node_cpu_seconds_total"] = Seen("counter", 2, ({**NODE, "cpu": "0", "mode": "idle"},) * 2)
    asked = raw_signals(seen, telling=("node_cpu_seconds_total",))
    assert "raw/node_cpu_seconds_total" in [one.id for one in asked.signals]
    assert len(asked.signals) == MAX_OTHERS
    assert asked.left_out == ()
