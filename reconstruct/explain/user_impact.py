"""Whether users met harm, from when to when: figures of the outermost hops held against their own baseline.

Clear harm is what anybody would notice; little harm is what the samples can just tell. An episode is a run of clear
harm; it began within the little harm before it, and was over when that was gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.meaning.user_signals import USERS, weight_of
from reconstruct.model import Anomaly, Evidence, Metric, Moment
from reconstruct.model.system import quotient

Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

CLEAR_FAILED: Final = 0.02
"""Points of requests that fail: one in fifty reaches support within minutes; burn-rate alerts page at 14.4 times a
budget of 0.1 % (SRE workbook, chapter 5), which is 1.4 points."""
LITTLE_FAILED: Final = 0.005
"""... and what can just be told from a handful of failures."""
CLEAR_UNREACHABLE: Final = 0.5
"""Of probes over two minutes: half of them; single ones fail for reasons of their own."""
LITTLE_UNREACHABLE: Final = 0.2
CLEAR_SLOWER: Final = (1.25, 0.015)
"""Times, and seconds, of the mean answer: differences in waiting of a fifth to a quarter are noticed (Weber fractions
near 0.2), and a mean that rises so much has a tail that rises by half; below 15 ms nobody waits."""
LITTLE_SLOWER: Final = (1.1, 0.005)
CLEAR_LATE_S: Final = 60.0
"""Work done later is late when it is a minute late: a mail or an export that is awaited at the screen."""
LITTLE_LATE_S: Final = 10.0
CLEAR_SPREADS: Final = 5.0
LITTLE_SPREADS: Final = 3.5
"""Robust spreads of its own baseline that a figure must leave, however small its usual noise."""
PROMPT: Final = 2
"""A figure that is the mean of so few samples shows when harm ends; a longer mean does not overrule it."""
FADE: Final = 0.6
"""Of clear harm: an episode goes on while it is at least that."""
LEAST_S: Final = 75.0
"""Clear harm of less than this, all together, is a blip; harm that is many times clear counts up to four times."""
MOST_WEIGHT: Final = 4.0
JOINED_S: Final = 900.0
"""Runs whose pause is shorter are one episode, as postmortems tell it ..."""
PAUSE_SHARE: Final = 0.6
"""... unless the pause is about as long as the shorter of both: then they are two ..."""
WAVE_S: Final = 300.0
"""... and it is more than a breath: what comes in waves of minutes is one."""
BACK_S: Final = 1200.0
"""Little harm is followed so far back from the onset, and so far on after the end."""
BEFORE_S: Final = 1800.0
"""A run that ended longer before the window is none of its."""
WHOLE_SHARE: Final = 100.0
"""Requests that a share or a mean is told of: with fewer one failure is a percent and more."""
LONGEST_SHARE_S: Final = 120.0
"""... but no longer than this: an hour's mean tells nobody when it began."""
FLICKER_S: Final = 120.0
"""Runs with shorter pauses are one run."""
MIN_BASELINE: Final = 12
"""Samples that a baseline needs; with fewer a figure is not judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One figure of what users meet, judged."""

    metric: Metric
    column: int
    score: Values
    """1 = clear harm."""
    little: Flags
    baseline: float
    values: Values
    """The figure itself, sample by sample."""
    weight: Values
    """Requests, answers or messages per second behind it."""
    samples: int
    """It was judged as the mean of so many samples."""


@dataclass(frozen=True, slots=True)
class Harm:
    """One episode: rows of the grid."""

    first: int
    """First row of clear harm."""
    last: int
    """Row after the last of it."""
    low: int
    """Last row that was still normal before it."""
    over: int | None
    """First row that is normal again; None = not in the window."""
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class UserImpact:
    """What users met in a window."""

    effects: tuple[Effect, ...] = ()
    episodes: tuple[Harm, ...] = ()
    judged: bool = False
    """Some figure of requests was read inside the window and has a baseline."""
    timed: bool = False
    """How long requests took is among what was judged."""
    unjudged: tuple[str, ...] = ()
    """Signals of users that have data but could not be judged."""


