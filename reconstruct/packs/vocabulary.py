"""The closed lists a pack may choose from, so that a typing error is an error and not a signal nobody understands."""

from __future__ import annotations

from typing import Final

UNITS: Final[tuple[str, ...]] = (
    "seconds",
    "bytes",
    "ratio",
    "percent",
    "celsius",
    "count",
    "per second",
    "bytes per second",
    "seconds per second",
    "rows",
    "rows per second",
    "requests per second",
    "messages",
    "messages per second",
    "volts",
    "amperes",
    "watts",
    "joules",
    "hertz",
    "meters",
    "grams",
)
"""Base units, as OpenMetrics asks for them: never milliseconds or megabytes. A ratio is 0..1, percent 0..100."""
