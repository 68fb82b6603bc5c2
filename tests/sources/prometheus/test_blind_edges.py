"""While nothing was scraped nothing is known: neither counters that stand still, nor zeros, nor rates beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reconstruct import packs
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Gap, Metric, Service, Signal
from reconstruct.sources.prometheus.blind_edges import without_blind_rows
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.samples import Samples
from tests.servers.victoria import victoria_metrics

START = pd.Timestamp("2026-03-02T10:00Z")
INDEX = pd.date_range(START, START + pd.Timedelta("20min"), freq="15s", inclusive="left")


def metric(range_s: float) -> Metric:
    signal = Signal("app/rate", "Rate", "rate(x[1m])", "per second", "app", "traffic", range_s=range_s)
    labels: tuple[dict[str, str], ...] = ({"instance": "a"}, {"instance": "b"}, {})
    return Metric(signal, pd.DataFrame(np.ones((len(INDEX), 3)), index=INDEX), labels, (Service("x"),) * 3, "q1", 15.0)


def gap(*targets: tuple[str, str], cause: str = "no samples") -> Gap:
    start = START + pd.Timedelta("5min")
    return Gap("", "prometheus", "x", cause, start, start + pd.Timedelta("2min"), targets)


def blind(of: Metric, *gaps: Gap) -> list[tuple[str, str] | None]:
    """First and last time without a sample, a series."""
    (seen,) = without_blind_rows([of], gaps)
    none = [seen.values.index[seen.values[c].isna()] for c in range(3)]
    return [(f"{t[0]:%M:%S}", f"{t[-1]:%M:%S}") if len(t) else None for t in none]


def test_a_rate_is_left_out_where_its_range_reaches_into_a_time_without_scrapes() -> None:
    assert blind(metric(60.0), gap(("", ""))) == [("04:00", "08:15")] * 3
    assert blind(metric(0.0), gap(("", ""))) == [("05:00", "06:45")] * 3


def test_a_target_that_was_not_scraped_hides_its_own_series_and_a_failed_scrape_none() -> None:
    assert blind(metric(0.0), gap(("app", "b"))) == [None, ("05:00", "06:45"), None]
    assert blind(metric(0.0), gap(("app", "b"), cause="scrape failed")) == [None] * 3
    assert blind(metric(0.0), gap(("app", ""))) == [None] * 3


@pytest.mark.server
@pytest.mark.parametrize("kind", ["prometheus", "victoria"])
def test_a_restart_of_prometheus_is_no_fall_of_any_rate(tmp_path: Path, kind: str) -> None:
    samples, begin = Samples(), START.timestamp()
    away = range(5400, 5520)
    seconds = [s for s in range(0, 7200, 15) if s not in away]
    for pod in ("a", "b", "c"):
        labels = {"job": "shop", "service": "shop", "instance": pod}
        samples.add("http_requests_total", {**labels, "code": "200"}, [(begin + s, 40.0 * s) for s in seconds])
        samples.add("home_made_calls_total", labels, [(begin + s, 7.0 * s) for s in seconds])
        samples.add("up", labels, [(begin + s, 1.0) for s in seconds])
    server = (
        victoria_metrics(tmp_path, samples=samples)
        if kind == "victoria"
        else prometheus(tmp_path, data=backfilled(tmp_path, samples))
    )
    with server as url:
        asked = Request(
            start=START + pd.Timedelta("1h"),
            end=START + pd.Timedelta("2h"),
            prometheus=HttpSettings(url=url),
            catalogue=packs.load([packs.packs_folder()]),
        )
        evidence = gather(asked, now=START + pd.Timedelta("3h"))
    assert any(("", "") in gap.targets for gap in evidence.gaps)
    rates = [m for m in evidence.metrics if m.signal.range_s and m.signal.aspect == "traffic"]
    assert {m.signal.id.partition("/")[0] for m in rates} >= {"http", "generic"}
    for one in rates:
        values = one.values.to_numpy(np.float64)[evidence.window.first + 8 :]
        usual = np.nanmedian(values, axis=0)
        assert (np.isnan(values) | (np.abs(values - usual) <= 0.05 * usual)).all(), one.signal.id
        assert np.isfinite(values).mean() > 0.9
