"""Effect sizes averaged over all candidate fault intervals, weighted by their evidence, instead of one onset.

One guessed onset that is a few samples wrong puts faulty samples into the baseline and loses the place. The
place of a stretch in the window says nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct.rank.effect_size import BASELINE_SAMPLES, Effect, Floats, SeriesTable, effect

LENGTHS: Final = (4, 8, 16)
"""Samples that a fault may have lasted; it may also have lasted to the end. Denser grids gave the same ranking."""
OVER_COSTS: Final = 1.0
"""Evidence that an early end has to be worth: two more parameters fit a little better in any noise."""
STARTS: Final = 24
"""Starts that are looked at in full; a shorter table is tried row by row."""
CONTRASTS: Final = (2, 4, 8, 16, 32)
"""Samples over which a long table is searched for starts, against four times as many before."""
SHARPNESS: Final = 2.0
"""Weight of a stretch is exp(SHARPNESS * evidence): two units of log effect decide."""
WITNESSES: Final = 3
"""Services whose effects add up to the evidence: one alone is often noise, ten are noise again."""
ENOUGH: Final = 7.0
"""Of one service, in log effect: e^7 spreads are as sure as it gets, a flat baseline would count for twenty."""
USER_FACING: Final = 1.5
"""What callers feel says more about when than a resource does."""
TRUST_BEFORE: Final = 10.0
"""Samples before at which evidence counts half: shorter baselines underestimate their spread."""
TRUST_DURING: Final = 0.5
"""The same for the samples of the stretch."""
FALSE_ONSETS: Final = 6
"""Rows of the baseline at which the best effect of chance is taken."""
CLIPPED: Final = 8.0
"""Spreads that one sample counts at most: one broken series must not outvote all the others."""
LEAD: Final = 3
"""Samples by which one metric may have moved before the stretch that all agree on: causes come before symptoms."""
LEAD_COSTS: Final = 0.9
"""What each of them leaves of its score."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Effects over all the stretches, each weighed by its evidence."""

    score: Floats
    """Of each column; -1 where none could be judged."""
    early: Floats
    """The same where each metric may have moved up to LEAD samples before the rest: for ordering metrics."""
    excess: Floats
    before: Floats
    during: Floats
    start: int
    """First row of the likeliest stretches; a long fault has many that fit as well."""
    began: int
    """The row of the sharpest step of the best witnesses within the likeliest stretch."""
    sure: float
    """Weight of the stretches that begin within two rows of it."""
    stretches: tuple[tuple[int, int, float], ...]
    """(start, end, weight) of those that matter."""


def weigh_stretches(table: SeriesTable, *, starts: Sequence[int] | None, first: int, counted: Floats) -> Weighed | None:
    """Effects of each column, averaged over the stretches that the fault may have been.

    ``weight ~ exp(SHARPNESS * evidence)``; evidence is the sum of the largest effects of WITNESSES services.

    Parameters
    ----------
    table : SeriesTable
    starts : sequence of int, or None
        Rows that it may have begun at; None = find them.
    first : int
        First row that is looked at for starts; those before are known to be healthy.
    counted : array of shape (n_series,)
        Factor on each column's score (0 = not of the alert's kind).

    Returns
    -------
    Weighed or None
        None where no row has both enough before it and a sample after it.
    """
    rows = len(table.values)
    found = candidates(table, first=first) if starts is None else [s for s in starts if 0 < s < rows]
    stretches = [(s, e) for s in found for e in (*(s + n for n in LENGTHS if s + n <= rows - 2), rows)]
    if not stretches:
        return None
    effects = [effect(table, start=s, end=e) for s, e in stretches]
    scores = np.array([np.where(f.score > 0, f.score * counted, f.score) for f in effects])
    says = np.array([_evidence(table, v, s, e) for v, (s, e) in zip(scores, stretches, strict=True)])
    weights = np.exp(SHARPNESS * (says - says.max()))
    weights /= weights.sum()
    begins = np.array([s for s, _ in stretches])
    end = stretches[int(weights.argmax())][1]
    start = max(found, key=lambda row: float(weights[begins == row].sum()))
    unjudged = (scores < 0).all(0)
    score = np.where(unjudged, -1.0, weights @ np.maximum(scores, 0.0))
    early = scores if starts is not None else _led(scores, stretches)
    return Weighed(
        score=score,
        early=np.where(unjudged, -1.0, weights @ np.maximum(early, 0.0)),
        excess=_mean(effects, weights, "excess"),
        before=_mean(effects, weights, "before"),
        during=_mean(effects, weights, "during"),
        start=start,
        began=start if starts is not None else _began(table, score, start=start, end=end),
        sure=float(weights[np.abs(begins - start) <= 2].sum()),
        stretches=tuple((s, e, float(w)) for (s, e), w in zip(stretches, weights, strict=True) if w > 1e-4),
    )


