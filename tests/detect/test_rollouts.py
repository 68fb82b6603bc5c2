"""What instances say of themselves while they come and go is a rollout's own for so long, and no longer."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.detect.rollouts import without_own_effects
from reconstruct.model import Event
from tests.alerting.made import ONSET, RECOVERED, SHOP, STEP, anomaly, metric, values

MEMORY = anomaly(metric("memory", values(), layer="runtime", aspect="utilisation"))


def left(*, settled: str, began: str = "0s") -> bool:
    """Whether it is told when it was back so long after the rollout, which began so long after it did."""
    done = RECOVERED - STEP - pd.Timedelta(settled)
    rollout = Event("e1", ONSET + pd.Timedelta(began), "deploy", SHOP, "shop 2", end=done)
    return bool(without_own_effects([MEMORY], [rollout]))


@pytest.mark.parametrize(("settled", "told"), [("4min", False), ("5min", False), ("5min30s", True), ("6min", True)])
def test_instances_settle_within_five_minutes_of_a_rollouts_end(settled: str, told: bool) -> None:
    assert left(settled=settled) is told


@pytest.mark.parametrize(("began", "told"), [("50s", False), ("60s", False), ("70s", True)])
def test_a_rollout_may_be_recorded_a_minute_after_it_began(began: str, told: bool) -> None:
    assert left(settled="1min", began=began) is told


def test_what_is_not_over_is_told() -> None:
    rollout = Event("e1", ONSET, "deploy", SHOP, "shop 2", end=ONSET + pd.Timedelta("1min"))
    assert without_own_effects([replace(MEMORY, recovery=None)], [rollout])
