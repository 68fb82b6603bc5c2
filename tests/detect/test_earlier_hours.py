"""What came as far in earlier hours is usual; what came once, twice or less far is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reconstruct.detect.earlier_hours import usual
from reconstruct.model import EarlierHours, Metric, Window
from tests.alerting.made import END, ONSET, anomaly, metric, values

QUEUE = metric("depth", values(), layer="queue", aspect="saturation", unit="count")
DEEP = anomaly(QUEUE)
"""0.3 above its baseline for 20 minutes."""
MINUTE = pd.Timedelta("1min")


def day_before(*, times: int, share: float = 1.0, shift: str = "0s", apart_h: int = 3) -> EarlierHours:
    """The 22 hours before the baseline, in which it was `share` as high for half an hour at so many times."""
    window = Window(ONSET - pd.Timedelta("26h"), ONSET - pd.Timedelta("4h"), MINUTE, ONSET - pd.Timedelta("26h"))
    held = np.zeros(len(window.index))
    for n in range(times):
        begin = 300 + 60 * apart_h * n
        held[begin : begin + 30] = 0.3 * share
    frame = pd.DataFrame({0: held}, index=window.index)
    of = Metric(QUEUE.signal, frame, QUEUE.labels, QUEUE.services, "q9", 60.0)
    return EarlierHours(window, (of,), pd.Timedelta(shift))


@pytest.mark.parametrize(("times", "told"), [(1, False), (2, False), (3, True), (4, True)])
def test_what_came_three_times_in_the_day_before_comes_and_goes(times: int, told: bool) -> None:
    assert usual(DEEP, [day_before(times=times)], end=END) is told


@pytest.mark.parametrize(("share", "told"), [(0.7, False), (0.85, False), (0.95, True), (1.3, True)])
def test_an_earlier_one_must_have_gone_nine_tenths_as_far(share: float, told: bool) -> None:
    assert usual(DEEP, [day_before(times=4, share=share)], end=END) is told


@pytest.mark.parametrize(("apart_h", "told"), [(1, False), (2, True)])
def test_times_less_than_an_hour_apart_are_one(apart_h: int, told: bool) -> None:
    assert usual(DEEP, [day_before(times=3, apart_h=apart_h)], end=END) is told


def test_failures_of_users_are_never_usual() -> None:
    errors = metric("errors", values())
    assert not usual(anomaly(errors), [day_before(times=4)], end=END)
