"""Which evidence decides: the figures of a system where they show a cause, else the anomalies of classified signals."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.explain import explain
from reconstruct.model import Evidence, Explanation, Settings
from reconstruct.model.system import Flow, Reading, Series, System
from tests.explain.made import MECHANISMS, Line, Move, at, made

SURGE = (Move("13:30", "13:50", 200.0),)
SLOW = (Move("13:30", "13:50", 2.0),)
LINES = (
    Line("http/latency-mean", "app", "latency", "seconds", "shop", 0.1, SLOW),
    Line("http/request-rate", "app", "traffic", "requests per second", "shop", 50.0, SURGE, worse="both"),
)


def told(system: System | None) -> Explanation:
    evidence, anomalies = made(LINES)
    return explain(evidence, anomalies, settings=Settings(mechanisms=MECHANISMS), system=system)


def series(before: float, during: float) -> Series:
    evidence: Evidence = made(LINES)[0]
    index = evidence.window.index
    values = np.where((index >= at("13:30")) & (index < at("13:50")), during, before)
    return np.asarray(values * (1 + 0.01 * np.sin(np.arange(len(index)))))


def held_lock() -> System:
    rate = series(50.0, 50.0)
    return System(
        kinds={"shop": "app", "db": "database"},
        served={"shop": Flow(rate, failed=0 * rate, busy=rate * series(0.1, 2.0), timed=rate)},
        calls=frozenset({("shop", "db")}),
        readings={("db", "lock_waits"): Reading(series(0.0, 12.0), queries=("q1",))},
        outermost="shop",
    )


@pytest.mark.parametrize("system", [None, System()])
def test_anomalies_decide_where_no_system_is_known(system: System | None) -> None:
    assert {h.mechanism for h in told(system).hints} == {"unknown"}  # more requests alone: a place, and no mechanism


def test_figures_of_a_system_decide_where_they_show_a_cause() -> None:
    first = told(held_lock()).hints[0]
    assert (first.mechanism, first.service.name) == ("lock-contention", "db")
    assert "unknown" not in {h.mechanism for h in told(held_lock()).hints}


def test_what_is_dismissed_and_the_ledger_are_of_the_same_evidence_as_the_hints() -> None:
    for system in (None, held_lock()):
        story = told(system)
        known = {(c.mechanism, c.trigger) for c in story.ledger.candidates}
        assert {(h.mechanism, h.trigger) for h in story.hints} <= known
