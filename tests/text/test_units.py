"""Figures as people read them: how many digits, which prefix, and from where on another unit is taken."""

from __future__ import annotations

import pytest

from reconstruct.text.units import apart, human, human_duration, six_digits


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (9.9, "ratio", "990 %"),
        (11.0, "ratio", "11 times"),
        (0.1234, "ratio", "12 %"),
        (0.0314, "seconds", "31 ms"),
        (290.0, "seconds", "290 s"),
        (310.0, "seconds", "5.2 min"),
        (999.0, "count", "999"),
        (1234.0, "count", "1,200"),
        (91_000.0, "count", "91,000"),
        (130_000.0, "count", "130 k"),
        (0.99996, "ratio", "100 %"),
        (0.996, "ratio", "99.6 %"),
        (1000.0, "bytes", "1,000 B"),
        (1100.0, "bytes", "1.1 KiB"),
        (float("nan"), "seconds", "no data"),
        (float("-inf"), "count", "-infinite"),
    ],
)
def test_a_figure_has_two_digits_and_the_prefix_that_keeps_it_short(value: float, unit: str, told: str) -> None:
    assert human(value, unit) == told


def test_two_figures_that_would_read_alike_have_a_third_digit() -> None:
    assert apart(0.0312, 0.0308, "ratio") == ("3.12 %", "3.08 %")
    assert apart(0.0312, 0.0412, "ratio") == ("3.1 %", "4.1 %")


def test_json_keeps_six_digits() -> None:
    assert six_digits(1234567.0) == 1234570
    assert six_digits(float("inf")) is None


@pytest.mark.parametrize(
    ("seconds", "told"), [(59.4, "59 s"), (59.6, "1 min"), (5072.0, "1 h 25 min"), (90_000.0, "1 d 1 h")]
)
def test_a_length_of_time_has_two_units_at_most(seconds: float, told: str) -> None:
    assert human_duration(seconds) == told
