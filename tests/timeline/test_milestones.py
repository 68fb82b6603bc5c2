"""Which step is taken for the mitigation where explain knows none: how long after it the recovery may come."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.model import ActionEffect, Effect, Event
from reconstruct.timeline.milestones import milestones
from tests.alerting.made import RECOVERED, SHOP, STEP, anomaly, evidence, explained, metric, values

ERRORS = metric("rate(errors[1m])", values())
TOLD = replace(explained(anomaly(ERRORS)), onset_evidence=("a1",), recovered_evidence=("a1",))


def mitigated(before: str, effect: Effect = "full", *, ran: str = "0s") -> bool:
    """Whether a step that was complete so long before the recovery is it."""
    done = RECOVERED - STEP - pd.Timedelta(before)
    step = Event("e1", done - pd.Timedelta(ran), "scale", SHOP, "shop to 6", end=done)
    held = replace(evidence(ERRORS), events=(step,))
    return milestones(held, TOLD, [ActionEffect("e1", effect, ())])["mitigated"] is not None


@pytest.mark.parametrize(("before", "is_it"), [("30s", True), ("120s", True), ("130s", False), ("150s", False)])
def test_a_recovery_within_two_minutes_of_a_steps_end_may_be_its_doing(before: str, is_it: bool) -> None:
    assert mitigated(before) is is_it
    assert mitigated(before, ran="5min") is is_it


@pytest.mark.parametrize("effect", ["partial", "none"])
def test_a_step_after_which_it_was_not_back_mitigated_nothing(effect: Effect) -> None:
    assert not mitigated("30s", effect)
