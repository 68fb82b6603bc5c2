"""OpenMetrics and the dumps of Prometheus' own database."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.formats.exposition import labels_of
from tests.sources.metric_files.recording import LATENCY, SECONDS, before_and_after, lines, metrics_of, written


def test_openmetrics_with_type_and_unit(tmp_path: Path) -> None:
    text = "# TYPE p95 gauge\n# UNIT p95 seconds\n" + lines(
        lambda n: f'p95{{job="shop"}} {LATENCY[n]} {SECONDS[n]}.000'
    )
    text += "# TYPE orders counter\n" + lines(lambda n: f'orders_total{{job="shop"}} {60 * n} {SECONDS[n]}') + "# EOF\n"
    metrics, gaps = metrics_of(written(tmp_path, text, name="m.om"))
    assert before_and_after(metrics["p95"]) == pytest.approx((0.0203, 0.9))
    assert (metrics["p95"].signal.unit, metrics["p95"].signal.aspect) == ("seconds", "latency")
    assert before_and_after(metrics["orders_total"]) == (1.0, 1.0)
    assert gaps == ()


def test_a_dump_has_milliseconds_and_the_name_as_a_label(tmp_path: Path) -> None:
    text = lines(lambda n: f'{{__name__="latency_seconds", job="shop"}} {LATENCY[n]} {SECONDS[n]}000')
    metrics, _ = metrics_of(written(tmp_path, text, name="dump.txt"))
    assert before_and_after(metrics["latency_seconds"]) == pytest.approx((0.0203, 0.9))


def test_a_line_that_is_no_sample_is_a_gap(tmp_path: Path) -> None:
    text = lines(lambda n: f'latency_seconds{{job="shop"}} {LATENCY[n]} {SECONDS[n]}') + "what is this\n"
    _, gaps = metrics_of(written(tmp_path, text, name="m.txt"))
    assert [gap.missing for gap in gaps] == ["the sample on line 241"]


def test_a_scrape_without_times_says_what_to_save_instead(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a scrape without times") as caught:
        metrics_of(written(tmp_path, '# TYPE up gauge\nup{job="a"} 1\n', name="m.txt"))
    assert "promtool" in caught.value.hint


def test_escapes_in_labels_are_undone() -> None:
    assert labels_of(r'path="C:\\x", q="say \"hi\"", n="a\nb"') == {"path": "C:\\x", "q": 'say "hi"', "n": "a\nb"}
