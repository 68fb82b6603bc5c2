"""The samples of the series that a scan found: asked again, or taken from the evidence."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from reconstruct import promql
from reconstruct.errors import QueryError, SourceError
from reconstruct.model import ChangedSeries, Evidence, ScanResult, series_key
from reconstruct.scan.run import increase_where_it_counts
from reconstruct.sources.prometheus.client import Prometheus

MAX_TRACES: Final = 24
"""What fits into one picture."""
Trace = NDArray[np.float64]


def traces_of_server(server: Prometheus, result: ScanResult) -> list[Trace]:
    """Samples of the first `MAX_TRACES` series on the window's grid, (n_times,) each; NaN = not read."""
    nothing = np.full(len(result.window.index), np.nan)
    found: list[Trace] = []
    for one in result.top[:MAX_TRACES]:
        try:
            values = np.asarray(server.range(_selector(one), result.window, expected_series=1).values)
        except (QueryError, SourceError):
            values = np.empty((len(nothing), 0))
        found.append(increase_where_it_counts(values, step_s=result.window.step_s)[:, 0] if values.size else nothing)
    return found


def traces_of_evidence(evidence: Evidence, result: ScanResult) -> list[Trace]:
    """The same, of evidence that is there."""
    columns: dict[str, Trace] = {}
    wanted = {one.key: one for one in result.top[:MAX_TRACES]}
    for metric in evidence.metrics:
        for column, labels in enumerate(metric.labels):
            key = series_key(metric.signal.title, labels)
            if key in wanted:
                columns[key] = metric.values.iloc[:, column].to_numpy(np.float64)
    nothing = np.full(len(evidence.window.index), np.nan)
    return [columns.get(key, nothing) for key in wanted]


def _selector(one: ChangedSeries) -> str:
    matchers = [f"__name__={promql.quote_label(one.metric)}"]
    matchers += [f"{promql.label(name)}={promql.quote_label(value)}" for name, value in sorted(one.labels.items())]
    return f"{{{','.join(matchers)}}}"
