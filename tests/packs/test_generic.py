"""Metrics that no pack knows, on a real Prometheus without metadata: what is asked, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from reconstruct.http import HttpSettings
from reconstruct.model import Signal, Window
from reconstruct.packs import Generic, Seen, generic, load, packs_folder
from reconstruct.packs.survey import SERIES_LOOKED_AT
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import MetricInfo
from reconstruct.sources.prometheus.metric_inventory import seen_metrics
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.samples import Samples, every

pytestmark = pytest.mark.server

CONVENTIONS = load([packs_folder()]).conventions
START, MIDDLE, END = (pd.Timestamp(f"2026-03-02T{clock}Z") for clock in ("12:00", "12:20", "12:40"))
WINDOW = Window(START + pd.Timedelta("10min"), END, pd.Timedelta("15s"), START + pd.Timedelta("5min"))
SHOP = {"job": "shop", "instance": "shop-1", "service": "shop", "namespace": "store"}


def story() -> Samples:
    samples = Samples()
    times = every(15.0, START, END)
    later = [time for time in times if time >= MIDDLE.timestamp()]

    def rising(name: str, by: float, labels: dict[str, str], over: list[float] = times) -> None:
        samples.add(name, labels, [(time, by * n) for n, time in enumerate(over)])

    def waving(name: str, labels: dict[str, str], over: list[float] = times) -> None:
        samples.add(name, labels, [(time, 50 + 10 * math.sin(n)) for n, time in enumerate(over)])

    samples.add("up", SHOP, [(time, 1.0) for time in times])
    for le, share in (("0.1", 30.0), ("1", 45.0), ("+Inf", 45.0)):
        rising("cart_merge_seconds_bucket", share, SHOP | {"le": le, "code": "200"})
        rising("cart_merge_seconds_bucket", share / 9, SHOP | {"le": le, "code": "503"})
    rising("cart_merge_seconds_count", 45.0, SHOP | {"code": "200"})
    rising("cart_merge_seconds_count", 5.0, SHOP | {"code": "503"})
    rising("cart_merge_seconds_sum", 9.0, SHOP | {"code": "200"})
    rising("cart_merge_seconds_sum", 6.0, SHOP | {"code": "503"})
    waving("mail_send_seconds", SHOP | {"quantile": "0.5"})
    waving("mail_send_seconds", SHOP | {"quantile": "0.99"})
    rising("mail_send_seconds_sum", 3.0, SHOP)
    rising("mail_send_seconds_count", 15.0, SHOP)
    rising("parcels_weighed", 30.0, SHOP)
    waving("parcel_queue_depth", SHOP)
    waving("parcel_oven_temperature_ms", SHOP)
    rising("stock_error_total", 15.0, SHOP | {"kind": "late"}, later)
    rising("stock_statement_calls", 150.0, SHOP | {"queryid": "1"})
    rising("stock_statement_seconds_total", 0.3, SHOP | {"queryid": "1"})
    rising("stock_statement_rows_total", 1500.0, SHOP | {"queryid": "1"})
    for kind, level in (("Lock", 7.0), ("LWLock", 1.0), ("Client", 40.0), ("IO", 2.0)):
        samples.add("stock_waiting_sessions", SHOP | {"wait_event_type": kind}, [(time, level) for time in times])
    samples.add("shop_build_info", SHOP | {"version": "1"}, [(time, 1.0) for time in times])
    samples.add("stock_pool_max", SHOP, [(time, 20.0) for time in times])
    samples.add("job:orders:rate5m", {"job": "shop"}, [(time, 3.0) for time in times])
    for number in range(3):
        pod = {
            "job": "pods",
            "pod": f"web-{number}",
            "instance": f"10.0.0.{number}:80",
            "namespace": "store",
            "app": "web",
        }
        rising("web_clicks_total", 15.0, pod)
    for number in range(120):
        rising("many_hits_total", 15.0, SHOP | {"shard": str(number % 4), "customer": str(number)})
    for number in range(SERIES_LOOKED_AT + 1):
        one = SHOP | {"tray": f'"{number}" \\ {number}'}
        rising("trays_moved", 15.0, one)
        waving("tray_depth", one)
    waving(
        "far_away_latency_seconds", {"job": "other", "namespace": "elsewhere", "instance": "x:1", "service": "other"}
    )
    return samples


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("generic")
    with prometheus(folder, data=backfilled(folder, story())) as url:
        yield Prometheus(HttpSettings(url))


@pytest.fixture(scope="module")
def seen(server: Prometheus) -> dict[str, Seen]:
    names = {name: MetricInfo("unknown") for name in server.label_values("__name__") if name != "up"}
    return seen_metrics(server, names, window=WINDOW, conventions=CONVENTIONS)


def made(seen: dict[str, Seen], *, services: tuple[str, ...] = (), scope: str = "", most: int = 300) -> Generic:
    return generic(
        seen,
        conventions=CONVENTIONS,
        rate_interval_s=lambda _: 60.0,
        scope=scope,
        services=services,
        signals_most=most,
    )


def by_id(found: Generic) -> dict[str, Signal]:
    return {signal.id.removeprefix("generic/"): signal for signal in found.signals}


def level(server: Prometheus, signal: Signal) -> float:
    answer = server.range(signal.promql, WINDOW)
    assert answer.values.shape[1] == 1, signal.promql
    return float(np.nanmedian(answer.values))


def test_kinds_are_found_without_metadata(seen: dict[str, Seen]) -> None:
    kinds = {name: one.kind for name, one in seen.items()}
    assert kinds["parcels_weighed"] == "counter"
    assert kinds["parcel_queue_depth"] == "gauge"
    assert kinds["stock_waiting_sessions"] == "gauge"
    assert kinds["shop_build_info"] == "info"
    assert kinds["job:orders:rate5m"] == "gauge"
    assert kinds["stock_error_total"] == "counter"


def test_kinds_of_a_metric_with_very_many_series_are_read_from_a_few(server: Prometheus, seen: dict[str, Seen]) -> None:
    assert (seen["trays_moved"].kind, seen["tray_depth"].kind) == ("counter", "gauge")
    assert seen["tray_depth"].count == SERIES_LOOKED_AT + 1
    found = by_id(made(seen))
    depth = server.range(found["tray_depth"].promql, WINDOW)
    assert depth.values.shape[1] == 1
    assert float(np.nanmax(depth.values)) == pytest.approx(60 * (SERIES_LOOKED_AT + 1), rel=0.1)


def test_a_series_that_is_there_only_in_part_of_the_window_is_seen(seen: dict[str, Seen]) -> None:
    assert not seen["stock_error_total"].throughout
    assert seen["parcels_weighed"].throughout


def test_every_query_is_answered_and_carries_its_scope(server: Prometheus, seen: dict[str, Seen]) -> None:
    scope = 'namespace=~"store|elsewhere"'
    found = made({name: one for name, one in seen.items() if ":" not in name}, scope=scope)
    assert len(found.signals) > 15
    for signal in found.signals:
        assert scope in signal.promql
        assert signal.inferred
        assert server.range(signal.promql, WINDOW).values.shape[1] > 0, signal.promql


def test_a_histogram_gives_a_quantile_the_mean_the_rate_and_the_share_that_failed(
    server: Prometheus, seen: dict[str, Seen]
) -> None:
    found = by_id(made({name: one for name, one in seen.items() if name.startswith("cart_")}))
    assert set(found) == {f"cart_merge_seconds-{part}" for part in ("p95", "mean", "rate", "failed")}
    failed = found["cart_merge_seconds-failed"]
    assert (failed.unit, failed.aspect, failed.range_s) == ("ratio", "errors", 60.0)
    assert level(server, failed) == pytest.approx(0.1)
    mean = server.range(found["cart_merge_seconds-mean"].promql, WINDOW)
    means = {labels["code"]: np.nanmedian(mean.values[:, n]) for n, labels in enumerate(mean.labels)}
    assert means == {"200": pytest.approx(0.2), "503": pytest.approx(1.2)}
    assert found["cart_merge_seconds-p95"].min_effect == 2 * found["cart_merge_seconds-mean"].min_effect


def test_a_summary_gives_its_highest_quantile(seen: dict[str, Seen]) -> None:
    found = by_id(made({name: one for name, one in seen.items() if name.startswith("mail_")}))
    assert set(found) == {"mail_send_seconds-q0.99", "mail_send_seconds-mean", "mail_send_seconds-rate"}


def test_what_is_counted_beside_its_calls_is_told_for_each_call(server: Prometheus, seen: dict[str, Seen]) -> None:
    found = by_id(made(seen))
    assert level(server, found["stock_statement_seconds_total-per-call"]) == pytest.approx(0.002)
    assert found["stock_statement_rows_total-per-call"].aspect == "work"
    assert level(server, found["stock_statement_rows_total-per-call"]) == pytest.approx(10.0)


def test_label_values_of_other_meaning_are_signals_of_their_own(server: Prometheus, seen: dict[str, Seen]) -> None:
    found = {name: one for name, one in by_id(made(seen)).items() if name.startswith("stock_waiting")}
    assert set(found) == {"stock_waiting_sessions-lock", "stock_waiting_sessions-io"}
    lock = found["stock_waiting_sessions-lock"]
    assert (lock.layer, lock.aspect) == ("database", "locks")
    assert level(server, lock) == pytest.approx(8.0)


def test_an_error_counter_that_begins_with_the_incident_was_zero_before(
    server: Prometheus, seen: dict[str, Seen]
) -> None:
    signal = by_id(made(seen))["stock_error_total"]
    values = server.range(signal.promql, WINDOW).values[:, 0]
    before = WINDOW.index < MIDDLE
    assert np.isfinite(values).all()
    assert (values[before] == 0).all()
    assert np.median(values[~before]) == pytest.approx(1.0)


def test_pods_are_put_together_and_instances_that_last_are_not(server: Prometheus, seen: dict[str, Seen]) -> None:
    found = by_id(made(seen))
    clicks = server.range(found["web_clicks_total"].promql, WINDOW)
    assert [set(labels) for labels in clicks.labels] == [{"job", "namespace", "app"}]
    assert float(np.nanmedian(clicks.values)) == pytest.approx(3.0)
    assert "instance" in server.range(found["parcel_queue_depth"].promql, WINDOW).labels[0]


def test_a_label_with_very_many_values_is_summed_away(server: Prometheus, seen: dict[str, Seen]) -> None:
    answer = server.range(by_id(made(seen))["many_hits_total"].promql, WINDOW)
    assert len(answer.labels) == 4
    assert {labels["shard"] for labels in answer.labels} == {"0", "1", "2", "3"}


def test_values_are_asked_in_base_units(server: Prometheus, seen: dict[str, Seen]) -> None:
    signal = by_id(made(seen))["parcel_oven_temperature_ms"]
    assert signal.unit == "seconds"
    assert level(server, signal) == pytest.approx(0.05, rel=0.1)


def test_infos_limits_and_what_counts_nothing_are_not_asked(seen: dict[str, Seen]) -> None:
    found = by_id(made(seen))
    assert "shop_build_info" not in found
    assert "stock_pool_max" not in found


def test_a_recorded_series_is_never_rated_again(seen: dict[str, Seen]) -> None:
    assert by_id(made(seen))["job:orders:rate5m"].promql == "job:orders:rate5m"


def test_a_service_brings_what_shares_its_namespace_and_says_what_was_left_out(seen: dict[str, Seen]) -> None:
    found = made(seen, services=("shop",))
    names = set(by_id(found))
    assert "web_clicks_total" in names
    assert "far_away_latency_seconds" not in names
    assert any("1 of them left out" in note and "shop" in note for note in found.notes)


def test_the_limit_keeps_what_tells_most_and_says_how_much_it_left(seen: dict[str, Seen]) -> None:
    everything = made(seen)
    few = made(seen, most=3)
    assert len(few.signals) == 3
    assert {signal.aspect for signal in few.signals} == {"errors", "latency"}
    left = len(everything.signals) - 3
    assert any(note.startswith(f"{left} signals of such metrics left out") for note in few.notes)
    assert f"{len(seen)} with " in everything.notes[0]


def test_nothing_to_ask_says_nothing() -> None:
    assert made({}) == Generic((), ())
