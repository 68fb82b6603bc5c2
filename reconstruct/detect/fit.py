"""One surprising series: what happened, from where to where, and whether that is evidence enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reconstruct.detect.burst import find_burst, strong_runs
from reconstruct.detect.calibrate import GAUSSIAN_QUARTILES, Calibration, Limit, Span
from reconstruct.detect.ended_ramp import ended_ramp
from reconstruct.detect.multiscale import moving_means
from reconstruct.detect.parameters import Parameters
from reconstruct.detect.quantiles import median, quantiles
from reconstruct.detect.screen import Scores, score
from reconstruct.detect.segment import Series, level_segment, limits_in_spreads, ramp_start, split, with_plateau

Kind = Literal["level", "ramp", "spike", "variance"]

SPIKE_SAMPLES = 2
"""A excursion of so many samples or fewer is a spike."""
ALMOST = 0.999
"""For rounding, where a bound only saves work."""
LONG_SAMPLES = 9
"""From so many samples on a mean is certain enough to be believed when it is lower (theory: a third of the error)."""


class Reading(NamedTuple):
    """The segment that the largest mean of one duration leads to."""

    side: int
    block: tuple[int, int]
    """Rows of that mean."""
    start: int
    end: int
    explains: float
    """Squares that the segment's level explains: its samples times its squared height in spreads."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a look at one series found: rows `[start, end)` of the window, in the series' prepared unit."""

    start: int
    end: int
    side: int
    kind: Kind
    score: float
    change: float
    """Median change against what was there before."""
    by_edge: bool
    """Whether only an edge was surprising, the level being one that the history knows."""
    span: int
    """Samples in the mean that fired."""
    limit: Limit
    accepted: bool

    @property
    def evidence(self) -> float:
        """The score against what the history alone asks for: the smallest change worth telling is no matter of luck."""
        return self.score * float(self.limit.value / self.limit.bare)


def excursions_of(
    x: Series, *, first: int, calibration: Calibration, scores: Scores, parameters: Parameters
) -> list[Fit]:
    """The excursions of one series, the most surprising first; each is taken out before the next look.

    Parameters
    ----------
    x : float64, shape (n_times,)
        One prepared series.
    scores : Scores, shape (n_durations,) each
        What the screening made of it.
    """
    if _is_hopeless(x[first:], calibration, scores, parameters):
        return []
    x = x.copy()
    found: list[Fit] = []
    fit: Fit | None
    rejected = 0
    for look in range(parameters.most_looks):
        if look:
            scores = _scores_again(x, first, calibration)
        level, edge = scores
        if level.max() > 1 + parameters.tie:
            fit = _fit_level(x, first, calibration, level, parameters)
        elif edge.max() > parameters.edge:
            fit = _fit_edge(x, first, calibration, int(edge.argmax()), float(edge.max()), parameters)
        else:
            break
        if fit is None:
            break
        if fit.accepted and _worth_telling(
            fit, found, rejected, stays=first + fit.end == len(x), parameters=parameters
        ):
            found.append(fit)
            if len(found) == parameters.most_departures:
                break
        else:
            rejected += 1
        rows = slice(first + fit.start, first + fit.end)
        x[rows] = x[rows] - fit.change if fit.by_edge else calibration.spans[0].centre
    return found


def _is_hopeless(window: Series, known: Calibration, scores: Scores, parameters: Parameters) -> bool:
    """Whether no look at the series can end in an excursion: a cheap test that spares the fits of most candidates.

    With less evidence than `parameters.doubt`, an excursion of the level must be `near` no more: a stretch of three
    samples or more whose mean is that far out has two or three in a row whose mean is. Bursts need their runs; and once
    the first look was rejected, every further one needs `doubt`.
    """
    strongest = 0.0
    for span, level, edge in zip(known.spans, scores.level, scores.edge, strict=True):
        up, down, change = (float(limit.value / limit.bare) for limit in (span.up, span.down, span.edge))
        strongest = max(strongest, float(level) * max(up, down), float(edge) * (change if change == change else 1.0))
    if scores.level.max() <= 1 + parameters.tie or strongest >= parameters.doubt:
        return False
    above = window - known.spans[0].centre
    total = np.concatenate([[0.0], above.cumsum()])
    for count in (2, 3):
        means = np.abs(total[count:] - total[:-count])
        if len(means) and means.max() >= ALMOST * count * parameters.near * known.plain:
            return False
    return strong_runs(above, known, parameters) < parameters.burst_runs


def _scores_again(x: Series, first: int, calibration: Calibration) -> Scores:
    """The scores of one series, after a excursion was taken out; only as much history as an edge can reach back to."""
    longest = calibration.spans[-1]
    skipped = max(0, first - 4 * longest.length) // longest.hop * longest.hop
    layers = moving_means(x[skipped:].astype(np.float32)[:, None], longest=longest.length)
    level, edge = score(layers, calibration, skipped=skipped)
    return Scores(level[:, 0], edge[:, 0])


def _worth_telling(fit: Fit, found: list[Fit], rejected: int, *, stays: bool, parameters: Parameters) -> bool:
    """Whether a further excursion is evidence enough: each look is another chance to be fooled."""
    if rejected and fit.evidence < parameters.doubt:
        return False
    if any(fit.start < f.end and f.start < fit.end for f in found):
        return False  # what taking out the first one left
    if not found:
        return True
    if fit.end - fit.start <= SPIKE_SAMPLES:
        return False  # of a spiky series one spike tells all
    if abs(fit.change) < parameters.back * max(abs(f.change) for f in found):
        return False  # the last of a decay
    if fit.by_edge:
        return not stays and fit.evidence >= max(parameters.doubt, found[0].evidence / 2)
    return fit.evidence >= min(parameters.doubt, found[0].evidence / 2)


def _fit_level(x: Series, first: int, known: Calibration, scores: NDArray[np.float32], parameters: Parameters) -> Fit:
    """The excursion of a series whose level, over some duration, is one that its history never showed."""
    window = x[first:]
    width, centre = len(window), known.spans[0].centre
    fired, score = known.spans[int(scores.argmax())], float(scores.max())
    readings = (_reading(window, span, known, parameters) for span in _looked_at(scores, known, parameters))
    side, block, start, end, _ = max(readings, key=lambda reading: reading.explains)
    limit = fired.up if side > 0 else fired.down
    evidence = score * float(limit.value / limit.bare)
    y = side * (window - centre) / known.sigma
    kind: Kind = "level"
    burst = find_burst(x, first=first, block=block, level=(start, end), calibration=known, parameters=parameters)
    if burst is not None:
        start, end, side, kind = burst.start, burst.end, burst.side, "variance"
        change, accepted = float(y[start:end].max() * known.sigma), True
    else:
        if end - start > SPIKE_SAMPLES:
            limits, least = limits_in_spreads(known, side), parameters.back * median(y[start:end])
            start = with_plateau(y, start, limits=limits, least=least, parameters=parameters)
            reversed_end = with_plateau(y[::-1], width - end, limits=limits, least=least, parameters=parameters)
            end = width - reversed_end
        ramp = ramp_start(y, start, end)
        if ramp is not None:
            start, kind = ramp, "ramp"
        elif end - start <= SPIKE_SAMPLES:
            kind = "spike"
        change = float(median(window[start:end]) - centre)
        is_dip = end - start == 1 and side < 0 and end < width  # how a failed scrape or a counter reset looks
        accepted = not is_dip and _level_is_evidence(y[start:end], kind, evidence, known, parameters)
    return Fit(start, end, side, kind, score, change, by_edge=False, span=fired.length, limit=limit, accepted=accepted)


def _looked_at(scores: NDArray[np.float32], known: Calibration, parameters: Parameters) -> list[Span]:
    """The shortest mean that is nearly the most surprising, surest of the place, and the longest that is surprising.

    A sample far above a level that is itself news would hide the level from the former.
    """
    shortest = int((scores >= parameters.shortest * scores.max()).argmax())
    longest = len(scores) - 1 - int((scores[::-1] > 1).argmax())
    return [known.spans[index] for index in dict.fromkeys((shortest, longest))]


def _reading(window: Series, span: Span, known: Calibration, parameters: Parameters) -> Reading:
    """Where one duration places the excursion."""
    width = len(window)
    total = np.concatenate([[0.0], window.cumsum()])
    means = (total[span.length :] - total[: -span.length]) / span.length - span.centre
    at = int(np.maximum(means / span.up.value, -means / span.down.value).argmax())
    side = 1 if means[at] > 0 else -1
    block = at, min(width, at + span.length)
    y = side * (window - known.spans[0].centre) / known.sigma
    start, end = level_segment(y, *block, parameters=parameters)
    return Reading(side, block, start, end, (end - start) * max(0.0, median(y[start:end])) ** 2)


def _level_is_evidence(y: Series, kind: Kind, evidence: float, known: Calibration, parameters: Parameters) -> bool:
    """High enough, and surprising enough for its length and for how near normal it is."""
    height = float(y.max() if kind == "ramp" else abs(median(y)))
    if height < parameters.least_sigmas * (1 if len(y) < LONG_SAMPLES else 2 / 3):
        return False
    doubtful = kind == "spike" or abs(float(y.mean())) * known.sigma < parameters.near * known.plain
    return evidence >= (parameters.doubt if doubtful else 1.0)


def _fit_edge(
    x: Series, first: int, known: Calibration, index: int, score: float, parameters: Parameters
) -> Fit | None:
    """The excursion of a series of which only an edge is surprising: from that edge to the first opposite one.

    None where the edge lies between the means that were scored and no single place shows it.
    """
    span = known.spans[index]
    length, threshold = span.length, float(span.edge.value)
    evidence = score * threshold / float(span.edge.bare)
    reach = min(first, 4 * length + 8)
    near, width = x[first - reach :], len(x) - first
    total = np.concatenate([[0.0], near.cumsum()])
    at = np.arange(reach, len(near) - max(1, length // 2))
    before, after = np.maximum(at - length, 0), np.minimum(at + length, len(near))
    change = (total[after] - total[at]) / (after - at) - (total[at] - total[before]) / np.maximum(at - before, 1)
    size = np.abs(change)
    if not len(size) or size.max() < threshold:
        return None
    peak = _first_peak(size, max(threshold, 0.6 * float(size.max())), length)
    side = 1 if change[peak] > 0 else -1
    on = _edge_row(total, int(at[peak]), length)
    opposite = np.where(at > on, -side * change, 0.0)
    needed = max(0.5 * float(size[peak]), 0.6 * threshold)
    off = len(near)
    if opposite.max() >= needed:
        off = max(on + 1, _edge_row(total, int(at[_first_peak(opposite, needed, length)]), length))
    start, end = max(0, on - reach), off - reach
    if end <= start:
        return None

    beside = max(4, 2 * length)
    base = median(near[max(0, on - beside) : on])
    if len(near) - off >= 4:
        base = 0.5 * (base + median(near[off : off + beside]))
    change_here = median(near[on:off]) - base
    accepted = abs(change_here) >= parameters.least_sigmas * known.step_sigma
    kind: Kind = "spike" if end - start <= SPIKE_SAMPLES else "level"
    if end - start == 1:
        accepted = accepted and evidence >= parameters.doubt and (change_here > 0 or end == width)
    ramp = ended_ramp(x, first=first, edge=first + start, gain=parameters.ramp_gain) if end == width else None
    if ramp is not None:
        start, end, kind, change_here = ramp[0] - first, start, "ramp", ramp[1]
    elif end - start > 3:
        spread = max(_quartile_spread(near[on:off]), _quartile_spread(near[max(0, on - beside) : on]))
        accepted = accepted and abs(change_here) >= parameters.edge_clean * spread
    if end == width or end - start > parameters.edge_long:
        accepted = accepted and evidence >= parameters.edge_stays
    side = 1 if change_here > 0 else -1
    return Fit(
        start, end, side, kind, score, change_here, by_edge=True, span=length, limit=span.edge, accepted=accepted
    )


def _first_peak(size: Series, threshold: float, reach: int) -> int:
    """Where `size` is largest within `reach` of first passing the threshold."""
    row = int((size >= threshold).argmax())
    return row + int(size[row : row + reach].argmax())


def _edge_row(total: Series, row: int, length: int) -> int:
    """The exact row of an edge that means over `length` samples place near `row`."""
    return split(total, max(0, row - length), min(len(total) - 1, row + length)) if length > 1 else row


def _quartile_spread(values: Series) -> float:
    """Robust standard deviation; 0 for none."""
    if not len(values):
        return 0.0
    low, high = quantiles(values, 0.25, 0.75)
    return (high - low) / GAUSSIAN_QUARTILES
