"""Which services, and which of their series, left their own past most: for incidents without a known change.

`rank_table` ranks arrays; `rank_services` and `scan` ask it about evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import Aspect, Evidence, Metric, Moment, Service, Settings, Signal, Tag
from reconstruct.packs.words import words_of
from reconstruct.rank.attribution import attribution
from reconstruct.rank.confidence import confidence
from reconstruct.rank.effect_size import Column, Floats, SeriesTable, effect
from reconstruct.rank.fault_interval import quiet_effect, weigh_stretches

OBSERVERS_BELOW: Final = 0.8
"""Of the services show what they use up: one that shows nothing of the kind is then a gauge, not a candidate. It says
when, not where."""
ONSET_ROWS: Final = 8
"""Rows within the bounds of a known onset that are tried, evenly spread."""
CAPACITY: Final[Mapping[str, float]] = {"ratio": 1.0, "percent": 100.0}
"""What is full, by unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Services and columns of a table, the likeliest candidate first."""

    services: tuple[str, ...]
    attribution: tuple[float, ...]
    """Of each of these services; comparable within one ranking only."""
    columns: tuple[int, ...]
    """Positions in the table, largest effect first; those that could not be judged are left out."""
    score: Floats
    """Effect of every column of the table; -1 where it could not be judged."""
    before: Floats
    during: Floats
    start: int | None
    """The row at which it most likely began; None where nothing could be judged."""
    confidence: float
    """Probability that the first service is right; low where nothing stands out."""
    quiet: float
    """Effect that the best service has by chance, where nothing happened; NaN where no time is left to tell."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A service, as a place where the fault may lie."""

    service: Service
    score: float
    confidence: float
    """That it is this one: stated for the first only, 0 for the rest."""
    series: tuple[tuple[str, int], ...]
    """(query id, column) of its series that moved, the furthest first."""
    levels: tuple[float, float] = (math.nan, math.nan)
    """Of the first of them, before and during, in its unit."""
    beyond: float = 0.0
    """Its log effect beyond the best that chance makes of the same table; 0 where no time is left to tell."""


@dataclass(frozen=True, slots=True)
class Changed:
    """How one series changed in the window; a row of `reconstruct scan`."""

    signal: Signal
    labels: Mapping[str, str]
    score: float
    """log(1 + spreads) beyond its usual level; 0 = as always."""
    before: float
    during: float
    query: str
    column: int


