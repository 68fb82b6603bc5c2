"""Rules over the samples of an Evidence: where no server can be asked, its signals answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct import promql
from reconstruct.alerting.rules import AlertingRule, alert_labels
from reconstruct.alerting.states import AlertInstance, Labels, advance, still_active
from reconstruct.model import Evidence, Metric

Array = npt.NDArray[np.float64]
Compared = Callable[[Array, float], npt.NDArray[np.bool_]]
COMPARE: Final[Mapping[str, Compared]] = {
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def metric_of(rule: AlertingRule, evidence: Evidence) -> Metric | None:
    """The metric whose query is what the rule compares with its number; None where the evidence has none."""
    condition = promql.split_condition(rule.expr)
    if condition is None or not _whole(rule.expr, condition):
        return None
    wanted = _words(condition.left)
    return next((metric for metric in evidence.metrics if _words(metric.signal.promql) == wanted), None)


def replay_evidence(rule: AlertingRule, evidence: Evidence) -> tuple[AlertInstance, ...] | None:
    """The rule's alerts over the whole of the evidence, evaluated at each step; None where it has not its samples."""
    metric = metric_of(rule, evidence)
    condition = promql.split_condition(rule.expr)
    if metric is None or condition is None:
        return None
    return replay_metric(rule, metric, comparator=condition.comparator, threshold=condition.threshold)


def replay_metric(
    rule: AlertingRule, metric: Metric, *, comparator: str, threshold: float
) -> tuple[AlertInstance, ...]:
    """The alerts of a rule that compares this metric with a number, evaluated at each step of its grid."""
    values = metric.values.to_numpy(dtype=np.float64)
    times = metric.values.index.as_unit("ms").asi8  # type: ignore[attr-defined]
    with np.errstate(invalid="ignore"):
        holds_at = COMPARE[comparator](values, threshold) & ~np.isnan(values)
    holds: dict[Labels, npt.NDArray[np.bool_]] = {}
    for column, series in enumerate(metric.labels):
        labels = alert_labels(series, rule)
        holds[labels] = holds_at[:, column] | holds.get(labels, False)
    states, ended = advance({}, times, holds, for_s=rule.for_s, keep_firing_for_s=rule.keep_firing_for_s)
    return tuple(sorted((*ended, *still_active(states)), key=lambda one: (one.active_ms, one.labels)))


def _whole(expr: str, condition: promql.Condition) -> bool:
    """Whether the condition is all that the expression asks: `a > 1 and b > 2` asks more."""
    rest = _words(expr).replace(_words(condition.left), "", 1)
    return not any(token.kind == "word" for token in promql.tokens(rest))


def _words(expr: str) -> str:
    return " ".join(token.text for token in promql.tokens(expr) if not token.blank)