def look(evidence: Evidence) -> UserImpact:
    """Judge the user-facing figures of the evidence (signals tagged `users`).

    Late work counts where nothing is seen of requests that wait for an answer.
    """
    mine = [m for m in evidence.metrics if m.signal.has_tag(USERS)]
    asked = [m for m in mine if m.signal.layer != "queue"]
    effects, unjudged = _effects(asked, evidence)
    episodes = _episodes(effects, evidence)
    judged, timed = bool(effects), any(e.metric.signal.aspect == "latency" for e in effects)
    if not episodes:
        late, more = _effects([m for m in mine if m.signal.layer == "queue"], evidence)
        episodes, effects = _episodes(late, evidence), (*effects, *late)
        unjudged += more
    return UserImpact(effects, episodes, judged, timed, unjudged)


def onset_of(harm: Harm, evidence: Evidence) -> Moment:
    """Between the last normal sample and the first of clear harm."""
    times = evidence.window.index
    first, low = times[harm.first], times[min(harm.low, harm.first)]
    return Moment(first, low, first)


def recovery_of(harm: Harm, evidence: Evidence) -> Moment | None:
    """Between the last sample of clear harm and the first that is normal again."""
    if harm.over is None:
        return None
    times = evidence.window.index
    last = times[min(harm.last, len(times) - 1)]
    return Moment(last, times[max(harm.last - 1, 0)], times[min(harm.over, len(times) - 1)])


def user_anomalies(users: UserImpact, evidence: Evidence, *, after: int) -> tuple[Anomaly, ...]:
    """The figures of users that were clearly harmed, one an episode each; ids go on after `a<after>`."""
    found: list[Anomaly] = []
    for harm in users.episodes:
        for effect in users.effects:
            anomaly = _anomaly(effect, harm, evidence, number=after + len(found) + 1)
            if anomaly is not None:
                found.append(anomaly)
    return tuple(found)


def _anomaly(effect: Effect, harm: Harm, evidence: Evidence, *, number: int) -> Anomaly | None:
    times = evidence.window.index
    stop = min(harm.over if harm.over is not None else len(times), len(times))
    rows = np.arange(max(harm.low, 0), max(stop, harm.last))
    rows = rows[rows < len(times)]
    score = np.nan_to_num(effect.score[rows], nan=0.0)
    clear = rows[score >= 1.0]
    if len(clear) * evidence.window.step_s * max(score.max(initial=0.0), 1.0) < LEAST_S or not len(clear):
        return None
    metric, worse_down = effect.metric, effect.metric.signal.worse == "down"
    first, last = int(clear[0]), int(clear[-1])
    before = next(
        (r for r in range(first - 1, max(first - 2 * effect.samples - 2, -1), -1) if not effect.little[r]), None
    )
    low = before if before is not None else max(first - 1, 0)
    judged = effect.values[first : last + 1]
    there = judged[np.isfinite(judged)]
    if not len(there):
        return None
    at = first + int(np.nanargmin(judged) if worse_down else np.nanargmax(judged))
    recovered = harm.over is not None and last + 1 < len(times)
    return Anomaly(
        id=f"a{number}",
        signal=metric.signal,
        query=metric.query,
        labels=metric.labels[effect.column],
        service=metric.services[effect.column],
        direction="down" if worse_down else "up",
        shape="level",
        onset=Moment(times[first], times[low], times[first]),
        recovery=Moment(times[last + 1], times[last], times[last + 1]) if recovered else None,
        baseline=effect.baseline,
        peak=float(effect.values[at]),
        peak_time=times[at],
        robust_z=float(score.max()) * CLEAR_SPREADS,
        score=float(score.max()),
        level=float(np.median(there)),
        column=effect.column,
    )


