"""How far every series left its own past, if something began at a given row.

Nothing here knows which row that is: `rank_onset` asks about many and weighs the answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from reconstruct.model import Aspect, Layer, Tag, Worse

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

REACHED_SHARE: Final = 0.34
"""Of the samples must reach a level: one spike does not count, a fault that is soon over does."""
BENIGN: Final = 0.5
"""What a move in the harmless direction is worth: work that stops falls, but so does work that is finished."""
TRAFFIC: Final = 0.5
"""What moving traffic is worth: it is mostly a consequence, and it moves with every hour of the day."""
NEGATIVE_CONTROL: Final = 0.5
"""Of what the same series did in its worst healthy stretch is taken off: past restlessness is half an excuse."""
LATE: Final = 0.3
"""Is lost, at most, by a series that leaves its past only at the end of the stretch."""
HOT: Final = 4.0
"""Robust spreads from which a sample counts as having left, for LATE."""
FULL_FROM: Final = 0.6
"""Of its capacity: a resource that gets here from well below is short, not merely busier ..."""
FULL_BEFORE: Final = 0.7
"""... where well below is less than this share of the level reached."""
FULL_BONUS: Final = 2.0
"""What that is worth, in units of log effect: a resource at its limit explains the latencies of its own service."""

SHORT_FLOOR: Final = 0.4
"""Of a series' own level is its spread at least, while few samples speak of it: twelve samples show no bad day."""
LONG_FLOOR: Final = 0.05
"""... and with LONG_SAMPLES or more, which have shown some; their standard deviation then counts as well."""
LONG_SAMPLES: Final = 100
FAMILY_FLOOR: Final = 0.1
"""Of the typical level of its family is a series' spread at least: a service that idles at 2 ms is not hurt by 3 ms."""
TINY: Final = 1e-9
"""Smallest spread, so that a constant series divides."""

BASELINE_SAMPLES: Final = 4
"""A series with fewer samples before the row is not judged."""
BASELINE_ROWS: Final = 240
"""Rows a baseline is read from, evenly spread; its quantiles hardly change with more, the time does."""
PLACEBO_STRETCHES: Final = 80
"""Stretches of the table that are looked at as negative control, about; neighbours overlap and say the same."""
STRETCH_ROWS: Final = 32
"""Rows read of one negative-control stretch, evenly spread."""


class Column(NamedTuple):
    """What one series of a table is."""

    service: str
    measure: str
    """The same measure of two services can be compared: same question, same unit."""
    family: str
    """Measures in one unit, whose typical level min_effects each other's spread."""
    layer: Layer
    aspect: Aspect
    tags: tuple[Tag, ...] = ()
    worse: Worse = "up"
    min_effect: float = 0.0
    """Smallest change worth telling."""
    full: float = math.nan
    """Capacity, in the series' unit; NaN = unknown."""

    @property
    def outbound(self) -> bool:
        """Whether it tells of calls that the service makes: they are a symptom of who is called."""
        return "outbound" in self.tags

    @property
    def user_facing(self) -> bool:
        """Whether it is what a caller of the service feels."""
        return self.aspect in ("latency", "errors", "availability") and not self.outbound

    @property
    def resource(self) -> bool:
        """Whether it tells of something that the service uses up."""
        return self.aspect in ("utilisation", "saturation")


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What each column did before a row."""

    median: Floats
    spread: Floats
    """Floored: the unit that effects are counted in."""
    noise: Floats
    """Not floored."""
    judged: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What each column did in a stretch, against its baseline."""

    score: Floats
    """log(1 + spreads), negative control taken off, weighed by kind; -1 where it could not be judged."""
    excess: Floats
    """How much worse than its median it was, in its own unit; 0 where better or not judged."""
    before: Floats
    during: Floats
    """The level reached, on the side that it left to."""


