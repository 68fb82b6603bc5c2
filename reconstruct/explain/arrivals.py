"""Requests that stopped arriving at the outermost hop that is measured: what is lost before it, no figure of it shows.

A hop in front that nothing measures (a load balancer, a resolver, a provider) may turn users away while everything
behind it answers well. A fall at once, below what arrived before and what is usual, is no time of day and no end of
a surge; it cannot be called calm.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from reconstruct.model import Facts, VerdictReason, Window
from reconstruct.model.system import Series, System, smooth

FEWER: Final = 0.2
"""Of what arrived just before: as much as a lost zone of five, and more than weather, news or lunch take in minutes."""
SPREADS: Final = 5.0
"""... and robust spreads of that share over the time before the window, as for what users meet."""
RATED_OVER_S: Final = 300.0
"""The mean of so long is held against what is to be expected: a shorter fall is not told."""
JUST_BEFORE_S: Final = (1800.0, 300.0)
"""What arrived from half an hour until some minutes ago is what is to be expected."""
LEAST_REQUESTS: Final = 500.0
"""In that time: of fewer, chance takes a fifth."""
MIN_BASELINE: Final = 12
_MAD: Final = 1.4826


def fewer_requests(system: System, window: Window) -> VerdictReason | None:
    """Why a window is not calm although nothing failed: requests fell at once; None where they did not."""
    hop = system.outermost or ""
    flow = system.served.get(hop)
    if flow is None or window.first < MIN_BASELINE:
        return None
    samples = max(2, round(RATED_OVER_S / window.step_s))
    rate = smooth(flow.total, samples)
    expected = _expected(rate, window)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(expected * RATED_OVER_S >= LEAST_REQUESTS, rate / expected, np.nan)
        low = flow.total < (1.0 - FEWER / 2) * expected
    before = share[: window.first][np.isfinite(share[: window.first])]
    if len(before) < MIN_BASELINE:
        return None
    spread = _MAD * float(np.median(np.abs(before - np.median(before))))
    with np.errstate(invalid="ignore"):
        fell = np.flatnonzero(1.0 - share[window.first :] > max(FEWER, SPREADS * spread)) + window.first
    if not len(fell):
        return None
    begin = max(int(fell[0]) - samples, window.first)
    first = begin + int(np.argmax(low[begin : int(fell[0]) + 1]))
    facts: Facts = {
        "thing": hop,
        "since": window.index[first],
        "before": float(expected[first]),
        "during": float(rate[fell[0]]),
    }
    return VerdictReason("fewer-requests", facts, flow.queries)


def _expected(rate: Series, window: Window) -> Series:
    """Requests per second to be expected: as many as just before, but no more than is usual (a surge may end)."""
    far, near = (round(seconds / window.step_s) for seconds in JUST_BEFORE_S)
    recent = pd.Series(rate).shift(near).rolling(max(far - near, MIN_BASELINE), min_periods=MIN_BASELINE).median()
    usual = rate[: window.first][np.isfinite(rate[: window.first])]
    return np.asarray(np.minimum(recent.to_numpy(), float(np.median(usual)) if len(usual) else np.nan))
