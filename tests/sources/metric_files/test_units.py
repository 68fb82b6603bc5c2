"""Units as people and tools write them."""

from __future__ import annotations

import pytest

from reconstruct.sources.metric_files.units import split_header, unit_of_vendor, unit_written


@pytest.mark.parametrize(
    ("text", "unit", "factor"),
    [
        ("ms", "seconds", 1e-3),
        ("µs", "seconds", 1e-6),
        ("mins", "seconds", 60.0),
        ("GiB", "bytes", 2.0**30),
        ("MB/s", "bytes per second", 1e6),
        ("Mb/s", "bytes per second", 1e6 / 8),
        ("K req/s", "per second", 1e3),
        ("Mil", "", 1e6),
        ("%", "ratio", 0.01),
        ("rpm", "per second", 1 / 60),
    ],
)
def test_units_behind_numbers(text: str, unit: str, factor: float) -> None:
    found = unit_written(text)
    assert found is not None
    assert found.unit == unit
    assert found.factor == pytest.approx(factor)


@pytest.mark.parametrize("text", ["M", "parsecs", "", "shop"])
def test_what_can_be_two_units_is_none(text: str) -> None:
    assert unit_written(text) is None


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("p95 (ms)", "p95", "seconds"),
        ("%user", "user", "ratio"),
        ("Memory, MiB", "Memory", "bytes"),
        ("Orders/min", "Orders", "per second"),
        ("Bytes in", "Bytes in", None),
        ("Disk (sda)", "Disk (sda)", None),
        ("time in queue", "time in queue", None),
    ],
)
def test_units_in_headers(header: str, name: str, unit: str | None) -> None:
    found, told = split_header(header)
    assert (found, told.unit if told else None) == (name, unit)


@pytest.mark.parametrize(
    ("text", "unit"), [("percentunit", "ratio"), ("Bytes/Second", "bytes per second"), ("By", "bytes")]
)
def test_units_of_vendors(text: str, unit: str) -> None:
    found = unit_of_vendor(text)
    assert found is not None
    assert found.unit == unit
