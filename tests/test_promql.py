"""What is done to PromQL: the server that has to understand the result is asked, and small cases are spelt out."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconstruct import promql
from reconstruct.errors import QueryError, UsageError
from reconstruct.promql import Condition
from reconstruct.sources.prometheus.client import Prometheus

SCOPE = 'cluster="eu-1",namespace="shop"'
EXPRESSIONS = (
    "up",
    "up{}",
    'up{job="a",}',
    'up { job = "a" }',
    "up offset 5m",
    "up @ 1767225600 offset -1m",
    "up @ end()",
    "-up + 1",
    "up > bool 0",
    "rate(a[5m])",
    "rate(a[5m] offset 1h)",
    'sum(rate(a{x="}",y=~"a|b"}[5m])) by (le, x)',
    "sum by (job) (rate(a[5m])) / on (job) group_left (version) b",
    "sum without (instance) (a) / ignoring (instance, pod) group_right () b",
    'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{code!~"5.."}[5m])))',
    "max_over_time(rate(a[5m])[1h:1m])",
    "max_over_time(a[1h:])",
    "quantile_over_time(0.5, (a + b)[10m:30s] offset 1d)",
    "topk(5, a) and b unless c or d",
    'count_values("version", shop_build_info)',
    "count(count by (job) (up)) > 3",
    "a:b:c / a_total # comment with a{} in it",
    'label_replace(up, "x", "$1", "job", "(.*)")',
    '{__name__="a.b"}',
    '{__name__=~"a|b",job="x"}',
    "absent(up{job='x'})",
    "vector(1) + time()",
    "1 + 2 * 3 ^ 2",
    "a and on () vector(1)",
    "sum(a) by (on, by) + offset",
    "a % 0x1F > -Inf",
    "a == NaN",
    "sum\n(\n  a\n)\nby\n(job)",
    "a atan2 b",
    "rate(a[1h30m]) - rate(a[90s] offset 1w)",
)


def parses(server: Prometheus, expression: str) -> bool:
    """Whether the server can read it; what it then says of the data does not matter."""
    try:
        server.instant(expression)
    except QueryError as error:
        return "parse error" not in error.message
    return True


@pytest.mark.server
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_written_anew_can_still_be_read(prometheus_server: Prometheus, expression: str) -> None:
    readable = parses(prometheus_server, expression)
    assert readable or expression == "sum(a) by (on, by) + offset"
    if not readable:
        return
    assert parses(prometheus_server, promql.add_matchers(expression, SCOPE))
    assert parses(prometheus_server, promql.with_short_look_back(expression, window_s=30))
    assert parses(prometheus_server, promql.fill(expression, rate_interval_s=60, scope=""))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_selector_is_narrowed_and_nothing_else_is_touched(expression: str) -> None:
    narrowed = promql.add_matchers(expression, SCOPE)
    assert len(promql.selectors(narrowed)) == len(promql.selectors(expression))
    assert all(SCOPE in selector for selector in promql.selectors(narrowed))
    for form in (f",{SCOPE}", f"{{{SCOPE}}}", SCOPE):
        narrowed = narrowed.replace(form, "")
    assert re.sub(r",?(\}|\{\})", r"\1", narrowed).replace("{}", "") == re.sub(r",(\})", r"\1", expression).replace(
        "{}", ""
    )
    assert promql.add_matchers(expression, "") == expression


@pytest.mark.parametrize(
    ("expression", "narrowed"),
    [
        ("up", 'up{c="1"}'),
        ("up{}", 'up{c="1"}'),
        ('up{job="a",}', 'up{job="a",c="1"}'),
        ('up{job="a" }', 'up{job="a" ,c="1"}'),
        ("sum(a) by (job)", 'sum(a{c="1"}) by (job)'),
        ("sum by (job) (a)", 'sum by (job) (a{c="1"})'),
        ("count", 'count{c="1"}'),
        ("a / on (job) group_left (x) b", 'a{c="1"} / on (job) group_left (x) b{c="1"}'),
        ('label_replace(up, "up", "$1", "job", "up")', 'label_replace(up{c="1"}, "up", "$1", "job", "up")'),
        ("rate(a[5m:30s])", 'rate(a{c="1"}[5m:30s])'),
        ("up # of up", 'up{c="1"} # of up'),
        ("1h", "1h"),
        ("5 + NaN + Inf", "5 + NaN + Inf"),
    ],
)
def test_matchers_are_added_where_a_selector_is(expression: str, narrowed: str) -> None:
    assert promql.add_matchers(expression, 'c="1"') == narrowed


@pytest.mark.parametrize(
    ("template", "scope", "filled"),
    [
        ("a{$scope}", "", "a"),
        ("a{ $scope }", "", "a"),
        ("a{$scope}", 'c="1"', 'a{c="1"}'),
        ('a{x="1",$scope}', "", 'a{x="1"}'),
        ('a{x="1", $scope}', 'c="1"', 'a{x="1", c="1"}'),
        ('a{$scope,x="1"}', "", 'a{x="1"}'),
        ('a{$scope , x="1"}', "", 'a{ x="1"}'),
        ('a{x="1",$scope,y="2"}', "", 'a{x="1",y="2"}'),
        ('{__name__=~"a",$scope}', "", '{__name__=~"a"}'),
        ("rate(a{$scope}[$__rate_interval])", "", "rate(a[60s])"),
        ("rate(a[${__rate_interval}])", "", "rate(a[60s])"),
        ('label_replace(a{$scope}, "x", "$1", "job", "$scope")', "", 'label_replace(a, "x", "$1", "job", "$scope")'),
        ("up{}", "", "up"),
    ],
)
def test_macros_are_filled_and_an_empty_scope_leaves_a_valid_selector(template: str, scope: str, filled: str) -> None:
    assert promql.fill(template, rate_interval_s=60, scope=scope) == filled


def test_a_macro_that_nobody_knows_is_said() -> None:
    with pytest.raises(UsageError, match=r"unknown macro \$cluster") as caught:
        promql.fill('a{cluster="$ok"} + b{x="1"} + $cluster', rate_interval_s=60, scope="")
    assert "$__rate_interval" in caught.value.hint


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("a > 0.1", Condition("a", ">", 0.1)),
        ("0.1 < a", Condition("a", ">", 0.1)),
        ("((a)) >= 1e3", Condition("a", ">=", 1000.0)),
        ("(a > 1) and (b < 2)", Condition("a", ">", 1.0)),
        ("a > 1 and on (job) b < 2 and c > 3", Condition("a", ">", 1.0)),
        ("a > 1 unless b", Condition("a", ">", 1.0)),
        ("a and b > 2", Condition("b", ">", 2.0)),
        ("a and on (job) (b > 2)", Condition("b", ">", 2.0)),
        ("up == 0", Condition("up", "==", 0.0)),
        ("a > bool 1", Condition("a", ">", 1.0)),
        ("a > 5 * 60", Condition("a", ">", 300.0)),
        ("a > -2 ^ 2", Condition("a", ">", -4.0)),
        ("a > (1 + 2) * 3 - 4 / 2", Condition("a", ">", 7.0)),
        ("a > 0x10", Condition("a", ">", 16.0)),
        ("a > 1 < 5", Condition("a", ">", 1.0)),
        ('sum(a{x=">"}) / sum(b > 3) > 4', Condition('sum(a{x=">"}) / sum(b > 3)', ">", 4.0)),
        ("a # > 3\n> 2", Condition("a", ">", 2.0)),
        (
            "100 * (1 - avg(rate(idle[5m]))) > 90",
            Condition("100 * (1 - avg(rate(idle[5m])))", ">", 90.0),
        ),
        ("a > b", None),
        ("a > 1 or b > 2", None),
        ("sum(a > 1)", None),
        ("absent(up)", None),
        ("a", None),
        ("1 > 2", None),
        ("a > 1 / 0", None),
        ("", None),
    ],
)
def test_a_condition_is_split_into_left_side_comparator_and_number(
    expression: str, condition: Condition | None
) -> None:
    assert promql.split_condition(expression) == condition


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("up", 0.0),
        ("up offset 1h", 0.0),
        ("rate(a[5m])", 300.0),
        ("rate(a[1h30m])", 5400.0),
        ("rate(a[500ms])", 0.5),
        ("rate(a[1m]) + rate(b[5m]) - rate(c[2m])", 300.0),
        ("avg_over_time(a[10m:1m])", 600.0),
        ("avg_over_time(a[10m:])", 600.0),
        ("avg_over_time(sum(rate(a[5m]))[10m:1m])", 900.0),
        ("max(avg_over_time(rate(a[5m])[10m:1m])) / rate(b[12m])", 900.0),
        ('label_replace(rate(a[1m]), "x", "[9m]", "y", "")', 60.0),
        ("rate(a[5m]) # [1h]", 300.0),
    ],
)
def test_how_far_back_an_expression_looks(expression: str, seconds: float) -> None:
    assert promql.range_window_s(expression) == seconds


@pytest.mark.parametrize(
    ("query", "message", "under"),
    [
        ("sum(rate(x[5m])", "1:16: parse error: unclosed left parenthesis", ""),
        ("sum(x) bY (a) z", '1:15: parse error: unexpected identifier "z"', "z"),
        ("a +\n  b )", '2:5: parse error: unexpected right parenthesis ")"', ")"),
        ('a{é="x"} )', '1:11: parse error: unexpected ")"', ")"),  # columns count bytes
        ("\ta )", '1:4: parse error: unexpected ")"', ")"),
        ("a b", 'parse error at char 3: could not parse remaining input "b"...', "b"),
        ("sum(a) b", 'cannot parse "sum(a) b": unparsed data left: "b"', "b"),
    ],
)
def test_the_caret_stands_under_the_place(query: str, message: str, under: str) -> None:
    line, pointer = promql.caret(query, message).split("\n")
    assert line[len(pointer) - 1 :].startswith(under)
    assert pointer.strip() == "^"
    assert pointer[:-1].count("\t") == line[: len(pointer) - 1].count("\t")


def test_no_caret_where_no_place_is_named() -> None:
    assert promql.caret("up", "query timed out") == ""


@given(st.text(alphabet=st.sampled_from("ab1.5m{}()[]=~!\"'`\\,:+-*/ \n#$@offset")))
def test_the_words_of_any_text_joined_are_the_text(text: str) -> None:
    assert "".join(token.text for token in promql.tokens(text)) == text
    promql.selectors(text)
    promql.metric_names(text)
    promql.range_window_s(text)
    promql.split_condition(text)
    promql.add_matchers(text, 'a="1"')
    promql.with_short_look_back(text, window_s=30)


@pytest.mark.server
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20))
def test_any_label_value_can_be_asked_for(prometheus_server: Prometheus, value: str) -> None:
    assert prometheus_server.instant(f"up{{{promql.matchers({'job': value})}}}") == []
    assert prometheus_server.instant(f"up{{job=~{promql.one_of([value, 'x'])}}}") == []


def test_a_regular_expression_for_values_is_true_for_them_alone() -> None:
    values = ["a.b", "c|d", "(e", "f+", "\\"]
    pattern = promql.unquoted(promql.one_of(values))
    for value in values:
        assert re.fullmatch(pattern, value)
    assert not re.fullmatch(pattern, "axb")


def test_a_lenient_scope_keeps_series_without_the_label() -> None:
    assert promql.lenient('a="x.y",b=~"p|q",c!="z",d!~"w"') == 'a=~"x\\\\.y|",b=~"(?:p|q)|",c!="z",d!~"w"'
    assert promql.lenient("") == ""
