"""Rules over the samples of a bundle: only where it holds the very expression that a rule compares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reconstruct.alerting import AlertingRule
from reconstruct.alerting.evidence import metric_of, replay_evidence
from reconstruct.model import Evidence, Metric, Service, Signal, Window

START = pd.Timestamp("2026-01-01T00:00Z")
STEP = pd.Timedelta("15s")


def evidence(promql: str, *series: list[float]) -> Evidence:
    window = Window(START, START + len(series[0]) * STEP, STEP, START)
    values = pd.DataFrame(np.array(series).T, index=window.index)
    signal = Signal("alert/A", "A", promql, "count", "app", "errors")
    labels = tuple({"instance": f"i{n}"} for n in range(len(series)))
    services = tuple(Service("") for _ in series)
    return Evidence(window, metrics=(Metric(signal, values, labels, services, "q1", 15.0),))


NAN = float("nan")


def test_a_rule_fires_as_its_samples_say_and_a_hole_is_no_value() -> None:
    held = evidence("sum by (instance)(rate(x[1m]))", [0, 6, 6, 6, NAN, 6], [0, 0, 0, 6, 6, 6])
    rule = AlertingRule("A", "sum by (instance) (rate(x[1m]))   > 5", for_s=30, labels={"severity": "page"})
    found = replay_evidence(rule, held)
    assert found is not None
    first = round(START.timestamp() * 1000)
    told = [
        (dict(one.labels)["instance"], (one.active_ms - first) // 15_000, one.fired_ms and one.fired_ms - first)
        for one in found
    ]
    assert told == [("i0", 1, 45_000), ("i1", 3, 75_000), ("i0", 5, None)]
    assert {dict(one.labels)["severity"] for one in found} == {"page"}


@pytest.mark.parametrize(
    "expr",
    ["rate(x[5m]) > 5", "rate(x[1m]) > 5 and y > 3", "rate(x[1m]) > y", "absent(x)", "rate(x[1m]) > 5 unless up == 0"],
)
def test_a_rule_that_asks_anything_else_is_not_evaluated(expr: str) -> None:
    held = evidence("rate(x[1m])", [6.0])
    assert metric_of(AlertingRule("A", "rate(x[1m]) > 5"), held) is not None
    assert replay_evidence(AlertingRule("A", expr), held) is None


@pytest.mark.parametrize(
    ("comparator", "holds"),
    [(">", [7]), (">=", [5, 7]), ("<", [3]), ("<=", [3, 5]), ("==", [5]), ("!=", [3, 7])],
)
def test_each_comparator_holds_at_its_own_side_of_the_threshold(comparator: str, holds: list[float]) -> None:
    found = [
        value
        for value in (3, 5, 7)
        if replay_evidence(AlertingRule("A", f"rate(x[1m]) {comparator} 5"), evidence("rate(x[1m])", [float(value)]))
    ]
    assert found == holds
