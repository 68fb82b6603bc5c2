"""Expressions in a server's own spelling."""

from __future__ import annotations

import pytest

from reconstruct import promql
from reconstruct.promql import Written

METRICS = {
    "http_seconds_bucket": Written("http.dur", "bucket"),
    "http_seconds_count": Written("http.dur", "count"),
    "http_seconds_sum": Written("http.dur", "sum"),
    "calls_total": Written("calls.made"),
    "plain_total": Written("plain"),
}
LABELS = {"service_name": ("service.name",), "code": ("code", "http.code"), "le": ("le", "vmrange")}


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("up", "up"),
        ("rate(calls_total[5m])", 'rate({__name__="calls.made"}[5m])'),
        ('rate(calls_total{a="1"}[5m])', 'rate({__name__="calls.made",a="1"}[5m])'),
        ("rate(calls_total{}[5m])", 'rate({__name__="calls.made"}[5m])'),
        ("plain_total offset 5m", "plain offset 5m"),
        ('{__name__="calls_total"}', '{__name__="calls.made"}'),
        ("sum by (service_name, code) (up)", 'sum by ("service.name", code, "http.code") (up)'),
        ('up{service_name="a"} / on (service_name) up', 'up{"service.name"="a"} / on ("service.name") up'),
        ('calls_total{code="5"}', '{__name__="calls.made","http.code"="5"}'),
        ('up{code="5"}', 'up{code="5"}'),
        (
            "histogram_quantile(0.9, sum by (le, job) (rate(http_seconds_bucket[5m])))",
            'histogram_quantile(0.9, sum by (le, vmrange, job) (rate({__name__="http.dur"}[5m])))',
        ),
        (
            'sum(rate(http_seconds_sum{a="1"}[5m])) / sum(rate(http_seconds_count{a="1"}[5m]))',
            'sum(histogram_sum(rate({__name__="http.dur",a="1"}[5m])))'
            ' / sum(histogram_count(rate({__name__="http.dur",a="1"}[5m])))',
        ),
        ("http_seconds_count > 5", 'histogram_count({__name__="http.dur"}) > 5'),
    ],
)
def test_names_are_written_as_the_server_has_them_and_a_second_time_changes_nothing(
    expression: str, written: str
) -> None:
    once = promql.respelled(expression, metrics=METRICS, labels=LABELS)
    assert once == written
    assert promql.respelled(once, metrics={}, labels={"service_name": ("service.name",)}) == once


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ('sum by ("a.b", job) (up)', r"sum by (a\.b, job) (up)"),
        ('{"x.y"}', '{__name__="x.y"}'),
        ('{"x.y","a-b"=~"1"} > 2', r'{__name__="x.y",a\-b=~"1"} > 2'),
        ('label_replace(up, "a.b", "$1", "job", "(.*)")', 'label_replace(up, "a.b", "$1", "job", "(.*)")'),
        ('up{job="a.b"}', 'up{job="a.b"}'),
    ],
)
def test_metricsql_gets_backslashes_where_prometheus_has_quotes(expression: str, written: str) -> None:
    assert promql.metricsql(expression) == written
    assert promql.metricsql(written) == written


def test_names_of_metricsql_are_read_with_and_without_backslashes() -> None:
    assert promql.metric_names(r'sum(http\.x{service\.name="a"}) by (service.name) / http.y') == ("http.x", "http.y")


def test_a_scope_narrows_every_alternative_of_a_selector() -> None:
    assert promql.add_matchers('{a="b" or c="d"}', 'x="1"') == '{a="b",x="1" or c="d",x="1"}'
    assert promql.add_matchers('up{"a.b"="b"}', '"k8s.ns"="1"') == 'up{"a.b"="b","k8s.ns"="1"}'


def test_smoothed_and_anchored_are_no_metrics_behind_a_selector_and_metrics_elsewhere() -> None:
    assert promql.metric_names("rate(a[5m] smoothed) + b anchored") == ("a", "b")
    assert promql.metric_names("smoothed + anchored") == ("smoothed", "anchored")
    assert promql.add_matchers("increase(a[5m] anchored)", 'c="1"') == 'increase(a{c="1"}[5m] anchored)'


def test_numbers_may_have_underscores() -> None:
    assert promql.split_condition("x > 1_000") == promql.Condition("x", ">", 1000.0)
