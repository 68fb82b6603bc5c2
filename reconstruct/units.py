"""Figures as people write them: one place for every text and axis."""

from __future__ import annotations

import math
from typing import Final, NamedTuple


class Scale(NamedTuple):
    """A unit as shown: the value is divided by `factor` and followed by `suffix`."""

    factor: float
    suffix: str


_SECONDS: Final = (
    Scale(86400, "d"),
    Scale(3600, "h"),
    Scale(60, "min"),
    Scale(1, "s"),
    Scale(1e-3, "ms"),
    Scale(1e-6, "µs"),
)
_BYTES: Final = (Scale(2**40, "TiB"), Scale(2**30, "GiB"), Scale(2**20, "MiB"), Scale(2**10, "KiB"), Scale(1, "B"))
_PLAIN: Final = (Scale(1e9, "G"), Scale(1e6, "M"), Scale(1e3, "k"), Scale(1, ""))
_SHOWN_FROM: Final = {"d": 2 * 86400.0, "h": 2 * 3600.0, "min": 120.0}
"""A long unit of time is used from two of it on: 90 s reads better than 1.5 min."""


def scale_for(value: float, unit: str) -> Scale:
    """The unit that a value of this size is shown in.

    >>> scale_for(0.7, "seconds"), scale_for(3 * 2**20, "bytes per second"), scale_for(0.5, "ratio")
    (Scale(factor=0.001, suffix='ms'), Scale(factor=1048576, suffix='MiB/s'), Scale(factor=0.01, suffix='%'))
    """
    size = abs(value) if math.isfinite(value) else 0.0
    base, per, rate = unit.partition(" per second")
    tail = "/s" if per and not rate else ""
    if unit == "per second":
        base, tail = "", "/s"
    if base == "ratio":
        return Scale(0.01, "%" + tail)
    if base == "percent":
        return Scale(1.0, "%" + tail)
    ladder = _SECONDS if base == "seconds" else _BYTES if base == "bytes" else _PLAIN
    for scale in ladder:
        if size >= _SHOWN_FROM.get(scale.suffix, scale.factor):
            break
    if size == 0:
        scale = next(s for s in ladder if s.factor == 1)
    if ladder is not _PLAIN:
        return Scale(scale.factor, scale.suffix + tail)
    noun = "" if base in ("", "count") else f" {base}"
    return Scale(
        scale.factor,
        f"{scale.suffix}{noun}{tail}".strip() if noun and not scale.suffix else f"{scale.suffix}{noun}{tail}",
    )


def figure(value: float, unit: str) -> str:
    """A value with its unit, to three significant digits.

    >>> figure(0.00312, "seconds"), figure(0.64, "ratio"), figure(3.2e9, "bytes"), figure(float("nan"), "count")
    ('3.12 ms', '64 %', '2.98 GiB', 'no value')
    >>> figure(56.7, "per second"), figure(1234567, "count"), figure(0, "seconds"), figure(12, "count")
    ('56.7/s', '1.23 M', '0 s', '12')
    """
    if not math.isfinite(value):
        return "no value" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    scale = scale_for(value, unit)
    number = _digits(value / scale.factor)
    glued = scale.suffix.startswith("/") or not scale.suffix
    return number + ("" if glued else " ") + scale.suffix


def change(before: float, after: float, unit: str) -> str:
    """From one value to another, in one unit when that is readable.

    >>> change(0.003, 0.55, "seconds"), change(0.0009, 0.001, "seconds"), change(0.02, 0.62, "ratio")
    ('3 ms to 550 ms', '900 µs to 1 ms', '2 % to 62 %')
    """
    return f"{figure(before, unit)} to {figure(after, unit)}"


def _digits(value: float) -> str:
    """Three significant digits, no exponent where it can be helped.

    >>> _digits(1999.6), _digits(0.0456), _digits(100.0), _digits(1e-9)
    ('2000', '0.0456', '100', '1e-09')
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
