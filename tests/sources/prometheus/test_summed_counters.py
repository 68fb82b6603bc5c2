"""A counter with very many series is read as the sum over its instances: what users met is seen all the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reconstruct import packs
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.packs.raw import MAX_SERIES_A_METRIC
from reconstruct.pipeline import draft
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.samples import Samples
from tests.servers.victoria import victoria_metrics

START = pd.Timestamp("2026-03-02T10:00Z")
SPACING_S, HOURS, PODS = 30, 2.0, 170
ROUTES = ("/a", "/b", "/c", "/d", "/e")
BAD = (5400.0, 6300.0)
LOAD = 2.0


def estate() -> Samples:
    """A shop whose requests fail for a quarter of an hour, one in three; a name that no pack knows."""
    made, begin = Samples(), START.timestamp()
    seconds = np.arange(0, HOURS * 3600, SPACING_S)
    harmed = np.clip(seconds - BAD[0], 0, BAD[1] - BAD[0])
    failed = LOAD * (0.001 * seconds + 0.33 * harmed)
    for pod in range(PODS):
        labels = {"job": "shop", "namespace": "prod", "pod": f"shop-{pod}", "instance": f"10.0.0.{pod}:80"}
        for route in ROUTES:
            for code, counted in (("200", LOAD * seconds - failed), ("500", failed)):
                of = {**labels, "route": route, "status": code}
                made.add("storefront_requests_total", of, list(zip(begin + seconds, counted, strict=True)))
        made.add("up", labels, [(begin + s, 1.0) for s in seconds])
    return made


@pytest.mark.server
@pytest.mark.parametrize("kind", ["prometheus", "victoria"])
def test_an_outage_among_more_series_than_are_read_one_by_one_is_seen(tmp_path: Path, kind: str) -> None:
    assert PODS * len(ROUTES) * 2 > MAX_SERIES_A_METRIC
    samples = estate()
    server = (
        victoria_metrics(tmp_path, samples=samples)
        if kind == "victoria"
        else prometheus(tmp_path, data=backfilled(tmp_path, samples))
    )
    with server as url:
        asked = Request(
            start=START + pd.Timedelta("75min"),
            end=START + pd.Timedelta("2h"),
            prometheus=HttpSettings(url=url),
            catalogue=packs.load([packs.packs_folder()]),
        )
        evidence = gather(asked, now=START + pd.Timedelta("3h"))
    (raw,) = [one for one in evidence.raw if one.signal.id == "raw/storefront_requests_total"]
    assert len(raw.labels) == len(ROUTES) * 2
    values = raw.values.to_numpy(np.float64)
    assert (np.nan_to_num(np.diff(values, axis=0)) >= 0).all()
    incident = draft(evidence)
    assert incident.explanation.verdict == "incident"
    onset = incident.milestones["onset"]
    assert onset is not None
    assert abs((onset.moment.time - START).total_seconds() - BAD[0]) <= 4 * SPACING_S
