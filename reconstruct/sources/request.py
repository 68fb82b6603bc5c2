"""What is to be gathered: the window and every source, as the command line and the configuration say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from reconstruct.http import HttpSettings
from reconstruct.model.limits import Limits
from reconstruct.packs import Catalogue
from reconstruct.sources.dashboards.panels import Dashboard
from reconstruct.sources.metric_files.column_choices import ColumnChoice
from reconstruct.sources.prometheus.unknown_metrics import ScanUnknown


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be gathered: the window and every source, as the command line and the configuration say."""

    start: pd.Timestamp | None = None
    """None: the whole of the metric files."""
    end: pd.Timestamp | None = None
    baseline: pd.Timedelta | None = None
    step: pd.Timedelta | None = None
    prometheus: HttpSettings | None = None
    metric_files: tuple[Path, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    """Whose panels are signals too."""
    columns: tuple[ColumnChoice, ...] = ()
    """What the user says of columns of the metric files."""
    events: tuple[tuple[str, Mapping[str, str]], ...] = ()
    """(source as on the command line, its options)."""
    environments: Mapping[str, str] = field(default_factory=dict)
    """Names of environments to `production` or `other`."""
    service_names: Mapping[str, str] = field(default_factory=dict)
    """What sources of events call a service to its name."""
    services: tuple[str, ...] = ()
    scope: str = ""
    catalogue: Catalogue | None = None
    calls: tuple[tuple[str, str], ...] = ()
    generic: bool = True
    """Also ask for metrics that no pack knows, by their names."""
    tz: str = "UTC"
    strict: bool = False
    authors: bool = False
    scan: ScanUnknown | None = None
    """How to look at metrics that no pack knows series by series, where queries for them take means."""
    notes: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    until_s: float = math.inf
    """When all asking has to be done, on `time.monotonic()`'s clock: with what was had by then the draft is made."""
