"""A payload as a source would hand it on: for the tests of the tools."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Window
from reconstruct.sources.changes.formats import parse_payload
from reconstruct.sources.changes.payload import PayloadReading
from reconstruct.sources.result import SourceRequest, SourceResult

NOON = pd.Timestamp("2026-11-17T12:00:00Z")
WINDOW = Window(NOON, NOON + pd.Timedelta("6h"), pd.Timedelta("15s"), NOON)


def told(
    whole: object,
    *,
    source: str = "s",
    window: Window = WINDOW,
    authors: bool = False,
    beside: object = None,
    service: str = "",
) -> SourceResult:
    """What the format that knows `whole` reads in it."""
    ask = SourceRequest("", window, authors=authors)
    found = parse_payload(whole, PayloadReading(source, ask, service=service, beside=beside))
    assert found is not None, "no format knows it"
    return found
