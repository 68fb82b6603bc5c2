"""Metrics of the real OpenTelemetry SDK, in each spelling and kind of histogram: service, release and onset."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from reconstruct import packs
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Incident
from reconstruct.pipeline import draft
from tests.servers.opentelemetry import BAD, LENGTH_S, Strategy, Told, exported, translated
from tests.servers.prometheus import prometheus
from tests.servers.remote_write import push
from tests.servers.samples import Samples
from tests.servers.victoria import victoria_metrics, wait_until_indexed

pytestmark = pytest.mark.server
pytest.importorskip("opentelemetry.sdk.metrics")
pytest.importorskip("cramjam")
BEGIN_S = int(time.time()) // 60 * 60 - LENGTH_S - 600
"""Not long ago: a head block takes samples of the last hours only."""


@cache
def steps(*, exponential: bool, grpc: bool = False) -> Sequence[list[Told]]:
    return list(exported(BEGIN_S, exponential=exponential, grpc=grpc))


def drafted(url: str) -> Incident:
    end = pd.Timestamp(BEGIN_S + LENGTH_S, unit="s", tz="UTC")
    evidence = gather(
        Request(
            start=end - pd.Timedelta("40min"),
            end=end,
            baseline=pd.Timedelta("35min"),
            prometheus=HttpSettings(url),
            catalogue=packs.load([packs.packs_folder()]),
        ),
        now=end + pd.Timedelta("10min"),
    )
    return draft(evidence)


HTTP, GRPC = (
    {"http/latency-p95", "http/error-share-timed"},
    {"opentelemetry/rpc-latency-ms-mean", "opentelemetry/rpc-error-share"},
)


def assert_release_is_found(incident: Incident, *, signals: set[str] = HTTP) -> None:
    explanation, evidence = incident.explanation, incident.evidence
    assert explanation.verdict == "incident"
    begun = pd.Timestamp(BEGIN_S + BAD[0], unit="s", tz="UTC")
    assert explanation.onset is not None
    assert abs(explanation.onset.time - begun) <= pd.Timedelta("1min")
    (release,) = [event for event in evidence.events if event.version == "1.5.0"]
    assert (release.kind, release.service.name) == ("deploy", "checkout")
    assert [service.name for service in explanation.affected] == ["checkout"]
    assert signals <= {a.signal.id for a in incident.anomalies}
    assert not [gap for gap in evidence.gaps if gap.matters or "refused" in gap.cause]


@pytest.mark.parametrize("exponential", [False, True])
@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_prometheus_3_with_names_of_any_strategy(tmp_path: Path, strategy: Strategy, *, exponential: bool) -> None:
    flags = ["--web.enable-remote-write-receiver", "--enable-feature=native-histograms"]
    config = "global: {metric_name_validation_scheme: utf8}\n"
    with prometheus(tmp_path, flags=flags, config=config, newer=True) as url:
        for some in steps(exponential=exponential):
            push(url, [series for told in some for series in translated(told, strategy)])
        assert_release_is_found(drafted(url))


@pytest.mark.parametrize("exponential", [False, True])
def test_grpc_in_milliseconds_and_codes_as_numbers(tmp_path: Path, *, exponential: bool) -> None:
    flags = ["--web.enable-remote-write-receiver", "--enable-feature=native-histograms"]
    config = "global: {metric_name_validation_scheme: utf8}\n"
    with prometheus(tmp_path, flags=flags, config=config, newer=True) as url:
        for some in steps(exponential=exponential, grpc=True):
            push(url, [series for told in some for series in translated(told, "NoTranslation")])
        assert_release_is_found(drafted(url), signals=GRPC)


@pytest.mark.parametrize("exponential", [False, True])
def test_victoria_metrics_with_otlp_as_it_is(tmp_path: Path, *, exponential: bool) -> None:
    exporter = pytest.importorskip("opentelemetry.exporter.otlp.proto.http.metric_exporter")
    with victoria_metrics(tmp_path, samples=Samples(), newer=True, wait=False) as url:
        sender = exporter.OTLPMetricExporter(endpoint=f"{url}/opentelemetry/v1/metrics")
        names = set()
        for some in steps(exponential=exponential):
            for told in some:
                sender.export(told.data)
                names |= {
                    metric.name
                    for resource in told.data.resource_metrics
                    for scope in resource.scope_metrics
                    for metric in scope.metrics
                }
        urllib.request.urlopen(f"{url}/internal/force_flush", timeout=120).close()
        wait_until_indexed(url, names)
        assert_release_is_found(drafted(url))