@dataclass(slots=True, eq=False)
class SeriesTable:
    """Series on one grid, with what is worked out of them only once (a cache: the answers never change).

    `values` has shape (n_times, n_series), NaN where there is no sample; one Column a series.
    """

    values: Floats
    columns: Sequence[Column]
    finite: Bools = field(init=False)
    counts: npt.NDArray[np.int64] = field(init=False)
    """Samples before each row, shape (n_times + 1, n_series)."""
    highest: Floats = field(init=False)
    lowest: Floats = field(init=False)
    """Of all samples up to and with each row."""
    services: tuple[str, ...] = field(init=False)
    service_of: npt.NDArray[np.intp] = field(init=False)
    family_of: npt.NDArray[np.intp] = field(init=False)
    _baselines: dict[int, Baseline] = field(init=False, default_factory=dict)
    _placebos: dict[int, tuple[npt.NDArray[np.intp], Floats, Floats]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.columns):
            raise ValueError(f"values of shape {self.values.shape} for {len(self.columns)} columns")
        self.values = np.where(np.isfinite(self.values), self.values, np.nan)
        self.finite = np.isfinite(self.values)
        self.counts = np.vstack([np.zeros((1, len(self.columns)), np.int64), self.finite.cumsum(0)])
        self.highest = np.maximum.accumulate(np.where(self.finite, self.values, -np.inf), 0)
        self.lowest = np.minimum.accumulate(np.where(self.finite, self.values, np.inf), 0)
        self.services = tuple(sorted({c.service for c in self.columns}))
        self.service_of = _codes([c.service for c in self.columns])
        self.family_of = _codes([c.family for c in self.columns])

    def where(self, tell: Literal["outbound", "user_facing", "resource"]) -> Bools:
        """Which columns have a property of Column."""
        return np.array([getattr(c, tell) for c in self.columns], bool)

    def aspect_is(self, *aspects: Aspect) -> Bools:
        """Which columns are of one of the aspects."""
        return np.array([c.aspect in aspects for c in self.columns], bool)

    def best_of_service(self, scores: Floats) -> Floats:
        """The largest score of each service; -1 where none could be judged."""
        best = np.full(len(self.services), -1.0)
        np.maximum.at(best, self.service_of, scores)
        return best

    def baseline(self, row: int) -> Baseline:
        """What each column did before a row."""
        if row not in self._baselines:
            self._baselines[row] = _baseline(self, row)
        return self._baselines[row]

    def worst_stretch(self, width: int, *, before: int) -> tuple[Floats, Floats]:
        """The highest and lowest level that any stretch of `width` rows before a row reached."""
        if width not in self._placebos:
            self._placebos[width] = _stretches(self, width)
        starts, high, low = self._placebos[width]
        last = max(0, int(np.searchsorted(starts, before - width, side="right")) - 1)
        return high[last], low[last]


