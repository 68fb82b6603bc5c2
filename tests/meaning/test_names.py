"""Names of things: a label that the user's conventions list names them, on targets and on single series."""

from __future__ import annotations

from dataclasses import replace

from reconstruct.meaning import read_system
from tests.meaning import made


def test_the_label_that_the_user_says_names_targets_whatever_others_there_are() -> None:
    targets = [
        {"job": "pods", "instance": instance, "squad": squad, "service": "proxy"}
        for squad, instance in (("pay", "a:1"), ("pay", "b:1"), ("cart", "c:1"))
    ]
    series = [("up", target, made.gauge(1.0)) for target in targets]
    series += [("http_requests_total", {**target, "code": "200"}, made.counter(5.0)) for target in targets]
    assert set(named(series, "")).isdisjoint({"pay", "cart"})
    assert named(series, "squad") == ["cart", "pay"]


def test_it_names_single_series_of_a_target_that_speaks_for_many() -> None:
    target = {"job": "gw", "instance": "g:1"}
    series = [("up", target, made.gauge(1.0))]
    told = [{**target, "squad": squad, "code": "200"} for squad in ("pay", "cart")]
    series += [("http_requests_total", labels, made.counter(5.0)) for labels in told]
    assert named(series, "") == ["gw"]
    assert named(series, "squad") == ["cart", "gw", "pay"]


def named(series: list[tuple[str, dict[str, str], made.Values]], label: str) -> list[str]:
    evidence = made.evidence(series)
    raw = tuple(replace(m, signal=replace(m.signal, service_label=label)) for m in evidence.raw)
    return sorted(read_system(replace(evidence, raw=raw)).kinds)
