"""Grafana's own variables."""

from __future__ import annotations

import pytest

from reconstruct.sources.dashboards.variables import Variables, fill_intervals


@pytest.mark.parametrize(
    ("step_s", "scrape_s", "rate"),
    [(15, 15, "60s"), (60, 15, "75s"), (300, 60, "360s"), (1, 30, "120s")],
)
def test_the_rate_interval_is_as_grafana_computes_it(step_s: float, scrape_s: float, rate: str) -> None:
    filled = fill_intervals("rate(a[$__rate_interval])", step_s=step_s, scrape_s=scrape_s, range_s=3600)
    assert filled == f"rate(a[{rate}])"


def test_range_and_interval_in_every_spelling() -> None:
    asked = "increase(a[$__range]) / ${__range_s} + rate(a[${__interval}]) * [[__interval_ms]]"
    asked += " + rate(b[$__auto_interval_x])"
    filled = fill_intervals(asked, step_s=30, scrape_s=15, range_s=7200)
    assert filled == "increase(a[7200s]) / 7200 + rate(a[30s]) * 30000 + rate(b[30s])"


def test_a_panels_own_smallest_step_counts() -> None:
    assert fill_intervals("a[$__interval]", step_s=15, scrape_s=15, range_s=1, min_interval_s=60) == "a[60s]"


@pytest.mark.parametrize(("form", "written"), [("", "(a|b)"), (":pipe", "a|b"), (":csv", "a,b"), (":regex", "(a|b)")])
def test_several_values_in_the_forms_that_a_query_may_ask_for(form: str, written: str) -> None:
    filled, _ = Variables({"x": ("a", "b")}, frozenset({"x"})).fill(f'm{{l=~"${{x{form}}}"}}')
    assert filled == f'm{{l=~"{written}"}}'


def test_a_value_with_signs_of_a_pattern_is_escaped_only_where_it_is_one() -> None:
    assert Variables({"x": ("a.b",)}).fill('m{l="$x"}')[0] == 'm{l="a.b"}'
    assert Variables({"x": ("a.b",)}, frozenset({"x"})).fill('m{l=~"$x"}')[0] == r'm{l=~"a\\.b"}'


def test_a_variable_that_nobody_knows_is_named() -> None:
    assert Variables().fill("rate(a[$w]) + b{c='$d'}")[1] == ("w", "d")
