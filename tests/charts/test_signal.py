"""One signal's chart: the right series in the right colours, units on the axis, thresholds, gaps, and odd data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from reconstruct.charts.catalogue import draw_signal, overview, picture_bytes, signal_chart, small_multiples
from reconstruct.charts.selection import anomalies_of
from reconstruct.charts.series import missing, polylines
from reconstruct.charts.theme import LIGHT
from reconstruct.errors import UsageError
from reconstruct.model import Incident
from reconstruct.text.units import human
from tests.charts.chart_reading import STORIES, line_colours, outside, overlaps, shown_texts
from tests.render import stories as made
from tests.timeline.test_phases import ERRORS, story


def ticks(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def changed(story: Incident, values: np.ndarray | float, **signal: object) -> Incident:
    """The forty-minute story with its latency replaced by `values`, and fields of its signal."""
    metric = story.evidence.metrics[0]
    frame = metric.values.copy()
    frame[0] = values
    new = replace(metric.signal, **signal)  # type: ignore[arg-type]  # the caller names fields of Signal
    metrics = (replace(metric, values=frame, signal=new), *story.evidence.metrics[1:])
    anomalies = tuple(replace(a, signal=new) if a.signal.id == metric.signal.id else a for a in story.anomalies)
    return replace(story, evidence=replace(story.evidence, metrics=metrics), anomalies=anomalies)


@pytest.mark.parametrize("name", STORIES)
def test_no_text_overlaps_another_or_leaves_the_picture(name: str) -> None:
    story = STORIES[name]()
    for signal_id in (story.evidence.metrics[0].signal.id, story.evidence.metrics[-1].signal.id):
        figure = signal_chart(story, signal_id)

        texts = shown_texts(figure)

        assert overlaps(texts) == []
        assert outside(figure, texts) == []


@pytest.mark.parametrize("name", ["classic", "hostile", "fortnight", "many_series", "forty_minutes"])
def test_no_text_of_small_multiples_overlaps_another_or_leaves_the_picture(name: str) -> None:
    figure = small_multiples(STORIES[name](), "http/latency-p95")

    texts = shown_texts(figure)

    assert overlaps(texts) == []
    assert outside(figure, texts) == []


def test_affected_series_are_coloured_and_named_and_the_others_grey() -> None:
    figure = signal_chart(made.classic(), "http/latency-p95")

    said = [text.says for text in shown_texts(figure)]
    colours = line_colours(figure.axes[0])

    assert colours[LIGHT.series[0]] == 1
    assert colours[LIGHT.series[1]] == 1
    assert colours[LIGHT.healthy] == 1
    assert {"shop-1:8000", "shop-2:8000", "1 not affected", "alert above 500 ms", "anomalous"} <= set(said)


def test_of_two_thousand_series_median_percentiles_and_extreme_are_drawn_and_the_rest_is_counted() -> None:
    figure = signal_chart(made.many_series(), "http/latency-p95")

    said = {text.says for text in shown_texts(figure)}
    colours = line_colours(figure.axes[0])

    assert {"median of 40 affected", "10th to 90th percentile", "highest", "1,960 not affected"} <= said
    assert any("40 of 2,000 series affected" in one for one in said)
    assert colours[LIGHT.healthy] == 1960
    assert not [colour for colour in colours if colour != LIGHT.healthy]


@pytest.mark.parametrize(
    ("unit", "value", "suffix"),
    [
        ("seconds", 0.004, " ms"),
        ("seconds", 0.000_08, " µs"),
        ("seconds", 3.0, " s"),
        ("bytes", 3.0 * 2**30, " GiB"),
        ("bytes per second", 5.0 * 2**20, " MiB/s"),
        ("ratio", 0.4, " %"),
        ("per second", 40.0, "/s"),
    ],
)
def test_the_axis_is_in_the_units_people_use(unit: str, value: float, suffix: str) -> None:
    story = made.forty_minutes()
    samples = np.linspace(0.0, value, len(story.evidence.metrics[0].values))

    figure = signal_chart(changed(story, samples, unit=unit, min_effect=0.0), "http/latency-p95")

    labels = ticks(figure)
    assert len(labels) >= 3
    assert all(label.endswith(suffix) for label in labels), labels


def test_a_threshold_is_drawn_where_it_lies_and_left_out_where_it_would_flatten_the_rest() -> None:
    story = made.forty_minutes()
    samples = story.evidence.metrics[0].values[0].to_numpy()

    near = signal_chart(changed(story, samples, threshold=0.3, comparator=">"), "http/latency-p95").axes[0]
    far = signal_chart(changed(story, samples, threshold=50.0, comparator=">"), "http/latency-p95").axes[0]

    def heights(ax: Axes) -> list[float]:
        ends = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines]
        return [float(y[0]) for y in ends if y[0] == y[1] > 1.0]

    assert 300.0 in heights(near)
    assert heights(far) == []


def test_a_scrape_gap_breaks_the_line_and_is_hatched_where_all_series_are_gone() -> None:
    story = made.forty_minutes()
    samples = story.evidence.metrics[0].values[0].to_numpy().copy()
    samples[-600:-300] = np.nan

    figure = signal_chart(changed(story, samples), "http/latency-p95")

    said = {text.says for text in shown_texts(figure)}
    assert "data gap" in said
    assert any(p.get_hatch() for p in figure.axes[0].get_children() if hasattr(p, "get_hatch"))
    lines = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    assert any(np.isnan(path.vertices).any() for line in lines for path in line.get_paths())


ODD = {
    "nothing": np.nan,
    "zero": 0.0,
    "constant": 7.0,
    "negative": -3.0,
    "huge": 1.7e308,
    "tiny": 5e-324,
    "infinite": np.inf,
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_values_give_a_picture_and_no_warning(kind: str) -> None:
    story = changed(made.forty_minutes(), ODD[kind])

    assert picture_bytes(signal_chart(story, "http/latency-p95"))
    assert picture_bytes(overview(story))


def test_a_signal_without_series_gives_a_picture() -> None:
    story = made.quiet()
    metric = story.evidence.metrics[0]
    empty = replace(metric, values=metric.values.iloc[:, :0], labels=(), services=())
    story = replace(story, evidence=replace(story.evidence, metrics=(empty,)))

    assert picture_bytes(signal_chart(story, metric.signal.id))
    assert picture_bytes(small_multiples(story, metric.signal.id))


def test_an_unknown_signal_names_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        signal_chart(made.classic(), "no/such")

    assert "http/latency-p95" in caught.value.hint


def test_a_signal_is_drawn_on_an_axes_of_ones_own() -> None:
    figure = Figure(figsize=(6, 3))
    ax = figure.add_subplot()

    drawn = draw_signal(ax, made.classic(), "http/error-ratio", theme="dark")

    assert drawn.scale.suffix == "%"
    assert [name for name, _ in drawn.named] == ["shop-1:8000", "shop-2:8000"]
    assert figure.axes == [ax]
    assert 30.0 < ax.get_ylim()[1] < 60.0


def test_the_time_axis_is_utc_and_round() -> None:
    figure = signal_chart(made.classic(), "http/latency-p95")
    figure.draw_without_rendering()

    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]

    assert labels == ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]


# ------------------------------------------------------------------------------------------------------ series


def frame_of(values: object, *, step: str = "15s") -> pd.DataFrame:
    columns = np.atleast_2d(np.asarray(values, dtype=float)).T
    return pd.DataFrame(columns, index=pd.date_range("2026-01-01", periods=len(columns), freq=step, tz="UTC"))


def test_thinning_keeps_every_spike_at_its_own_time() -> None:
    values = np.ones(50_000)
    values[31_234] = 99.0
    values[7] = -5.0

    (line,) = polylines(frame_of(values), spacing_s=15.0, step_s=15.0, most=1000)

    assert len(line) <= 1100
    assert line[line[:, 1].argmax(), 0] * 5760 == pytest.approx(
        31_234 + (pd.Timestamp("2026-01-01") - pd.Timestamp(0)).days * 5760, abs=0.01
    )
    assert line[:, 1].min() == -5.0


def test_thinning_keeps_time_in_order_and_gaps_open() -> None:
    values = np.sin(np.arange(30_000) / 500.0)
    values[10_000:12_000] = np.nan

    (line,) = polylines(frame_of(values), spacing_s=15.0, step_s=15.0, most=1000)

    assert (np.diff(line[:, 0]) >= 0).all()
    inside = line[(line[:, 0] > line[0, 0] + 10_100 / 5760) & (line[:, 0] < line[0, 0] + 11_900 / 5760)]
    assert len(inside)
    assert np.isnan(inside[:, 1]).all()


def test_sparse_samples_are_joined_and_real_gaps_are_not() -> None:
    values = np.full(400, np.nan)
    values[::20] = 1.0
    values[200:300] = np.nan

    (line,) = polylines(frame_of(values), spacing_s=300.0, step_s=15.0)

    assert np.isnan(line[:, 1]).sum() == 1
    assert np.isfinite(line[:, 1]).sum() == 15


def test_missing_tells_a_hole_from_sparse_samples() -> None:
    values = np.full(400, np.nan)
    values[::20] = 1.0
    values[200:300] = np.nan
    frame = frame_of(values)
    end = frame.index[-1] + pd.Timedelta("15s")

    holes = missing(frame, spacing_s=300.0, end=end)

    assert len(holes) == 1
    assert holes[0].end == frame.index[300]
    assert missing(frame_of(np.full(5, np.nan)), spacing_s=15.0, end=end)[0].start == frame.index[0]


def test_phases_more_than_twenty_times_apart_are_drawn_on_a_logarithmic_axis_and_that_is_said() -> None:
    def axis(levels: list[tuple[int, float]], unit: str = "seconds") -> tuple[str, bool]:
        timed = replace(ERRORS, unit=unit, aspect="latency" if unit == "seconds" else "errors")
        figure = signal_chart(story(levels, signal=timed), "http/errors")
        said = any("logarithmic axis" in text.says for text in shown_texts(figure))
        return figure.axes[0].get_yscale(), said

    assert axis([(60, 0.5), (100, 0.02)]) == ("log", True)
    assert axis([(60, 0.5), (100, 0.1)]) == ("linear", False)
    assert axis([(60, 0.5), (100, 0.02)], unit="ratio") == ("linear", False)  # a share has its whole to be seen against


def test_the_peak_below_the_title_is_that_of_all_series_drawn_not_of_the_first() -> None:
    told = made.classic()
    signal_id = told.evidence.metrics[0].signal.id
    (lead, *_) = anomalies_of(told, told.evidence.metrics[0])
    later = pd.Timedelta(minutes=1)
    other = replace(lead, id="a99", peak=2 * lead.peak, peak_time=lead.peak_time + later, score=lead.score / 2)
    both = replace(told, anomalies=(*told.anomalies, other))
    said = [text.says for text in shown_texts(signal_chart(both, signal_id))]
    peak = human(other.peak, lead.signal.unit)
    assert any(f"peak {peak} at " in text for text in said), said
