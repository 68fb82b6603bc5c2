"""How surprising an anomaly must be, given how many series were asked: few of those that remain are chance.

Of many quiet series some leave their history by chance, or for a harmless reason of their own, and the more are asked
the more do. How many reach a score is known from quiet stretches: `QUIET_SHARE` of the series reach 1 within an hour,
and it falls as a power of the score (`QUIET_EXPONENT`). The score that is asked for keeps the *expected* number of such
anomalies in one draft at `EXPECTED` (the per-family error rate of multiple testing: Gordon et al. 2007).

Near to what users met, or to an alert that called somebody, an anomaly needs no more than its own threshold: there it
is asked what moved, no longer whether anything did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from reconstruct.detect.earlier_hours import usual
from reconstruct.detect.rollouts import without_own_effects
from reconstruct.model import Anomaly, Evidence

QUIET_SHARE: Final = 0.02
QUIET_EXPONENT: Final = 1.6
"""Fitted by benchmarks/quiet.py on quiet stretches of recorded and of generated incidents; none was held back."""
EXPECTED: Final = 0.5
"""False anomalies a draft: one in two."""
LEAST_HOURS: Final = 1.0
"""A shorter window is counted as so long: the chance was measured on windows of about an hour."""
LEAD: Final = pd.Timedelta("15min")
"""Before harm or an alert: what led to it moved by then."""
TAIL: Final = pd.Timedelta("15min")


@dataclass(frozen=True, slots=True)
class Surprise:
    """What is asked of an anomaly away from any incident."""

    series: int
    score: float
    """The least score, at least 1."""
    expected: float
    """False anomalies in a draft with that score."""


def asked_surprise(evidence: Evidence) -> Surprise:
    """The score to ask for, from the number of series with samples and the length of the window."""
    window = evidence.window
    series = sum(len(metric.labels) for metric in evidence.metrics)
    hours = max(LEAST_HOURS, (window.end - window.start) / pd.Timedelta("1h"))
    chance = QUIET_SHARE * series * hours
    score = max(1.0, (chance / EXPECTED) ** (1 / QUIET_EXPONENT))
    return Surprise(series, score, min(chance, EXPECTED))


def telling(
    anomalies: Sequence[Anomaly],
    surprise: Surprise,
    *,
    spans: Sequence[tuple[pd.Timestamp, pd.Timestamp | None]],
    evidence: Evidence,
    keep_user_facing: bool,
) -> tuple[Anomaly, ...]:
    """The anomalies that are surprising, not usual and no rollout's own, and all near one of `spans`; ids given anew.

    Parameters
    ----------
    spans : sequence of (start, end)
        When something was wrong; None = not over.
    evidence : Evidence
        That they were found in: what changed, and earlier hours.
    keep_user_facing : bool
        Nothing else tells what users met: then what they feel is all kept.
    """
    near = [any(_near(a, start, end) for start, end in spans) for a in anomalies]
    away = [a for a, beside in zip(anomalies, near, strict=True) if not beside]
    other = {id(a) for a in without_own_effects(away, evidence.events)}
    end = evidence.window.end

    def tells(one: Anomaly) -> bool:
        loud = one.score >= surprise.score or (keep_user_facing and one.signal.user_facing)
        return loud and id(one) in other and not usual(one, evidence.earlier_hours, end=end)

    kept = [a for a, beside in zip(anomalies, near, strict=True) if beside or tells(a)]
    return tuple(replace(a, id=f"a{n}") for n, a in enumerate(kept, start=1))


def _near(anomaly: Anomaly, start: pd.Timestamp, end: pd.Timestamp | None) -> bool:
    begins, ends = anomaly.onset.earliest, anomaly.recovery.latest if anomaly.recovery is not None else None
    return (end is None or begins <= end + TAIL) and (ends is None or ends >= start - LEAD)
