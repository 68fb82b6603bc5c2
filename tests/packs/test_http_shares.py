"""The share of failed requests, whichever label holds the status: asked of a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from reconstruct.http import HttpSettings
from reconstruct.packs import choose, load, packs_folder
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import MetricInfo
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.samples import Samples, every

pytestmark = pytest.mark.server

START, END = pd.Timestamp("2026-03-02T12:00Z"), pd.Timestamp("2026-03-02T12:30Z")
NAME = "http_requests_total"
SERIES: dict[str, list[tuple[dict[str, str], float]]] = {
    "usual": [({"code": "200"}, 9.0), ({"code": "503"}, 1.0)],
    "other": [({"http_response_status_code": "200"}, 8.0), ({"http_response_status_code": "500"}, 2.0)],
    "healthy": [({"status": "200"}, 5.0)],
    "two-spellings-on-one-series": [
        ({"code": "500", "status": "5xx", "status_code": "500"}, 3.0),
        ({"code": "200", "status": "2xx", "status_code": "200"}, 7.0),
    ],
    "two-libraries-in-one-service": [
        ({"code": "500"}, 1.0),
        ({"code": "200"}, 4.0),
        ({"status": "500"}, 2.0),
        ({"status": "200"}, 3.0),
    ],
    "a-code-that-is-no-status": [({"code": "OK", "status": "500"}, 1.0), ({"code": "OK", "status": "200"}, 3.0)],
    "no-status-at-all": [({}, 5.0)],
}
SHARE = {
    "usual": 0.1,
    "other": 0.2,
    "healthy": 0.0,
    "two-spellings-on-one-series": 0.3,
    "two-libraries-in-one-service": 0.3,
    "a-code-that-is-no-status": 0.25,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    samples = Samples()
    for job, each in SERIES.items():
        for number, (labels, rate) in enumerate(each):
            own = {"job": job, "instance": f"{job}-{number % 2}", **labels}
            samples.add(NAME, own, [(t, rate * (t - START.timestamp())) for t in every(15.0, START, END)])
    folder = tmp_path_factory.mktemp("shares")
    with prometheus(folder, data=backfilled(folder, samples)) as url:
        yield Prometheus(HttpSettings(url))


def shares(server: Prometheus, signal_id: str) -> dict[str, float]:
    signals = choose(load([packs_folder()]), {NAME: MetricInfo("counter")}, rate_interval_s=lambda _: 60.0, scope="")
    (asked,) = [signal.promql for signal in signals if signal.id == signal_id]
    return {labels["job"]: value for labels, value in server.instant(asked, at=END - pd.Timedelta("1min"))}


def test_each_failed_request_counts_once_under_whatever_label(server: Prometheus) -> None:
    assert shares(server, "http/error-share") == pytest.approx(SHARE, abs=1e-9)


def test_without_a_refused_request_the_share_is_zero_and_not_missing(server: Prometheus) -> None:
    assert shares(server, "http/refused-share") == pytest.approx(dict.fromkeys(SHARE, 0.0), abs=1e-9)
