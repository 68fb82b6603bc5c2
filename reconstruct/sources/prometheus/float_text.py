"""Samples as text, `[t,"v"],[t,"v"],...`, into numbers: without a Python object for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from reconstruct.json_text import read_json

_QUOTE, _OPEN, _CLOSE, _COMMA = (ord(c) for c in '"[],')
_BETWEEN = int.from_bytes(b'"],[', "little")
"""What stands between a value and the next time."""


class Numbers(NamedTuple):
    """The samples of a text."""

    opening: npt.NDArray[np.int64]
    """Where each value's first quote stands in the text."""
    values: npt.NDArray[np.float64]
    stamps_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64]]
    """The times of the samples with these numbers, ascending: read only where they are missing."""


def numbers_in(text: bytes) -> Numbers | None:
    """The samples in `[t,"v"],[t,"v"],...`.

    The quotes cut the text into times and values, which arrow reads as they lie (exactly: every bit of a double comes
    back). None where the text has another form, or a number that is none.
    """
    raw = np.frombuffer(text, dtype=np.uint8)
    quotes = np.flatnonzero(raw == _QUOTE)
    if quotes.size % 2 or not quotes.size or raw[0] != _OPEN:
        return None
    opening, closing = quotes[0::2], quotes[1::2]
    if not (
        closing[-1] == raw.size - 2
        and raw[-1] == _CLOSE
        and (raw[opening - 1] == _COMMA).all()
        and (_fours(text)[closing[:-1]] == _BETWEEN).all()
    ):
        return None
    try:
        values = _cast(text, begins=opening + 1, ends=closing)
    except pa.ArrowInvalid:
        return None

    def stamps_of(samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        # A time stands between the `[` after the value before it and the `,"` of its own value.
        begins = np.where(samples == 0, 1, closing[samples - 1] + 4)
        return _cast(text, begins=begins, ends=opening[samples] - 1)

    return Numbers(opening, values, stamps_of)


def _cast(text: bytes, *, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The numbers in `text[begin:end]`, one a pair; the pairs in order and not overlapping."""
    if begins.size == 0:
        return np.empty(0)
    # A string array whose even elements, null, are what lies between the numbers: no byte is copied.
    offsets = np.empty(2 * begins.size + 1, dtype=np.int32)
    offsets[0] = 0
    offsets[1::2] = begins
    offsets[2::2] = ends
    there = np.full(2 * begins.size // 8 + 1, 0b10101010, dtype=np.uint8)
    buffers = [pa.py_buffer(each) for each in (there, offsets, text)]
    numbers = pc.cast(pa.Array.from_buffers(pa.string(), 2 * begins.size, buffers), pa.float64())
    result: npt.NDArray[np.float64] = np.frombuffer(numbers.buffers()[1], np.float64)[1 : 2 * begins.size : 2]
    return result


def _fours(text: bytes) -> npt.NDArray[np.uint32]:
    """Each four bytes of the text that follow one another, as one number."""
    return np.ndarray((len(text) - 3,), dtype="<u4", buffer=text, strides=(1,))


def plain_numbers_in(text: bytes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Times and values of such a text by way of JSON, whatever blanks are in it."""
    samples = read_json(b"[" + text + b"]")
    stamps_s = np.array([float(pair[0]) for pair in samples], dtype=np.float64)
    return stamps_s, np.array([float(pair[1]) for pair in samples], dtype=np.float64)