def effect(table: SeriesTable, *, start: int, end: int) -> Effect:
    """How far each column left its past in the rows `start` to `end`.

    ``score = weight * (log1p(|level - median| / spread)
    - NEGATIVE_CONTROL * log1p(the same in the worst stretch before))``;
    `level` is what REACHED_SHARE of the samples reach and `spread` is robust and floored.

    Parameters
    ----------
    table : SeriesTable
        n_series columns.
    start, end : int
        The stretch; rows before `start` are the baseline.

    Returns
    -------
    Effect
        Arrays of shape (n_series,).

    Raises
    ------
    ValueError
        When the stretch is empty or not inside the table.

    Examples
    --------
    >>> column = Column("shop", "p90", "seconds", "app", "latency")
    >>> table = SeriesTable(np.array([[1.0, 1.1, 0.9, 1.0, 1.1, 5.0, 5.2]]).T, [column])
    >>> found = effect(table, start=5, end=7)
    >>> found.score.round(1).tolist(), found.excess.round(1).tolist()
    ([2.3], [4.2])
    """
    if not 0 < start < end <= len(table.values):
        raise ValueError(f"rows {start} to {end} of {len(table.values)}")
    rest, stretch = table.baseline(start), table.values[start:end]
    high, low = levels(stretch)
    worst_high, worst_low = table.worst_stretch(_rounded(min(end - start, max(2, start // 3))), before=start)
    rise = _spreads(high - rest.median, rest.spread) - NEGATIVE_CONTROL * _spreads(
        worst_high - rest.median, rest.spread
    )
    fall = _spreads(rest.median - low, rest.spread) - NEGATIVE_CONTROL * _spreads(rest.median - worst_low, rest.spread)
    up, down = _directions(table.columns)
    score = np.maximum(np.maximum(up * rise, down * fall), 0.0)
    score *= np.where(table.aspect_is("traffic"), TRAFFIC, np.where(table.where("outbound"), 0.0, 1.0))
    score *= 1.0 - LATE * _lateness(stretch, rest)
    score += np.where(_became_full(table, high, start), FULL_BONUS, 0.0)

    moved = (table.highest[end - 1] > table.lowest[end - 1]) & (table.counts[end] > table.counts[start])
    judged = rest.judged & moved
    falls = np.array([c.worse == "down" for c in table.columns], bool)
    excess = np.maximum(np.nan_to_num(np.where(falls, rest.median - low, high - rest.median)), 0.0)
    return Effect(
        score=np.where(judged, score, -1.0),
        excess=np.where(judged, excess, 0.0),
        before=rest.median,
        during=np.where(up * rise >= down * fall, high, low),
    )


def levels(block: Floats) -> tuple[Floats, Floats]:
    """The levels that REACHED_SHARE of each column's samples reach, upwards and downwards; NaN without samples.

    >>> high, low = levels(np.array([[1.0], [2.0], [3.0], [9.0], [np.nan]]))
    >>> high.tolist(), low.tolist()
    ([3.0], [2.0])
    """
    ordered, count = np.sort(block, 0), np.isfinite(block).sum(0)
    nth = np.maximum(1, np.ceil(REACHED_SHARE * count)).astype(np.intp)
    columns = np.arange(block.shape[1])
    high = np.where(count > 0, ordered[np.maximum(count - nth, 0), columns], np.nan)
    low = np.where(count > 0, ordered[np.minimum(nth, len(block)) - 1, columns], np.nan)
    return high, low


def _baseline(table: SeriesTable, row: int) -> Baseline:
    block = table.values[:row]
    if row > BASELINE_ROWS:
        block = block[np.unique(np.linspace(0, row - 1, BASELINE_ROWS).astype(np.intp))]
    count = np.isfinite(block).sum(0)
    ordered = np.sort(block, 0)
    lower, median, upper = (_quantile(ordered, count, q) for q in (0.25, 0.5, 0.75))
    deviation = np.abs(block - median)
    # 1.4826 and 1.349 make the MAD and the quartiles' distance standard deviations where the values are normal
    mad = 1.4826 * _quantile(np.sort(deviation, 0), count, 0.5)
    noise = np.fmax(np.fmax(mad, (upper - lower) / 1.349), TINY)
    judged = table.counts[row] >= BASELINE_SAMPLES
    own = np.where(count >= LONG_SAMPLES, LONG_FLOOR, SHORT_FLOOR) * np.abs(median)
    mean = np.nansum(block, 0) / np.maximum(count, 1)
    std = np.sqrt(np.nansum((block - mean) ** 2, 0) / np.maximum(count, 1))
    told = np.array([c.min_effect for c in table.columns])
    family = FAMILY_FLOOR * _typical(np.fmax(np.abs(median), mad), judged, table.family_of)
    spread = np.fmax.reduce([noise, own, np.where(count >= LONG_SAMPLES, std, 0.0), told, family])
    return Baseline(median, spread, noise, judged)


def _typical(level: Floats, judged: Bools, family_of: npt.NDArray[np.intp]) -> Floats:
    """The median level of each column's family."""
    typical = np.zeros(len(level))
    for family in range(int(family_of.max(initial=-1)) + 1):
        own = family_of == family
        known = level[own & judged & np.isfinite(level)]
        typical[own] = np.median(known) if len(known) else 0.0
    return typical


def _quantile(ordered: Floats, count: npt.NDArray[np.int64], q: float) -> Floats:
    """Quantiles of sorted columns with NaN last: numpy's own take a hundred times as long with NaN inside."""
    place = np.maximum(count - 1, 0) * q
    under = np.floor(place).astype(np.intp)
    over = np.minimum(under + 1, np.maximum(count - 1, 0))
    columns = np.arange(ordered.shape[1])
    below, above = ordered[under, columns], ordered[over, columns]
    return np.asarray(below + (above - below) * (place - under), float)


def _stretches(table: SeriesTable, width: int) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Starts of stretches, and the highest and lowest level of all stretches up to each."""
    rows = len(table.values)
    starts = np.arange(0, max(1, rows - width + 1), max(1, (rows - width) // PLACEBO_STRETCHES))
    within = np.unique(np.linspace(0, width - 1, min(width, STRETCH_ROWS)).astype(np.intp))
    reached = [levels(table.values[s + within]) for s in starts]
    high, low = (np.array([pair[side] for pair in reached]) for side in (0, 1))
    return starts, np.fmax.accumulate(high, 0), np.fmin.accumulate(low, 0)


def _rounded(width: int) -> int:
    """Widths past 8 in steps of half a doubling: negative control of nearly the same length are worked out once."""
    return width if width <= 8 else int(2.0 ** (math.floor(2.0 * math.log2(width)) / 2.0))


def _spreads(distance: Floats, spread: Floats) -> Floats:
    return np.log1p(np.maximum(np.nan_to_num(distance / spread), 0.0))


def _directions(columns: Sequence[Column]) -> tuple[Floats, Floats]:
    """What rising and falling are worth; fewer errors or more availability never were a symptom."""
    harmless = np.array([0.0 if c.aspect in ("errors", "availability") else BENIGN for c in columns])
    down = np.array([c.worse == "down" for c in columns], bool)
    return np.where(down, harmless, 1.0), np.where(down, 1.0, harmless)


def _lateness(stretch: Floats, rest: Baseline) -> Floats:
    """0 for a column that left its past at once, 1 for one that did not stay out of it."""
    away = np.abs(np.nan_to_num((stretch - rest.median) / rest.noise))
    hot = away > np.maximum(HOT, 0.3 * away.max(0))
    if len(stretch) > 2:
        hot[:-1] &= hot[1:]
    return np.asarray(np.where(hot.any(0), hot.argmax(0) / len(stretch), 1.0), float)


def _became_full(table: SeriesTable, high: Floats, start: int) -> Bools:
    full = np.array([c.full if c.resource else math.nan for c in table.columns])
    with np.errstate(invalid="ignore"):
        return np.asarray((high >= FULL_FROM * full) & (table.highest[start - 1] < FULL_BEFORE * high), bool)


def _codes(names: Sequence[str]) -> npt.NDArray[np.intp]:
    places = {name: place for place, name in enumerate(sorted(set(names)))}
    return np.array([places[name] for name in names], np.intp)
