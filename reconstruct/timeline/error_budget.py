"""The error budget that an incident spent: of objectives in the configuration, and of those that generators recorded.

Sloth (and OpenSLO documents that it compiles) records `slo:objective:ratio`, `slo:time_period:days` and the error ratio
over several windows, `slo:sli_error:ratio_rate5m` the shortest, all with `sloth_id`, `sloth_service` and `sloth_slo`.
Pyrra's generic rules record `pyrra_objective`, `pyrra_window` (seconds) and requests and errors, with `slo`. They are
read as exported; what is not there is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.model import ErrorBudget, Evidence, Explanation, Metric, Milestone, Objective, Service

RAW: Final = "raw/"
SLOTH_RATIO: Final = "slo:sli_error:ratio_rate"
SLOTH_KEYS: Final = ("sloth_id", "sloth_service", "sloth_slo")
PYRRA_KEYS: Final = ("slo", "namespace", "cluster")
PYRRA_PARTS: Final = (
    ("pyrra_errors:rate5m", "pyrra_requests:rate5m", 300.0),
    ("pyrra_errors_total", "pyrra_requests_total", 0.0),
)
"""(errors, requests, range in seconds); counters where it is 0."""
_RANGE: Final = re.compile(r"(\d+)([smhdw])")
_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
BURNS: Final = 1.0
"""An objective is told where its budget was spent faster than it lasts the period."""

Labels = Mapping[str, str]
Values = npt.NDArray[np.float64]


def error_budgets(
    evidence: Evidence,
    explanation: Explanation,
    onset: Milestone | None,
    recovered: Milestone | None,
    *,
    objectives: Sequence[Objective] = (),
) -> tuple[ErrorBudget, ...]:
    """What each objective whose budget burned lost from onset to recovery, the most first.

    A configured objective of a service stands for what is recorded of the same service.
    """
    if onset is None:
        return ()
    start, end = onset.moment.time, recovered.moment.time if recovered else evidence.window.end
    told = [one for objective in objectives if (one := _configured(objective, explanation, start, end))]
    named = {one.service for one in objectives}
    recorded = [*_sloth(evidence, start, end), *_pyrra(evidence, start, end)]
    told += [one for one in recorded if one.service.name not in named]
    burned = [one for one in told if one.error_ratio / (1.0 - one.objective.target) > BURNS]
    return tuple(sorted(burned, key=lambda one: (-one.spent, one.objective.service, one.objective.name)))


def _configured(
    objective: Objective, explanation: Explanation, start: pd.Timestamp, end: pd.Timestamp
) -> ErrorBudget | None:
    """From the failed share that the impact counts for the service as a whole."""
    row = next(
        (
            i
            for i in explanation.impact
            if i.service.name == objective.service and not i.route and i.what == "failed requests" and i.share
        ),
        None,
    )
    if row is None or row.share is None:
        return None
    return ErrorBudget(objective, row.service, "configuration", row.share, start, end, row.evidence)


def _sloth(evidence: Evidence, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[ErrorBudget]:
    ratios = {_range_s(name): metric for name, metric in _recorded(evidence).items() if name.startswith(SLOTH_RATIO)}
    range_s = min((s for s in ratios if s > 0), default=0.0)
    if not range_s:
        return
    targets, periods = _constants(evidence, "slo:objective:ratio"), _constants(evidence, "slo:time_period:days")
    for labels, values, query in _columns(ratios[range_s]):
        key = tuple(labels.get(name, "") for name in SLOTH_KEYS)
        target = next((v for own, v in targets if _same(own, labels, SLOTH_KEYS)), None)
        days = next((v for own, v in periods if _same(own, labels, SLOTH_KEYS)), None)
        mean = _mean(evidence, values, start, end, range_s)
        if target is None or days is None or mean is None or not 0 < target < 1 or not days > 0:
            continue
        objective = Objective(key[1], target, days * 86_400.0, key[2])
        yield ErrorBudget(objective, Service(key[1]), "sloth", mean, start, end, (query,))


def _pyrra(evidence: Evidence, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[ErrorBudget]:
    recorded = _recorded(evidence)
    targets, periods = _constants(evidence, "pyrra_objective"), _constants(evidence, "pyrra_window")
    for failed, asked, range_s in PYRRA_PARTS:
        if failed not in recorded or asked not in recorded:
            continue
        totals = list(_columns(recorded[asked]))
        for labels, values, query in _columns(recorded[failed]):
            target = next((v for own, v in targets if _same(own, labels, PYRRA_KEYS)), None)
            period = next((v for own, v in periods if _same(own, labels, PYRRA_KEYS)), None)
            whole = next((one for one in totals if _same(one[0], labels, PYRRA_KEYS)), None)
            if target is None or period is None or whole is None or not 0 < target < 1 or not period > 0:
                continue
            if range_s:
                parts = [_mean(evidence, values, start, end, range_s), _mean(evidence, whole[1], start, end, 0.0)]
            else:
                parts = [_increase(evidence, one, start, end) for one in (values, whole[1])]
            if parts[0] is None or not parts[1]:
                continue
            name, service = labels.get("slo", ""), labels.get("service", "")
            objective = Objective(service, target, period, name)
            ratio = parts[0] / parts[1]
            yield ErrorBudget(objective, Service(service), "pyrra", ratio, start, end, (query, whole[2]))
        return


def _recorded(evidence: Evidence) -> dict[str, Metric]:
    return {m.signal.id.removeprefix(RAW): m for m in evidence.raw if m.signal.id.startswith(RAW)}


def _columns(metric: Metric) -> Iterator[tuple[Labels, Values, str]]:
    for column, labels in enumerate(metric.labels):
        yield labels, metric.values.iloc[:, column].to_numpy(dtype=float), metric.query


def _constants(evidence: Evidence, name: str) -> list[tuple[Labels, float]]:
    """The last value of each series of a rule that records a constant."""
    metric = _recorded(evidence).get(name)
    if metric is None:
        return []
    told = ((labels, values[np.isfinite(values)]) for labels, values, _ in _columns(metric))
    return [(labels, float(values[-1])) for labels, values in told if len(values)]


def _same(one: Labels, other: Labels, keys: Sequence[str]) -> bool:
    return all(one.get(key, "") == other.get(key, "") for key in keys)


def _range_s(name: str) -> float:
    """`slo:sli_error:ratio_rate5m` -> 300; 0 where it ends with no duration."""
    match = _RANGE.fullmatch(name.removeprefix(SLOTH_RATIO))
    return float(match[1]) * _UNITS_S[match[2]] if match else 0.0


def _mean(evidence: Evidence, values: Values, start: pd.Timestamp, end: pd.Timestamp, range_s: float) -> float | None:
    """Mean in [start, end) of what a range window smears into the time after it: its sum over the longer time."""
    index = evidence.window.index
    rows = np.asarray((index >= start) & (index < end + pd.Timedelta(seconds=range_s)))
    inside = int(np.asarray((index >= start) & (index < end)).sum())
    known = values[rows]
    if not inside or not np.isfinite(known).any():
        return None
    return float(np.nansum(known)) / inside


def _increase(evidence: Evidence, values: Values, start: pd.Timestamp, end: pd.Timestamp) -> float | None:
    """Of a counter in [start, end], resets counted from zero."""
    index = evidence.window.index
    known = values[np.asarray((index >= start) & (index <= end))]
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return None
    steps = np.diff(known)
    return float(np.where(steps >= 0, steps, known[1:]).sum())