def _effects(metrics: Sequence[Metric], evidence: Evidence) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    first, step_s = evidence.window.first, evidence.window.step_s
    found, unjudged = [], []
    for metric in metrics:
        behind = weight_of(metric, evidence.metrics)
        for column in range(len(metric.labels)):
            values = metric.values[column].to_numpy(dtype=float)
            weight = behind.values[column].to_numpy(dtype=float) if behind is not None else np.ones(len(values))
            if not np.isfinite(values[first:]).any():
                continue
            samples = samples_for(weight, step_s=step_s)
            judged = quotient(values * weight, np.where(np.isfinite(values), weight, np.nan), samples)
            before = judged[:first][np.isfinite(judged[:first])]
            if len(before) < MIN_BASELINE:
                unjudged.append(metric.signal.id)
                continue
            score, little, usual = _judged(metric, judged, before)
            found.append(Effect(metric, column, score, little, usual, values, weight, samples))
    return tuple(found), tuple(dict.fromkeys(unjudged))


def samples_for(weight: Values, *, step_s: float) -> int:
    """Samples that hold enough requests for a share or a mean to say something."""
    rate = float(np.nanmedian(weight)) if np.isfinite(weight).any() else 0.0
    wanted = np.ceil(WHOLE_SHARE / max(rate * step_s, 1e-6))
    return int(np.clip(wanted, 1, max(2, np.ceil(LONGEST_SHARE_S / step_s))))


def _judged(metric: Metric, series: Values, before: Values) -> tuple[Values, Flags, float]:
    """Score (1 = clear harm), little harm, and the baseline."""
    usual = float(np.median(before))
    spread = 1.4826 * float(np.median(np.abs(before - usual)))
    if metric.signal.aspect == "availability":
        clear, little = CLEAR_UNREACHABLE, LITTLE_UNREACHABLE
    elif metric.signal.unit == "ratio":
        clear, little = CLEAR_FAILED, LITTLE_FAILED
    elif metric.signal.layer == "queue":
        clear, little = CLEAR_LATE_S, LITTLE_LATE_S
    else:
        clear = max((CLEAR_SLOWER[0] - 1) * usual, CLEAR_SLOWER[1])
        little = max((LITTLE_SLOWER[0] - 1) * usual, LITTLE_SLOWER[1])
    excess = (series - usual) * (-1.0 if metric.signal.worse == "down" else 1.0)
    with np.errstate(invalid="ignore"):
        return excess / max(clear, CLEAR_SPREADS * spread), excess > max(little, LITTLE_SPREADS * spread), usual


def _episodes(effects: Sequence[Effect], evidence: Evidence) -> tuple[Harm, ...]:
    if not effects:
        return ()
    window = evidence.window
    step_s, index = window.step_s, window.index
    score = np.nan_to_num(np.array([e.score for e in effects]), nan=0.0).max(axis=0)
    little: Flags = np.asarray(np.array([e.little for e in effects]).any(axis=0))
    clear = score >= 1.0
    lasting = _two_of_three(clear)
    lasting &= np.asarray(index >= window.start - pd.Timedelta(seconds=BEFORE_S))
    spans = [_widened(first, last, score) for first, last in _runs(lasting)]
    found = []
    for first, last in _joined(spans, score, step_s=step_s):
        weight = _weight(score[first:last])
        if weight * step_s >= LEAST_S and index[last - 1] >= window.start:
            found.append(_harm(first, last, effects, score, little, step_s=step_s, weight=weight))
    return tuple(found)


def _weight(score: Values) -> float:
    return float(np.clip(score, 0.0, MOST_WEIGHT)[score >= 1.0].sum())


def _widened(first: int, last: int, score: Values) -> tuple[int, int]:
    """A run widened to where harm fades."""
    rows = len(score)
    while first > 0 and score[max(first - 2, 0) : first].max() >= FADE:
        first -= 1
    while first < last - 1 and score[first] < FADE:
        first += 1
    while last < rows and score[last : last + 2].max() >= FADE:
        last += 1
    while last > first + 1 and score[last - 1] < FADE:
        last -= 1
    return first, last