@np.errstate(over="ignore", invalid="ignore")  # what no double holds ranks nowhere
def rank_table(
    table: SeriesTable,
    *,
    starts: Sequence[int] | None = None,
    first: int = 0,
    calls: Sequence[tuple[str, str]] = (),
    alerting: str | None = None,
    aspect: Aspect | None = None,
) -> Ranking:
    """Rank the services and columns of a table by where the fault may lie.

    Parameters
    ----------
    table : SeriesTable
        Values of shape (n_times, n_series), NaN where there is no sample.
    starts : sequence of int, optional
        Rows that it may have begun at; None = every stretch of the table is weighed.
    first : int
        ... that begins here or later: rows before are known to be healthy.
    calls : sequence of (caller, callee)
        Call graph where known; callees explain their callers away.
    alerting : str, optional
        The service that an alert is about: what its callees cannot explain stays with it.
    aspect : Aspect, optional
        What the alert is about; other things that callers feel then count nothing.

    Returns
    -------
    Ranking
        Pure: the same table gives the same ranking, whatever the order of its columns.

    Examples
    --------
    >>> p90_s = [Column(name, "p90", "seconds", "app", "latency") for name in ("shop", "cart")]
    >>> values = np.full((12, 2), 0.1) + 0.01 * (np.arange(12) % 3)[:, None]
    >>> values[8:] += [0.5, 0.45]
    >>> ranking = rank_table(SeriesTable(values, p90_s), starts=[8], calls=[("shop", "cart")])
    >>> ranking.services, ranking.start
    (('cart', 'shop'), 8)
    """
    counted = _counted(table, aspect)
    weighed = weigh_stretches(table, starts=starts, first=first, counted=counted)
    if weighed is None or not (weighed.score >= 0).any():
        nothing = np.full(len(table.columns), np.nan)
        return Ranking((), (), (), np.full(len(table.columns), -1.0), nothing, nothing, None, 0.0, math.nan)
    own = table.best_of_service(weighed.score)
    attributed = attribution(
        table,
        score=weighed.score,
        excess=weighed.excess,
        stretches=weighed.stretches,
        calls=calls,
        alerting=alerting,
        aspect=aspect,
    )
    observers = _observers(table)
    judged = [i for i in range(len(own)) if own[i] >= 0]
    order = sorted(judged, key=lambda i: (i in observers, -attributed[i], -own[i], table.services[i]))
    candidates = [i for i in order if i not in observers] or order
    suspected = np.isin(table.service_of, candidates).astype(float)
    quiet = quiet_effect(table, start=weighed.start, counted=counted * suspected)
    names = [(c.service, c.measure) for c in table.columns]
    columns = sorted(
        (j for j in range(len(names)) if weighed.early[j] >= 0), key=lambda j: (-weighed.early[j], names[j], j)
    )
    return Ranking(
        services=tuple(table.services[i] for i in order),
        attribution=tuple(float(attributed[i]) for i in order),
        columns=tuple(columns),
        score=weighed.score,
        before=weighed.before,
        during=weighed.during,
        start=weighed.began,
        confidence=confidence(
            first_effect=float(own[order[0]]),
            quiet_effect=quiet,
            attribution=attributed[candidates],
            guided=_guided(table, calls, alerting),
        ),
        quiet=quiet,
    )


def rank_services(
    evidence: Evidence, *, onset: Moment | None = None, settings: Settings | None = None
) -> tuple[Ranked, ...]:
    """Rank the services of the evidence by where the fault may lie.

    Parameters
    ----------
    evidence : Evidence
        Its metrics, its call graph, and the first alert of a measured service.
    onset : Moment, optional
        Every row between its bounds is weighed; None = every stretch of the window is.
    settings : Settings, optional
        More of the call graph.

    Returns
    -------
    tuple of Ranked
        Likeliest first; () where no series names a service or none can be judged. Series that name no service are
        left out.
    """
    whole, places = _table(evidence.metrics, named_only=True)
    if not places:
        return ()
    table, rows = _sampled(whole)
    names = dict(zip((_key(evidence.metrics[m].services[c]) for m, c in places), places, strict=True))
    alerting, aspect = _alerting(evidence, names)
    calls = (*evidence.calls, *(settings.calls if settings else ()))
    ranking = rank_table(
        table,
        starts=None if onset is None else _rows_within(evidence.window.index[rows], onset),
        first=int(np.searchsorted(rows, evidence.window.first)),
        calls=_keyed(calls, evidence, names),
        alerting=alerting,
        aspect=aspect,
    )
    series: dict[str, list[tuple[str, int]]] = {}
    levels: dict[str, tuple[float, float]] = {}
    for j in ranking.columns:
        if ranking.score[j] > 0:
            (metric, column), service = places[j], table.columns[j].service
            series.setdefault(service, []).append((evidence.metrics[metric].query, column))
            levels.setdefault(service, (float(ranking.before[j]), float(ranking.during[j])))
    return tuple(
        Ranked(
            _service(evidence, names[key]),
            score,
            ranking.confidence if first else 0.0,
            tuple(series.get(key, ())),
            levels.get(key, (math.nan, math.nan)),
            _beyond(table, ranking, key),
        )
        for first, key, score in zip(
            [True, *[False] * len(ranking.services)], ranking.services, ranking.attribution, strict=False
        )
    )


def _beyond(table: SeriesTable, ranking: Ranking, service: str) -> float:
    own = float(table.best_of_service(ranking.score)[table.services.index(service)])
    return 0.0 if math.isnan(ranking.quiet) else max(0.0, own - ranking.quiet)


