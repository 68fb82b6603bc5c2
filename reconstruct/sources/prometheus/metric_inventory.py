"""The series of metrics that no pack knows, as a server has them: what `packs.survey` asks, over the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from reconstruct.errors import ReconstructError
from reconstruct.model import Window
from reconstruct.packs import Conventions, MetricInfo, Seen, survey
from reconstruct.sources.prometheus.client import Prometheus, Sample
from reconstruct.sources.prometheus.discovery import series_counts
from reconstruct.sources.prometheus.responses import series_labels


class _Asked:
    """A server within one window."""

    def __init__(self, server: Prometheus, window: Window, moments: Sequence[pd.Timestamp]) -> None:
        self._server, self._window, self._moments = server, window, moments

    def instant(self, promql: str, *, at: pd.Timestamp) -> Sequence[Sample]:
        return self._server.instant(promql, at=at)

    def series(self, selector: str) -> list[Mapping[str, str]]:
        params = {
            "match[]": selector,
            "start": f"{self._window.baseline_start.timestamp():.3f}",
            "end": f"{self._window.end.timestamp():.3f}",
        }
        try:
            return self._server.page("series", read=series_labels, params=params)
        except ReconstructError as error:  # what exists at the window's edges is nearly all of it
            self._server.do_without("the list of series", error)
            return [sample.labels for at in self._moments for sample in self._server.instant(selector, at=at)]


def seen_metrics(
    server: Prometheus,
    names: Mapping[str, MetricInfo],
    *,
    window: Window,
    conventions: Conventions,
    scope: str = "",
) -> dict[str, Seen]:
    """What the series of `names` look like in the window: how many, with which labels, of which kind.

    Request at the window's start and end: a few instant queries and index look-ups, bounded by `packs.survey`.

    Raises
    ------
    ReconstructError
        As `Prometheus` raises.
    """
    moments = (window.start, min(window.end, server.now()))
    sizes = series_counts(server, window=window) if not scope else {}
    asked = _Asked(server, window, moments)
    return survey(names, server=asked, at=moments, conventions=conventions, scope=scope, sizes=sizes)