def _harm(
    first: int, last: int, effects: Sequence[Effect], score: Values, little: Flags, *, step_s: float, weight: float
) -> Harm:
    """The little harm around a run, and where the samples themselves turn, as means over several see it late."""
    rows = len(score)
    ended_at = _turn(effects, last)
    low, calm = first, 0
    while low > 0 and calm < 2 and (first - low) * step_s < BACK_S:
        low -= 1
        calm = 0 if little[low] else calm + 1
    low = max(low + max(calm - 1, 0), 0)
    after = last
    while after < rows and little[after] and (after - last) * step_s < BACK_S:
        after += 1
    ended = after < rows - 1 and last < rows - max(2, round(60.0 / step_s))
    last = max(min(last, ended_at), first + 1)
    return Harm(first, last, min(low, max(first - 1, 0)), after if ended else None, weight)


def _turn(effects: Sequence[Effect], row: int) -> int:
    """Where the figure that dates the end turned back, sample by sample: the best step near the end of its mean."""
    inside = slice(max(row - 3, 0), row)
    dating = max(effects, key=lambda e: float(np.nan_to_num(e.score[inside], nan=0.0).max(initial=0.0)))
    if dating.samples <= 1:
        return row
    begin, end = max(row - 2 * dating.samples, 0), min(row + dating.samples, len(dating.values))
    weight = np.where(np.isfinite(dating.values[begin:end]), np.nan_to_num(dating.weight[begin:end]), 0.0)
    amount = np.nan_to_num(dating.values[begin:end]) * weight
    if len(weight) < 4 or weight.sum() <= 0:
        return row
    before, all_before = np.cumsum(amount)[:-1], np.cumsum(weight)[:-1]
    after, all_after = amount.sum() - before, weight.sum() - all_before
    with np.errstate(invalid="ignore", divide="ignore"):
        fall = (before / all_before - after / all_after) * (-1.0 if dating.metric.signal.worse == "down" else 1.0)
        between = np.nan_to_num(np.where(fall > 0, all_before * all_after * fall**2, 0.0))
    turned = begin + 1 + int(between.argmax()) if between.max(initial=0.0) > 0 else row
    prompt = [e.score[:row] for e in effects if e.samples <= PROMPT]
    still = np.nan_to_num(np.array(prompt), nan=0.0).max(axis=0) >= 1.0 if prompt else np.zeros(row, dtype=bool)
    return min(row, max(turned, int(np.flatnonzero(still)[-1]) + 1 if still.any() else 0))


def _two_of_three(clear: Flags) -> Flags:
    """Rows that lie in three of which two are clear."""
    padded = np.concatenate(([False, False], clear, [False, False])).astype(int)
    threes = padded[:-2] + padded[1:-1] + padded[2:] >= 2
    return np.asarray((threes[:-2] | threes[1:-1] | threes[2:]) & clear)


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """[first, last + 1) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(int), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _joined(runs: Sequence[tuple[int, int]], score: Values, *, step_s: float) -> list[tuple[int, int]]:
    """Runs as episodes: what flickers is one; what pauses longer is too, unless the pause is as long as they are."""
    near: list[tuple[int, int]] = []
    for run in runs:
        if near and (run[0] - near[-1][1]) * step_s < FLICKER_S:
            near[-1] = (near[-1][0], max(run[1], near[-1][1]))
        else:
            near.append(run)
    lasting = [run for run in near if _weight(score[run[0] : run[1]]) * step_s >= LEAST_S]
    found: list[tuple[int, int]] = []
    for run in lasting:
        if found:
            pause_s = (run[0] - found[-1][1]) * step_s
            shorter_s = min(run[1] - run[0], found[-1][1] - found[-1][0]) * step_s
            if pause_s < WAVE_S + 2 * step_s or (pause_s < JOINED_S and pause_s < PAUSE_SHARE * shorter_s):
                found[-1] = (found[-1][0], run[1])
                continue
        found.append(run)
    return found
