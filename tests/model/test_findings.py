"""The confidence ledger."""

from __future__ import annotations

import math

import pytest

from reconstruct.model import Ledger, Scored, Service


def test_a_confidence_is_exp_of_log_odds_over_the_sum_of_all_and_the_unobserved() -> None:
    one = Scored("e1", "slow-query", Service("db"), 0.5, (("topology", 1.0), ("reversal", -0.5)))
    other = Scored(None, "slow-query", Service("db"), 0.0, ())
    ledger = Ledger((one, other), unobserved=-1.0)
    assert one.log_odds == pytest.approx(1.0)
    assert ledger.confidence(one) == pytest.approx(math.e / (math.e + 1 + math.exp(-1)))
    assert ledger.confidence(one) + ledger.confidence(other) < 1
