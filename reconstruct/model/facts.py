"""What a statement rests on: typed facts, never finished English. `reconstruct.text` words them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from reconstruct.model.kinds import Service


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with its unit (`packs.UNITS`), as measured."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Something with an id: an event, alert, anomaly, gap, query."""

    id: str


Fact = Quantity | Reference | Service | pd.Timestamp | pd.Timedelta | str | float | int | bool | tuple["Fact", ...]
"""A `str` here is a name that the evidence gave or an enum member, never a clause."""
Facts = Mapping[str, Fact]
