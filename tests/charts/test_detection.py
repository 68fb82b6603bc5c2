"""The picture beside `--explain`: what the detector compared, drawn from what it says it compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reconstruct.charts.catalogue import why_chart, why_image
from reconstruct.detect import detect
from reconstruct.model import Anomaly, Evidence, Incident, Metric, Service, Signal, Window
from tests.render import stories as made

START, STEP = pd.Timestamp("2026-01-01T12:00Z"), pd.Timedelta("15s")
WINDOW = Window(START, START + 240 * STEP, STEP, START - 480 * STEP)
ROWS = 720
LATENCY = Signal("shop/latency", "Latency", "x", "seconds", "app", "latency", worse="up", min_effect=0.001)


def incident_of(series: NDArray[np.float64], *, labels: dict[str, str] | None = None) -> Incident:
    frame = pd.DataFrame({0: series}, index=WINDOW.index)
    metric = Metric(LATENCY, frame, (labels or {"instance": "i-0"},), (Service("shop"),), "q1", 15.0)
    evidence = Evidence(WINDOW, (metric,))
    return replace(made.classic(), evidence=evidence, anomalies=detect(evidence).anomalies)


def noise() -> NDArray[np.float64]:
    return 0.1 + 0.005 * np.random.default_rng(0).normal(size=ROWS)


def raised() -> NDArray[np.float64]:
    series = noise()
    series[600:640] += 0.02
    return series


def drifting() -> NDArray[np.float64]:
    """No level is news on a random walk that went further before; the edges of a step are."""
    series = 1.0 + np.cumsum(0.004 * np.random.default_rng(1).normal(size=ROWS)) + 0.3 * np.sin(np.arange(ROWS) / 60)
    series[600:606] += 0.15
    return series


def stuck() -> NDArray[np.float64]:
    series = noise()
    series[600:660] = series[600]
    return series


def drawn(figure: Figure, row: int) -> NDArray[np.float64]:
    """Values of the one line of a plot, in the unit of its axis."""
    plots = [ax for ax in figure.axes if ax.get_label() != "text"]
    (collection,) = [c for c in plots[row].collections if isinstance(c, LineCollection)]
    return np.concatenate([np.asarray(path.vertices)[:, 1] for path in collection.get_paths()])


def dashes(figure: Figure, row: int) -> list[float]:
    """Heights of the thresholds of a plot."""
    plots = [ax for ax in figure.axes if ax.get_label() != "text"]
    found = [np.asarray(line.get_ydata(), dtype=float) for line in plots[row].lines]
    return sorted(float(y[0]) for y in found if y[0] == y[1])


def one(incident: Incident) -> Anomaly:
    (anomaly,) = incident.anomalies
    return anomaly


def test_the_mean_that_fired_goes_as_far_beyond_its_threshold_as_the_words_say() -> None:
    incident = incident_of(raised())
    anomaly = one(incident)
    why = anomaly.why
    assert why["samples"] > 1
    figure = why_chart(incident, anomaly)
    (threshold,) = dashes(figure, 1)
    assert threshold == pytest.approx(1000 * (why["normal"] + why["threshold"]), rel=1e-6)
    highest = np.nanmax(drawn(figure, 1)) - 1000 * why["normal"]
    # The detector steps by half a mean, the picture by a sample: it may find a slightly better place.
    assert 1000 * why["excess"] <= highest * 1.001 < 1150 * why["excess"]
    assert dashes(figure, 0) == []


def test_where_single_samples_fired_the_threshold_stands_beside_the_series() -> None:
    series = noise()
    series[600:640] += 5.0
    series[610] += 200.0
    incident = incident_of(series)
    anomaly = incident.anomalies[0]
    assert anomaly.why["samples"] == 1
    figure = why_chart(incident, anomaly)
    assert len([ax for ax in figure.axes if ax.get_label() != "text"]) == 1
    assert len(dashes(figure, 0)) == 1


def test_an_edge_is_drawn_as_a_step_with_a_threshold_on_both_sides() -> None:
    incident = incident_of(drifting())
    anomaly = next(a for a in incident.anomalies if a.why.get("edge"))
    low, high = dashes(figure := why_chart(incident, anomaly), 1)
    assert low == -high
    assert np.nanmax(np.abs(drawn(figure, 1))) > high


def test_a_flat_line_is_drawn_as_the_length_of_its_run() -> None:
    incident = incident_of(stuck())
    anomaly = one(incident)
    figure = why_chart(incident, anomaly)
    assert np.nanmax(drawn(figure, 1)) == anomaly.why["flat"] == 60
    assert dashes(figure, 1) == [anomaly.why["needed"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_labels_stay_text(theme: str) -> None:
    incident = incident_of(raised(), labels={"instance": "$\\frac{1}{0}$ <b>\x1b[31m"})
    image = why_image(incident, one(incident), formats=["png", "svg"])
    assert image.name == "a1-why"
    assert image.png.startswith(b"\x89PNG")
    assert b"<b>" not in image.svg
    assert "\x1b" not in image.alt
    assert why_chart(incident, one(incident), theme="dark" if theme == "dark" else "light").axes