STATISTIC_LABELS: Final = ("statistic", "stat", "quantile", "percentile", "aggregation")
"""Labels that say which summary of the samples a series holds."""
OF_MIN_EFFECT: Final = 0.1
"""Of the smallest change worth telling is what a share of failures is compared by: one in a thousand. Which of several
services failed more is known well before any of them fails enough to be told."""
MEANS: Final = frozenset({"avg", "mean", "average"})
"""Words in a signal's name or of its statistic that say a mean: only means add up over calls."""
CALLER_LABELS: Final = ("caller", "source_workload", "source_service", "source_app", "client_service")
"""Labels that say whose calls of a service a series counts."""
_ASPECTS: Final[Mapping[Aspect, frozenset[str]]] = {
    "latency": frozenset({"latency", "slow", "duration", "response", "p95", "p99", "seconds"}),
    "errors": frozenset({"error", "errors", "failure", "failures", "failed", "5xx", "availability", "unavailable"}),
}
"""Words in an alert's name or condition that say what it is about."""


def _alerting(evidence: Evidence, names: Mapping[str, tuple[int, int]]) -> tuple[str | None, Aspect | None]:
    """The first alert of a measured service, from the server or told as an event, and what it is about."""
    told = [(a.firing_at, a.id, a.service, f"{a.rule} {a.condition}") for a in evidence.alerts]
    told += [(e.time, e.id, e.service, e.title) for e in evidence.events if e.kind == "alert"]
    for _, _, service, text in sorted(told, key=lambda t: t[:2]):
        key = next((key for key in names if _service(evidence, names[key]).may_be(service)), None)
        if key is not None:
            words = set(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()))
            about = [aspect for aspect, known in _ASPECTS.items() if known & words]
            return key, about[0] if len(about) == 1 else None
    return None, None


def scan(evidence: Evidence) -> tuple[Changed, ...]:
    """Every series of the evidence, ranked by how it changed in the window against what lies before it.

    Where nothing lies before the window, every stretch of it is weighed against what came earlier. Series that cannot
    be judged (fewer than four samples before) are left out.
    """
    table, places = _table(evidence.metrics, named_only=False)
    if not places:
        return ()
    rows, first = len(evidence.window.index), evidence.window.first
    if 0 < first < rows and bool((table.counts[first] > 0).any()):
        found = effect(table, start=first, end=rows)
        score, before, during = found.score, found.before, found.during
    else:
        ranking = rank_table(table)
        score, before, during = ranking.score, ranking.before, ranking.during
    changed = [
        Changed(
            signal=evidence.metrics[m].signal,
            labels=evidence.metrics[m].labels[c],
            score=float(score[j]),
            before=float(before[j]),
            during=float(during[j]),
            query=evidence.metrics[m].query,
            column=c,
        )
        for j, (m, c) in enumerate(places)
        if score[j] >= 0
    ]
    return tuple(sorted(changed, key=lambda r: (-r.score, r.signal.id, sorted(r.labels.items()))))


def _counted(table: SeriesTable, aspect: Aspect | None) -> Floats:
    """1 for columns that fit the alert, or tell of what a service uses up; 0 for the rest."""
    if aspect is None:
        return np.ones(len(table.columns))
    return np.where(table.aspect_is(aspect) | table.where("resource"), 1.0, 0.0)


def _guided(table: SeriesTable, calls: Sequence[tuple[str, str]], alerting: str | None) -> float:
    """How much there was to follow: an alert and calls 1, calls alone a half."""
    known = any(a in table.services and b in table.services for a, b in calls if a != b)
    return 0.0 if not known else 1.0 if alerting in table.services else 0.5


def _observers(table: SeriesTable) -> frozenset[int]:
    """Services that only watch: nearly all show what they use up, these do not."""
    uses = np.zeros(len(table.services), bool)
    np.logical_or.at(uses, table.service_of, table.where("resource"))
    return frozenset(np.flatnonzero(~uses).tolist()) if uses.mean() >= OBSERVERS_BELOW else frozenset()


