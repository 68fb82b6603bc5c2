"""Every query of every pack, answered by a real Prometheus from what the exporters really say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from reconstruct import promql
from reconstruct.http import HttpSettings
from reconstruct.model import Window
from reconstruct.packs import Catalogue, Template, Variant, choose, load, packs_folder
from reconstruct.packs.choose import instances_of, with_labels
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import MetricInfo
from tests.packs.exposition import END, START, STEP_S, expositions, names_in, samples_of
from tests.servers.prometheus import backfilled, prometheus

pytestmark = pytest.mark.server

CATALOGUE = load([packs_folder()])
WINDOW = Window(START + pd.Timedelta("10min"), END, pd.Timedelta(seconds=STEP_S), START + pd.Timedelta("5min"))
RATE_INTERVAL_S = 4 * STEP_S
EVERYTHING = {name: MetricInfo("unknown") for one in expositions() for name in names_in(one)} | {
    "up": MetricInfo("gauge"),
    "scrape_duration_seconds": MetricInfo("gauge"),
}


def variants(catalogue: Catalogue) -> list[tuple[str, Template, Variant]]:
    return [
        (f"{template.id} {base} {number}".replace("  ", " "), template, variant)
        for pack in catalogue.packs
        for template in pack.templates
        for base, found in instances_of(template, EVERYTHING)
        for number, variant in enumerate(found, 1)
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("exposition")
    with prometheus(folder, data=backfilled(folder, samples_of(expositions()))) as url:
        yield Prometheus(HttpSettings(url))


def values(server: Prometheus, expression: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    asked = promql.fill(
        with_labels(expression, conventions=CATALOGUE.conventions), rate_interval_s=RATE_INTERVAL_S, scope=""
    )
    return server.range(asked, WINDOW).values


@pytest.mark.parametrize(
    ("template", "variant"), [each[1:] for each in variants(CATALOGUE)], ids=[each[0] for each in variants(CATALOGUE)]
)
def test_a_variant_of_a_signal_is_answered(server: Prometheus, template: Template, variant: Variant) -> None:
    missing = [need for need in variant.needs if need not in EVERYTHING]
    assert not missing, f"no exporter's text has {missing}, which {template.id} needs"
    answer = values(server, variant.promql)
    assert answer.shape[1] > 0, variant.promql
    assert np.isfinite(answer).mean() > 0.9


def test_every_family_of_the_packs_has_a_metric_in_some_text() -> None:
    without = [
        template.id
        for pack in CATALOGUE.packs
        for template in pack.templates
        if template.each is not None and not list(instances_of(template, EVERYTHING))
    ]
    assert without == []


@pytest.mark.parametrize("exposition", expositions())
def test_an_exporter_alone_gives_signals_that_all_have_data(server: Prometheus, exposition: str) -> None:
    available = {name: MetricInfo("unknown") for name in names_in(exposition)}
    signals = choose(CATALOGUE, available, rate_interval_s=lambda _: RATE_INTERVAL_S, scope=f'job="{exposition}"')
    assert signals, f"no pack knows {exposition}"
    empty = [signal.id for signal in signals if not server.range(signal.promql, WINDOW).values.shape[1]]
    allowed = {
        "postgres": {"postgres/waiting-on-lock"},  # its label came with exporter 0.14
        "blackbox": {"blackbox/connect-duration", "blackbox/connect-success"},  # an HTTP probe
        "blackbox-https-icmp": {"blackbox/connect-duration", "blackbox/connect-success"},
    }
    assert set(empty) <= allowed.get(exposition, set()), empty


def test_a_signal_of_a_family_names_its_metric_only_where_there_are_several() -> None:
    names = ("http_request_duration_seconds", "http_server_requests_seconds")
    parts = [{f"{name}{part}": MetricInfo("histogram") for part in ("_bucket", "_sum", "_count")} for name in names]

    def ids(available: dict[str, MetricInfo]) -> set[str]:
        chosen = choose(CATALOGUE, available, rate_interval_s=lambda _: 60.0, scope="")
        return {signal.id for signal in chosen if "latency-p95" in signal.id}

    assert ids(parts[0]) == {"http/latency-p95"}
    assert ids(parts[0] | parts[1]) == {
        "http/latency-p95-http-request-duration-seconds",
        "http/latency-p95-http-server-requests-seconds",
    }
