"""A range query's answer, as it comes in, into one float64 matrix on the window's grid.

The body of a large answer is hundreds of megabytes of `[1767225600,"0.25"],`. It is read in blocks and never held:
labels are read as JSON, the samples of many series at once as one text whose quotes show where each number lies.
Whatever does not look as Prometheus and VictoriaMetrics write it is read as plain JSON: slower, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reconstruct.http import redact
from reconstruct.json_text import read_json
from reconstruct.model.instants import can_be_meant
from reconstruct.model.limits import Limits
from reconstruct.sources.prometheus.dialect import plain_label, plain_labels
from reconstruct.sources.prometheus.float_text import numbers_in, plain_numbers_in
from reconstruct.sources.prometheus.json_stream import GarbledError, JsonStream
from reconstruct.sources.prometheus.responses import PARTIAL

BATCH_BYTES: Final = 1 << 19
"""Of samples, parsed at a time: many enough that a call costs little, few enough for the processor's cache."""
LABELS_BYTES: Final = 1 << 16
"""More than the labels of any series: with this much read ahead, labels that do not end are not labels."""
GROWTH: Final = 1.125
"""Of the matrix, when there are more series than rows. Linux moves pages and copies nothing."""
ROWS_AT_FIRST: Final = 64

_LABELS: Final = re.compile(rb'\{"metric":(\{(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+\}),"values":\[\[')


def is_wide(labels: Mapping[str, Any], *, max_bytes: int) -> bool:
    """Whether a series' labels are longer than any that mean something.

    >>> is_wide({"job": "a"}, max_bytes=10), is_wide({"job": "x" * 10}, max_bytes=10)
    (False, True)
    """
    return sum(len(name) + len(str(value)) for name, value in labels.items()) > max_bytes


class TooManySeriesError(Exception):
    """More series than the caller can use; the rest of the body was not read."""


@dataclass(slots=True)
class Envelope:
    """What stands around the result."""

    status: str = ""
    error_type: str = ""
    error: str = ""
    warnings: list[str] = field(default_factory=list)
    infos: list[str] = field(default_factory=list)
    wide: int = 0
    """Series that were left out for the length of their labels."""
    histograms: int = 0
    """Series with native histograms, whose histogram samples are left out."""


