"""What is known of metrics too large to be counted: never that they are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from reconstruct.errors import SourceError
from reconstruct.packs import load, packs_folder
from reconstruct.packs.raw import MAX_SERIES_A_METRIC
from reconstruct.packs.survey import UNCOUNTED, survey
from reconstruct.sources.prometheus.discovery import MetricInfo

AT = (pd.Timestamp("2026-03-02T10:00Z"), pd.Timestamp("2026-03-02T12:00Z"))
CONVENTIONS = load([packs_folder()]).conventions
NAMES = {"a_requests_total": MetricInfo("counter"), "b_depth": MetricInfo("gauge")}


class Server:
    """Counts so many series of each metric, or refuses; keeps what it was asked."""

    def __init__(self, counts: Mapping[str, int], *, refuses: bool = False) -> None:
        self.counts, self.refuses, self.asked = counts, refuses, list[str]()

    def instant(self, promql: str, *, at: pd.Timestamp) -> Sequence[tuple[Mapping[str, str], float]]:
        del at
        self.asked.append(promql)
        if self.refuses:
            raise SourceError("too many samples", hint="ask less")
        return [({"__name__": name}, float(count)) for name, count in self.counts.items() if name in promql]

    def series(self, selector: str) -> Sequence[Mapping[str, str]]:
        return [{"__name__": name, "job": "x"} for name in self.counts if name in selector]


def test_what_the_server_cannot_count_is_taken_for_very_large() -> None:
    seen = survey(NAMES, server=Server({}, refuses=True), at=AT, conventions=CONVENTIONS)
    assert {name: one.count for name, one in seen.items()} == dict.fromkeys(NAMES, UNCOUNTED)
    assert seen["a_requests_total"].kind == "counter"
    assert UNCOUNTED > MAX_SERIES_A_METRIC


def test_what_the_index_says_is_large_is_not_counted_again() -> None:
    server = Server({"b_depth": 3})
    seen = survey(NAMES, server=server, at=AT, conventions=CONVENTIONS, sizes={"a_requests_total": 200_000, "gone": 9})
    assert {name: one.count for name, one in seen.items()} == {"a_requests_total": 200_000, "b_depth": 3}
    assert not [asked for asked in server.asked if "a_requests_total" in asked]
