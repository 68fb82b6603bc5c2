"""The confidence in the first of a ranking is a logistic function whose weights are written down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reconstruct.rank.confidence import confidence, features


def log_odds(*, first: float = 0.0, quiet: float = 0.0, second: float = 4.0, guided: float = 0.0) -> float:
    """Of a first service with attribution 4."""
    told = confidence(first_effect=first, quiet_effect=quiet, attribution=np.array([second, 4.0]), guided=guided)
    return math.log(told / (1 - told))


def test_a_first_service_with_nothing_for_it_is_right_one_time_in_six() -> None:
    told = confidence(first_effect=0.0, quiet_effect=0.0, attribution=np.array([4.0, 4.0]), guided=0.0)
    assert told == pytest.approx(1 / 6, abs=0.01)


def test_all_of_the_attribution_is_two_in_log_odds_and_a_call_graph_from_an_alert_one_point_six() -> None:
    assert log_odds(second=0.0) - log_odds() == pytest.approx(2.0)
    assert log_odds(guided=1.0) - log_odds() == pytest.approx(1.6)
    assert log_odds(guided=0.5) - log_odds() == pytest.approx(0.8)


@pytest.mark.parametrize(("effect", "more"), [(2.0, 0.5), (4.0, 1.0), (5.0, 1.0), (-1.0, -0.25), (-3.0, -0.25)])
def test_an_effect_beyond_chance_counts_up_to_four(effect: float, more: float) -> None:
    assert log_odds(first=effect) - log_odds() == pytest.approx(more)


def test_without_a_baseline_half_of_the_effect_counts() -> None:
    unknown = features(first_effect=3.0, quiet_effect=math.nan, attribution=np.array([4.0, 1.0]), guided=0.0)
    assert unknown == pytest.approx((0.6, 1.5 / 4, 0.0))
    nobody = features(first_effect=0.0, quiet_effect=0.0, attribution=np.array([0.0]), guided=0.0)
    assert nobody == (0.0, 0.0, 0.0)
