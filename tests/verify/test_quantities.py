"""Figures with units as people write them."""

from __future__ import annotations

import pytest

from reconstruct.verify.quantities import fits_unit, read_figures


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.2 s", "seconds", 1.2),
        ("1200ms", "seconds", 1.2),
        ("1 h 31 min", "seconds", 5460.0),
        ("2 hours and 5 minutes", "seconds", 7500.0),
        ("98 %", "ratio", 0.98),
        ("98 percent", "ratio", 0.98),
        ("300 MiB", "bytes", 300 * 2.0**20),
        ("12.5 MB/s", "bytes per second", 12.5e6),
        ("5.06 M rows/s", "per second", 5.06e6),
        ("57 requests/s", "per second", 57.0),
        ("120 requests per minute", "per second", 2.0),
        ("0.6 s/s", "seconds per second", 0.6),
        ("18,231", "bare", 18231.0),
    ],
)
def test_a_figure_is_read_in_base_units(text: str, kind: str, value: float) -> None:
    (figure,) = read_figures(f"it was {text} then")
    assert figure.kind == kind
    assert figure.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["2.20.0", "shop-1", "p95", "5xx", "db-1:9187", "v2", "e3"])
def test_versions_names_and_codes_are_none(text: str) -> None:
    assert read_figures(f"the {text} one") == ()


def test_tolerance_is_what_is_written_or_five_percent() -> None:
    fine, coarse = read_figures("1.21 s and 1 s")
    assert [fine.low, fine.high] == pytest.approx([1.1495, 1.2705])
    assert (coarse.low, coarse.high) == (0.5, 1.5)


def test_over_and_under_are_open_and_about_is_wider() -> None:
    over, under, about = read_figures("over 90 %, below 10 ms, about 100 ms")
    assert over.meets(5.0)
    assert not over.meets(0.5)
    assert under.meets(0.001)
    assert about.meets(0.112)


def test_a_unit_said_once_is_both_figures_and_a_file_size_may_be_of_either_base() -> None:
    first, second = read_figures("30 to 70 %")
    assert first.kind == "ratio"
    assert [first.value, second.value] == pytest.approx([0.3, 0.7])
    (size,) = read_figures("100 MB")
    assert size.meets(100e6)
    assert size.meets(100 * 2.0**20)


def test_a_percentage_is_a_ratio_and_never_a_length_of_time() -> None:
    (percent,) = read_figures("98 %")
    assert [unit for unit in ("ratio", "percent", "seconds", "bytes", "count") if fits_unit(percent, unit)] == [
        "ratio",
        "percent",
    ]
