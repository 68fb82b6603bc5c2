"""When the rules that fired in a window fired before, as far back as the server holds: has it happened before?

`ALERTS` is looked at in spans of `SPAN`, one query for all rules: times are right to within one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import promql as pq
from reconstruct.errors import ReconstructError
from reconstruct.model import EarlierFiring, Gap, Query, Window
from reconstruct.sources.prometheus.client import Prometheus

BACK: Final = pd.Timedelta(days=30)
"""Before the window: twice Prometheus's default retention; what the server does not hold costs it nothing."""
SPAN: Final = pd.Timedelta("5min")
"""30 days of them are 8,640 points: one answer a rule."""
MAX_RULES: Final = 50


def earlier_firings(
    server: Prometheus, rules: Iterable[str], window: Window, *, scope: str = ""
) -> tuple[tuple[EarlierFiring, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Every firing of these rules from `BACK` before the window to the start of its baseline, by time, then rule.

    Where they cannot be had, that they were not looked at is a gap.
    """
    names = sorted(set(rules))[:MAX_RULES]
    until = window.baseline_start.floor(SPAN)
    begin = (window.start - BACK).floor(SPAN)
    if not names or begin >= until:
        return (), (), ()
    matchers = ",".join(
        part for part in ('alertstate="firing"', f"alertname=~{pq.one_of(names)}", pq.lenient(scope)) if part
    )
    promql = f"count by (alertname) (present_over_time(ALERTS{{{matchers}}}[{pq.duration(SPAN.total_seconds())}]))"
    span = Window(begin, until, SPAN, begin)
    try:
        answer = server.range(promql, span, expected_series=len(names))
    except ReconstructError as error:
        cause = error.message.splitlines()[0]
        return (), (), (Gap("", "prometheus", "earlier firings of alerts", cause, begin, until),)
    found = []
    for column, labels in enumerate(answer.labels):
        fires = ~np.isnan(answer.values[:, column])
        edges = np.flatnonzero(np.diff(np.concatenate([[False], fires, [False]]).astype(np.int8)))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            # a point tells of the span before it
            start, over = begin + (int(first) - 1) * SPAN, begin + (int(end) - 1) * SPAN
            found.append(EarlierFiring(labels.get("alertname", "?"), start, over, SPAN.total_seconds()))
    found.sort(key=lambda one: (one.start, one.rule))
    query = Query("alerts/earlier", "alerts/earlier", promql, begin, until, SPAN.total_seconds(), len(answer.labels))
    return tuple(found), (query,), ()
