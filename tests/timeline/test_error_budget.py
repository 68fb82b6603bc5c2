"""Error budgets: of configured objectives, and of what Sloth and Pyrra record; absent where anything is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reconstruct.model import (
    Evidence,
    Explanation,
    Impact,
    Metric,
    Milestone,
    Moment,
    Objective,
    Service,
    Signal,
    Window,
)
from reconstruct.timeline.error_budget import error_budgets

START, STEP_S = pd.Timestamp("2026-11-17T12:00Z"), 60.0
ONSET, OVER = START + pd.Timedelta("60min"), START + pd.Timedelta("90min")
WINDOW = Window(START, START + pd.Timedelta("3h"), pd.Timedelta(seconds=STEP_S), START)
SLOTH = {"sloth_id": "shop-requests", "sloth_service": "shop", "sloth_slo": "requests"}


def raw(name: str, values: np.ndarray | float, labels: Mapping[str, str]) -> Metric:
    index = WINDOW.index
    column = np.broadcast_to(np.asarray(values, dtype=float), len(index))
    signal = Signal(f"raw/{name}", name, name, "count", "app", "work", tags=("raw", "gauge"))
    return Metric(signal, pd.DataFrame({0: column}, index=index), (labels,), (Service(""),), f"q-{name}", STEP_S)


def failing(share: float, *, range_min: int = 0) -> np.ndarray:
    """A failed share from ONSET to OVER, seen through a range window of so many minutes."""
    ratio = np.asarray((WINDOW.index >= ONSET) & (WINDOW.index < OVER), dtype=float) * share
    return np.convolve(ratio, np.ones(range_min) / range_min)[: len(ratio)] if range_min else ratio


def stone(time: pd.Timestamp) -> Milestone:
    return Milestone(Moment(time, time, time), ("a1",))


def spent(
    *metrics: Metric, objectives: tuple[Objective, ...] = (), impact: tuple[Impact, ...] = ()
) -> list[tuple[str, str, float, float]]:
    evidence = Evidence(window=WINDOW, raw=metrics)
    explanation = Explanation(verdict="incident", impact=impact)
    found = error_budgets(evidence, explanation, stone(ONSET), stone(OVER), objectives=objectives)
    return [(one.source, one.objective.service, round(one.error_ratio, 6), round(one.spent, 4)) for one in found]


def sloth(share: float = 0.2) -> list[Metric]:
    return [
        raw("slo:sli_error:ratio_rate5m", failing(share, range_min=5), {**SLOTH, "sloth_window": "5m"}),
        raw("slo:sli_error:ratio_rate1h", failing(share, range_min=60), {**SLOTH, "sloth_window": "1h"}),
        raw("slo:objective:ratio", 0.999, SLOTH),
        raw("slo:time_period:days", 30.0, SLOTH),
    ]


def test_what_sloth_records_is_read_with_its_own_period_and_objective() -> None:
    # 20 % for 30 min of 30 d x 0.1 %
    assert spent(*sloth()) == [("sloth", "shop", 0.2, round(0.2 * 30 / (30 * 1440 * 0.001), 4))]


@pytest.mark.parametrize("left_out", [0, 2, 3], ids=["no-5m", "no-objective", "no-period"])
def test_without_one_of_its_parts_nothing_is_said_of_the_budget(left_out: int) -> None:
    parts = [m for n, m in enumerate(sloth()) if n != left_out and "1h" not in m.signal.id]
    assert spent(*parts) == []


def test_an_objective_that_did_not_burn_faster_than_it_lasts_is_not_told() -> None:
    assert spent(*sloth(share=0.0005)) == []


@pytest.mark.parametrize("counters", [False, True], ids=["rates", "counters"])
def test_what_pyrra_records_is_read_in_either_form(counters: bool) -> None:
    labels = {"slo": "shop-errors"}
    failed, asked = failing(0.2) * 10.0, np.full(len(WINDOW.index), 10.0)
    names = ("pyrra_errors:rate5m", "pyrra_requests:rate5m")
    values = [failing(0.2, range_min=5) * 10.0, asked]
    if counters:
        names = ("pyrra_errors_total", "pyrra_requests_total")
        values = [np.concatenate([[0.0], np.cumsum(r * STEP_S)[:-1]]) for r in (failed, asked)]
    constants = [raw("pyrra_objective", 0.99, labels), raw("pyrra_window", 28 * 86_400.0, labels)]
    ((source, _, ratio, share),) = spent(*(raw(n, v, labels) for n, v in zip(names, values, strict=True)), *constants)
    assert source == "pyrra"
    assert ratio == pytest.approx(0.2, rel=0.01)
    assert share == pytest.approx(ratio * 30 / (28 * 1440 * 0.01), rel=0.01)


def test_a_configured_objective_takes_the_failed_share_that_the_impact_counts_and_stands_before_recorded_ones() -> None:
    row = Impact(Service("shop"), "failed requests", 100.0, "count", 0.23, ONSET, OVER, ("q1",))
    objective = Objective("shop", 0.995)
    expected = [("configuration", "shop", 0.23, round(0.23 * 30 / (30 * 1440 * 0.005), 4))]
    assert spent(*sloth(), objectives=(objective,), impact=(row,)) == expected
    assert spent(objectives=(objective,), impact=(replace(row, route="/login", inner=True),)) == []
    assert spent(objectives=(Objective("other", 0.995),), impact=(row,)) == []


@pytest.mark.parametrize(("share", "told"), [(0.0009, 0), (0.0012, 1)])
def test_an_objective_is_told_from_where_its_budget_burns_faster_than_it_lasts(share: float, told: int) -> None:
    assert len(spent(*sloth(share=share))) == told


def test_of_several_range_windows_the_shortest_is_read() -> None:
    near = raw("slo:sli_error:ratio_rate50m", failing(0.2, range_min=50), {**SLOTH, "sloth_window": "50m"})
    far = raw("slo:sli_error:ratio_rate1h", failing(0.1, range_min=60), {**SLOTH, "sloth_window": "1h"})
    assert [round(ratio, 3) for _, _, ratio, _ in spent(near, far, *sloth()[2:])] == [0.2]
