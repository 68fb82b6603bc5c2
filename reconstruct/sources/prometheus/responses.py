"""What a server's answers hold, parsed: range queries on a grid, samples of one moment, raw samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reconstruct.http import redact
from reconstruct.sources.prometheus.dialect import plain_labels
from reconstruct.sources.prometheus.json_stream import GarbledError


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a range query gave, on the window's grid."""

    values: npt.NDArray[np.float64]
    """(n_times, n_series); NaN = no sample. In memory series by series, as pandas keeps columns."""
    labels: tuple[Mapping[str, str], ...]
    """One a column, secrets removed."""
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


class Sample(NamedTuple):
    """One series of an instant query's answer."""

    labels: Mapping[str, str]
    value: float


class Series(NamedTuple):
    """Raw samples of one series, as they were scraped; times in Unix seconds, strictly increasing."""

    labels: Mapping[str, str]
    times_s: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


def parse_samples(data: Mapping[str, Any] | None) -> list[Sample]:
    """The `data` of an instant query's answer: a vector, or a scalar as one sample without labels; null is nothing.

    >>> parse_samples(None), parse_samples({"resultType": "vector", "result": None})
    ([], [])
    """
    try:
        kind, result = (data or {}).get("resultType", "vector"), (data or {}).get("result") or []
        if kind == "scalar":
            return [Sample({}, float(result[1]))]
        # Native histograms have `histogram` in place of `value`: nothing that a threshold could be held against.
        return [Sample(_redacted(each["metric"]), float(each["value"][1])) for each in result if "value" in each]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise GarbledError(str(error)) from error


def parse_series(data: Mapping[str, Any] | None, *, after_s: float) -> list[Series]:
    """The `data` of a range selector's answer, without samples at or before `after_s`: ranges are closed before 3.0."""
    found: list[Series] = []
    try:
        for each in (data or {}).get("result") or []:
            pairs = each.get("values") or []
            times_s = np.array([float(pair[0]) for pair in pairs])
            values = np.array([float(pair[1]) for pair in pairs])
            inside = times_s > after_s
            if inside.any():
                found.append(Series(_redacted(each["metric"]), times_s[inside], values[inside]))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise GarbledError(str(error)) from error
    return found


def _redacted(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: redact(value) for name, value in plain_labels(labels).items()}
