"""What this program reads out of PromQL, held against Prometheus 3's own parser."""

from __future__ import annotations

import json
import random
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from reconstruct import packs, promql
from reconstruct.packs.choose import with_labels
from reconstruct.packs.expression import macros, substitute

pytestmark = pytest.mark.server
SCOPE = '"k8s.cluster"="c"'
GENERATED = 200


def parsed(url: str, expression: str) -> Any:
    """The syntax tree, as the server tells it; a refusal fails the test with the server's words."""
    body = urllib.parse.urlencode({"query": expression}).encode()
    try:
        with urllib.request.urlopen(f"{url}/api/v1/parse_query", data=body, timeout=60) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        pytest.fail(f"{expression}\n{error.read().decode()}")


def selectors(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        if tree.get("type") in ("vectorSelector", "matrixSelector"):
            yield tree
        for below in tree.values():
            yield from selectors(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from selectors(below)


def name_of(selector: Any) -> str:
    return selector["name"] or next((m["value"] for m in selector["matchers"] if m["name"] == "__name__"), "")


def assert_read_alike(url: str, expression: str) -> None:
    """Names, scope and a shorter look-back are what the parser says they are."""
    names = {name_of(each) for each in selectors(parsed(url, expression))} - {""}
    assert set(promql.metric_names(expression)) == names, expression
    narrowed = list(selectors(parsed(url, promql.add_matchers(expression, SCOPE))))
    assert all(any(m["name"] == "k8s.cluster" for m in each["matchers"]) for each in narrowed), expression
    parsed(url, promql.with_short_look_back(expression, window_s=30))
    written = promql.respelled(
        expression,
        metrics={name: promql.Written(f"{name}.x") for name in names},
        labels={"job": ("job", "service.name"), "a": ("a.b",)},
    )
    renamed = {name_of(each) for each in selectors(parsed(url, written))} - {""}
    assert renamed == {f"{name}.x" for name in names}, written


def pack_expressions() -> list[str]:
    catalogue = packs.load([packs.packs_folder()])
    found = []
    for pack in catalogue.packs:
        for template in pack.templates:
            for variant in template.variants:
                expression = with_labels(variant.promql, conventions=catalogue.conventions)
                left = {name: f"some_{name}" for name in macros(expression) if name not in ("__rate_interval", "scope")}
                found.append(promql.fill(substitute(expression, values=left), rate_interval_s=60, scope='c="1"'))
    return found


def generated(rng: random.Random, depth: int = 3) -> str:
    """An expression of many forms; valid, and odd where it may be."""
    label = rng.choice(["job", "a", '"a.b"', "le"])
    metric = rng.choice(["m", "sum", "by_x", "offset_y", "x:y:rate5m"])
    inside = rng.choice(["", "{}", f'{{{label}="}}"}}', f"{{{label}=~'x|\"y'}}", f'{{{label}!="a",job="b",}}'])
    selector = rng.choice([metric + inside, f'{{"u.v",{label}="1"}}', '{__name__="w.x"}'])
    if depth == 0:
        return rng.choice([selector, f"{selector} offset 5m", f"{selector} @ 100", "1_000", "0x1F", "-Inf"])
    below = generated(rng, depth - 1)
    return rng.choice(
        [
            f"rate({selector}[5m])",
            f"max_over_time(({below})[1h:5m])",
            f"sum by (job, {label}) ({below})",
            f"sum ({below}) without ({label})",
            f"({below}) + on (job) group_left ({label if label != 'job' else 'x'}) {selector}",
            f"{selector} > bool 1_0 # {label}",
            f"({below}) and ignoring (job) ({generated(rng, depth - 1)})"
            if depth < 3
            else f'label_replace({selector}, "dst", "$1", "src", "(.*)")',
            f"histogram_quantile(0.9, sum by (le) (rate({selector}[5m])))",
            f"topk(3, {selector})",
        ]
    )


def test_every_expression_of_a_pack_is_read_as_prometheus_reads_it(prometheus_3_url: str) -> None:
    for expression in pack_expressions():
        assert_read_alike(prometheus_3_url, expression)


def test_generated_expressions_are_read_as_prometheus_reads_them(prometheus_3_url: str) -> None:
    rng = random.Random(11)
    for _ in range(GENERATED):
        expression = generated(rng)
        body = urllib.parse.urlencode({"query": expression}).encode()
        try:
            urllib.request.urlopen(f"{prometheus_3_url}/api/v1/parse_query", data=body, timeout=60).close()
        except urllib.error.HTTPError:
            continue  # scalars where vectors should be: not what is tested
        assert_read_alike(prometheus_3_url, expression)
