"""Samples pushed into a Prometheus by remote write 1.0, native histograms too: a backfill from text knows neither these
nor names with dots."""

from __future__ import annotations

import struct
import urllib.request
from collections.abc import Iterable, Mapping, Sequence

_LENGTH, _FIXED64, _VARINT = 2, 1, 0


def push(url: str, series: Iterable[bytes]) -> None:
    """Send series (`counted`, `distributed`) to the server at `url`."""
    import cramjam

    body = bytes(cramjam.snappy.compress_raw(b"".join(_field(1, one) for one in series)))
    headers = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    request = urllib.request.Request(f"{url}/api/v1/write", data=body, method="POST", headers=headers)
    urllib.request.urlopen(request, timeout=60).close()


def counted(labels: Mapping[str, str], value: float, *, ms: int) -> bytes:
    """A series with one float sample."""
    return _labels(labels) + _field(2, _double(1, value) + _number(2, ms))


def distributed(
    labels: Mapping[str, str],
    *,
    ms: int,
    count: int,
    total: float,
    scale: int,
    zeros: int,
    first: int,
    counts: Sequence[int],
) -> bytes:
    """A series with one native histogram: `counts` of the exponential buckets from index `first` on."""
    body = _number(1, count) + _double(3, total) + _number(4, _zigzag(scale)) + _double(5, 1e-128) + _number(6, zeros)
    if counts:
        body += _field(11, _number(1, _zigzag(first)) + _number(2, len(counts)))
        deltas = [after - before for before, after in zip([0, *counts], counts, strict=False)]
        body += _field(12, b"".join(_varint(_zigzag(delta)) for delta in deltas))
    return _labels(labels) + _field(4, body + _number(15, ms))


def _labels(labels: Mapping[str, str]) -> bytes:
    pairs = sorted((name, value) for name, value in labels.items() if value)
    return b"".join(_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in pairs)


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _zigzag(number: int) -> int:
    return (number << 1) ^ (number >> 63)


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(body)) + body


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | _FIXED64) + struct.pack("<d", value)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)