class Matrix:
    """Series on one grid, collected from one or more answers; rows are added as series turn up."""

    def __init__(
        self,
        *,
        start_ms: int,
        step_ms: int,
        n_times: int,
        max_series: int | None = None,
        max_label_bytes: int = Limits().label_kib << 10,
        expected: int = 0,
    ) -> None:
        self.start_ms = start_ms
        self.step_ms = step_ms
        self.n_times = n_times
        self._max_series = max_series
        self.max_label_bytes = max_label_bytes
        self._values = np.empty((expected, n_times), dtype=np.float64)
        self._used = 0
        self._labels: list[dict[str, str]] = []
        self._row_of_bytes: dict[bytes, int] = {}
        self._row_of_labels: dict[tuple[tuple[str, str], ...], int] = {}
        self._names: dict[str, str] = {}
        self._values_told: dict[str, str] = {}
        self._plain: set[str] = set()

    @property
    def n_series(self) -> int:
        """Series so far."""
        return self._used

    def row(self, raw: bytes) -> int:
        """The row of the series with these labels (JSON, as sent); a new one of NaN where it is new."""
        row = self._row_of_bytes.get(raw)
        if row is None:
            row = self.row_of_labels(_labels_of(raw))
            self._row_of_bytes[raw] = row
        return row

    def row_of_labels(self, labels: Mapping[str, Any]) -> int:
        """The row of the series with these labels."""
        if not self._plain.issuperset(labels):
            self._plain.update(name for name in labels if plain_label(name) == name)
        if self._plain.issuperset(labels):  # the usual case: no name needs another spelling
            key = tuple(sorted(zip(labels, map(str, labels.values()), strict=True)))
        else:
            key = tuple(plain_labels(labels).items())
        row = self._row_of_labels.get(key)
        if row is None:
            if self._max_series is not None and self._used >= self._max_series:
                raise TooManySeriesError
            row = self._used
            self._grow_to(row + 1)
            self._values[row] = np.nan
            self._used += 1
            self._row_of_labels[key] = row
            shared, told = self._names.setdefault, self._values_told
            for _, value in key:
                if value not in told:
                    told[value] = redact(value)
            # Names and values repeat over series: one string of each is kept.
            self._labels.append({shared(name, name): told[value] for name, value in key})
        return row

    def put(self, row: int, *, first: int, values: npt.NDArray[np.float64]) -> None:
        """Samples for `values.size` grid points from `first` on."""
        self._values[row, first : first + values.size] = values

    def put_rows(self, row: int, *, first: int, values: npt.NDArray[np.float64]) -> None:
        """Samples of several rows that follow one another, (n_rows, n_points), from grid point `first` on."""
        self._values[row : row + len(values), first : first + values.shape[1]] = values

    def put_at(self, row: int, *, stamps_s: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> None:
        """Samples at these times; what lies outside the grid is left out."""
        meant = can_be_meant(stamps_s)
        at = np.rint((stamps_s[meant] * 1000.0 - self.start_ms) / self.step_ms).astype(np.int64)
        inside = (at >= 0) & (at < self.n_times)
        self._values[row, at[inside]] = values[meant][inside]

    def result(self) -> tuple[npt.NDArray[np.float64], tuple[dict[str, str], ...]]:
        """The values (n_times, n_series), a view of memory that lies series by series, and the labels, one a column."""
        self._values.resize((self._used, self.n_times), refcheck=False)
        return self._values.T, tuple(self._labels)

    def _grow_to(self, rows: int) -> None:
        if rows > self._values.shape[0]:
            roomy = max(rows, ROWS_AT_FIRST, int(self._values.shape[0] * GROWTH))
            if self._max_series is not None:
                roomy = max(rows, min(roomy, self._max_series))
            # refcheck: nobody holds a view while series are being added.
            self._values.resize((roomy, self.n_times), refcheck=False)


def read_answer(read: Callable[[int], bytes], *, into: Matrix, first: int, n_points: int) -> Envelope:
    """Read one answer of `/api/v1/query_range` to its end, and put its samples into the matrix.

    Parameters
    ----------
    read : callable
        `read(n)` gives the next (at most n) bytes, b"" at the end; may raise.
    into : Matrix
        Where the samples go.
    first, n_points : int
        Grid points that were asked for: a series with all of them needs no look at its timestamps.

    Raises
    ------
    CutShortError
        The body ended early.
    GarbledError
        The body is no JSON, or not of the API's form.
    TooManySeriesError
        From the matrix.
    """
    body = JsonStream(read)
    envelope = Envelope()
    try:
        for key in body.members():
            if key == "data" and body.peek() == "{":
                for inner in body.members():
                    if inner == "result" and body.peek() == "[":
                        _read_series(body, _Batch(into, first=first, n_points=n_points), envelope)
                    else:
                        body.value()
                continue
            _note(envelope, key, body.value())
        body.must_be_over()
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:  # JSON that is none, or of another form
        raise GarbledError(str(error)) from error
    if not envelope.status:
        raise GarbledError("no status")
    return envelope


def _labels_of(raw: bytes) -> dict[str, Any]:
    """The labels of a series, as sent."""
    if b"\\" not in raw:  # no quote stands inside a name or a value, then
        text = raw.decode("utf-8")
        pairs = text[2:-2].split('","')
        if text.count('"') == 4 * len(pairs) == 4 * text.count('":"'):
            told = dict([pair.split('":"') for pair in pairs])
            if len(told) == len(pairs):
                return told
    labels = read_json(raw)
    if not isinstance(labels, dict):
        raise GarbledError("labels that are no object")
    return labels


def _note(envelope: Envelope, key: str, value: object) -> None:
    if key == "status":
        envelope.status = str(value)
    elif key == "error":
        envelope.error = str(value)
    elif key == "errorType":
        envelope.error_type = str(value)
    elif key == "warnings":
        envelope.warnings += [str(each) for each in value] if isinstance(value, list) else []
    elif key == "infos":
        envelope.infos += [str(each) for each in value] if isinstance(value, list) else []
    elif key == "isPartial" and value is True:  # VictoriaMetrics in cluster form
        envelope.warnings.append(PARTIAL)


def _read_series(body: JsonStream, batch: _Batch, envelope: Envelope) -> None:
    """The array of series, at whose `[` the body stands."""
    for _ in body.elements():
        body.look_ahead(LABELS_BYTES)
        if not _take_usual(body, batch):
            _take_next(body, batch, envelope)
    batch.flush()
    envelope.wide += batch.wide


def _take_usual(body: JsonStream, batch: _Batch) -> bool:
    """Take the series that lie whole in what was read, as long as they are written as usual; False where none is."""
    data, at, taken = body.data, body.at, False
    while (found := _LABELS.match(data, at)) is not None:
        end = _end_of_samples(data, found.end() - 1)
        if end is None:
            break
        batch.add(found.group(1), data[found.end() - 1 : end])
        body.at, taken = end + 2, True
        if not data.startswith(b',{"', body.at):
            break
        at = body.at + 1
    return taken


def _take_next(body: JsonStream, batch: _Batch, envelope: Envelope) -> None:
    """Take one series that is larger than what was read, or written in another form."""
    found = _LABELS.match(body.data, body.at)
    if found is not None:
        ahead = found.end() - 1 - body.at
        body.find(b"}", ahead=ahead)
        begin = body.at + ahead
        end = _end_of_samples(body.data, begin)
        if end is not None:
            batch.add(found.group(1), body.data[begin:end])
            body.at = end + 2
            return
    batch.add_parsed(body.value(), envelope)


def _end_of_samples(data: bytes, begin: int) -> int | None:
    """Where the samples that begin there end, `]}` following; None where more follows, or blanks stand between.

    Samples hold no brace: the next one ends the series, unless native histograms stand there.
    """
    brace = data.find(b"}", begin)
    if brace < 0 or not data.startswith(b'"]]', brace - 3) or data.find(b"{", begin, brace) >= 0:
        return None
    return brace - 1


class _Batch:
    """Series whose samples are still text; parsed together, as the work for each call is worth about 1,000 samples."""

    def __init__(self, matrix: Matrix, *, first: int, n_points: int) -> None:
        self._matrix = matrix
        self._first = first
        self._n_points = n_points
        self._rows: list[int] = []
        self._texts: list[bytes] = []
        self._size = 0
        self.wide = 0
        """Series left out for the length of their labels."""

    def add(self, labels: bytes, text: bytes) -> None:
        if len(labels) > self._matrix.max_label_bytes:
            self.wide += 1
            return
        self._rows.append(self._matrix.row(labels))
        self._texts.append(text)
        self._size += len(text) + 1
        if self._size >= BATCH_BYTES:
            self.flush()

    def add_parsed(self, series: Any, envelope: Envelope) -> None:
        """A series that came in another form than the usual one, as plain JSON."""
        if not isinstance(series, dict) or not isinstance(series.get("metric"), dict):
            raise GarbledError("a series without labels")
        envelope.histograms += bool(series.get("histograms"))
        samples = series.get("values") or []
        if is_wide(series["metric"], max_bytes=self._matrix.max_label_bytes):
            self.wide += 1
        elif samples:
            stamps_s, values = (
                np.array([float(pair[column]) for pair in samples], dtype=np.float64) for column in (0, 1)
            )
            self._matrix.put_at(self._matrix.row_of_labels(series["metric"]), stamps_s=stamps_s, values=values)

    def flush(self) -> None:
        if not self._rows:
            return
        text = b",".join(self._texts)
        starts = np.cumsum([0, *(len(each) + 1 for each in self._texts)])
        rows, texts = self._rows, self._texts
        self._rows, self._texts, self._size = [], [], 0
        numbers = numbers_in(text)
        if numbers is None:
            for row, each in zip(rows, texts, strict=True):
                stamps_s, values = plain_numbers_in(each)
                self._matrix.put_at(row, stamps_s=stamps_s, values=values)
            return
        opening, values, stamps_of = numbers
        edges = np.searchsorted(opening, starts)
        # A series with as many samples as were asked for, the first and the last at their places, has them all.
        whole = np.diff(edges) == self._n_points
        if whole.any():
            last = self._first + self._n_points - 1
            whole[whole] = self._lie_at(stamps_of(edges[:-1][whole]), self._first) & self._lie_at(
                stamps_of(edges[1:][whole] - 1), last
            )
        if whole.all() and rows == list(range(rows[0], rows[0] + len(rows))):  # as a server sends them
            self._matrix.put_rows(rows[0], first=self._first, values=values.reshape(len(rows), self._n_points))
            return
        for row, begin, end, full in zip(rows, edges[:-1], edges[1:], whole, strict=True):
            if full:
                self._matrix.put(row, first=self._first, values=values[begin:end])
            else:
                stamps_s = stamps_of(np.arange(begin, end))
                self._matrix.put_at(row, stamps_s=stamps_s, values=values[begin:end])

    def _lie_at(self, stamps_s: npt.NDArray[np.float64], point: int) -> npt.NDArray[np.bool_]:
        """Whether each of these times is that grid point's."""
        due_ms = self._matrix.start_ms + point * self._matrix.step_ms
        return np.asarray(np.abs(stamps_s * 1000.0 - due_ms) < self._matrix.step_ms / 2)
