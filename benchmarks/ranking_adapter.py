"""The ranking benchmark's adapter: `rank` as its kit asks for it, on the engine of `reconstruct.rank.ranking`.

The kit speaks of kinds, the engine of (layer, aspect, tags): KINDS says which is which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

from reconstruct.model import Aspect, Layer, Tag
from reconstruct.rank.effect_size import Column, SeriesTable
from reconstruct.rank.ranking import rank_table


class Answer(TypedDict):
    services: list[str]
    metrics: list[str]
    onset_s: float | None
    confidence: float | None


KINDS: Mapping[str, tuple[Layer, Aspect, tuple[Tag, ...]]] = {
    "cpu": ("runtime", "utilisation", ("cpu",)),
    "mem": ("runtime", "saturation", ("memory",)),
    "load": ("app", "traffic", ("requests",)),
    "requests": ("app", "traffic", ("requests",)),
    "error": ("app", "errors", ("share",)),
    "latency": ("app", "latency", ()),
    "srclat": ("app", "latency", ("one-caller",)),
    "dstlat": ("app", "latency", ("one-caller",)),
    "clatency": ("app", "latency", ("outbound",)),
    "cerror": ("app", "errors", ("outbound", "share")),
    "netrx": ("network", "traffic", ()),
    "nettx": ("network", "traffic", ()),
}
"""Anything else is work that the host does: the kit has system calls and disk figures."""
PERCENT = ("cpu",)
"""Kinds with a capacity of 100."""
ERROR_FLOOR = 0.1
"""Percentage points: one failed request in a thousand is the smallest rise worth telling."""
ASPECTS: Mapping[str, Aspect] = {"latency": "latency", "error": "errors", "availability": "errors"}


def column(name: str) -> Column:
    service, _, kind = name.partition("|")
    stem, _, detail = kind.partition("-")
    layer, aspect, tags = KINDS.get(stem, ("host", "work", ()))
    if detail == "avg":
        tags = (*tags, "mean")
    return Column(
        service=service,
        # one caller's view of a service has no counterpart at another service
        measure=name if "one-caller" in tags else kind,
        family=stem,
        layer=layer,
        aspect=aspect,
        tags=tags,
        min_effect=ERROR_FLOOR if aspect == "errors" else 0.0,
        full=100.0 if stem in PERCENT else np.nan,
    )


def rank(
    metrics: pd.DataFrame,
    *,
    onset_s: float | None,
    edges: Sequence[tuple[str, str]] | None,
    alert: Mapping[str, str] | None,
) -> Answer:
    """Services and metrics of a case, the likeliest first."""
    times_s = metrics.index.to_numpy(dtype=float)
    table = SeriesTable(metrics.to_numpy(dtype=float), [column(str(c)) for c in metrics.columns])
    ranking = rank_table(
        table,
        starts=None if onset_s is None else [int((times_s < onset_s).sum())],
        calls=edges or (),
        alerting=alert["service"] if alert else None,
        aspect=ASPECTS.get(alert["kind"]) if alert else None,
    )
    found = onset_s if onset_s is not None or ranking.start is None else float(times_s[ranking.start])
    return {
        "services": list(ranking.services),
        "metrics": [str(metrics.columns[j]) for j in ranking.columns],
        "onset_s": found,
        "confidence": ranking.confidence,
    }
