"""Why an anomaly is one, in words and figures: `reconstruct incident --explain a3`."""

from __future__ import annotations

from reconstruct.detect.recipe import RECIPE
from reconstruct.model import Anomaly, Evidence
from reconstruct.units import figure, human, human_duration


def explain_anomaly(evidence: Evidence, anomaly: Anomaly) -> str:
    """Which mean fired, how far it went, and what the threshold was made of; one sentence a line.

    Parameters
    ----------
    evidence : Evidence
        That it was found in.
    anomaly : Anomaly
        From `detect`.
    """
    why, unit = anomaly.why, anomaly.signal.unit
    metric = next((m for m in evidence.metrics if m.signal.id == anomaly.signal.id and m.query == anomaly.query), None)
    spacing_s = metric.spacing_s if metric else evidence.window.step_s
    samples = int(why["samples"])
    mean = (
        "a single sample"
        if samples == 1
        else f"the mean over {samples} samples ({human_duration(samples * spacing_s)})"
    )
    what = f"the step between two adjacent means of {samples} samples" if why["edge"] and samples > 1 else mean
    if why["edge"] and samples == 1:
        what = "the step from one sample to the next"
    names = ", ".join(f"{k}={v}" for k, v in sorted(anomaly.labels.items()) if k != "__name__")
    usual = "what lay beside it" if why["edge"] else "its normal"
    return "\n".join(
        [
            f"{anomaly.id}: {anomaly.signal.title}{f' ({names})' if names else ''} {_moved(anomaly)} from "
            f"{human(anomaly.baseline, unit)} to {human(anomaly.peak, unit)} at the peak, "
            f"{human(anomaly.level, unit)} in the middle.",
            f"What fired: {what} was {human(why['excess'], unit)} from {usual}, "
            f"{figure(anomaly.score)} times the threshold of {human(why['threshold'], unit)}.",
            f"The threshold is {_made_of(anomaly)}.",
            f"Normal was read from {figure(why['history'])} samples before the window, with a robust spread of "
            f"{human(why['spread'], unit)} and a plain standard deviation of {human(why['plain_spread'], unit)}"
            + (
                f"; so few that every threshold was raised {figure(why['caution'])} times."
                if why["caution"] > 1
                else "."
            ),
            f"In time: between {anomaly.onset.earliest:%Y-%m-%d %H:%M:%S} and {anomaly.onset.latest:%H:%M:%S} UTC, "
            + (
                "and not back by the last sample."
                if anomaly.recovery is None
                else f"back between {anomaly.recovery.earliest:%H:%M:%S} and {anomaly.recovery.latest:%H:%M:%S} UTC."
            ),
        ]
    )


def _moved(anomaly: Anomaly) -> str:
    """Direction and shape as a verb."""
    shapes = {
        "ramp": "drifted",
        "spike": "spiked",
        "variance": "scattered",
        "flat": "stuck low",
        "cap": "stuck at a cap",
    }
    way = {"up": "up", "down": "down", "both": "both ways"}[anomaly.direction]
    return f"{shapes.get(anomaly.shape, 'went')}{'' if anomaly.shape in ('flat', 'cap') else f' {way}'}"


def _made_of(anomaly: Anomaly) -> str:
    """Which of its four reasons set the threshold."""
    why, unit = anomaly.why, anomaly.signal.unit
    once = min(why["once"], why["ceiling"])
    largest = max(why["noise"], why["habit"], once, why["floor"])
    if why["noise"] >= largest:
        return f"{figure(RECIPE.spreads)} robust spreads of such a mean before the window"
    if why["habit"] >= largest:
        return f"what {RECIPE.habit} of {RECIPE.parts} parts of the time before the window reached as well"
    if why["floor"] >= largest:
        return f"the smallest change of this signal worth telling, {human(why['floor'], unit)}"
    if why["once"] <= why["ceiling"]:
        return "the most that was ever reached before the window, and a little more"
    return f"{figure(RECIPE.ceiling)} plain standard deviations: it was exceeded before, but once is no habit"
