"""Samples as a format gave them, series by series, before they are put in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from reconstruct.model import Gap
from reconstruct.sources.metric_files.cells import NO_TIME, Nanoseconds, Numbers, read_times
from reconstruct.sources.metric_files.units import WrittenUnit

MAX_GAPS_A_FILE: Final = 20
"""Rows that are named one by one; of more, the number and the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One series as a file has it: samples in the file's order, times and values of one length."""

    name: str
    labels: Mapping[str, str]
    times: Nanoseconds
    """`NO_TIME` where a sample has none."""
    values: Numbers
    """As written; NaN = no sample."""
    unit: WrittenUnit | None = None
    """As the cells, the header or a field of the format tell; None = nothing told."""
    kind: str = ""
    """counter or gauge where the format says so."""
    lines: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
    """The line of each sample, where the file has lines."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one format found in a file."""

    tracks: tuple[Track, ...]
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    zoneless: bool = False
    """Times had no zone."""


@dataclass(slots=True)
class _Samples:
    unit: WrittenUnit | None
    kind: str
    times: list[Any] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class Recorder:
    """Gathers samples one by one or series by series, and gives them as tracks."""

    def __init__(self, *, tz: str = "UTC") -> None:
        self._tz = tz
        self._found: dict[tuple[str, tuple[tuple[str, str], ...]], _Samples] = {}

    def add(
        self,
        name: str,
        labels: Mapping[str, Any],
        times: Iterable[Any],
        values: Iterable[Any],
        *,
        unit: WrittenUnit | None = None,
        kind: str = "",
    ) -> None:
        """Samples of one series: times as epoch numbers (any usual unit) or text, values as numbers or text."""
        key = (str(name), tuple(sorted((str(k), str(v)) for k, v in labels.items() if v not in (None, ""))))
        samples = self._found.setdefault(key, _Samples(unit, kind))
        stamps, figures = list(times), [number(one) for one in values]
        if len(stamps) != len(figures):
            raise ValueError(f"{len(stamps)} times and {len(figures)} values of {name}")
        samples.times += stamps
        samples.values += figures

    def tracks(self) -> tuple[Track, ...]:
        """Every series, in the order of name and labels."""
        every: list[Any] = [time for samples in self._found.values() for time in samples.times]
        if not every:
            return ()
        numeric = all(isinstance(one, int | float) for one in every)
        cells = pd.Series(every, dtype=np.float64 if numeric else object)
        moments = read_times(cells, tz=self._tz).values
        found, at = [], 0
        for (name, labels), samples in self._found.items():
            count = len(samples.times)
            times = moments[at : at + count]
            at += count
            values = np.array(samples.values, dtype=np.float64)
            found.append(Track(name, dict(labels), times, values, samples.unit, samples.kind))
        return tuple(sorted(found, key=lambda one: (one.name, sorted(one.labels.items()))))


def number(cell: Any) -> float:
    """A number of a JSON or text format; NaN for null, text and infinities.

    >>> number("1.5"), number(None), number("Inf"), number(True)
    (1.5, nan, nan, 1.0)
    """
    try:
        value = float(cell)
    except (TypeError, ValueError, OverflowError):
        return np.nan
    return value if np.isfinite(value) else np.nan


def limited(found: Sequence[Gap], *, name: str) -> tuple[Gap, ...]:
    """At most `MAX_GAPS_A_FILE` gaps, and one that counts the rest."""
    left = len(found) - MAX_GAPS_A_FILE
    if left <= 0:
        return tuple(found)
    last = found[-1]
    rest = Gap(id="", source=name, missing=f"{left} more like these, the last: {last.missing}", cause=last.cause)
    return (*found[:MAX_GAPS_A_FILE], rest)


def has_samples(track: Track) -> bool:
    """Whether any sample has a time and a number."""
    return bool(((track.times != NO_TIME) & ~np.isnan(track.values)).any())
