"""OpenTelemetry's names in every spelling are the packs' names."""

from __future__ import annotations

import pytest

from reconstruct.packs import choose, load, packs_folder, spelling_of, taken
from reconstruct.packs.catalogue import Catalogue
from reconstruct.sources.prometheus.discovery import MetricInfo

UNKNOWN = MetricInfo("unknown")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load([packs_folder()])


@pytest.mark.parametrize(
    ("theirs", "info", "plain"),
    [
        ("http.server.request.duration_seconds_count", UNKNOWN, "http_server_request_duration_seconds_count"),
        ("http.server.request.duration_count", UNKNOWN, "http_server_request_duration_seconds_count"),
        ("http_server_request_duration_count", UNKNOWN, "http_server_request_duration_seconds_count"),
        ("process.cpu.time", UNKNOWN, "process_cpu_time_seconds_total"),
        ("process.cpu.time_seconds_total", UNKNOWN, "process_cpu_time_seconds_total"),
        ("shop.lookup.duration_bucket", MetricInfo("histogram", "", "ms"), "shop_lookup_duration_milliseconds_bucket"),
        ("shop.orders", MetricInfo("counter", "", "{order}"), "shop_orders"),
    ],
)
def test_a_name_of_any_spelling_is_known_by_the_one(theirs: str, info: MetricInfo, plain: str) -> None:
    spelling = spelling_of({theirs: info})
    assert set(spelling.available) == {plain}
    assert spelling.theirs([plain]) == (theirs,)


def test_a_name_that_needs_nothing_stays_and_wins() -> None:
    spelling = spelling_of({"up": UNKNOWN, "a_b": UNKNOWN, "a.b": UNKNOWN})
    assert set(spelling.available) == {"up", "a_b", "a.b"}
    assert not spelling.metrics


@pytest.mark.parametrize(
    ("names", "native"),
    [
        (
            [
                "http.server.request.duration_bucket",
                "http.server.request.duration_count",
                "http.server.request.duration_sum",
            ],
            (),
        ),
        (["http.server.request.duration"], ("http.server.request.duration",)),
        (["http_server_request_duration_seconds"], ("http_server_request_duration_seconds",)),
    ],
)
def test_the_http_pack_reads_each_spelling_and_each_kind_of_histogram(
    catalogue: Catalogue, names: list[str], native: tuple[str, ...]
) -> None:
    available = dict.fromkeys(names, MetricInfo("histogram" if native else "unknown"))
    spelling = spelling_of(available, native=native)
    signals = choose(catalogue, spelling.available, rate_interval_s=lambda _: 60.0, scope="")
    asked = {signal.id: spelling.written(signal.promql) for signal in signals}
    assert {"http/latency-p95", "http/latency-mean", "http/error-share-timed", "http/request-rate-timed"} <= set(asked)
    assert all(names[0].removesuffix("_bucket") in text for text in asked.values())
    if native:
        assert "histogram_sum(rate(" in asked["http/latency-mean"]
        assert "_bucket" not in asked["http/latency-p95"]
    assert set(spelling.theirs(taken(catalogue, spelling.available))) >= set(names)