def _table(metrics: Sequence[Metric], *, named_only: bool) -> tuple[SeriesTable, list[tuple[int, int]]]:
    """All series side by side, and (metric, column) of each."""
    places = [
        (m, c)
        for m, metric in enumerate(metrics)
        for c, service in enumerate(metric.services)
        if service.name or not named_only
    ]
    if not places:
        return SeriesTable(np.empty((0, 0)), ()), []
    blocks = [metric.values.to_numpy(dtype=np.float64, na_value=np.nan) for metric in metrics]
    values = np.column_stack([blocks[m][:, c] for m, c in places])
    return SeriesTable(values, [_column(metrics[m], c) for m, c in places]), places


def _column(metric: Metric, column: int) -> Column:
    signal, labels = metric.signal, metric.labels[column]
    tags: tuple[Tag, ...] = signal.tags
    measure = signal.id
    statistic = next((labels[k].lower() for k in STATISTIC_LABELS if labels.get(k)), "")
    if statistic:  # a mean and a percentile of one metric are two measures
        measure += f"/{statistic}"
    if MEANS & {statistic, *words_of(signal.id.rpartition("/")[2])}:
        tags = (*tags, "mean")
    caller = next((labels[k] for k in CALLER_LABELS if labels.get(k)), "")
    if caller:  # one caller's view of a service has no counterpart at another service
        measure, tags = f"{measure}/{_key(metric.services[column])}/{caller}", (*tags, "one-caller")
    if signal.aspect == "traffic" and signal.layer in ("edge", "app", "database", "cache"):
        tags = (*tags, "requests")
    return Column(
        service=_key(metric.services[column]),
        measure=measure,
        family=f"{signal.layer}/{signal.aspect}/{signal.unit}",
        layer=signal.layer,
        aspect=signal.aspect,
        tags=tags,
        worse=signal.worse,
        min_effect=signal.min_effect * (OF_MIN_EFFECT if signal.aspect in ("errors", "availability") else 1.0),
        full=CAPACITY.get(signal.unit, math.nan),
    )


def _key(service: Service) -> str:
    return "/".join((service.cluster, service.namespace, service.name))


def _service(evidence: Evidence, place: tuple[int, int]) -> Service:
    metric, column = place
    return evidence.metrics[metric].services[column]


def _keyed(
    calls: Sequence[tuple[str, str]], evidence: Evidence, names: Mapping[str, tuple[int, int]]
) -> list[tuple[str, str]]:
    """Calls between names as calls between services: within one namespace where both are in it."""
    by_name: dict[str, list[tuple[str, Service]]] = {}
    for key, place in names.items():
        service = _service(evidence, place)
        by_name.setdefault(service.name, []).append((key, service))
    found = []
    for caller, callee in calls:
        for a, of_caller in by_name.get(caller, ()):
            everywhere = by_name.get(callee, [])
            near = [b for b, of_callee in everywhere if _together(of_caller, of_callee)]
            found += [(a, b) for b in near or [key for key, _ in everywhere]]
    return found


def _together(one: Service, other: Service) -> bool:
    return (one.cluster, one.namespace) == (other.cluster, other.namespace)


def _sampled(table: SeriesTable) -> tuple[SeriesTable, npt.NDArray[np.intp]]:
    """The rows in which anything was sampled, and which they are: an export with pauses is no longer than its rows."""
    rows = np.flatnonzero(table.finite.any(axis=1))
    return (table if len(rows) == len(table.values) else SeriesTable(table.values[rows], table.columns)), rows


def _rows_within(index: pd.DatetimeIndex, onset: Moment) -> list[int]:
    """Rows that may be the first faulty one."""
    first, last = (int(index.searchsorted(t)) for t in (onset.earliest, onset.latest))
    return sorted({int(r) for r in np.linspace(first, max(first, last), ONSET_ROWS)})