def quiet_effect(table: SeriesTable, *, start: int, counted: Floats) -> float:
    """What the best service scores where nothing happened: the mean over false onsets inside the baseline.

    Many services make a large best by chance alone. NaN where the baseline is too short for a false onset.
    """
    length = min(len(table.values) - start, max(2, start // 3))
    first, last = max(BASELINE_SAMPLES, start // 3), start - length
    if last < first:
        return math.nan
    best = []
    for row in sorted({int(r) for r in np.linspace(first, last, FALSE_ONSETS)}):
        score = effect(table, start=row, end=row + length).score * counted
        best.append(min(ENOUGH, max(0.0, float(score.max(initial=0.0)))))
    return float(np.mean(best))


def candidates(table: SeriesTable, *, first: int = 0) -> list[int]:
    """Rows worth a full look: all of a short table, those of the largest contrast of a long one."""
    values = table.values
    rows = len(values)
    every = list(range(max(BASELINE_SAMPLES, first), rows - 1))
    if len(every) <= STARTS:
        return every
    filled = _held(values[:, ~table.where("outbound")])
    median = np.median(filled, 0)
    spread = np.maximum.reduce(
        [
            1.4826 * np.median(np.abs(filled - median), 0),
            0.3 * filled.std(0),
            0.05 * np.abs(median),
            np.full(filled.shape[1], 1e-9),
        ]
    )
    z = np.clip((filled - median) / spread, -CLIPPED, CLIPPED)
    sums = np.vstack([np.zeros(z.shape[1]), z.cumsum(0)])
    row = np.array(every)
    loudest = max(5, z.shape[1] // 20)
    contrast = np.zeros(len(row))
    for n in (c for c in CONTRASTS if c <= rows // 2):
        after, before = np.minimum(rows, row + n), np.maximum(0, row - 4 * n)
        ahead, behind = after - row, row - before
        jump = (sums[after] - sums[row]) / ahead[:, None] - (sums[row] - sums[before]) / behind[:, None]
        sized = np.abs(jump) * np.sqrt(ahead * behind / (ahead + behind))[:, None]
        best = np.sort(sized, 1)[:, -loudest:].sum(1)
        if best.std() > 0:
            contrast = np.maximum(contrast, best / best.std())
    loud = np.argsort(-contrast, kind="stable")[:STARTS]
    return sorted(int(row[i]) for i in loud if contrast[i] > 0)


def _evidence(table: SeriesTable, scores: Floats, start: int, end: int) -> float:
    """How much says that something began at `start` and lasted to `end`."""
    weight = np.where(table.aspect_is("traffic"), 0.0, np.where(table.where("user_facing"), USER_FACING, 1.0))
    best = table.best_of_service(np.clip(scores * weight, 0.0, ENOUGH))
    said = float(np.sort(best)[-WITNESSES:].sum())
    said *= start / (start + TRUST_BEFORE) * (end - start) / (end - start + TRUST_DURING)
    return said - (OVER_COSTS if end < len(table.values) else 0.0)


def _began(table: SeriesTable, score: Floats, *, start: int, end: int) -> int:
    """The split of the rows up to `end` that fits the best column of each of the best witnesses, by least squares."""
    rest = table.baseline(start)
    said = np.where(table.aspect_is("traffic"), 0.0, score)
    best = np.argsort(-table.best_of_service(said), kind="stable")[:WITNESSES]
    columns = [int(np.where(table.service_of == s, said, -1.0).argmax()) for s in best]
    columns = [j for j in columns if said[j] > 0]
    if not columns or end - start < 2:
        return start
    z = np.clip((table.values[:end, columns] - rest.median[columns]) / rest.spread[columns], -CLIPPED, CLIPPED)
    known = np.isfinite(z)
    # sums from each row to the end, and of all rows before it
    count, total = (np.cumsum(x[::-1], 0)[::-1] for x in (known.astype(float), np.where(known, z, 0.0)))
    before, sum_before = count[0] - count, total[0] - total
    step = np.abs(total / np.maximum(count, 1.0) - sum_before / np.maximum(before, 1.0))
    gain = (step**2 * count * before / np.maximum(count[0], 1.0)).sum(1)
    # a short faulty stretch hardly moves a long baseline, so the likeliest start may be late by about as much
    first = max(BASELINE_SAMPLES, start - LENGTHS[-1])
    return first + int(gain[first : end - 1].argmax())


def _led(scores: Floats, stretches: Sequence[tuple[int, int]]) -> Floats:
    place = {stretch: i for i, stretch in enumerate(stretches)}
    led = scores.copy()
    for i, (start, end) in enumerate(stretches):
        for rows in range(1, LEAD + 1):
            other = place.get((start - rows, end), place.get((start - rows, end - rows)))
            if other is not None:
                led[i] = np.maximum(led[i], scores[other] * LEAD_COSTS**rows)
    return led


def _mean(effects: Sequence[Effect], weights: Floats, what: str) -> Floats:
    """Weighed mean of a field over the stretches, NaN where no stretch has it."""
    values = np.array([getattr(f, what) for f in effects])
    known = np.isfinite(values)
    total = weights @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, (weights @ np.where(known, values, 0.0)) / total, np.nan), float)


def _held(values: Floats) -> Floats:
    """Gaps hold the last sample, leading ones the first: only to look for starts, never to judge."""
    finite = np.isfinite(values)
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(finite, rows, -1), 0)
    first: npt.NDArray[np.intp] = np.argmax(finite, 0)
    taken = np.take_along_axis(values, np.where(last >= 0, last, first[None, :]), 0)
    return np.nan_to_num(taken)
