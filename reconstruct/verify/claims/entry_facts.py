"""What the entries of our own timeline state, as facts: the figures and moments that a line of a draft may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Final

import pandas as pd

from reconstruct.model import Incident
from reconstruct.model.facts import Quantity

_DEEP: Final = 5
_WHOLE: Final = ("users", "phases", "actions")
"""What an incident tells beside its entries, in figures of its own."""

Told = Quantity | pd.Timestamp | pd.Timedelta


def facts_told(incident: Incident, ids: frozenset[str]) -> tuple[Told, ...]:
    """Every figure, moment and length of time that entries which rest on one of `ids`, or the phases, state."""
    found: list[Told] = []
    for entry in incident.timeline:
        if ids & set(entry.evidence):
            found += _walk(getattr(entry, "facts", {}), _DEEP)
    if found:
        for name in _WHOLE:
            found += _walk(getattr(incident, name, ()), _DEEP)
    return tuple(found)


def _walk(value: object, depth: int) -> Iterator[Told]:
    if isinstance(value, Quantity | pd.Timestamp | pd.Timedelta):
        yield value
    elif depth and isinstance(value, Mapping):
        for one in value.values():
            yield from _walk(one, depth - 1)
    elif depth and is_dataclass(value):
        for one in fields(value):
            yield from _walk(getattr(value, one.name), depth - 1)
    elif depth and isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from _walk(one, depth - 1)
