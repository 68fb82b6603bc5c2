"""What an incident states beside the ids that it cites: figures, moments and lengths of time that a line may tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Final

import pandas as pd

from reconstruct.model import Impact, Incident
from reconstruct.model.facts import Quantity

_DEEP: Final = 6
_WHOLE: Final = ("users", "phases", "actions")
"""Parts whose figures are told of the incident as a whole, beside any id."""
_SOURCES: Final = ("evidence", "anomalies")
"""What findings rest on, not findings."""
_ID: Final = re.compile(r"(?:al|[aegq])[1-9]\d*")

Told = Quantity | pd.Timestamp | pd.Timedelta


@dataclass(frozen=True, slots=True)
class Stated:
    """One finding of the incident: the ids that it rests on, and the figures, moments and lengths that it states."""

    ids: frozenset[str]
    facts: tuple[Told, ...]


@lru_cache(maxsize=4096)
def facts_told(incident: Incident, ids: frozenset[str], *, whole: bool = True) -> tuple[Told, ...]:
    """Every figure, moment and length of time of the findings that rest on one of `ids`; () where there is none.

    With `whole` also those of the incident as a whole, which any line may tell.
    """
    found = [fact for one in findings_of(incident) if ids & one.ids for fact in one.facts]
    if found and whole:
        for name in _WHOLE:
            found += _facts(getattr(incident, name, ()), _DEEP)
    return tuple(found)


@lru_cache(maxsize=4)
def findings_of(incident: Incident) -> tuple[Stated, ...]:
    """Every finding that cites something and states something: entries, reasons, steps, questions, reviews."""
    parts = (getattr(incident, one.name) for one in fields(incident) if one.name not in _SOURCES)
    return tuple(one for part in parts for one in _findings(part, _DEEP))


def _findings(value: object, depth: int) -> Iterator[Stated]:
    if is_dataclass(value):
        ids = frozenset(_ids(value))
        if ids and (facts := tuple(_facts(value, _DEEP))):
            yield Stated(ids, facts)
    if depth:
        for one in _inside(value):
            yield from _findings(one, depth - 1)


def _ids(value: object) -> Iterator[str]:
    """Ids that a finding itself holds: in its fields and facts, not those of the findings within it."""
    for one in _inside(value):
        yield from _id_of(one)
        if isinstance(one, Mapping):
            for fact in one.values():
                yield from _id_of(fact)


def _id_of(value: object) -> Iterator[str]:
    if isinstance(value, str) and _ID.fullmatch(value):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _id_of(one)
    elif is_dataclass(value) and isinstance(one := getattr(value, "id", None), str):
        yield from _id_of(one)


def _facts(value: object, depth: int) -> Iterator[Told]:
    if isinstance(value, Told):
        yield value
    elif depth:
        if isinstance(value, Impact):
            yield Quantity(value.value, value.unit)
            yield value.end - value.start
        for one in _inside(value):
            yield from _facts(one, depth - 1)


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif is_dataclass(value):
        yield from (getattr(value, one.name) for one in fields(value))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from value
