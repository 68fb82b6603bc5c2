"""Which signals are asked, and how their macros are filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.model import Signal
from reconstruct.packs import Catalogue, choose, load, packs_folder, taken
from reconstruct.sources.prometheus.discovery import MetricInfo

PACK = """\
id: mine
title: Mine
applies: [a_total, "b:.*"]
covers: [a_.*]
families:
  timed: '(?P<base>\\w+_seconds)_count'
define:
  bad: 'rate(a_total{code="500",$scope}[$__rate_interval])'
layer: app
service_label: team
signals:
  - id: first-that-exists
    title: First that exists
    any_of:
      - promql: rate(a_total{$scope}[$__rate_interval])
      - promql: b:a:rate5m{$scope}
    unit: per second
    aspect: traffic
    worse: both
    min_effect: 1
  - id: needs-two
    title: Needs two
    promql: sum by ($by) ($bad) / sum by ($by) (rate(a_all_total{$scope}[$__rate_interval]))
    unit: ratio
    aspect: errors
    worse: up
    min_effect: 0.01
    tags: [share]
  - id: mean
    title: Mean
    each: timed
    promql: |
      rate(${base}_sum{$scope}[$__rate_interval]) / rate(${base}_count{$scope}[$__rate_interval])
        and on (job) topk(3, sum by (job) (increase(${base}_count{$scope}[1h])))
    unit: seconds
    aspect: latency
    worse: up
    min_effect: 0.1
  - id: only-without-family
    title: Only without family
    unless: timed
    promql: a_gauge{x="1",$scope}
    unit: count
    aspect: work
    worse: both
    min_effect: 1
    service_label: other
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    (tmp_path / "mine.yaml").write_text(PACK)
    (tmp_path / "conventions.yaml").write_text("identity: [namespace, job]\ninstance: [instance]\n")
    return load([tmp_path])


def chosen(catalogue: Catalogue, *names: str, scope: str = "") -> dict[str, Signal]:
    available = {name: MetricInfo("unknown") for name in names}
    found = choose(catalogue, available, rate_interval_s=lambda asked: 60.0 + len(asked), scope=scope)
    return {signal.id: signal for signal in found}


def test_a_pack_that_does_not_apply_asks_nothing(catalogue: Catalogue) -> None:
    assert chosen(catalogue, "a_gauge", "x_seconds_count", "x_seconds_sum") == {}


def test_the_first_variant_whose_metrics_exist_is_asked(catalogue: Catalogue) -> None:
    assert chosen(catalogue, "a_total")["mine/first-that-exists"].promql == "rate(a_total[61s])"
    assert chosen(catalogue, "b:a:rate5m", "b:x")["mine/first-that-exists"].promql == "b:a:rate5m"
    assert "mine/first-that-exists" not in chosen(catalogue, "b:x")


def test_every_metric_of_an_expression_must_exist(catalogue: Catalogue) -> None:
    assert "mine/needs-two" not in chosen(catalogue, "a_total")
    found = chosen(catalogue, "a_total", "a_all_total")["mine/needs-two"]
    assert found.promql == (
        'sum by (namespace, job) (rate(a_total{code="500"}[62s])) / sum by (namespace, job) (rate(a_all_total[62s]))'
    )
    assert found.tags == ("share",)


def test_the_scope_is_in_every_selector(catalogue: Catalogue) -> None:
    scope = 'cluster="eu"'
    found = chosen(catalogue, "a_total", "a_all_total", "a_gauge", "x_seconds_sum", "x_seconds_count", scope=scope)
    assert all(signal.promql.count("{") == signal.promql.count(scope) for signal in found.values())
    assert all("$" not in signal.promql for signal in found.values())


def test_a_family_is_asked_for_each_metric_whose_whole_family_is_there(catalogue: Catalogue) -> None:
    found = chosen(catalogue, "a_total", "x_seconds_sum", "x_seconds_count", "y_seconds_count")
    assert [one for one in found if one.startswith("mine/mean")] == ["mine/mean-x-seconds"]
    assert "x_seconds_sum" in found["mine/mean-x-seconds"].promql
    assert found["mine/mean-x-seconds"].title == "Mean (x_seconds)"


def test_a_signal_stands_back_where_a_family_says_it_better(catalogue: Catalogue) -> None:
    assert "mine/only-without-family" in chosen(catalogue, "a_total", "a_gauge")
    assert "mine/only-without-family" not in chosen(catalogue, "a_total", "a_gauge", "x_seconds_count")


def test_the_smear_is_the_rate_interval_and_not_a_range_that_only_selects(catalogue: Catalogue) -> None:
    found = chosen(catalogue, "a_total", "x_seconds_sum", "x_seconds_count")
    assert found["mine/mean"].range_s == 62.0
    assert chosen(catalogue, "b:a:rate5m", "b:x")["mine/first-that-exists"].range_s == 300.0


def test_the_label_that_names_the_service_is_the_signals_own_or_the_packs(catalogue: Catalogue) -> None:
    found = chosen(catalogue, "a_total", "a_gauge")
    assert found["mine/first-that-exists"].service_label == "team"
    assert found["mine/only-without-family"].service_label == "other"


def test_what_a_pack_asks_or_knows_is_not_for_the_generic_signals(catalogue: Catalogue) -> None:
    names = ("a_total", "a_unused", "x_seconds_sum", "x_seconds_count", "z_total")
    available = {name: MetricInfo("unknown") for name in names}
    assert taken(catalogue, available) == {"a_total", "a_unused", "x_seconds_sum", "x_seconds_count"}


def test_every_signal_that_ships_has_an_id_of_its_own_when_everything_exists() -> None:
    catalogue = load([packs_folder()])
    names = {need for pack in catalogue.packs for t in pack.templates for v in t.variants for need in v.needs}
    names |= {"http_request_duration_seconds_bucket", "http_request_duration_seconds_sum", "http_requests_total"}
    names |= {"http_request_duration_seconds_count", "http_server_requests_seconds_count"}
    found = choose(catalogue, dict.fromkeys(names, MetricInfo("unknown")), rate_interval_s=lambda _: 60.0, scope="")
    ids = [signal.id for signal in found]
    assert len(ids) == len(set(ids)) > 150
    assert all(not signal.inferred for signal in found)
