"""`--events pigeon:LOFT`: what the pigeons of a loft brought, as an example of a source in another package."""

from __future__ import annotations

import pandas as pd

from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Event, Service
from reconstruct.sources.result import SourceRequest, SourceResult


def fetch(ask: SourceRequest) -> SourceResult:
    """One deploy an hour after the window begins, told by somebody whose name and address stand in it."""
    if not ask.argument:
        raise UsageError("no loft is named", hint="write pigeon:LOFT")
    if ask.argument == "closed":
        raise SourceError("the loft is closed", hint="try again tomorrow")
    deploy = Event(
        id="",
        time=ask.window.start + pd.Timedelta("1h"),
        kind="deploy",
        service=Service(ask.options.get("service", "shop-api-prod")),
        title="shop 2.20.0, says anna@loft.example",
        version="2.20.0",
        source="pigeon",
        source_id=ask.argument,
        environment="eu-1",
        labels={"author": "anna"},
    )
    return SourceResult(events=(deploy,))
