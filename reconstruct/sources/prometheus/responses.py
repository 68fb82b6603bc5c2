"""What a server's answers hold, parsed: range queries on a grid, samples of one moment, raw samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from reconstruct.http import redact
from reconstruct.json_text import FORM_ERRORS
from reconstruct.model.instants import can_be_meant
from reconstruct.sources.prometheus.dialect import plain_labels
from reconstruct.sources.prometheus.json_stream import GarbledError

PARTIAL: Final = "the answer is partial: some storage nodes did not answer"
"""What `isPartial` of VictoriaMetrics in cluster form means, as a warning."""


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
    except FORM_ERRORS as error:
        raise GarbledError(str(error)) from error


def parse_series(data: Mapping[str, Any] | None, *, after_s: float) -> list[Series]:
    """The `data` of a range selector's answer, without samples at or before `after_s`: ranges are closed before 3.0."""
    found: list[Series] = []
    try:
        for each in (data or {}).get("result") or []:
            pairs = each.get("values") or []
            times_s = np.array([float(pair[0]) for pair in pairs])
            values = np.array([float(pair[1]) for pair in pairs])
            inside = (times_s > after_s) & can_be_meant(times_s)
            if inside.any():
                times_s, order = np.unique(times_s[inside], return_index=True)
                found.append(Series(_redacted(each["metric"]), times_s, values[inside][order]))
    except FORM_ERRORS as error:
        raise GarbledError(str(error)) from error
    return found


def texts(data: Any) -> list[str]:
    """The texts of a list (names of metrics or labels); null is none, an empty text is left out.

    Raises
    ------
    TypeError
        It is no list of texts.

    >>> texts(["up", ""]), texts(None)
    (['up'], [])
    """
    found = [] if data is None else data
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise TypeError("no list of texts")
    return [each for each in found if each]


def metadata_entries(data: Any) -> list[Mapping[str, str]]:
    """The `data` of `/api/v1/metadata`: what each target says of each metric, with its `metric_name`."""
    return [
        {"metric_name": name, **{key: value for key, value in entry.items() if isinstance(value, str)}}
        for name, entries in ({} if data is None else data).items()
        for entry in entries or ()
    ]


def series_labels(data: Any) -> list[Mapping[str, str]]:
    """The `data` of `/api/v1/series`: the labels of each series, in the one spelling and without secrets."""
    if data is not None and not isinstance(data, list):
        raise TypeError("no list of series")
    return [_redacted(labels) for labels in data or ()]


def _redacted(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: redact(value) for name, value in plain_labels(labels).items()}
