"""Constant load through rollouts: no rate that is told bends, on either server."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reconstruct import packs
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.samples import Samples
from tests.servers.victoria import victoria_metrics

LOAD = 80.0
SPACING_S = 15
START, HOURS = pd.Timestamp("2026-03-02T10:00Z"), 2
NAN = "NaN"


def rolled(sizes: dict[str, tuple[int, float]]) -> Samples:
    """Services of so many pods, replaced one by one so many seconds apart; each pod takes an equal part of the load."""
    rng, made = random.Random(4), Samples()
    begin = START.timestamp()
    end = begin + 3600 * HOURS
    for service, (pods, apart_s) in sizes.items():
        for number in range(pods):
            switch = begin + 4800 + apart_s * (number + 0.3 * rng.random())
            for name, born, died in (("old", begin - 3600, switch), ("new", switch, end + 1)):
                labels = {"job": service, "service": service, "pod": f"{service}-{name}-{number}"}
                labels["instance"] = labels["pod"]
                first = begin + SPACING_S * rng.random()
                times = [t for t in np.arange(first, end, SPACING_S) if born + 0.5 <= t < died]
                counted = [(t, (t - born) * LOAD / pods) for t in times]
                made.add("http_requests_total", {**labels, "code": "200"}, counted)
                made.add("up", labels, [(t, 1.0) for t in times])
    return made


SIZES = {"one": (1, 0.0), "three": (3, 40.0), "ten": (10, 20.0), "fifty": (50, 12.0), "at-once": (20, 0.0)}


@pytest.mark.server
@pytest.mark.parametrize("kind", ["prometheus", "victoria"])
@pytest.mark.parametrize("newer", [False, True])
def test_constant_load_stays_within_five_per_cent_or_is_not_told(tmp_path: Path, kind: str, newer: bool) -> None:
    samples = rolled(SIZES)
    server = (
        victoria_metrics(tmp_path, samples=samples, newer=newer)
        if kind == "victoria"
        else prometheus(tmp_path, data=backfilled(tmp_path, samples), newer=newer)
    )
    with server as url:
        evidence = gather(
            Request(
                start=START + pd.Timedelta("1h"),
                end=START + pd.Timedelta("2h"),
                prometheus=HttpSettings(url),
                catalogue=packs.load([packs.packs_folder()], only=["http"]),
            ),
            now=START + pd.Timedelta(hours=HOURS),
        )
    (rate,) = [metric for metric in evidence.metrics if metric.signal.id == "http/request-rate"]
    assert {service.name for service in rate.services} == set(SIZES)
    for column, service in enumerate(rate.services):
        told = rate.values[column].iloc[20:].dropna()
        assert told.between(0.95 * LOAD, 1.05 * LOAD).all(), (service.name, told.min(), told.max())
        assert len(told) >= 0.8 * (len(rate.values) - 20), service.name
