"""What a rule would have done: its expression asked of a server at every evaluation, in pieces, through the states.

The expression is asked as `count without () (...)`: the server answers 1 for each label set that it has a value for,
whatever the value (a NaN makes an alert too), and nothing where it has none, which is most of the time. More than 1 is
what Prometheus refuses to evaluate: two series that differ by their name alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.alerting import AlertingRule, AlertInstance, Labels, States, advance, alert_labels, still_active
from reconstruct.errors import QueryError, UsageError
from reconstruct.model import Window
from reconstruct.sources.prometheus.api_errors import TooMuchError
from reconstruct.sources.prometheus.client import Answer, Prometheus

MAX_POINTS: Final = 11_000
"""Evaluations asked for at once; Prometheus refuses more."""
MAX_CELLS: Final = 8_000_000
"""Evaluations times alerts held at once: 64 MB."""
LEAD_EVALUATIONS: Final = 2
"""Beyond `for` and `keep_firing_for`, before the start: the state there is then what it would have been."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What one rule would have done."""

    rule: AlertingRule
    instances: tuple[AlertInstance, ...]
    """By time of the first evaluation; some may have ended before the start, in the lead-in."""
    interval_s: float
    evaluations: int
    """That the server answered, from the start on."""
    failed: int
    """At which Prometheus would have refused: two series with the labels of one alert."""
    warnings: tuple[str, ...] = ()


def replay(
    server: Prometheus,
    rule: AlertingRule,
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    interval_s: float,
    offset_s: float = 0.0,
    query_offset_s: float = 0.0,
    expr: str = "",
) -> Replay:
    """The rule's alerts between `start` and `end`, evaluated every `interval_s` seconds.

    Parameters
    ----------
    server : Prometheus
    rule : AlertingRule
    start, end : Timestamp
        UTC. The evaluation begins earlier by what the rule remembers.
    interval_s : float
        Between two evaluations.
    offset_s : float
        Evaluations lie at multiples of the interval since 1970, plus this: Prometheus spreads its groups so.
    query_offset_s : float
        How far behind an evaluation its data are looked at.
    expr : str
        What is asked in place of the rule's expression, with recorded series put in.

    Raises
    ------
    QueryError
        The server refuses the expression; the message names the rule's file and line.
    """
    lead_s = rule.for_s + rule.keep_firing_for_s + LEAD_EVALUATIONS * interval_s
    interval_ms = round(interval_s * 1000)
    first_ms = _on_grid((start.timestamp() - lead_s) * 1000, interval_ms, round(offset_s * 1000))
    start_ms, end_ms = round(start.timestamp() * 1000), round(end.timestamp() * 1000)
    shift_ms = round(query_offset_s * 1000)
    states: States = {}
    ended: list[AlertInstance] = []
    evaluations = failed = 0
    warnings: dict[str, None] = {}
    for times, answer in _pieces(server, rule, expr or rule.expr, first_ms - shift_ms, end_ms - shift_ms, interval_ms):
        at = times + shift_ms
        holds, refused = _holds(answer, rule)
        seen = at >= start_ms
        evaluations += int((seen & ~refused).sum())
        failed += int((seen & refused).sum())
        if refused.any():
            at, holds = at[~refused], {labels: one[~refused] for labels, one in holds.items()}
        states, done = advance(states, at, holds, for_s=rule.for_s, keep_firing_for_s=rule.keep_firing_for_s)
        ended += done
        warnings.update(dict.fromkeys((*answer.warnings, *answer.infos)))
    instances = sorted((*ended, *still_active(states)), key=lambda one: (one.active_ms, one.labels))
    kept = tuple(one for one in instances if one.ended_ms is None or one.ended_ms > start_ms)
    return Replay(rule, kept, interval_s, evaluations, failed, tuple(warnings))


def _on_grid(at_ms: float, interval_ms: int, offset_ms: int) -> int:
    """The first evaluation at or after that time."""
    return math.ceil((at_ms - offset_ms) / interval_ms) * interval_ms + offset_ms


def _pieces(
    server: Prometheus, rule: AlertingRule, expr: str, first_ms: int, end_ms: int, interval_ms: int
) -> Iterator[tuple[npt.NDArray[np.int64], Answer]]:
    """Evaluations in pieces that fit, one after the other, with what the server answers."""
    asked = f"count without () (\n{expr}\n)"
    points = MAX_POINTS
    while first_ms < end_ms:
        n = min(points, math.ceil((end_ms - first_ms) / interval_ms))
        window = _window(first_ms, n, interval_ms)
        try:
            answer = server.range(asked, window, max_series=max(1, MAX_CELLS // n), expected_series=1)
        except TooMuchError:
            if n == 1:
                raise
            points = (n + 1) // 2
            continue
        except QueryError as error:
            if "got scalar" in error.message and not expr.startswith("vector("):
                yield from _pieces(server, rule, f"vector(\n{expr}\n)", first_ms, end_ms, interval_ms)
                return
            raise _refused(error, rule) from error
        yield first_ms + interval_ms * np.arange(n, dtype=np.int64), answer
        first_ms += n * interval_ms
        points = min(MAX_POINTS, max(1, MAX_CELLS // max(1, len(answer.labels))))


def _window(first_ms: int, n: int, interval_ms: int) -> Window:
    first = pd.Timestamp(first_ms, unit="ms", tz="UTC")
    step = pd.Timedelta(interval_ms, unit="ms")
    return Window(start=first, end=first + n * step, step=step, baseline_start=first)


def _holds(answer: Answer, rule: AlertingRule) -> tuple[Mapping[Labels, npt.NDArray[np.bool_]], npt.NDArray[np.bool_]]:
    """At which evaluations each alert's expression had a value, and which evaluations Prometheus would refuse."""
    holds: dict[Labels, npt.NDArray[np.bool_]] = {}
    refused: npt.NDArray[np.bool_] = np.asarray((answer.values > 1).any(axis=1))
    for column, series in enumerate(answer.labels):
        there = ~np.isnan(answer.values[:, column])
        labels = alert_labels(series, rule)
        if labels in holds:
            refused = refused | (holds[labels] & there)
            holds[labels] = holds[labels] | there
        else:
            holds[labels] = there
    return holds, refused


def _refused(error: QueryError, rule: AlertingRule) -> UsageError:
    place = f"{rule.file}:{rule.line}: " if rule.file else ""
    return QueryError(f"{place}the server refuses the expression of {rule.name}: {error.message}", hint=error.hint)
