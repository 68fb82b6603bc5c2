"""Expressions lose what is empty in this estate, and nothing that could have a value."""

from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.alerting.expression import as_operand, simplified
from reconstruct.sources.prometheus.client import Prometheus
from tests.servers.story import at

KNOWN = {
    "hits": [{"job": "shop", "instance": "a", "code": "200"}, {"job": "shop", "instance": "b", "code": "500"}],
    "took_count": [{"job": "shop", "instance": "a"}],
    "up": [{"job": "shop", "instance": "a"}],
}


@pytest.mark.parametrize(
    ("expr", "shorter"),
    [
        ("sum by (job, pod) (rate(hits[1m]))", "sum by (job) (rate(hits[1m]))"),
        ("max(sum by (instance, pod) (hits))", "max(sum by (instance) (hits))"),
        ('hits{code="404"} or hits{code="500"}', 'hits{code="500"}'),
        ('(hits{status="1"} or (hits{code="404"} or hits{code="500"})) / up', '((hits{code="500"})) / up'),
        ('sum(hits{code="404"} or hits{status="500"})', 'sum(hits{code="404"})'),
        ('hits{code="404"} or on (job) hits', 'hits{code="404"} or on (job) hits'),
        ('hits{code="404"} or vector(0)', "vector(0)"),
        ('absent(hits{code="404"}) or hits', 'absent(hits{code="404"}) or hits'),
        ('(hits unless hits{code="404"}) or up', '(hits unless hits{code="404"}) or up'),
        ('label_replace(hits{code="404"}, "x", "a", "", "") or up', "up"),
        (
            "histogram_quantile(0.9, sum by (le, job, pod) (rate(took_bucket[1m])))",
            "histogram_quantile(0.9, sum by (le, job) (rate(took_bucket[1m])))",
        ),
        (
            'sum by (kind, pod) (label_replace(up, "kind", "a", "", ""))',
            'sum by (kind) (label_replace(up, "kind", "a", "", ""))',
        ),
        ("sum by (job, pod) (unknown)", "sum by (job) (unknown)"),
        ("max(sum by (pod) (unknown))", "max(sum by (pod) (unknown))"),
        ("sum by (job) (hits) # by (pod)\n/ up", "sum by (job) (hits) # by (pod)\n/ up"),
    ],
)
def test_what_no_series_has_is_taken_out(expr: str, shorter: str) -> None:
    assert simplified(expr, KNOWN, answer=["job"]) == shorter


def test_an_expression_that_binds_less_than_a_comparison_is_put_in_parentheses() -> None:
    assert as_operand("a / b") == "a / b"
    assert as_operand("(a > 1) / b") == "(a > 1) / b"
    assert as_operand("a > 1") == "(a > 1)"
    assert as_operand("a unless b") == "(a unless b)"


def test_the_server_answers_the_same_to_what_is_left(prometheus_server: Prometheus) -> None:
    errors = 'sum by (service, pod, job) (rate(http_errors_total{code=~"5.."}[5m]) or rate(http_errors_total[5m]))'
    expr = f'{errors} / on (job) group_left sum by (job, zone) (up or up{{zone="a"}})'
    when = pd.Timestamp(at("14:00"), unit="s", tz="UTC")
    known = {
        name: [
            {k: v for k, v in sample.labels.items() if k != "__name__"}
            for sample in prometheus_server.instant(name, at=when)
        ]
        for name in ("http_errors_total", "up")
    }
    shorter = simplified(expr, known, answer=())
    assert len(shorter) < len(expr)
    assert prometheus_server.instant(shorter, at=when) == prometheus_server.instant(expr, at=when)
    assert prometheus_server.instant(shorter, at=when)
